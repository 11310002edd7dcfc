import { PlaybackError } from "./playback_error.js";

/** Seconds after which stills are asked for anew: nobody is told when they end. */
const RENEW = 5;
/** Seconds that the first of them may take. */
const PATIENCE = 10;

/**
 * Stills, one after another, in an image beside the video element: any browser can.
 *
 * @implements {import("./player.js").Way}
 */
export class Mjpeg {
  static mode = "mjpeg";

  #source;
  #tell;
  #video;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {HTMLVideoElement} video
   * @param {import("./player.js").Source} source
   * @param {import("./player.js").Tell} tell
   */
  constructor(video, source, tell) {
    this.#video = video;
    this.#source = source;
    this.#tell = tell;
    this.element = document.createElement("img");
  }

  /** Why this browser cannot, or null. */
  static obstacle() {
    return null;
  }

  /**
   * @param {import("./player.js").Quality} _quality there is but one
   * @param {AbortSignal} signal
   * @throws {PlaybackError} always: it is live until something ends it
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
          if (!signal.aborted) image.src = url; // What was shown stays until this comes.
        };
        image.onload = () => {
          clearTimeout(this.#timer);
          this.#timer = setTimeout(() => ask().catch(reject), RENEW * 1000);
          this.#tell("playing");
        };
        image.onerror = lost;
        ask().catch(reject);
      });
    } finally {
      clearTimeout(this.#timer);
      image.onload = image.onerror = null;
    }
  }

  /** Take the image away. */
  close() {
    // Chromium goes on loading an image that is in no document.
    this.element.removeAttribute("src");
    this.element.remove();
    this.#video.hidden = false;
  }

  /** @returns {import("./player.js").Statistics} */
  statistics() {
    return { delay: null, bitrate: null, frameRate: null, bufferAhead: 0, dropped: 0 };
  }
}
