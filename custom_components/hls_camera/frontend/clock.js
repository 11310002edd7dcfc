/** How fast the newest frames outweigh the earliest one, per frame. */
const CREEP = 0.02;

/** Measures how long ago the server received the picture that is shown. */
export class ServerClock {
  /** Seconds to be added to our clock. */
  #offset = 0;
  /** When media time zero arrived, by the earliest frames. */
  #zero = NaN;

  /**
   * Set the clock by the server's answer.
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

/** Return the time on our clock, in seconds since 1970. */
export function seconds() {
  return (performance.timeOrigin + performance.now()) / 1000;
}
