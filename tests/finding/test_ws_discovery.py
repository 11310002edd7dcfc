"""Which cameras in the network answer a probe."""

import asyncio
import socket

import pytest
from hypothesis import given, strategies as st

from custom_components.hls_camera.finding import ws_discovery
from custom_components.hls_camera.finding.ws_discovery import (
    MAX_ANSWER_BYTES,
    MAX_CAMERAS,
    NearbyCamera,
    read_match,
    search_network,
)
from tests.finding.bomb import BOMB
from tests.onvif.discovery import SCOPES, Answer, Network, match

pytestmark = pytest.mark.usefixtures("socket_enabled")

RANDOM = "urn:uuid:5f5a69c2-e0ae-504f-829b-00fa7bf1d2b2"
WITH_MAC = "urn:uuid:4d454930-0000-1000-8000-C056E3123456"
FOREIGN = "urn:uuid:00000000-0000-4000-8000-000000000000"
"""The id of a message that nobody has sent."""


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ws_discovery, "INTERVAL_S", 0.05)


async def found(network: Network, *sources: str) -> tuple[NearbyCamera, ...]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ws_discovery, "GROUP", network.group)
        return await search_network(sources or ["127.0.0.1"])


def read(answer: Answer, host: str = "127.0.0.1") -> NearbyCamera | None:
    return read_match(answer("urn:uuid:1"), host)


async def test_cameras_that_answer_are_found() -> None:
    async with Network({"127.0.0.3": match(), "127.0.0.2": match()}) as network:
        first, second = await found(network)
    assert (first.host, second.host) == ("127.0.0.2", "127.0.0.3")
    assert str(first) == "ACME Dome 4 (127.0.0.2)"
    assert first == NearbyCamera(host="127.0.0.2", endpoint=RANDOM, name="ACME Dome 4")
    assert NearbyCamera(**first.as_dict()) == first


async def test_probes_reach_the_group_from_each_of_our_addresses() -> None:
    async with Network({"127.0.0.2": match()}, "239.255.255.250") as network:
        [camera] = await found(network, "127.0.0.1", "127.0.0.1")
    assert camera.host == "127.0.0.2"
    # Two types, three times, from two addresses.
    assert sorted(network.probes) == ["Device"] * 6 + ["NetworkVideoTransmitter"] * 6


async def test_an_address_that_we_no_longer_have_is_left_out() -> None:
    async with Network({"127.0.0.2": match()}) as network:
        assert await found(network, "192.0.2.1", "127.0.0.1")
        assert await found(network, "192.0.2.1") == ()
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        assert await found(Network({}), "192.0.2.1") == ()


async def test_sockets_are_closed_when_the_search_is_cancelled() -> None:
    async with Network({}) as network:
        searching = asyncio.create_task(found(network))
        await network.was_asked.wait()
        searching.cancel()
        await asyncio.wait({searching})
    assert searching.cancelled()


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: b"",
        lambda _: match()(FOREIGN),
        lambda message_id: BOMB.encode() + message_id.encode(),
        lambda message_id: b"<a>" * 2000 + message_id.encode(),
        lambda message_id: f"<a>{message_id}</a>".encode(),
        lambda message_id: match()(message_id).ljust(MAX_ANSWER_BYTES + 1),
        match(types="wsdp:Device wprt:PrintDeviceType", scopes=("ldap:///ou=a",)),
    ],
)
async def test_other_answers_are_ignored(answer: Answer) -> None:
    async with Network({"127.0.0.2": answer, "127.0.0.3": match()}) as network:
        [camera] = await found(network)
    assert camera.host == "127.0.0.3"


async def test_a_flood_of_answers_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ws_discovery, "MAX_CAMERAS", 2)
    hosts = [f"127.0.0.{number}" for number in range(2, 12)]
    async with Network(dict.fromkeys(hosts, match())) as network:
        assert len(await found(network)) == 2
        monkeypatch.setattr(ws_discovery, "_MAX_ANSWERS", 1)
        assert len(await found(network)) == 1
    assert MAX_CAMERAS == 128


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (match(endpoint=WITH_MAC), {"mac": "c0:56:e3:12:34:56"}),
        (match(endpoint=RANDOM), {"mac": "", "identity": RANDOM}),
        (match(endpoint="urn:uuid:4d454930-0000-1000-8000-0156e3123456"), {"mac": ""}),
        (match(endpoint="urn:uuid:------------------------------------"), {"mac": ""}),
        (match(endpoint="x" * 101), {"endpoint": "", "identity": ""}),
        (match(endpoint="urn:\nx"), {"endpoint": ""}),
        (match(scopes=(*SCOPES, "onvif://www.onvif.org/MAC/ac:cc:8e:12:34:56")), {"identity": "ac:cc:8e:12:34:56"}),
        (match(scopes=(*SCOPES, "onvif://www.onvif.org/MAC/00:00:00:00:00:00")), {"mac": ""}),
        (match(scopes=("onvif://www.onvif.org/name/",)), {"name": "", "address": "127.0.0.1"}),
        (match(scopes=("onvif://www.onvif.org/name/A%20B-1", "onvif://www.onvif.org/hardware/B-1")), {"name": "A B-1"}),
        (match(scopes=("onvif://www.onvif.org/name/%0A%1Ba%E2%80%8B" + "b" * 99,)), {"name": "a" + "b" * 59}),
        (match(scopes=("onvif://www.onvif.org/name/%3Cimg%20src=x%3E!%5B%5D(http://x)",)), {"name": "(img src=x)!()(http://x)"}),
        (match(xaddrs="http://169.254.169.254/latest http://127.0.0.1:8123/"), {"host": "127.0.0.1", "address": "127.0.0.1:8123"}),
        (match(xaddrs="http://169.254.169.254/latest"), {"host": "127.0.0.1", "address": "127.0.0.1"}),
        (match(types="tds:Device"), {"name": "ACME Dome 4"}),
        (match(xaddrs="http://127.0.0.1:8081/onvif http://192.0.2.9/x"), {"address": "127.0.0.1:8081"}),
        (match(xaddrs="http://192.0.2.9/x http://127.0.0.1:8081/onvif"), {"address": "127.0.0.1:8081"}),
        (match(xaddrs="http://192.0.2.9:8082/x"), {"address": "127.0.0.1:8082"}),
        (match(xaddrs="http://127.0.0.1:2020/x"), {"address": "127.0.0.1"}),
        (match(xaddrs="http://[::1 http://127.0.0.1:99999/"), {"address": "127.0.0.1", "port": None}),
    ],
)  # fmt: skip
def test_the_description_of_a_camera(
    answer: Answer, expected: dict[str, object]
) -> None:
    camera = read(answer)
    assert camera
    assert {key: getattr(camera, key) for key in expected} == expected


def test_a_camera_without_a_name_is_called_by_its_address() -> None:
    assert str(read(match(scopes=()))) == "127.0.0.1"


@given(st.binary())
def test_any_datagram_is_a_camera_or_nothing(datagram: bytes) -> None:
    assert read_match(datagram, "127.0.0.1") is None


_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]))


@given(_TEXT, _TEXT, st.lists(_TEXT), _TEXT)
def test_any_text_in_an_answer_is_harmless(
    endpoint: str, name: str, scopes: list[str], xaddrs: str
) -> None:
    named = f"onvif://www.onvif.org/name/{name}"
    camera = read(
        match(endpoint=endpoint, scopes=(named, *scopes), xaddrs=xaddrs), "192.0.2.1"
    )
    assert camera
    assert camera.host == "192.0.2.1"
    assert camera.name.isprintable()
    assert len(camera.name) <= 121
