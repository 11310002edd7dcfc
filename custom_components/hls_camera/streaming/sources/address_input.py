"""The usual input: a camera's address.

FFmpeg opens it directly only where it has nothing secret. Otherwise it opens a local
endpoint: every user of a machine may read every command line.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self, override

from .http_gateway import HttpGateway
from .input import FindSource, Input, OpenInput, ReadOptions
from .local_endpoint import LocalEndpoint
from .read_arguments import read_arguments
from .redirect import Redirect, needs_script
from .rtsp_gateway import RtspGateway
from .source import Source

# They read a script of `Redirect`; the source that it names has its own options.
_SCRIPT: Final = (
    *("-protocol_whitelist", "http,tcp,rtmp,srt,udp", "-format_whitelist", "concat"),
    *("-fpsprobesize", "0", "-analyzeduration", "0"),
    *("-f", "concat", "-safe", "0", "-auto_convert", "0"),
)


@dataclass(frozen=True, slots=True)
class AddressInput(Input):
    """A source, read directly, through a redirect or through a gateway."""

    source: Source

    @classmethod
    def parse(cls, address: str) -> Self:
        """Return the input of an address; raises as `Source.parse()` does."""
        return cls(Source.parse(address))

    @override
    async def open(self, options: ReadOptions) -> OpenInput:
        endpoint: LocalEndpoint | None = None
        arguments = read_arguments(self.source, options)
        if options.use_gateway and self.source.scheme == "rtsp":
            endpoint = await RtspGateway.open(self.source, options.allowed_hosts)
        elif self.source.is_web:
            gateway = await HttpGateway.open(self.source, options.allowed_hosts)
            arguments += ["-http_proxy", gateway.proxy]
            endpoint = gateway
        elif self.source.may_have_secrets and needs_script(self.source):
            endpoint = await Redirect.open(self.source, arguments)
            arguments = [*_SCRIPT]
        elif self.source.may_have_secrets:
            endpoint = await Redirect.open(self.source)
        in_real_time: Sequence[str] = ("-re",) if options.in_real_time else ()
        url = endpoint.url if endpoint else self.source.url
        return OpenInput(
            [*in_real_time, *arguments, "-i", url],
            [endpoint] if endpoint else [],
            secrets=self.source.secrets,
        )

    @property
    @override
    def tcp_address(self) -> tuple[str, int] | None:
        return self.source.tcp_address

    @property
    @override
    def is_rtsp(self) -> bool:
        return self.source.is_rtsp

    @override
    def __str__(self) -> str:
        return str(self.source)


def static_source(source: Source) -> FindSource:
    """Return a function that finds the input of an address that does not change."""

    async def find() -> Input:
        return AddressInput(source)

    return find
