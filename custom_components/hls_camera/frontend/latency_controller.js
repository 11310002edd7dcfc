// Controls the position and the speed of a live player. All times are in seconds.

/** The media ahead of the position at the start: Chromium starts with 0.2 seconds of sound. */
const START = 0.22;
/** The target: the media that remain when more arrive, on a good network. */
const LEAST = 0.09;
/** The maximum target, on an unstable network. */
const MOST = 1.5;
/** The increase of the target with each stall. */
const STALL = 0.03;
/** The decrease of the target per second. */
const FORGET = 0.001;
/** The delay above which the player jumps. */
const JUMP = 1.0;
/** The time over which the lowest value counts: sound arrives in larger pieces than the picture. */
const SPAN = 1.0;
/**
 * Differences from the target above which it plays faster or slower until it reaches the
 * target. Each change of speed costs WebKitGTK about 0.05 seconds, so changes are rare.
 */
const LATE = 0.03;
const EARLY = 0.03;
const FASTER = 1.1;
const SLOWER = 0.95;
/** The value of `LATE` directly after a correction, and its decrease per second. */
const LATEST = 0.16;
const PASSES = 0.01;

/** The time after a jump without a change of speed: WebKitGTK ignores one until it plays. */
const SETTLE = 0.5;

/**
 * Keeps a player close to the end of its media: with an inaudible change of speed, or with a
 * jump if it is far behind.
 */
export class LatencyController {
  #aim = LEAST;
  #rate = 1;
  /** The time of the last return to the target. */
  #corrected = -Infinity;
  /** @type {{at: number, reserve: number}[]} */
  #reserves = [];
  /** The time at which it last started to play. @type {number | null} */
  #since = null;

  /** The media that it needs to start, or to continue after a stall. */
  get start() {
    return Math.max(START, this.#aim);
  }

  /**
   * Reset, and return the position to start from.
   *
   * @param {number} start of the media
   * @param {number} end of the media
   */
  begin(start, end) {
    this.#reserves = [];
    this.#since = null;
    this.#rate = 1;
    return Math.max(start, end - this.start);
  }

  /** Stay further behind: the player ran out of media. */
  stalled() {
    this.#aim = Math.min(this.#aim + STALL, MOST);
  }

  /**
   * Return the playback rate to continue with.
   *
   * @param {number} reserve the media that remained when more arrived
   * @param {number} now the time, on any clock
   * @returns {number} a playback rate, Infinity for a jump
   */
  rate(reserve, now) {
    const last = this.#reserves.at(-1)?.at ?? now;
    this.#aim = Math.max(LEAST, this.#aim - FORGET * (now - last));
    this.#reserves.push({ at: now, reserve });
    this.#reserves = this.#reserves.filter(({ at }) => at >= now - SPAN);
    const error = Math.min(...this.#reserves.map((each) => each.reserve)) - this.#aim;
    if (error > JUMP) return Infinity;
    this.#since ??= now;
    if (now - this.#since < SETTLE) return this.#rate;
    const isThere = this.#rate > 1 ? error <= 0 : error >= 0;
    if (this.#rate !== 1 && isThere) {
      this.#rate = 1;
      this.#corrected = now;
    }
    const late = Math.max(LATE, LATEST - PASSES * (now - this.#corrected));
    if (this.#rate === 1 && error > late) {
      this.#rate = FASTER;
    } else if (this.#rate === 1 && error < -EARLY) {
      this.#rate = SLOWER;
    }
    return this.#rate;
  }
}
