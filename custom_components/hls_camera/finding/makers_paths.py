"""Makers' documented paths of RTSP streams, from `makers.json`."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class MakerPaths:
    """The paths of one maker's cameras, or of one generation of them."""

    maker: str
    main: str
    """May contain `{channel}`."""
    sub: str
    channels: int
    """The largest number of channels of a recorder with these paths."""
    realms: tuple[str, ...]
    """Parts of the names, in lower case, by which such cameras ask for a login."""

    def names(self, realm: str) -> bool:
        """Whether a camera that asks for a login with this realm is of this maker."""
        return any(each in realm.lower() for each in self.realms)


@cache
def makers_paths() -> tuple[MakerPaths, ...]:
    """Return all known paths; reads a file, so call it outside the event loop."""
    text = (Path(__file__).parent / "makers.json").read_text("utf-8")
    return tuple(
        MakerPaths(
            maker=row["maker"],
            main=row["main"],
            sub=row["sub"],
            channels=row["channels"],
            realms=tuple(row["realms"]),
        )
        for row in json.loads(text)
    )
