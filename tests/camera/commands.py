"""Faults by name, for the command line and for commands to running cameras."""

import shlex
from collections.abc import Callable, Iterable, Mapping

from . import faults
from .camera import TestCamera
from .faults import Fault
from .rtp import TrackKind

FAULTS: Mapping[str, Callable[..., Fault]] = {
    "drift": lambda factor: faults.ClockDrift(float(factor)),
    "finish": faults.Finish,
    "freeze": faults.FrozenTimestamps,
    "garbage": faults.Garbage,
    "garbage-answer": faults.GarbageAnswer,
    "jump": lambda seconds: faults.TimestampJump(float(seconds)),
    "loss": lambda probability: faults.PacketLoss(float(probability)),
    "reset": faults.Reset,
    "silent": faults.Silent,
    "silent-track": lambda track: faults.SilentTrack(TrackKind(track)),
    "slow-answers": lambda seconds: faults.SlowAnswers(float(seconds)),
    "split-keyframes": faults.SplitKeyframes,
    "stall": faults.Stall,
    "status": lambda status: faults.Status(int(status)),
    "trickle": lambda rate: faults.Trickle(float(rate)),
    "wrap": lambda seconds: faults.TimestampWrap(float(seconds)),
    "wrong-length": lambda difference: faults.WrongContentLength(int(difference)),
}

HELP = f"""\
Commands for all cameras, one per line:
  strike FAULT [VALUE]   inject a fault into the current connections
  inject FAULT [VALUE]   inject a fault into current and new connections
  clear                  clear all faults
  refuse                 refuse new connections
  accept                 accept new connections again
  reboot                 reset all connections and restart the source
Faults: {", ".join(FAULTS)}
"""


class CommandError(Exception):
    """An unknown command."""


def parse_fault(text: str) -> Fault:
    """Return the fault for a name and an optional value."""
    name, *values = shlex.split(text) or [""]
    try:
        return FAULTS[name](*values)
    except (KeyError, TypeError, ValueError) as error:
        raise CommandError(f"no such fault: {text}") from error


async def carry_out(command: str, cameras: Iterable[TestCamera]) -> None:
    """Execute a command."""
    verb, _, rest = command.strip().partition(" ")
    for camera in cameras:
        match verb:
            case "strike":
                camera.strike(parse_fault(rest))
            case "inject":
                camera.inject(parse_fault(rest))
            case "clear":
                camera.clear()
            case "refuse":
                camera.refuse_connections()
            case "accept":
                await camera.accept_connections()
            case "reboot":
                await camera.reboot()
            case _:
                raise CommandError(f"no such command: {command.strip()}")
