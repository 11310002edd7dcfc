import { NativeHls } from "./hls.js";
import { Live } from "./live.js";
import { Mjpeg } from "./mjpeg.js";
import { PlaybackError } from "./playback_error.js";
import { anyOf } from "./signals.js";

/**
 * @typedef {"main" | "small"} Quality
 * @typedef {"connecting" | "playing" | "stalled" | "reconnecting" | "stopped" | "failed"} State
 * @typedef {"live" | "ll-hls" | "hls" | "mjpeg"} Mode
 *
 * @typedef {object} Source where the media come from; each may throw
 * @property {(quality: Quality) => Promise<{url: string, now: number}>} live what the
 *   command `hls_camera/live` answers
 * @property {() => Promise<string>} hls a playlist's address
 * @property {() => Promise<string>} mjpeg an image's address
 *
 * @typedef {object} Statistics what a person may want to know; null where nobody knows
 * @property {number | null} delay seconds since the server got what is shown
 * @property {number | null} bitrate bits per second
 * @property {number | null} frameRate frames per second
 * @property {number} bufferAhead seconds that could be played if nothing more came
 * @property {number} dropped frames that were decoded but not shown
 *
 * @callback Tell
 * @param {State} state
 * @param {string | null} [reason]
 * @returns {void}
 *
 * @typedef {object} Way one way to show a camera, on the video element or beside it
 * @property {HTMLElement} element what shows the picture
 * @property {(quality: Quality, signal: AbortSignal) => Promise<void>} play play until
 *   something ends it, and throw that: a PlaybackError, or the signal's reason
 * @property {() => void} close
 * @property {() => Statistics} statistics
 */

/** From the best to the one that always works. */
const WAYS = [Live, NativeHls, Mjpeg];

/** Seconds before another try: the first one at once, as most breaks are short. */
const PAUSES = [0, 0.5, 1, 2, 4, 8];
/** How often a way may end without a picture before another one is tried. */
const TRIES = 3;
/** Errors of Home Assistant's that only a person can mend. */
const FOR_A_PERSON = new Map([
  ["stream_stopped", "stopped"],
  ["stream_failed", "failed"],
  ["not_found", "not_found"],
  ["unauthorized", "forbidden"],
]);

/**
 * Shows a camera in a video element, live, for as long as it is wanted.
 *
 * Fires `statechange` with `detail` {state, mode, reason}: `reason` is why it is not, or
 * not in the best way, as a key for which there are words. One of the states "stopped" and
 * "failed" is the end until `start()` is called again.
 */
export class LivePlayer extends EventTarget {
  /** @type {AbortController | null} */
  #ended = null;
  /** @type {AbortController} */
  #turn = new AbortController();
  /** @type {Way | null} */
  #way = null;
  /** Why no better way is taken. @type {string | null} */
  #obstacle = null;
  /** @type {Quality} */
  #quality = "main";
  #hasPicture = false;
  #detail = { state: /** @type {State} */ ("stopped"), mode: "live", reason: null };
  #video;
  #source;

  /**
   * @param {HTMLVideoElement} video
   * @param {Source} source
   */
  constructor(video, source) {
    super();
    this.#video = video;
    this.#source = source;
  }

  /** What shows the picture now: the video element, or an image beside it. */
  get element() {
    return this.#way?.element ?? this.#video;
  }

  /** What the newest `statechange` told. */
  get detail() {
    return this.#detail;
  }

  /** Play, unless it does. */
  start() {
    if (this.#ended) return;
    this.#ended = new AbortController();
    this.#run(this.#ended.signal);
  }

  /** Disconnect, and let go of the video element. */
  stop() {
    this.#ended?.abort();
    this.#ended = null;
    this.#close();
    this.#change("stopped", null);
  }

  /**
   * Show another quality; the picture stays until the new one is there.
   *
   * @param {Quality} quality
   */
  setQuality(quality) {
    if (quality === this.#quality) return;
    this.#quality = quality;
    this.#turn.abort(new PlaybackError("quality_changed", { next: "again" }));
  }

  /** @returns {Statistics} */
  statistics() {
    return (
      this.#way?.statistics() ?? {
        delay: null,
        bitrate: null,
        frameRate: null,
        bufferAhead: 0,
        dropped: 0,
      }
    );
  }

  /** @param {AbortSignal} ended */
  async #run(ended) {
    this.#obstacle = null;
    for (const Way of WAYS) {
      const error = Way.obstacle()
        ? new PlaybackError(Way.obstacle(), { next: "other" })
        : await this.#go(Way, ended);
      if (ended.aborted) return;
      if (error.next === "never") {
        this.#finish(error.reason === "stopped" ? "stopped" : "failed", error.reason);
        return;
      }
      this.#obstacle ??= error.reason;
    }
    this.#finish("failed", this.#obstacle);
  }

  /**
   * Go one way until it leads nowhere, and tell why.
   *
   * @param {typeof Live | typeof NativeHls | typeof Mjpeg} Way
   * @param {AbortSignal} ended
   * @returns {Promise<PlaybackError>}
   */
  async #go(Way, ended) {
    const way = new Way(this.#video, this.#source, (state, reason = this.#obstacle) => {
      if (ended.aborted) return;
      this.#hasPicture ||= state === "playing";
      this.#change(state, reason);
    });
    this.#way = way;
    this.#change("connecting", this.#obstacle);
    let tries = 0;
    for (;;) {
      this.#turn = new AbortController();
      this.#hasPicture = false;
      const error = await this.#play(way, ended);
      if (ended.aborted) return error;
      if (error.reason === "quality_changed") continue;
      if (this.#hasPicture) tries = 0;
      tries += 1;
      const isHopeless = tries > TRIES && LEADS_NOWHERE.has(error.reason);
      if (error.next !== "again" || isHopeless) {
        this.#close();
        return error;
      }
      this.#change("reconnecting", error.reason);
      await this.#pause(PAUSES[Math.min(tries, PAUSES.length) - 1], ended);
      if (ended.aborted) return error;
    }
  }

  /**
   * @param {Way} way
   * @param {AbortSignal} ended
   * @returns {Promise<PlaybackError>} why it ended
   */
  async #play(way, ended) {
    try {
      await way.play(this.#quality, anyOf(ended, this.#turn.signal));
    } catch (error) {
      if (error instanceof PlaybackError) return error;
      const reason = FOR_A_PERSON.get(error?.code);
      if (reason) return new PlaybackError(reason, { next: "never", cause: error });
      return new PlaybackError("server_unreachable", { cause: error });
    }
    return new PlaybackError("connection_lost");
  }

  /**
   * Wait, but not while the network has just come back or somebody looks again.
   *
   * @param {number} seconds
   * @param {AbortSignal} ended
   */
  #pause(seconds, ended) {
    return new Promise((resolve) => {
      const over = new AbortController();
      const end = () => {
        clearTimeout(timer);
        over.abort();
        resolve(undefined);
      };
      const timer = setTimeout(end, seconds * 1000 * (0.8 + 0.4 * Math.random()));
      const { signal } = over;
      ended.addEventListener("abort", end, { signal });
      window.addEventListener("online", end, { signal });
      document.addEventListener("visibilitychange", end, { signal });
    });
  }

  /**
   * @param {State} state
   * @param {string | null} reason
   */
  #finish(state, reason) {
    this.#ended?.abort();
    this.#ended = null;
    this.#close();
    this.#change(state, reason);
  }

  #close() {
    this.#way?.close();
    this.#way = null;
  }

  /**
   * @param {State} state
   * @param {string | null} reason
   */
  #change(state, reason) {
    const { mode } = this.#way?.constructor ?? this.#detail;
    const { detail } = this;
    if (state === detail.state && mode === detail.mode && reason === detail.reason) return;
    this.#detail = { state, mode, reason };
    this.dispatchEvent(new CustomEvent("statechange", { detail: this.#detail }));
  }
}

/** Ends that come of the way, not of the camera or the server. */
const LEADS_NOWHERE = new Set(["feed_unreachable", "media_error"]);
