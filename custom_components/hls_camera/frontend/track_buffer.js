/** Seconds of what was played that are kept: there is nothing to go back to. */
const KEPT = 10;
/** Seconds kept where the browser has no room. */
const KEPT_AT_LEAST = 2;

/**
 * A source buffer with a queue: it does one thing at a time, and says when it is done.
 */
export class TrackBuffer {
  /** @type {(Uint8Array | (() => void))[]} what to append, and what to do between */
  #queue = [];
  /** @type {SourceBuffer} */
  #buffer;
  #video;
  #done;
  #failed;

  /**
   * @param {SourceBuffer} buffer
   * @param {HTMLMediaElement} video
   * @param {() => void} done called when something was appended
   * @param {(error: unknown) => void} failed called when it is of no more use
   */
  constructor(buffer, video, done, failed) {
    this.#buffer = buffer;
    this.#video = video;
    this.#done = done;
    this.#failed = failed;
    buffer.addEventListener("updateend", () => {
      this.#next();
      this.#done();
    });
    buffer.addEventListener("error", () => this.#failed(new Error("append failed")));
  }

  /** Whether all that came is appended. */
  get isIdle() {
    return this.#queue.length === 0 && !this.#buffer.updating;
  }

  /** What can be played of it. */
  get buffered() {
    return this.#buffer.buffered;
  }

  /**
   * Append what comes next.
   *
   * @param {Uint8Array} bytes
   */
  append(bytes) {
    this.#queue.push(bytes);
    this.#next();
  }

  /**
   * Go on with another codec: its init section comes next.
   *
   * @param {string} mime
   */
  changeType(mime) {
    this.#queue.push(() => this.#buffer.changeType(mime));
    this.#next();
  }

  /**
   * Forget what comes later than a time.
   *
   * @param {number} time
   */
  forgetAfter(time) {
    this.#queue.push(() => this.#buffer.remove(time, Infinity));
    this.#next();
  }

  #next() {
    if (this.#buffer.updating || this.#queue.length === 0) return;
    try {
      if (this.#trim(KEPT, 2 * KEPT)) return;
      this.#step();
    } catch (error) {
      this.#failed(error);
    }
  }

  #step() {
    const first = this.#queue[0];
    if (typeof first === "function") {
      this.#queue.shift();
      first();
      this.#next();
      return;
    }
    const bytes = this.#joined();
    try {
      this.#buffer.appendBuffer(bytes);
    } catch (error) {
      if (error.name !== "QuotaExceededError") throw error;
      this.#queue.unshift(bytes);
      if (!this.#trim(KEPT_AT_LEAST, KEPT_AT_LEAST)) throw error;
    }
  }

  /** Take all that waits, up to what is to be done between: many cost as much as one. */
  #joined() {
    const end = this.#queue.findIndex((each) => typeof each === "function");
    const pieces = this.#queue.splice(0, end < 0 ? this.#queue.length : end);
    if (pieces.length === 1) return pieces[0];
    const size = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
    const whole = new Uint8Array(size);
    let at = 0;
    for (const piece of pieces) {
      whole.set(piece, at);
      at += piece.byteLength;
    }
    return whole;
  }

  /**
   * Forget what was played, if that is more than so many seconds.
   *
   * @param {number} kept seconds
   * @param {number} above seconds
   */
  #trim(kept, above) {
    const { buffered } = this.#buffer;
    const { currentTime } = this.#video;
    if (buffered.length === 0 || currentTime - buffered.start(0) <= above) return false;
    this.#buffer.remove(0, currentTime - kept);
    return true;
  }
}
