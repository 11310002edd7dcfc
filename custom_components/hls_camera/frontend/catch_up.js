// Decides how a player of segments returns to live, in seconds.

/** It plays faster if it is later than the first, until it is no later than the second. */
const LATE = 0.15;
const ON_TIME = 0.05;
/** The only other speed: browsers drop frames with each change. */
const FASTER = 1.15;
/** The media that stay ahead while it plays faster. */
const RESERVE = 0.3;
/** The player jumps if it is later than this. */
const JUMP = 1.0;
/** The time that a jump to unbuffered media may take, before another one. */
const PATIENCE = 3.0;
/** Stalls of such a time after the start do not count: the first segment is short. */
const START = 5.0;
/** Nobody sees a shorter stall. */
const VISIBLE = 0.1;
/** Each stall adds so much to the distance from live. */
const STALL = 0.1;
/** The most that stalls add. */
const MOST = 1.5;
/** After such a time without a stall, the distance returns by so much per second. */
const CALM = 60.0;
const FORGET = 0.01;

/**
 * @typedef {object} Playback positions on the media timeline
 * @property {number} position
 * @property {number} live the target
 * @property {[number, number]} buffered start and end of the newest media
 * @property {number} loadable the newest position before `live` from which media can be loaded
 */

/** Keeps a player of segments at the distance from live that its playlist asks for. */
export class CatchUp {
  #margin = 0;
  /** The time from which the margin decreases. */
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
