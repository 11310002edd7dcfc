// Returns a player of segments to live. All times are in seconds.

/** The delay above which it plays faster, and the delay at which it stops doing so. */
const LATE = 0.15;
const ON_TIME = 0.05;
/** The only other speed, because browsers drop frames with each change. */
const FASTER = 1.15;
/** The buffered media that it needs to play faster. */
const RESERVE = 0.3;
/** The delay above which the player jumps. */
const JUMP = 1.0;
/** The time after a jump to unbuffered media before the next jump. */
const PATIENCE = 3.0;
/** The time after the start during which stalls do not count: the first segment is short. */
const START = 5.0;
/** Shorter stalls are not visible. */
const VISIBLE = 0.1;
/** The increase of the distance from live with each stall. */
const STALL = 0.1;
/** The maximum increase by stalls. */
const MOST = 1.5;
/** The time without a stall before the distance decreases, and its decrease per second. */
const CALM = 60.0;
const FORGET = 0.01;

/**
 * @typedef {object} Playback positions on the media timeline
 * @property {number} position
 * @property {number} live the target
 * @property {[number, number]} buffered start and end of the newest media
 * @property {number} loadable the newest position before `live` from which media can be loaded
 */

/** Keeps a player of segments at the distance from live that its playlist specifies. */
export class CatchUp {
  #margin = 0;
  /** The time at which the margin starts to decrease. */
  #calm = 0;
  #isFaster = false;
  #asked = -Infinity;
  /** The time of the first look. @type {number | null} */
  #began = null;
  /** The time of the last look. @type {number | null} */
  #last = null;

  /**
   * Stay further behind: the player ran out of media.
   *
   * @param {number} since the start of the stall, on any clock
   * @param {number} now the end of the stall
   */
  stalled(since, now) {
    const isStart = since - (this.#began ?? since) < START;
    if (isStart || since - this.#asked < PATIENCE || now - since < VISIBLE) return;
    this.#margin = Math.min(this.#margin + STALL, MOST);
    this.#calm = now + CALM;
  }

  /**
   * Return how to continue.
   *
   * @param {Playback} playback
   * @param {number} now on any clock
   * @returns {{rate: number, position?: number}} a playback rate, and a position to jump to
   */
  steer({ position, live, buffered: [start, end], loadable }, now) {
    const calm = Math.max(0, now - Math.max(this.#calm, this.#last ?? now));
    this.#margin = Math.max(0, this.#margin - FORGET * calm);
    this.#began ??= now;
    this.#last = now;
    const aim = live - this.#margin;
    const late = aim - position;
    if (late > JUMP) {
      this.#isFaster = false;
      if (start <= aim && aim <= end) return { rate: 1, position: aim };
      const from = Math.min(loadable, aim);
      if (now - this.#asked < PATIENCE || from <= position) return { rate: 1 };
      this.#asked = now;
      return { rate: 1, position: from };
    }
    const isEnough = end - position > Math.max(late, 0) + RESERVE;
    this.#isFaster = late > (this.#isFaster ? ON_TIME : LATE) && isEnough;
    return { rate: this.#isFaster ? FASTER : 1 };
  }
}
