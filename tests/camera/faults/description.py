"""Faults in what a camera tells of its tracks."""

import re
from dataclasses import replace
from typing import override

from ..rtp import TrackKind
from ..sdp import MediaDescription, SessionDescription
from .base import Client, Fault


class MisdescribedTrack(Fault):
    """Tells something else of a track than is true: replaces text in its attributes."""

    def __init__(self, track: TrackKind, pattern: str, replacement: str) -> None:
        self._track = track
        self._pattern = re.compile(pattern)
        self._replacement = replacement

    @override
    def describe(
        self, description: SessionDescription, client: Client
    ) -> SessionDescription:
        return replace(
            description, media=tuple(self._describe(each) for each in description.media)
        )

    def _describe(self, media: MediaDescription) -> MediaDescription:
        if media.track is not self._track:
            return media
        attributes = (
            self._pattern.sub(self._replacement, each) for each in media.attributes
        )
        return replace(media, attributes=tuple(attributes))
