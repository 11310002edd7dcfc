// Judges whether a decoder keeps pace, and continues after damage. All times are in seconds.

/** The media between the newest frame and the decoded one above which the decoder is late. */
const LATE = 0.5;
/** The time after which it counts: after a pause of the network, many frames come at once. */
const PATIENCE = 1.5;
/** The time within which a second interruption means that the decoder does not work here. */
const MEMORY = 60.0;

/** Detects a decoder that falls behind its frames, returns none, or fails again and again. */
export class DecodeLag {
  /** When it fell behind. @type {number | null} */
  #since = null;
  #lastSkip = -Infinity;

  /**
   * Note the lag with each frame.
   *
   * @param {number} lag the media that wait in the decoder
   * @param {number} now the time, on any clock
   * @returns {"none" | "skip" | "fail"} how to continue: with the next keyframe, or not at all
   */
  note(lag, now) {
    if (lag <= LATE) this.#since = null;
    else this.#since ??= now;
    if (this.#since === null || now - this.#since < PATIENCE) return "none";
    return this.interrupt(now);
  }

  /**
   * Note that decoding was interrupted, for example by a damaged frame.
   *
   * @param {number} now the time, on any clock
   * @returns {"skip" | "fail"} how to continue: with the next keyframe, or not at all
   */
  interrupt(now) {
    this.#since = null;
    if (now - this.#lastSkip < MEMORY) return "fail";
    this.#lastSkip = now;
    return "skip";
  }
}
