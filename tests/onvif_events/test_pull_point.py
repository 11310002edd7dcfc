"""One subscription at a camera."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession

from custom_components.hls_camera.finding.errors import FindingError, FindingProblem
from custom_components.hls_camera.finding.onvif_client import OnvifClient, onvif_session
from custom_components.hls_camera.finding.soap import SoapFaultError
from custom_components.hls_camera.onvif_events.pull_point import PullPoint
from tests.finding import hostile
from tests.onvif import EventService, LoginKind, Message, OnvifCamera
from tests.onvif.messages import envelope

from .devices import login, virtual_camera

pytestmark = pytest.mark.usefixtures("socket_enabled")


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with onvif_session() as session:
        yield session


def client(session: ClientSession, camera: OnvifCamera) -> OnvifClient:
    of = login(camera)
    return of.client(session, of.credentials())


async def create(session: ClientSession, camera: OnvifCamera) -> PullPoint:
    pull_point = await PullPoint.create(client(session, camera), "/onvif/events")
    await pull_point.synchronize(camera.port)
    return pull_point


@pytest.mark.parametrize("kind", LoginKind)
async def test_the_life_of_a_subscription_with_each_kind_of_login(
    session: ClientSession, kind: LoginKind
) -> None:
    events = EventService(lifetime_s=300)
    async with virtual_camera(events, login=kind) as camera:
        events.report(Message(value="false"))
        pull_point = await create(session, camera)
        assert pull_point.lifetime_s == pytest.approx(300)
        # The present state comes first.
        [message] = await pull_point.pull()
        assert message.data == {"IsMotion": "false"}
        events.report(Message(), Message(value="false"))
        assert [each.data["IsMotion"] for each in await pull_point.pull()] == [
            "true",
            "false",
        ]
        await pull_point.renew()
        await pull_point.unsubscribe()
        assert not events.subscriptions
        with pytest.raises(SoapFaultError):
            await pull_point.pull()
        assert camera.rejections == 0


async def test_a_subscription_at_a_port_of_its_own(session: ClientSession) -> None:
    """As with TP-Link."""
    events = EventService()
    events.has_own_port = True
    async with virtual_camera(events) as camera:
        events.report(Message())
        assert await (await create(session, camera)).pull()


@pytest.mark.parametrize("there", ["nothing", "page", "another camera"])
async def test_a_subscription_address_that_the_camera_no_longer_has(
    session: ClientSession, there: str
) -> None:
    """The host is the one that the owner has named; the port is tried, then the camera's."""
    events = EventService()
    async with (
        hostile.device(hostile.http(b"page")) as page,
        virtual_camera(EventService()) as other,
        virtual_camera(events) as camera,
    ):
        ports = {"nothing": 9, "page": page, "another camera": other.port}
        events.reported = f"192.0.2.99:{ports[there]}"
        events.report(Message())
        assert await (await create(session, camera)).pull()


async def test_a_subscription_that_is_named_by_a_parameter(
    session: ClientSession,
) -> None:
    """As with Axis."""
    events = EventService()
    events.uses_parameters = True
    async with virtual_camera(events) as camera:
        await create(session, camera)
        second = await create(session, camera)
        await second.unsubscribe()
        assert list(events.subscriptions) == ["1"]


async def test_a_camera_that_cannot_synchronize(session: ClientSession) -> None:
    events = EventService()
    events.synchronizes = False
    async with virtual_camera(events) as camera:
        pull_point = await create(session, camera)
        events.report(Message())
        assert len(await pull_point.pull()) == 1


async def test_too_many_subscriptions_are_refused(session: ClientSession) -> None:
    async with virtual_camera(EventService(max_subscriptions=1)) as camera:
        await create(session, camera)
        with pytest.raises(SoapFaultError, match="too many"):
            await create(session, camera)


async def test_more_messages_than_one_answer_may_have(session: ClientSession) -> None:
    events = EventService()
    async with virtual_camera(events) as camera:
        pull_point = await create(session, camera)
        events.report(*(Message() for _ in range(250)))
        assert [len(await pull_point.pull()) for _ in range(3)] == [100, 100, 50]


@pytest.mark.parametrize(
    "address",
    [
        "",
        "http://[",
        "http://192.0.2.1:9/none",
        "http://192.0.2.1:0/none",
        "//192.0.2.1//192.0.2.2/a",
        "urn:uuid:1",
        "\N{SNOWMAN} a?\N{SNOWMAN}#b%",
    ],
)
async def test_a_subscription_that_is_none(
    session: ClientSession, address: str
) -> None:
    answer = envelope(
        "<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference>"
        f"<wsa:Address>{address}</wsa:Address></tev:SubscriptionReference>"
        "</tev:CreatePullPointSubscriptionResponse>"
    )
    answers = {"CreatePullPointSubscription": answer, "SetSynchronizationPoint": "page"}
    async with virtual_camera(EventService()) as camera:
        camera.answer = lambda operation, text: answers.get(operation)
        with pytest.raises(FindingError) as raised:
            await create(session, camera)
    assert raised.value.problem is FindingProblem.BAD_ANSWER
