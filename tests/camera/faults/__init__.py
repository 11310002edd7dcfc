"""Faults of cameras: small objects that tests inject into a camera, one or several."""

from .answers import (
    GarbageAnswer,
    Redirect,
    RefusedTrack,
    Silent,
    SlowAnswers,
    Status,
    WrongContentLength,
)
from .base import Answer, Client, Fault, Forward, PacketFilter, Proceed
from .description import MisdescribedTrack, MoreTracks
from .ends import Finish, Garbage, Reset, Stall
from .relay import PacketLoss, PausingTrack, SilentTrack, Trickle
from .scope import After, FirstConnections, OneClient
from .slices import SplitKeyframes
from .timing import (
    ClockDrift,
    ClockOffset,
    FrozenTimestamps,
    TimestampJump,
    TimestampWrap,
)

__all__ = [
    "After",
    "Answer",
    "Client",
    "ClockDrift",
    "ClockOffset",
    "Fault",
    "Finish",
    "FirstConnections",
    "Forward",
    "FrozenTimestamps",
    "Garbage",
    "GarbageAnswer",
    "MisdescribedTrack",
    "MoreTracks",
    "OneClient",
    "PacketFilter",
    "PacketLoss",
    "PausingTrack",
    "Proceed",
    "Redirect",
    "RefusedTrack",
    "Reset",
    "Silent",
    "SilentTrack",
    "SlowAnswers",
    "SplitKeyframes",
    "Stall",
    "Status",
    "TimestampJump",
    "TimestampWrap",
    "Trickle",
    "WrongContentLength",
]
