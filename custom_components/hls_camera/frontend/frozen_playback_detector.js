/** Seconds of media that arrive at one position before playback counts as frozen. */
const LIMIT = 10;
/** The most that one frame adds, in seconds: a slow viewer gets no frames for a while. */
const STEP = 1;

/** Detects a player that gets media and shows none of them; no browser reports that. */
export class FrozenPlaybackDetector {
  #position = NaN;
  #last = 0;
  #lasted = 0;

  /**
   * Count a frame, and return whether playback is frozen.
   *
   * @param {number} position of the player, in seconds; NaN if it is allowed to rest
   * @param {number} now seconds on any clock
   */
  frame(position, now) {
    this.#lasted =
      position === this.#position ? this.#lasted + Math.min(now - this.#last, STEP) : 0;
    this.#position = position;
    this.#last = now;
    return this.#lasted > LIMIT;
  }
}
