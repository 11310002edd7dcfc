/** How fast the newest frames outweigh the earliest one, per frame. */
const CREEP = 0.02;

/** Tells how long ago the server got what is shown. */
export class ServerClock {
  /** Seconds to be added to our clock. */
  #offset = 0;
  /** When media time zero came, by the frames that came soonest. */
  #zero = NaN;

  /**
   * Set it by the server's answer.
   *
   * @param {number} asked when it was asked, in seconds on our clock
   * @param {number} now what it answered
   */
  set(asked, now) {
    this.#offset = now - (asked + seconds()) / 2;
  }

  /** Forget what came: media times begin anew. */
  reset() {
    this.#zero = NaN;
  }

  /**
   * Note a frame.
   *
   * @param {number} time its media time
   * @param {number} came when the server got it
   */
  note(time, came) {
    const zero = came - time;
    const late = zero - this.#zero;
    this.#zero = late > 0 ? this.#zero + CREEP * late : zero;
  }

  /**
   * Tell how old what is shown is.
   *
   * @param {number} time its media time
   * @returns {number | null} seconds
   */
  delay(time) {
    if (Number.isNaN(this.#zero)) return null;
    return Math.max(0, seconds() + this.#offset - (this.#zero + time));
  }
}

/** The time on our clock, in seconds since 1970. */
export function seconds() {
  return (performance.timeOrigin + performance.now()) / 1000;
}
