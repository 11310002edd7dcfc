/** @import { Bytes } from "./types.js" */

/** Seconds of played media that are kept: a live player does not seek back. */
const KEPT = 10;
/** Seconds of played media that are kept if the buffer is full. */
const KEPT_AT_LEAST = 2;

/** A source buffer with a queue of tasks. */
export class TrackBuffer {
  /** Media to append, and actions between them. @type {(Bytes | (() => void))[]} */
  #queue = [];
  /** @type {SourceBuffer} */
  #buffer;
  #video;
  #done;
  #failed;

  /**
   * @param {SourceBuffer} buffer
   * @param {HTMLMediaElement} video
   * @param {() => void} done called after media were appended
   * @param {(error: unknown) => void} failed called when the buffer has become unusable
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

  /** Whether the queue is empty and the buffer is not updating. */
  get isIdle() {
    return this.#queue.length === 0 && !this.#buffer.updating;
  }

  /**
   * Append an init section or a fragment.
   *
   * @param {Bytes} bytes
   */
  append(bytes) {
    this.#queue.push(bytes);
    this.#next();
  }

  /**
   * Change the codec, before its init section.
   *
   * @param {string} mime
   */
  changeType(mime) {
    this.#queue.push(() => this.#buffer.changeType(mime));
    this.#next();
  }

  /**
   * Remove the media after a time.
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
      const isFull = error instanceof DOMException && error.name === "QuotaExceededError";
      if (!isFull) throw error;
      this.#queue.unshift(bytes);
      if (!this.#trim(KEPT_AT_LEAST, KEPT_AT_LEAST)) throw error;
    }
  }

  /** Return all media before the next action: one append is cheaper than many. */
  #joined() {
    /** @type {Bytes[]} */
    const pieces = [];
    for (const each of this.#queue) {
      if (typeof each === "function") break;
      pieces.push(each);
    }
    this.#queue.splice(0, pieces.length);
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
   * Remove played media that exceed a limit.
   *
   * @param {number} kept seconds to keep
   * @param {number} above the limit in seconds
   * @returns {boolean} whether media are removed
   */
  #trim(kept, above) {
    const { buffered } = this.#buffer;
    const { currentTime } = this.#video;
    if (buffered.length === 0 || currentTime - buffered.start(0) <= above) return false;
    this.#buffer.remove(0, currentTime - kept);
    return true;
  }
}
