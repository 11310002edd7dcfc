"""A sub-stream that is made here: the main stream, encoded again with fewer pixels."""

import asyncio
from dataclasses import replace
from functools import partial

from ..errors import HlsCameraError, SourceError
from ..outputs.hls_delivery import START_TIMEOUT_S
from ..outputs.relay import RelayInput
from ..reasons import EndReason
from ..sources.input import FindSource, Input
from ..transcode.options import VideoMode
from .options import StreamOptions
from .rendition import Rendition


def scaled_down(options: StreamOptions, height: int) -> StreamOptions:
    """Return the options of a sub-stream that is made of the main stream.

    It has the main stream's sound, if that has any.
    """
    conversion = replace(
        options.conversion, mode=VideoMode.CONVERT, max_height=height, bitrate=None
    )
    return replace(options, conversion=conversion, input_options=(), audio=True)


def find_main_stream(main: Rendition) -> FindSource:
    """Return a function that finds the main stream, as the source of a sub-stream.

    So nobody connects to the camera twice. Viewers of the sub-stream keep the main stream
    awake.
    """

    async def find() -> Input:
        try:
            with main.live.lease("sub-stream"):
                main.wake()
                async with asyncio.timeout(START_TIMEOUT_S):
                    # Media of an earlier run would end before the sub-stream has begun.
                    await main.window.wait_keyframe(*main.window.run_start)
        except SourceError:
            raise
        except HlsCameraError, TimeoutError:
            raise SourceError(main.reason or EndReason.STALLED) from None
        return RelayInput(main.window, partial(main.live.lease, "relay"))

    return find
