/** The weight of a new frame compared with the earliest one. */
const CREEP = 0.02;

/** Measures the age of the shown picture: the time since the server received it. */
export class ServerClock {
  /** Seconds to add to the browser's clock. */
  #offset = 0;
  /** The arrival of media time zero, according to the earliest frames. */
  #zero = NaN;

  /**
   * Set the clock by the server's response.
   *
   * @param {number} asked when the server was asked, in seconds on our clock
   * @param {number} now the server's time
   */
  set(asked, now) {
    this.#offset = now - (asked + seconds()) / 2;
  }

  /** Forget all frames: media times start over. */
  reset() {
    this.#zero = NaN;
  }

  /**
   * Note a frame.
   *
   * @param {number} time its media time
   * @param {number} came when the server received it
   */
  note(time, came) {
    const zero = came - time;
    const late = zero - this.#zero;
    this.#zero = late > 0 ? this.#zero + CREEP * late : zero;
  }

  /**
   * Return the age of a picture in seconds; null if it is unknown.
   *
   * @param {number} time its media time
   */
  delay(time) {
    if (Number.isNaN(this.#zero)) return null;
    return Math.max(0, seconds() + this.#offset - (this.#zero + time));
  }
}

/** Return the time on the browser's clock, in seconds since 1970. */
export function seconds() {
  return (performance.timeOrigin + performance.now()) / 1000;
}
