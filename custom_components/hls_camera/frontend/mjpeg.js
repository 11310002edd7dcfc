import { PlaybackError } from "./playback_error.js";

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
    const url = await this.#source.mjpeg();
    signal.throwIfAborted();
    const image = this.element;
    image.alt = "";
    image.className = this.#video.className;
    this.#video.hidden = true;
    this.#video.after(image);
    await new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      image.onload = () => this.#tell("playing");
      image.onerror = () => reject(new PlaybackError("connection_lost"));
      image.src = url;
    });
  }

  /** Take the image away. */
  close() {
    this.element.onload = this.element.onerror = null;
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
