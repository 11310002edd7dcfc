"""A virtual ONVIF camera: its answers, its logins and its oddities.

    async with OnvifCamera([Channel(...)], login=LoginKind.DIGEST, password="secret") as camera:
        ...  # ask camera.port

Its streams are those of a test camera (`tests.camera`), at the addresses of its qualities.
"""

from .camera import PASSWORD, LoginKind, OnvifCamera, one_channel
from .events import EventService, Message
from .messages import Channel, Quality

__all__ = [
    "PASSWORD",
    "Channel",
    "EventService",
    "LoginKind",
    "Message",
    "OnvifCamera",
    "Quality",
    "one_channel",
]
