import { NativeHls } from "./hls.js";
import { Live } from "./live.js";
import { Mjpeg } from "./mjpeg.js";
import { PlaybackError } from "./playback_error.js";
import { anyOf } from "./signals.js";

/**
 * @import { PlayerState, Quality, Source, State, Statistics, Transport,
 *   TransportClass } from "./types.js"
 *
 * @typedef {{reason: string, next: PlaybackError["next"]}} End
 */

/**
 * In order of preference; the last one works in any browser.
 * @type {TransportClass[]}
 */
const TRANSPORTS = [Live, NativeHls, Mjpeg];

/** Seconds before each retry; none before the first, because most interruptions are short. */
const PAUSES = [0, 0.5, 1, 2, 4, 8];
/** The number of failures of a transport before the next one is tried. */
const TRIES = 3;
/** Seconds of a picture after which earlier failures do not count. */
const PROVEN = 10;
/** Reasons to request another feed at once. */
const FEED_CHANGES = new Set(["quality_changed", "screen_changed"]);
/** Failures of the transport itself, not of the camera or the server. */
const TRANSPORT_FAILURES = new Set(["feed_unreachable", "media_error"]);
/**
 * By the code of Home Assistant's error.
 * @type {Map<unknown, End>}
 */
const ANSWERS = new Map([
  ["stream_stopped", { reason: "stopped", next: "never" }],
  ["stream_failed", { reason: "failed", next: "never" }],
  ["stream_limit", { reason: "stream_limit", next: "again" }],
  ["not_found", { reason: "not_loaded", next: "never" }],
  ["not_ready", { reason: "not_ready", next: "again" }],
  ["unauthorized", { reason: "forbidden", next: "never" }],
]);
/** Any other error, such as one of a proxy or of the network. @type {End} */
const NO_ANSWER = { reason: "server_unreachable", next: "again" };

/**
 * Shows a camera live in a video element, from `start()` to `stop()`.
 *
 * Fires `statechange` with a PlayerState as `detail`. The states "stopped" and "failed" last
 * until the next `start()`.
 */
export class LivePlayer extends EventTarget {
  /** @type {AbortController | null} */
  #ended = null;
  /** @type {AbortController} */
  #turn = new AbortController();
  /** @type {Transport | null} */
  #transport = null;
  /** The reason why a better transport does not play. @type {string | null} */
  #obstacle = null;
  /** @type {Quality} */
  #quality = "main";
  /** The time of the first picture, on the page's clock. @type {number | null} */
  #pictureSince = null;
  /** The number of times that playback has ended since a picture lasted. */
  #tries = 0;
  /** @type {PlayerState} */
  #detail = { state: "stopped", mode: "live", reason: null };
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

  /** The element that shows the picture: the video, or an image beside it. */
  get element() {
    return this.#transport?.element ?? this.#video;
  }

  /** The detail of the last `statechange` event. */
  get detail() {
    return this.#detail;
  }

  /** Play, unless it is playing. */
  start() {
    if (this.#ended) return;
    this.#ended = new AbortController();
    void this.#run(this.#ended.signal);
  }

  /** Disconnect, and release the video element. */
  stop() {
    this.#ended?.abort();
    this.#ended = null;
    this.#close();
    this.#change("stopped", null);
  }

  /**
   * Switch to another quality. The picture stays until the next one appears.
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
      this.#transport?.statistics() ?? {
        delay: null,
        bitrate: null,
        frameRate: null,
        bufferAhead: 0,
        dropped: 0,
        way: null,
      }
    );
  }

  /**
   * Perform an action that needs the picture in the video element, such as picture in picture. A
   * browser allows it soon after the user's click only.
   *
   * @param {() => Promise<unknown> | void} act
   */
  async withVideo(act) {
    const transport = this.#transport;
    try {
      if (this.element !== this.#video) await transport?.enterVideo?.();
      await act();
    } catch {
      transport?.leaveVideo?.();
    }
  }

  /** @param {AbortSignal} ended */
  async #run(ended) {
    this.#tries = 0;
    for (;;) {
      const error = await this.#playAny(ended);
      if (ended.aborted) return;
      if (error.next === "again") continue;
      this.#finish(error.reason === "stopped" ? "stopped" : "failed", error.reason);
      return;
    }
  }

  /**
   * Play the best transport that works, until the first one should be tried again or none
   * works. Return the reason for the end.
   *
   * @param {AbortSignal} ended
   * @returns {Promise<PlaybackError>}
   */
  async #playAny(ended) {
    this.#obstacle = null;
    for (const Transport of TRANSPORTS) {
      const obstacle = Transport.obstacle();
      const error = obstacle
        ? new PlaybackError(obstacle, { next: "other" })
        : await this.#playTransport(Transport, ended);
      if (ended.aborted || error.next !== "other") return error;
      this.#obstacle ??= error.reason;
    }
    return new PlaybackError(this.#obstacle ?? "failed", { next: "never" });
  }

  /**
   * Play one transport until it fails, or the first one should be tried again. Return the
   * reason for the end.
   *
   * @param {TransportClass} Transport
   * @param {AbortSignal} ended
   * @returns {Promise<PlaybackError>}
   */
  async #playTransport(Transport, ended) {
    const transport = new Transport(this.#video, this.#source, (state, reason = this.#obstacle) => {
      if (ended.aborted) return;
      if (state === "playing") this.#pictureSince ??= performance.now();
      this.#change(state, reason);
    });
    this.#transport = transport;
    this.#change("connecting", this.#obstacle);
    let failures = 0;
    for (;;) {
      this.#turn = new AbortController();
      this.#pictureSince = null;
      const error = await this.#play(transport, ended);
      if (ended.aborted) return error;
      if (this.#hasLasted) this.#tries = failures = 0;
      if (FEED_CHANGES.has(error.reason)) continue;
      this.#tries += 1;
      const hasFailed = TRANSPORT_FAILURES.has(error.reason);
      if (hasFailed) failures += 1;
      if (error.next !== "again" || failures > TRIES) {
        this.#close();
        const next = error.next === "never" ? "never" : "other";
        return new PlaybackError(error.reason, { next, cause: error });
      }
      this.#change("reconnecting", error.reason);
      await this.#pause(PAUSES[Math.min(this.#tries, PAUSES.length) - 1], ended);
      if (ended.aborted) return error;
      if (Transport !== TRANSPORTS[0] && !hasFailed) {
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
   * Play a transport once, and return the reason for its end.
   *
   * @param {Transport} transport
   * @param {AbortSignal} ended
   * @returns {Promise<PlaybackError>}
   */
  async #play(transport, ended) {
    const over = new AbortController();
    try {
      await transport.play(this.#quality, anyOf(ended, this.#turn.signal, over.signal));
    } catch (error) {
      if (error instanceof PlaybackError) return error;
      const isAnswer = typeof error === "object" && error !== null && "code" in error;
      const { reason, next } = (isAnswer && ANSWERS.get(error.code)) || NO_ANSWER;
      return new PlaybackError(reason, { next, cause: error });
    } finally {
      over.abort();
    }
    return new PlaybackError("connection_lost");
  }

  /**
   * Wait for a time, or until the network returns or the page becomes visible.
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
    this.#transport?.close();
    this.#transport = null;
  }

  /**
   * @param {State} state
   * @param {string | null} reason
   */
  #change(state, reason) {
    const { detail } = this;
    const mode = this.#transport?.mode ?? detail.mode;
    if (state === detail.state && mode === detail.mode && reason === detail.reason) return;
    this.#detail = { state, mode, reason };
    this.dispatchEvent(new CustomEvent("statechange", { detail: this.#detail }));
  }
}
