// Decides the position and the speed of a live player, in seconds.

/** The media ahead of the position at first: Chromium starts with 0.2 seconds of sound. */
const START = 0.22;
/** The aim: the media that are left when more come, on a good network. */
const LEAST = 0.09;
/** The same on a network that stumbles all the time. */
const MOST = 1.5;
/** Each stall adds so much to the aim. */
const STALL = 0.03;
/** The aim returns by so much per second. */
const FORGET = 0.001;
/** The player jumps if it is later than this. */
const JUMP = 1.0;
/** The least of such a time counts: sound comes in larger pieces than the picture. */
const SPAN = 1.0;
/**
 * Differences from the aim above which it plays faster or slower, until it is there. Each
 * change of speed costs WebKitGTK some 0.05 seconds: there are two speeds, and few changes.
 */
const LATE = 0.03;
const EARLY = 0.03;
const FASTER = 1.1;
const SLOWER = 0.95;
/** The limit of `LATE` right after a correction, and its decrease per second. */
const LATEST = 0.16;
const PASSES = 0.01;

/** The speed stays for so long after a jump: WebKitGTK ignores a change until it plays. */
const SETTLE = 0.5;

/**
 * Keeps a player close to the end of its media: by a speed that nobody hears, or by a jump
 * if it is far behind.
 */
export class LatencyController {
  #aim = LEAST;
  #rate = 1;
  /** The time of the last return to the aim. */
  #corrected = -Infinity;
  /** @type {{at: number, reserve: number}[]} */
  #reserves = [];
  /** The time since which it plays from where it last began. @type {number | null} */
  #since = null;

  /** The media that it needs before it starts, or continues after a stall. */
  get start() {
    return Math.max(START, this.#aim);
  }

  /**
   * Forget the past, and return the position to start from.
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
   * Return how fast to continue.
   *
   * @param {number} reserve the media that were left when more came
   * @param {number} now on any clock
   * @returns {number} a playback rate; Infinity is a jump
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
