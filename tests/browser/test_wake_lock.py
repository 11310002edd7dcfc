"""The screen stays on while a canvas shows video: `wake_lock.js`."""

from typing import Any, Final

import pytest

from .modules import evaluate

# A window of 1000 pixels' width, a picture of the same height, and a browser's locks.
_RUN: Final = """async (hasData, actions) => {
  Object.assign(globalThis, { innerWidth: 1000, innerHeight: 500 });
  let [requests, held, answer, refuses] = [0, 0, Promise.resolve(), false];
  const request = async () => {
    requests += 1;
    await answer;
    if (refuses) throw new Error("NotAllowedError");
    held += 1;
    return {
      released: false,
      async release() {
        if (!this.released) held -= 1;
        this.released = true;
      },
    };
  };
  const browser = { wakeLock: { request }, ...(hasData && { userAgentData: {} }) };
  if (actions[0] === "has none") delete browser.wakeLock;
  Object.defineProperty(globalThis, "navigator", { value: browser });
  const { WakeLock } = await import("./frontend/wake_lock.js");
  let width = 1000;
  const getBoundingClientRect = () => ({ left: -100, right: width - 100, top: 0, bottom: 500 });
  const lock = new WakeLock({ getBoundingClientRect });
  let grant;
  const act = {
    "has none": () => {},
    width: (pixels) => (width = pixels + 100),
    note: (now) => lock.note(now),
    release: () => lock.release(),
    delay: () => (answer = new Promise((resolve) => (grant = resolve))),
    grant: () => grant(),
    refuse: () => (refuses = true),
    allow: () => (refuses = false),
  };
  const counts = [];
  for (const each of actions) {
    const [name, ...rest] = [each].flat();
    act[name](...rest);
    await new Promise(setImmediate);
    counts.push(held);
  }
  return { held: counts, requests };
}"""


def run(*actions: Any, is_chromium: bool = True) -> tuple[list[int], int]:
    """Return the number of locks that are held after each action, and that of the requests."""
    found: dict[str, Any] = evaluate(_RUN, is_chromium, list(actions))
    return found["held"], found["requests"]


def test_holds_one_lock_while_a_large_picture_plays() -> None:
    actions = [["note", 0], ["note", 6], ["note", 60], "release", ["note", 61]]
    assert run(*actions) == ([1, 1, 1, 0, 1], 2)


@pytest.mark.parametrize(("is_chromium", "least"), [(True, 200), (False, 900)])
def test_a_small_picture_lets_the_screen_turn_off(
    is_chromium: bool, least: int
) -> None:
    """As a silent video of this size does; its size is looked at every few seconds.

    Only the part that is in the window counts.
    """
    sizes = [["width", least - 1], ["note", 0], ["width", least], ["note", 6]]
    held, _ = run(*sizes, ["width", 10], ["note", 12], is_chromium=is_chromium)
    assert held == [0, 0, 0, 1, 1, 0]


def test_a_lock_that_comes_too_late_is_released() -> None:
    assert run("delay", ["note", 0], "release", "grant") == ([0, 0, 0, 0], 1)


def test_a_refusal_is_not_final() -> None:
    actions = ["refuse", ["note", 0], "allow", ["note", 1], ["note", 6]]
    assert run(*actions) == ([0, 0, 0, 0, 1], 2)


def test_does_without_locks() -> None:
    assert run("has none", ["note", 0], "release") == ([0, 0, 0], 0)
