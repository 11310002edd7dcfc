"""A destination that is slow, full, away or at odds harms neither the camera nor memory."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from itertools import pairwise
from pathlib import Path
from typing import override

import aiohttp
import aiohttp.web
import m3u8
import pytest
from yarl import URL

from custom_components.hls_camera.publishing import segment_queue
from custom_components.hls_camera.publishing.errors import PublishProblem
from custom_components.hls_camera.publishing.hls_publisher import (
    HlsOptions,
    HlsPublisher,
)
from custom_components.hls_camera.publishing.publication import (
    Publication,
    PublicationState,
)
from custom_components.hls_camera.publishing.segment_joiner import SegmentJoiner
from custom_components.hls_camera.publishing.web_server import WebServer
from custom_components.hls_camera.streaming.live.stream import LiveStream
from custom_components.hls_camera.streaming.outputs.hls_playlist import MEDIA_PLAYLIST
from tests.waiting import eventually

from .servers import PASSWORD, USERNAME, free_port, nginx
from .slow_link import SlowLink
from .streams import Stream

OPTIONS = HlsOptions(segment_duration=2.0, listed=30)


class Upload:
    """A web server that keeps files in memory, and misbehaves on demand."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.status = HTTPStatus.OK
        """What it answers instead of keeping a file."""
        self.reads = asyncio.Event()
        """Whether it reads what is sent to it."""
        self.reads.set()
        self.is_asked = asyncio.Event()

    async def answer(self, request: aiohttp.web.BaseRequest) -> aiohttp.web.Response:
        self.is_asked.set()
        await self.reads.wait()
        name = request.path.rpartition("/")[2]
        if request.method == "GET":
            found = self.files.get(name)
            return aiohttp.web.Response(body=found, status=200 if found else 404)
        if request.method == "DELETE":
            self.files.pop(name, None)
            return aiohttp.web.Response()
        data = await request.read()
        if self.status is HTTPStatus.OK:
            self.files[name] = data
        return aiohttp.web.Response(status=self.status)

    @property
    def playlist(self) -> m3u8.M3U8:
        """The media playlist, an empty one if there is none."""
        text = self.files.get(MEDIA_PLAYLIST, b"#EXTM3U\n").decode()
        return m3u8.loads(text)

    @property
    def segments(self) -> list[bytes]:
        """The segments that the playlist names, which must be there."""
        return [self.files[each.uri] for each in self.playlist.segments]


class Noted(HlsPublisher):
    """Notes that it has begun."""

    def __init__(self, server: WebServer, options: HlsOptions) -> None:
        super().__init__(server, options)
        self.has_begun = asyncio.Event()

    @override
    async def publish(self, live: LiveStream, published: Callable[[int], None]) -> None:
        self.has_begun.set()
        await super().publish(live, published)


async def start(stream: Stream, server: WebServer, *, listed: int = 30) -> Publication:
    """Return a publication that takes each segment from now on."""
    publisher = Noted(server, replace(OPTIONS, listed=listed))
    publication = Publication(stream, publisher)
    publication.start()
    await publisher.has_begun.wait()
    return publication


@pytest.fixture
async def session() -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def upload() -> AsyncGenerator[tuple[Upload, URL]]:
    """A server for uploads, and its address."""
    upload = Upload()
    server = aiohttp.web.Server(upload.answer)
    runner = aiohttp.web.ServerRunner(server, shutdown_timeout=0.1)
    await runner.setup()
    await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
    yield upload, URL(f"http://127.0.0.1:{runner.addresses[0][1]}/")
    upload.reads.set()
    await runner.cleanup()


@contextmanager
def sent_segments(stream: Stream) -> Iterator[list[bytes]]:
    """Yield a list of all segments that a stream has for publications."""
    segments: list[bytes] = []
    joiner = SegmentJoiner(
        lambda segment: segments.append(segment.data),
        duration=OPTIONS.segment_duration,
    )
    detach = stream.live.attach(joiner)
    yield segments
    detach()


async def test_a_server_that_was_down_gets_what_has_waited(
    tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    stream, port = Stream(), free_port()
    address = URL(f"http://127.0.0.1:{port}/door")
    server = WebServer(session, address, username=USERNAME, password=PASSWORD)
    with nginx(tmp_path, port):
        publication = await start(stream, server)
        stream.play(3)
        await eventually(lambda: publication.figures.segments == 1)
    stream.play(4)
    await eventually(lambda: publication.state is PublicationState.RETRYING)
    assert publication.problem is PublishProblem.UNREACHABLE
    with nginx(tmp_path, port) as again:
        await eventually(lambda: publication.figures.segments == 3)
        assert publication.state is PublicationState.PUBLISHING
        await publication.close()
        text = (again.www / "door" / MEDIA_PLAYLIST).read_text()
        playlist = m3u8.loads(text)
        assert len(playlist.segments) == 3
        assert not any(each.discontinuity for each in playlist.segments)
        for each in playlist.segments:
            assert (again.www / "door" / each.uri).stat().st_size > 0
    assert publication.dropped == 0


async def test_a_server_that_reads_nothing_costs_whole_segments_and_no_more_memory(
    session: aiohttp.ClientSession, upload: tuple[Upload, URL]
) -> None:
    server, address = upload
    stream = Stream()
    publication = await start(stream, WebServer(session, address))
    with sent_segments(stream) as sent:
        stream.play(3)
        await eventually(lambda: publication.figures.segments == 1)
        server.reads.clear()
        server.is_asked.clear()
        stream.play(2)
        await server.is_asked.wait()
        # The stream is never held up: its media go on while nobody reads.
        stream.play(100)
        # One is on its way.
        assert len(sent) - publication.figures.segments - publication.dropped == 21
        server.reads.set()
        stream.play(2)
        await eventually(lambda: publication.figures.segments >= 20)
        stream.play(4)
        await eventually(lambda: server.segments[-1] == sent[-1])
    assert publication.dropped == len(sent) - len(server.segments)
    # What arrived is whole, in order, and says where something is missing.
    order = [sent.index(each) for each in server.segments]
    assert order == sorted(order)
    gaps = [later for earlier, later in pairwise(order) if later > earlier + 1]
    marked = [
        number
        for number, each in zip(order, server.playlist.segments, strict=True)
        if each.discontinuity
    ]
    assert set(gaps) <= set(marked)
    assert gaps
    await publication.close()


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (HTTPStatus.INSUFFICIENT_STORAGE, PublishProblem.FULL),
        (HTTPStatus.SERVICE_UNAVAILABLE, PublishProblem.REFUSED),
    ],
)
async def test_a_server_that_refuses_for_a_while_gets_everything_afterwards(
    session: aiohttp.ClientSession,
    upload: tuple[Upload, URL],
    status: HTTPStatus,
    problem: PublishProblem,
) -> None:
    server, address = upload
    server.status = status
    stream = Stream()
    publication = await start(stream, WebServer(session, address))
    with sent_segments(stream) as sent:
        stream.play(5)
        await eventually(lambda: publication.problem is problem)
        server.status = HTTPStatus.OK
        await eventually(lambda: server.segments == sent)
    assert publication.problem is None
    assert publication.dropped == 0
    await publication.close()


async def test_a_connection_slower_than_the_stream_keeps_the_playlist_valid(
    tmp_path: Path, session: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For each segment that arrives, the stream has three more."""
    monkeypatch.setattr(segment_queue, "_MAX_SEGMENTS", 2)
    stream = Stream()
    with nginx(tmp_path) as server:
        async with SlowLink(URL(server.url).port or 0, 4_000_000) as link:
            address = URL(f"http://127.0.0.1:{link.port}/door")
            web = WebServer(session, address, username=USERNAME, password=PASSWORD)
            publication = await start(stream, web, listed=4)
            looks: list[m3u8.M3U8] = []
            for number in range(1, 9):
                stream.play(6, size=400)
                await eventually(partial(has_published, publication, number))
                text = (server.www / "door" / MEDIA_PLAYLIST).read_text()
                looks.append(m3u8.loads(text))
                for each in looks[-1].segments:
                    assert (server.www / "door" / each.uri).stat().st_size > 0
            assert publication.dropped > 0
            await publication.close()
    uris: dict[int, tuple[str, bool]] = {}
    for playlist in looks:
        # Each segment keeps its number, and its place after a gap.
        for number, each in enumerate(playlist.segments, playlist.media_sequence):
            now = (each.uri, each.discontinuity)
            assert uris.setdefault(number, now) == now
        gone = [uris[number][1] for number in uris if number < playlist.media_sequence]
        assert (playlist.discontinuity_sequence or 0) == sum(gone)
    assert any(is_discontinuous for _, is_discontinuous in uris.values())


def has_published(publication: Publication, segments: int) -> bool:
    return publication.figures.segments >= segments
