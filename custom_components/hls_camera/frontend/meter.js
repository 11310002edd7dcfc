/** Seconds over which rates are averaged. */
const SPAN = 2;

/** Counts bytes and frames. */
export class Meter {
  /** @type {{at: number, bytes: number, frames: number}[]} */
  #counted = [];
  #bytes = 0;

  /** @param {number} bytes of any track */
  count(bytes) {
    this.#bytes += bytes;
  }

  /** @param {number} at when a frame of the picture came, in seconds on any clock */
  frame(at) {
    this.#counted.push({ at, bytes: this.#bytes, frames: 1 });
    this.#bytes = 0;
    while (this.#counted[0].at < at - SPAN) this.#counted.shift();
  }

  /**
   * @param {number} now on the same clock
   * @returns {{bitrate: number, frameRate: number}} bits and frames per second
   */
  rates(now) {
    const counted = this.#counted.filter(({ at }) => at >= now - SPAN);
    if (counted.length < 2) return { bitrate: 0, frameRate: 0 };
    const span = Math.max(now, counted[counted.length - 1].at) - counted[0].at;
    const bytes = counted.slice(1).reduce((sum, each) => sum + each.bytes, 0);
    return { bitrate: (8 * bytes) / span, frameRate: (counted.length - 1) / span };
  }
}
