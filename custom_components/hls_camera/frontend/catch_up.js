// How a player of segments comes back to live: pure decisions, in seconds.

/** How late it may be before it plays faster, and until when it does. */
const LATE = 0.15;
const ON_TIME = 0.05;
/** Its speed then: browsers drop frames whenever the speed changes, so there is one. */
const FASTER = 1.15;
/** What has to stay buffered while it plays faster. */
const RESERVE = 0.3;
/** What is too late by this is jumped over. */
const JUMP = 1.0;
/** How long a jump to what is not buffered may take, before another one. */
const PATIENCE = 3.0;
/** For how long stalls belong to its start: the first segment is a short one. */
const START = 5.0;
/** A shorter stall is not seen. */
const VISIBLE = 0.1;
/** What each stall adds to the distance from live. */
const STALL = 0.1;
/** The most that stalls add. */
const MOST = 1.5;
/** After so long without a stall, what was added is forgotten, by so much per second. */
const CALM = 60.0;
const FORGET = 0.01;

/**
 * @typedef {object} Playback where a player is; all on its media timeline
 * @property {number} position
 * @property {number} live where it should be
 * @property {[number, number]} buffered the newest media that it has
 * @property {number} loadable the newest position before `live` from which media can be loaded
 */

/** Keeps a player of segments at the distance from live that its playlist asks for. */
export class CatchUp {
  #margin = 0;
  /** Until when nothing of the margin is forgotten. */
  #calm = 0;
  #isFaster = false;
  #asked = -Infinity;
  /** When it looked first. @type {number | null} */
  #began = null;
  /** When it last looked. @type {number | null} */
  #last = null;

  /**
   * It ran out of media: stay further behind.
   *
   * @param {number} since when, on any clock
   * @param {number} now when it goes on
   */
  stalled(since, now) {
    const isStart = since - (this.#began ?? since) < START;
    if (isStart || since - this.#asked < PATIENCE || now - since < VISIBLE) return;
    this.#margin = Math.min(this.#margin + STALL, MOST);
    this.#calm = now + CALM;
  }

  /**
   * Tell how to go on.
   *
   * @param {Playback} playback
   * @param {number} now on any clock
   * @returns {{rate: number, position?: number}} a playback rate, and where to jump to
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
