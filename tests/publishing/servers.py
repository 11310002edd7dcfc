"""Servers that take what is published: nginx with WebDAV and RTMP, and an object store."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from socket import create_server
from typing import Final, NamedTuple

from tests import tools

USERNAME: Final = "publisher"
PASSWORD: Final = "öffentlich 1"
_START_TIMEOUT_S: Final = 50.0

_NGINX: Final = """
load_module {module};
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  client_body_temp_path {folder}/bodies;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  client_max_body_size 64m;
  types {{ application/vnd.apple.mpegurl m3u8; video/mp4 mp4 m4s; }}
  server {{
    listen 127.0.0.1:{port};
    root {folder}/www;
    location / {{
      dav_methods PUT DELETE MKCOL;
      limit_except GET {{
        auth_basic "Publishing";
        auth_basic_user_file {folder}/htpasswd;
      }}
    }}
  }}
}}
rtmp {{
  server {{
    listen 127.0.0.1:{rtmp_port};
    application live {{ live on; {on_publish} }}
  }}
}}
"""
_NGINX_TLS: Final = """
stream {{
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {certificate};
    ssl_certificate_key {certificate};
    proxy_pass 127.0.0.1:{rtmp_port};
  }}
}}
"""


class Nginx(NamedTuple):
    """A running nginx."""

    url: str
    """Of the folder that takes files."""
    www: Path
    rtmp_port: int
    rtmps_port: int
    """0 without a certificate."""


def free_port() -> int:
    """Return a port that nobody listens on."""
    with create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@contextmanager
def nginx(
    folder: Path,
    port: int | None = None,
    *,
    rtmp_port: int | None = None,
    certificate: Path | None = None,
    on_publish: str = "",
) -> Iterator[Nginx]:
    """Run an nginx, whose files are below `folder`, where they stay.

    With a certificate and its key in one file, it speaks RTMPS, too. The server at
    `on_publish` decides about stream keys.
    """
    port, rtmp_port = port or free_port(), rtmp_port or free_port()
    rtmps_port = 0 if certificate is None else free_port()
    (folder / "www").mkdir(exist_ok=True)
    login = f"{USERNAME}:{{PLAIN}}{PASSWORD}\n"
    (folder / "htpasswd").write_text(login, encoding="utf-8")
    config = folder / "nginx.conf"
    text = _NGINX.format(
        folder=folder,
        module=tools.nginx_rtmp(),
        port=port,
        rtmp_port=rtmp_port,
        on_publish=f"on_publish {on_publish};" if on_publish else "",
    )
    if certificate is not None:
        tls = _NGINX_TLS.format(
            port=rtmps_port, certificate=certificate, rtmp_port=rtmp_port
        )
        text = f"load_module {tools.nginx_stream()};{text}{tls}"
    config.write_text(text)
    command = (tools.nginx(), "-p", folder, "-c", config, "-e", folder / "error.log")
    with _running(command, port):
        yield Nginx(f"http://127.0.0.1:{port}/", folder / "www", rtmp_port, rtmps_port)


@contextmanager
def object_store() -> Iterator[str]:
    """Run an object store; yield its address."""
    port = free_port()
    module = (sys.executable, "-m", "moto.server")
    with _running((*module, "-H", "127.0.0.1", "-p", str(port)), port):
        yield f"http://127.0.0.1:{port}"


@contextmanager
def _running(command: Sequence[str | Path], port: int) -> Iterator[None]:
    """Run a server that listens on a port."""
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        until = time.monotonic() + _START_TIMEOUT_S
        while not _listens(port):
            assert process.poll() is None, f"{command[0]} has ended"
            assert time.monotonic() < until, f"{command[0]} does not listen"
            time.sleep(0.02)
        yield
    finally:
        process.terminate()
        process.wait()


def _listens(port: int) -> bool:
    """Return whether somebody listens on a port, without a connection to it."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    listening = re.compile(rf"\s*\d+: 0100007F:{port:04X} \S+ 0A ")
    return any(listening.match(line) for line in lines)
