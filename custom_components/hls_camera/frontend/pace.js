// Where to play, and how fast: pure decisions, in seconds.

/** What is played ahead of at first: Chromium begins with 0.2 seconds of sound. */
const START = 0.22;
/** What is aimed to be left when more comes, while nothing goes wrong. */
const LEAST = 0.09;
/** The same where the network stumbles all the time. */
const MOST = 1.5;
/** What each stall adds to that. */
const STALL = 0.03;
/** What was added is forgotten, by this much per second. */
const FORGET = 0.001;
/** What is too much by this is jumped over. */
const JUMP = 1.0;
/** Over which time the least counts: sound comes in larger pieces than the picture. */
const SPAN = 1.0;
/**
 * How far from the aim it may be before it plays faster, or slower, until it is there. Each
 * change of speed costs WebKitGTK some 0.05 seconds: there are two speeds, and few changes.
 */
const LATE = 0.03;
const EARLY = 0.03;
const FASTER = 1.1;
const SLOWER = 0.95;
/** How late it may be right after a correction, and how that passes, per second. */
const LATEST = 0.16;
const PASSES = 0.01;

/**
 * Keep a player close behind what comes: a little faster or a little slower, so that
 * nobody hears it; by a jump where it is far behind.
 */
export class Pace {
  #aim = LEAST;
  #rate = 1;
  /** When it was last back at the aim. */
  #corrected = -Infinity;
  /** @type {{at: number, reserve: number}[]} */
  #reserves = [];

  /** How much there has to be before it begins, or goes on after a stall. */
  get start() {
    return Math.max(START, this.#aim);
  }

  /**
   * Tell where to begin, and what came before counts no longer.
   *
   * @param {number} start of what there is
   * @param {number} end of what there is
   */
  begin(start, end) {
    this.#reserves = [];
    this.#rate = 1;
    return Math.max(start, end - this.start);
  }

  /** It ran out of media: stay further behind. */
  stalled() {
    this.#aim = Math.min(this.#aim + STALL, MOST);
  }

  /**
   * Tell how fast to go on.
   *
   * @param {number} reserve what was left to be played when more came
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
