import { keepPlaying, play } from "./keep_playing.js";
import { PlaybackError } from "./playback_error.js";

/** @import { Quality, ReportState, Source, Statistics, Transport } from "./types.js" */

const TYPE = "application/vnd.apple.mpegurl";

/**
 * Plays with the browser's own HLS player, such as Safari's.
 *
 * @implements {Transport}
 */
export class NativeHls {
  mode = /** @type {const} */ ("hls");

  #source;
  #report;

  /**
   * @param {HTMLVideoElement} video
   * @param {Source} source
   * @param {ReportState} report
   */
  constructor(video, source, report) {
    this.element = video;
    this.#source = source;
    this.#report = report;
  }

  /** Return the reason why this browser cannot play it, or null. */
  static obstacle() {
    return document.createElement("video").canPlayType(TYPE) ? null : "no_hls";
  }

  /**
   * @param {Quality} _quality unused: the browser chooses
   * @param {AbortSignal} signal
   * @throws {PlaybackError} always, when playback ends
   */
  async play(_quality, signal) {
    const video = this.element;
    const url = await this.#source.hls();
    signal.throwIfAborted();
    await new Promise((_, reject) => {
      /**
       * @param {keyof HTMLMediaElementEventMap} name
       * @param {() => void} listener
       */
      const on = (name, listener) => video.addEventListener(name, listener, { signal });
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      on("playing", () => this.#report("playing"));
      on("waiting", () => {
        if (video.currentTime > 0) this.#report("stalled");
      });
      on("error", () => reject(new PlaybackError("media_error", { cause: video.error })));
      on("ended", () => reject(new PlaybackError("connection_lost")));
      video.src = url;
      void play(video);
      const resume = () => {
        if (video.paused) void play(video);
      };
      keepPlaying(video, resume, signal);
    });
  }

  /** Release the video element. */
  close() {
    this.element.removeAttribute("src");
    this.element.load();
  }

  /** @returns {Statistics} */
  statistics() {
    const { buffered, currentTime } = this.element;
    const end = buffered.length ? buffered.end(buffered.length - 1) : currentTime;
    return {
      delay: null,
      bitrate: null,
      frameRate: null,
      bufferAhead: Math.max(0, end - currentTime),
      dropped: this.element.getVideoPlaybackQuality().droppedVideoFrames,
      way: null,
    };
  }
}
