import { PlaybackError } from "./playback_error.js";

/** @import { Quality, ReportState, Source, Statistics, Transport } from "./types.js" */

/** Seconds between requests: no browser reports the end of a sequence of images. */
const RENEW = 5;
/** Seconds until the first image must have loaded. */
const PATIENCE = 10;

/**
 * Shows a sequence of still images beside the video element, in any browser.
 *
 * @implements {Transport}
 */
export class Mjpeg {
  mode = /** @type {const} */ ("mjpeg");

  #source;
  #report;
  #video;
  /** @type {number | undefined} */
  #timer;

  /**
   * @param {HTMLVideoElement} video
   * @param {Source} source
   * @param {ReportState} report
   */
  constructor(video, source, report) {
    this.#video = video;
    this.#source = source;
    this.#report = report;
    this.element = document.createElement("img");
  }

  /** Return the reason why this browser cannot play it, or null. */
  static obstacle() {
    return null;
  }

  /**
   * @param {Quality} _quality unused: there is only one
   * @param {AbortSignal} signal
   * @throws {PlaybackError} always, when playback ends
   */
  async play(_quality, signal) {
    const image = this.element;
    image.alt = "";
    image.className = this.#video.className;
    this.#video.hidden = true;
    this.#video.after(image);
    try {
      await new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
        const lost = () => reject(new PlaybackError("connection_lost"));
        const ask = async () => {
          this.#timer = setTimeout(lost, PATIENCE * 1000);
          const url = await this.#source.mjpeg();
          if (!signal.aborted) image.src = url; // The last image stays until the next one has loaded.
        };
        image.onload = () => {
          clearTimeout(this.#timer);
          this.#timer = setTimeout(() => ask().catch(reject), RENEW * 1000);
          this.#report("playing");
        };
        image.onerror = lost;
        ask().catch(reject);
      });
    } finally {
      clearTimeout(this.#timer);
      image.onload = image.onerror = null;
    }
  }

  /** Remove the image. */
  close() {
    // Chromium continues to load an image that is not in the document.
    this.element.removeAttribute("src");
    this.element.remove();
    this.#video.hidden = false;
  }

  /** @returns {Statistics} */
  statistics() {
    return { delay: null, bitrate: null, frameRate: null, bufferAhead: 0, dropped: 0, way: null };
  }
}
