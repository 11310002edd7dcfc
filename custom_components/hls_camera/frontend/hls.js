import { keepPlaying, play } from "./keep_playing.js";
import { PlaybackError } from "./playback_error.js";

const TYPE = "application/vnd.apple.mpegurl";

/**
 * The browser's own player of HLS, as Safari has.
 *
 * @implements {import("./player.js").Way}
 */
export class NativeHls {
  static mode = "hls";

  #source;
  #tell;

  /**
   * @param {HTMLVideoElement} video
   * @param {import("./player.js").Source} source
   * @param {import("./player.js").Tell} tell
   */
  constructor(video, source, tell) {
    this.element = video;
    this.#source = source;
    this.#tell = tell;
  }

  /** Why this browser cannot, or null. */
  static obstacle() {
    return document.createElement("video").canPlayType(TYPE) ? null : "no_hls";
  }

  /**
   * @param {import("./player.js").Quality} _quality the player chooses it
   * @param {AbortSignal} signal
   * @throws {PlaybackError} always: it is live until something ends it
   */
  async play(_quality, signal) {
    const video = this.element;
    const url = await this.#source.hls();
    signal.throwIfAborted();
    await new Promise((_, reject) => {
      const on = (name, listener) => video.addEventListener(name, listener, { signal });
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      on("playing", () => this.#tell("playing"));
      on("waiting", () => video.currentTime > 0 && this.#tell("stalled"));
      on("error", () => reject(new PlaybackError("media_error", { cause: video.error })));
      on("ended", () => reject(new PlaybackError("connection_lost")));
      video.src = url;
      void play(video);
      keepPlaying(video, () => video.paused && play(video), signal);
    });
  }

  /** Let go of the video element. */
  close() {
    this.element.removeAttribute("src");
    this.element.load();
  }

  /** @returns {import("./player.js").Statistics} */
  statistics() {
    const { buffered, currentTime } = this.element;
    const end = buffered.length ? buffered.end(buffered.length - 1) : currentTime;
    return {
      delay: null,
      bitrate: null,
      frameRate: null,
      bufferAhead: Math.max(0, end - currentTime),
      dropped: this.element.getVideoPlaybackQuality().droppedVideoFrames,
    };
  }
}
