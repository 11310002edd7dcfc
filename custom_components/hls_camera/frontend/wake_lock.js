// Keeps the screen on while a canvas shows video.

/** Seconds between two looks at the size of the picture. */
const INTERVAL = 5;
/**
 * The share of the window that a silent picture has to cover. Chromium, which alone has
 * `userAgentData`, keeps the screen on for a video of a fifth. Firefox and Safari do so for none
 * without sound: there, only a picture in full screen counts.
 */
const MIN_SHARE = "userAgentData" in navigator ? 0.2 : 0.9;

/** Keeps the screen on for a picture on a canvas, as browsers do for a video element. */
export class WakeLock {
  #element;
  #isWanted = false;
  #isBusy = false;
  #checked = -Infinity;
  /** @type {WakeLockSentinel | null} */
  #sentinel = null;

  /** @param {Element} element shows the picture */
  constructor(element) {
    this.#element = element;
  }

  /**
   * Note a frame, and hold the lock if the picture is large enough.
   *
   * @param {number} now the time in seconds, on any clock
   */
  note(now) {
    if (now - this.#checked < INTERVAL) return;
    this.#checked = now;
    this.#isWanted = visibleShare(this.#element) >= MIN_SHARE;
    void this.#update();
  }

  /** Release the lock until the next frame. */
  release() {
    this.#checked = -Infinity;
    this.#isWanted = false;
    void this.#update();
  }

  /** Request or release the lock as it is wanted. A browser may refuse, or take it back. */
  async #update() {
    const held = this.#sentinel?.released ? null : this.#sentinel;
    if (this.#isBusy || this.#isWanted === (held !== null) || !("wakeLock" in navigator)) return;
    this.#isBusy = true;
    this.#sentinel = null;
    try {
      if (held) await held.release();
      else this.#sentinel = await navigator.wakeLock.request("screen");
    } catch {
      // Refused, for example to save power: requested again later.
    }
    this.#isBusy = false;
    if (!this.#isWanted) void this.#update();
  }
}

/**
 * Return the share of the window that an element covers.
 * @param {Element} element
 */
function visibleShare(element) {
  const { left, right, top, bottom } = element.getBoundingClientRect();
  const width = Math.min(right, innerWidth) - Math.max(left, 0);
  const height = Math.min(bottom, innerHeight) - Math.max(top, 0);
  return (Math.max(width, 0) * Math.max(height, 0)) / (innerWidth * innerHeight);
}
