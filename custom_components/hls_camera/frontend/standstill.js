/** Seconds of media that come while nothing moves, before it is given up. */
const LIMIT = 10;
/** The most that counts between two frames: a viewer too slow gets none for a while. */
const STEP = 1;

/** Finds a player that gets media and shows none of them: no browser tells of it. */
export class Standstill {
  #position = NaN;
  #last = 0;
  #lasted = 0;

  /**
   * Note that a frame came, and tell whether it is to be given up.
   *
   * @param {number} position where the player is, in seconds; NaN where it may rest
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
