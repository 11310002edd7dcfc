"""Faults in the description of a camera's tracks."""

import re
from dataclasses import replace
from typing import override

from ..rtp import TrackKind
from ..rtsp import Request, Response
from ..sdp import MediaDescription, SessionDescription
from .base import Answer, Client, Fault, Proceed


class MisdescribedTrack(Fault):
    """Describes a track incorrectly: replaces text in its attributes."""

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


class MoreTracks(Fault):
    """Describes more tracks than it sends, before or after its real tracks.

    A two-way audio track has the kind AUDIO and the attribute "sendonly", ONVIF's
    metadata the kind DATA.
    """

    def __init__(
        self,
        track: TrackKind,
        *attributes: str,
        count: int = 1,
        first: bool = False,
        status: int = 200,
    ) -> None:
        """Answer SETUP of these tracks with `status`."""
        self._media = tuple(
            MediaDescription(track, 0, attributes, name=f"{track}-more-{number}")
            for number in range(count)
        )
        self._first = first
        self._status = status

    @override
    def describe(
        self, description: SessionDescription, client: Client
    ) -> SessionDescription:
        own = description.media
        media = (*self._media, *own) if self._first else (*own, *self._media)
        return replace(description, media=media)

    @override
    async def answer(
        self, request: Request, client: Client, proceed: Proceed
    ) -> Answer:
        if request.method != "SETUP" or "-more-" not in request.target:
            return await proceed()
        return Response(
            self._status, {"Transport": request.headers.get("transport", "")}
        )
