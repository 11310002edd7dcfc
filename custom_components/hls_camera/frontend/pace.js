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
/** How far from the aim nothing is done. */
const SLACK = 0.02;
/** Change of speed per second that it is too late. */
const GAIN = 0.8;
const FASTEST = 1.12;
const SLOWEST = 0.95;

/**
 * Keep a player close behind what comes: a little faster or a little slower, so that
 * nobody hears it; by a jump where it is far behind.
 */
export class Pace {
  #aim = LEAST;
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
    if (Math.abs(error) < SLACK) return 1;
    const rate = Math.min(Math.max(1 + GAIN * error, SLOWEST), FASTEST);
    return Math.round(100 * rate) / 100;
  }
}
