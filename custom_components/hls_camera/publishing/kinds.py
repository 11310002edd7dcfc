"""The kinds of destinations, and how each is opened."""

import asyncio
import importlib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

import aiohttp
from yarl import URL

from .destination import Destination
from .folder import Folder
from .web_server import WebServer


class DestinationKind(StrEnum):
    """A kind of destination; settings name it with their key `to`."""

    FOLDER = "folder"
    WEB_SERVER = "web_server"
    S3 = "s3"
    RTMP = "rtmp"


type HlsKind = Literal[
    DestinationKind.FOLDER, DestinationKind.WEB_SERVER, DestinationKind.S3
]
"""The kinds that keep files."""


async def open_destination(
    kind: HlsKind, settings: Mapping[str, Any], session: aiohttp.ClientSession
) -> Destination:
    """Open a destination with its settings; values that are absent have defaults.

    Raises:
        PublishError: the settings cannot be used.

    """
    match kind:
        case DestinationKind.FOLDER:
            return Folder(Path(settings["path"]))
        case DestinationKind.WEB_SERVER:
            return WebServer(
                session,
                URL(settings["address"]),
                username=settings.get("username") or "",
                password=settings.get("password") or "",
            )
        case DestinationKind.S3:
            # Its library is needed only here.
            module = await asyncio.to_thread(
                importlib.import_module, ".object_store", __package__
            )
            store: Destination = await module.ObjectStore.open(
                bucket=settings["bucket"],
                prefix=settings.get("prefix") or "",
                endpoint=settings.get("endpoint"),
                region=settings.get("region"),
                access_key_id=settings["access_key_id"],
                secret_access_key=settings["secret_access_key"],
            )
            return store
