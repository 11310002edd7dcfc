/** Seconds over which rates are measured. */
const SPAN = 2;

/** Counts what comes. */
export class Meter {
  /** @type {{at: number, bytes: number, frames: number}[]} */
  #counted = [];
  #bytes = 0;

  /** @param {number} bytes of any track */
  count(bytes) {
    this.#bytes += bytes;
  }

  /** @param {number} at seconds on any clock, when a frame of the picture came */
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
    const span = Math.max(now, counted.at(-1).at) - counted[0].at;
    const bytes = counted.slice(1).reduce((sum, each) => sum + each.bytes, 0);
    return { bitrate: (8 * bytes) / span, frameRate: (counted.length - 1) / span };
  }
}
