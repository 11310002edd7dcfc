/** Seconds of media that arrive at one position before playback counts as frozen. */
const LIMIT = 10;
/** The maximum time in seconds that one frame adds: a slow viewer may get no frames for a while. */
const STEP = 1;

/** Detects a player that receives media but shows none, which no browser reports. */
export class FrozenPlaybackDetector {
  #position = NaN;
  #last = 0;
  #lasted = 0;

  /**
   * Count a frame, and return whether playback is frozen.
   *
   * @param {number} position of the player, in seconds; NaN if it may stand still
   * @param {number} now the time in seconds, on any clock
   */
  frame(position, now) {
    this.#lasted =
      position === this.#position ? this.#lasted + Math.min(now - this.#last, STEP) : 0;
    this.#position = position;
    this.#last = now;
    return this.#lasted > LIMIT;
  }
}
