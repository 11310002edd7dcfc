// How a player of segments comes back to live: pure decisions, in seconds.

/** How late it may be before it plays faster, and until when it does. */
const LATE = 0.25;
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
/** What each stall adds to the distance from live. */
const STALL = 0.1;
/** The most that stalls add. */
const MOST = 1.5;
/** What was added is forgotten, by this much per second. */
const FORGET = 0.002;

/**
 * @typedef {object} Playback where a player is; all on its media timeline
 * @property {number} position
 * @property {number} live where it should be
 * @property {[number, number]} buffered the newest media that it has
 * @property {number} [keyframe] the newest one before `live`, where it has to begin with one
 */

/** Keeps a player of segments at the distance from live that its playlist asks for. */
export class CatchUp {
  #margin = 0;
  #isFaster = false;
  #asked = -Infinity;
  /** When it looked first. @type {number | null} */
  #began = null;
  /** When it last looked. @type {number | null} */
  #last = null;

  /** It ran out of media: stay further behind. @param {number} now on any clock */
  stalled(now) {
    const isStart = now - (this.#began ?? now) < START;
    if (isStart || now - this.#asked < PATIENCE) return;
    this.#margin = Math.min(this.#margin + STALL, MOST);
  }

  /**
   * Tell how to go on.
   *
   * @param {Playback} playback
   * @param {number} now on any clock
   * @returns {{rate: number, position?: number}} a playback rate, and where to jump to
   */
  steer({ position, live, buffered: [start, end], keyframe }, now) {
    this.#margin = Math.max(0, this.#margin - FORGET * (now - (this.#last ?? now)));
    this.#began ??= now;
    this.#last = now;
    const aim = live - this.#margin;
    const late = aim - position;
    if (late > JUMP) {
      this.#isFaster = false;
      if (start <= aim && aim <= end) return { rate: 1, position: aim };
      // Who asks for media from the middle of a segment waits for the next keyframe.
      const from = keyframe ?? aim;
      if (now - this.#asked < PATIENCE || from <= position) return { rate: 1 };
      this.#asked = now;
      return { rate: 1, position: from };
    }
    const isEnough = end - position > Math.max(late, 0) + RESERVE;
    this.#isFaster = late > (this.#isFaster ? ON_TIME : LATE) && isEnough;
    return { rate: this.#isFaster ? FASTER : 1 };
  }
}
