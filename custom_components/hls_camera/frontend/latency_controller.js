// Controls the position and the speed of a live player. All times are in seconds.

/** The target: the media that remain when more arrive, on a good network. */
const LEAST = 0.09;
/** The same without sound, in frames: a browser runs dry if there is no frame after the present. */
const LEAST_FRAMES = 1;
/** The limits of a frame's duration. */
const SHORTEST_FRAME = 0.04;
const LONGEST_FRAME = 0.5;
/** The number of frames whose median duration counts. */
const FRAMES = 9;
/** The media ahead of the position at the start: Chromium starts with 0.2 seconds of sound. */
const START = 0.22;
/** The maximum target, on an unstable network. */
const MOST = 1.5;
/** The increase of the target with each stall. */
const STALL = 0.03;
/** The number of recent stalls after which even a player without sound jumps. */
const SERIES = 2;
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

/** The speed's share of the difference from the target, where changes cost nothing. */
const GAIN = 1.0;
/** The steps of such a speed. */
const STEP = 0.02;
const FASTEST = 1.2;
const SLOWEST = 0.9;

/** The time after a jump without a change of speed: WebKitGTK ignores one until it plays. */
const SETTLE = 0.5;

/**
 * Keeps a player close to the end of its media: with an inaudible change of speed, or with a
 * jump if it is far behind.
 */
export class LatencyController {
  /** The part of the target that stalls have added. */
  #extra = 0;
  /** The durations of the latest frames, in seconds. @type {number[]} */
  #durations = [];
  #rate = 1;
  /** The time of the last return to the target. */
  #corrected = -Infinity;
  /** @type {{at: number, reserve: number}[]} */
  #reserves = [];
  /** The time at which it last started to play. @type {number | null} */
  #since = null;
  #hasSound;
  #isSmooth;

  /**
   * @param {object} [options]
   * @param {boolean} [options.hasSound]
   * @param {boolean} [options.isSmooth] whether the browser changes its speed without a break
   */
  constructor({ hasSound = true, isSmooth = false } = {}) {
    this.#hasSound = hasSound;
    this.#isSmooth = isSmooth;
  }

  /**
   * Whether a stall ends with a jump only: Chromium requires more sound after each one.
   * Without sound, this ends a series of stalls, one at each frame.
   */
  get mustJumpWhenDry() {
    return this.#hasSound || this.#extra > SERIES * STALL;
  }

  /** The media that it needs to start, or to continue after a stall. */
  get start() {
    return this.#hasSound ? Math.max(START, this.#aim) : this.#aim + this.#frame;
  }

  /** The usual duration of a frame. */
  get #frame() {
    const sorted = [...this.#durations].sort((one, other) => one - other);
    const usual = sorted[sorted.length >> 1] ?? SHORTEST_FRAME;
    return Math.min(Math.max(usual, SHORTEST_FRAME), LONGEST_FRAME);
  }

  /** The target. */
  get #aim() {
    const least = this.#hasSound ? LEAST : LEAST_FRAMES * this.#frame;
    return Math.min(least + this.#extra, MOST);
  }

  /**
   * Take the duration of the next frame.
   *
   * @param {number} duration
   */
  frame(duration) {
    this.#durations.push(duration);
    if (this.#durations.length > FRAMES) this.#durations.shift();
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
    this.#extra = Math.min(this.#extra + STALL, MOST);
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
    this.#extra = Math.max(0, this.#extra - FORGET * (now - last));
    this.#reserves.push({ at: now, reserve });
    this.#reserves = this.#reserves.filter(({ at }) => at >= now - SPAN);
    const error = Math.min(...this.#reserves.map((each) => each.reserve)) - this.#aim;
    if (error > JUMP) return Infinity;
    this.#since ??= now;
    if (this.#isSmooth) {
      this.#rate = smoothRate(error);
    } else if (now - this.#since >= SETTLE) {
      this.#rate = this.#steppedRate(error, now);
    }
    return this.#rate;
  }

  /**
   * @param {number} error
   * @param {number} now
   */
  #steppedRate(error, now) {
    const isThere = this.#rate > 1 ? error <= 0 : error >= 0;
    if (this.#rate !== 1 && !isThere) return this.#rate;
    if (this.#rate !== 1) this.#corrected = now;
    const late = Math.max(LATE, LATEST - PASSES * (now - this.#corrected));
    if (error > late) return FASTER;
    return error < -EARLY ? SLOWER : 1;
  }
}

/** @param {number} error */
function smoothRate(error) {
  const rate = 1 + Math.round((GAIN * error) / STEP) * STEP;
  return Math.min(Math.max(rate, SLOWEST), FASTEST);
}
