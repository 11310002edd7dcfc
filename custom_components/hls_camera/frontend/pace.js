// Where to play, and how fast: pure decisions, in seconds.

/** What is played ahead of at first. */
const START = 0.25;
/** What is aimed at while nothing goes wrong. */
const LEAST = 0.12;
/** What is aimed at where the network stumbles all the time. */
const MOST = 1.5;
/** What each stall adds. */
const STALL = 0.15;
/** What is added is forgotten, by this much per second. */
const FORGET = 0.005;
/** What lies further behind is jumped over. */
const JUMP = 1.0;
/** How far from the aim nothing is done. */
const SLACK = 0.03;
/** Change of speed per second that it is too late, and at most. */
const GAIN = 0.4;
const FASTEST = 1.12;
const SLOWEST = 0.95;

/**
 * Keep a player close behind what comes: a little faster, or a little slower, so that
 * nobody hears it; by a jump where it is far behind.
 */
export class Pace {
  #aim = LEAST;
  #since = 0;
  #isSettling = false;

  /** Where to begin, in what there is. */
  begin(start, end) {
    return Math.max(start, end - Math.max(START, this.#aim));
  }

  /** It ran out of media: stay further behind. */
  stalled() {
    this.#aim = Math.min(this.#aim + STALL, MOST);
  }

  /**
   * Tell how fast to go on with so much ahead.
   *
   * @param {number} ahead
   * @param {number} now seconds on any clock
   * @returns {number} a playback rate; Infinity is a jump
   */
  rate(ahead, now) {
    this.#aim = Math.max(LEAST, this.#aim - FORGET * Math.min(now - this.#since, 1));
    this.#since = now;
    const error = ahead - this.#aim;
    if (error > JUMP) return Infinity;
    if (Math.abs(error) < SLACK / (this.#isSettling ? 3 : 1)) {
      this.#isSettling = false;
      return 1;
    }
    if (Math.abs(error) < SLACK && !this.#isSettling) return 1;
    this.#isSettling = true;
    const wish = 1 + GAIN * error;
    return Math.round(100 * Math.min(Math.max(wish, SLOWEST), FASTEST)) / 100;
  }
}
