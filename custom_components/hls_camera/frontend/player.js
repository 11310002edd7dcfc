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
 * @property {() => Promise<string>} mjpeg an image's address, another one each time: a
 *   browser asks for none twice while it shows it
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
 *   something ends it, and throw that: a PlaybackError, or the signal's reason. The signal
 *   is aborted afterwards in any case: what listens until then leaves nothing behind
 * @property {() => void} close
 * @property {() => Statistics} statistics
 */

/** From the best to the one that always works. */
const WAYS = [Live, NativeHls, Mjpeg];

/** Seconds before another try: the first one at once, as most breaks are short. */
const PAUSES = [0, 0.5, 1, 2, 4, 8];
/** How often a way may lead nowhere before another one is tried. */
const TRIES = 3;
/** Seconds that a picture has to last for what went wrong before it to be forgotten. */
const PROVEN = 10;
/** What Home Assistant's errors mean; another one may be of anything between us. */
const ANSWERS = new Map([
  ["stream_stopped", { reason: "stopped", next: "never" }],
  ["stream_failed", { reason: "failed", next: "never" }],
  ["stream_limit", { reason: "stream_limit", next: "again" }],
  ["not_found", { reason: "not_loaded", next: "never" }],
  ["not_ready", { reason: "not_ready", next: "again" }],
  ["unauthorized", { reason: "forbidden", next: "never" }],
]);
const NO_ANSWER = { reason: "server_unreachable", next: "again" };

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
  /** When the picture came, on the page's clock. @type {number | null} */
  #pictureSince = null;
  /** How often it has ended since a picture lasted. */
  #tries = 0;
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
    this.#tries = 0;
    for (;;) {
      const error = await this.#goAny(ended);
      if (ended.aborted) return;
      if (error.next === "again") continue;
      this.#finish(error.reason === "stopped" ? "stopped" : "failed", error.reason);
      return;
    }
  }

  /**
   * Go the best way that leads somewhere, until it is worth beginning with the best again,
   * and tell why.
   *
   * @param {AbortSignal} ended
   * @returns {Promise<PlaybackError>}
   */
  async #goAny(ended) {
    this.#obstacle = null;
    for (const Way of WAYS) {
      const obstacle = Way.obstacle();
      const error = obstacle
        ? new PlaybackError(obstacle, { next: "other" })
        : await this.#go(Way, ended);
      if (ended.aborted || error.next !== "other") return error;
      this.#obstacle ??= error.reason;
    }
    return new PlaybackError(this.#obstacle, { next: "never" });
  }

  /**
   * Go one way until it leads nowhere, or a better one may lead somewhere, and tell why.
   *
   * @param {typeof Live | typeof NativeHls | typeof Mjpeg} Way
   * @param {AbortSignal} ended
   * @returns {Promise<PlaybackError>}
   */
  async #go(Way, ended) {
    const way = new Way(this.#video, this.#source, (state, reason = this.#obstacle) => {
      if (ended.aborted) return;
      if (state === "playing") this.#pictureSince ??= performance.now();
      this.#change(state, reason);
    });
    this.#way = way;
    this.#change("connecting", this.#obstacle);
    let deadEnds = 0;
    for (;;) {
      this.#turn = new AbortController();
      this.#pictureSince = null;
      const error = await this.#play(way, ended);
      if (ended.aborted) return error;
      if (this.#hasLasted) this.#tries = deadEnds = 0;
      if (error.reason === "quality_changed") continue;
      this.#tries += 1;
      const leadsNowhere = LEADS_NOWHERE.has(error.reason);
      if (leadsNowhere) deadEnds += 1;
      if (error.next !== "again" || deadEnds > TRIES) {
        this.#close();
        const next = error.next === "never" ? "never" : "other";
        return new PlaybackError(error.reason, { next, cause: error });
      }
      this.#change("reconnecting", error.reason);
      await this.#pause(PAUSES[Math.min(this.#tries, PAUSES.length) - 1], ended);
      if (ended.aborted) return error;
      if (Way !== WAYS[0] && !leadsNowhere) {
        this.#close();
        return error;
      }
    }
  }

  get #hasLasted() {
    if (this.#pictureSince === null) return false;
    return performance.now() - this.#pictureSince >= PROVEN * 1000;
  }

  /**
   * @param {Way} way
   * @param {AbortSignal} ended
   * @returns {Promise<PlaybackError>} why it ended
   */
  async #play(way, ended) {
    const over = new AbortController();
    try {
      await way.play(this.#quality, anyOf(ended, this.#turn.signal, over.signal));
    } catch (error) {
      if (error instanceof PlaybackError) return error;
      const { reason, next } = ANSWERS.get(error?.code) ?? NO_ANSWER;
      return new PlaybackError(reason, { next, cause: error });
    } finally {
      over.abort();
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
