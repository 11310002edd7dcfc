"""Home Assistant's own player returns to live: `stock_player.js`."""

from collections.abc import Mapping
from typing import Final

import pytest

from .modules import evaluate

# A page with one player, whose position is seen after its first look.
_LOOK: Final = """async ({ position, loaded, edge, age, target }) => {
  globalThis.window = new EventTarget();
  globalThis.document = new EventTarget();
  globalThis.Element = class extends EventTarget {};
  globalThis.setInterval = () => {};
  const { keepStockPlayersLive } = await import("./frontend/stock_player.js");
  keepStockPlayersLive();
  const media = Object.assign(new EventTarget(), {
    currentTime: position,
    playbackRate: 1,
    style: {},
    buffered: { length: 1, start: () => 0, end: () => loaded },
  });
  const latestLevelDetails = edge === null ? null : { edge, age, partList: [] };
  const player = Object.assign(new Element(), {
    localName: "ha-hls-player",
    _hlsPolyfillInstance: {
      media,
      latestLevelDetails,
      targetLatency: target,
      url: "http://home/api/hls/hls_camera/key/index.m3u8",
      config: { lowLatencyMode: true },
      liveSyncPosition: edge === null ? null : edge - target,
      on: () => {},
    },
  });
  const event = new Event("streams");
  event.composedPath = () => [player];
  window.dispatchEvent(event);
  await new Promise((resolve) => setImmediate(resolve));
  media.dispatchEvent(new Event("canplay"));
  return { position: media.currentTime, rate: media.playbackRate };
}"""


def look(
    position: float,
    *,
    loaded: float,
    edge: float | None = 100.0,
    age: float = 0.0,
    target: float | None = 0.5,
) -> Mapping[str, float]:
    """Return where and how fast a player goes on, in seconds of its timeline."""
    places = {"position": position, "loaded": loaded, "edge": edge}
    found: dict[str, float] = evaluate(_LOOK, {**places, "age": age, "target": target})
    return found


def test_plays_on_at_live() -> None:
    assert look(99.5, loaded=100) == {"position": 99.5, "rate": 1}


def test_plays_faster_when_it_is_late() -> None:
    assert look(99.0, loaded=100) == {"position": 99.0, "rate": 1.15}


def test_jumps_when_it_is_later() -> None:
    assert look(90, loaded=100) == {"position": 99.5, "rate": 1}


def test_live_goes_on_between_two_playlists() -> None:
    assert look(98.5, loaded=100.5, age=0.5) == {"position": 100.0, "rate": 1}


def test_media_after_the_end_of_the_playlist_are_newer() -> None:
    """hls.js may place a playlist too early, after a segment that it loaded only in part."""
    found = look(43.16, loaded=45.01, edge=43.0, age=0.04, target=0.55)
    assert found == {"position": pytest.approx(44.46), "rate": 1}


@pytest.mark.parametrize(("edge", "target"), [(None, 0.5), (100.0, None)])
def test_waits_for_the_first_playlist(edge: float | None, target: float | None) -> None:
    found = look(90, loaded=100, edge=edge, target=target)
    assert found == {"position": 90, "rate": 1}
