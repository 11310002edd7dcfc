import { keepPlaying, play } from "./keep_playing.js";
import { LatencyController } from "./latency_controller.js";
import { LiveMedia } from "./live_media.js";
import { PlaybackError } from "./playback_error.js";
import { seconds } from "./clock.js";

/**
 * @import { Bytes, Screen, ScreenListener, Track } from "./types.js"
 *
 * @typedef {{name: "empty"} | {name: "ready", since: number} | {name: "playing"} | {name: "dry"}}
 *   Phase no media; enough media to start; playing; out of media
 */

/** Seconds without media after which the player reports a stall. */
const STALL = 0.5;
/** Seconds after which playback starts, even if more media wait to be appended. */
const PATIENCE = 1.0;
/** Seconds of delay after a pause above which the player jumps. */
const LATE = 0.1;
/** Seconds that media time may go back within one timeline. */
const RESTART = 1.0;
/** WebKit drops frames at each change of speed. */
const CHANGES_SPEED_SMOOTHLY =
  !navigator.userAgent.includes("AppleWebKit") || navigator.userAgent.includes("Chrom");

/**
 * Plays a live feed in a video element, with Media Source Extensions.
 *
 * @implements {Screen}
 */
export class MediaScreen {
  way = /** @type {const} */ ("mse");

  #closed = new AbortController();
  /** @type {Phase} */
  #phase = { name: "empty" };
  #latency = new LatencyController();
  /** The end of the media at the last check. */
  #end = 0;
  /** @type {number | undefined} */
  #stall;
  #media;
  #listener;

  /**
   * @param {HTMLVideoElement} video
   * @param {ScreenListener} listener
   */
  constructor(video, listener) {
    this.element = video;
    this.#listener = listener;
    this.#media = new LiveMedia(video, () => this.#steer(), listener.failed);
    this.#listen(this.#closed.signal);
  }

  /** @param {Track[]} tracks */
  begin(tracks) {
    // Another source has no picture at first: a view keeps this one over it.
    if (this.hasBegun && !this.plays(tracks)) this.#listener.report("connecting");
    if (!this.#media.begin(tracks)) return;
    this.#phase = { name: "empty" };
    this.#latency = new LatencyController({
      hasSound: tracks.some(({ kind }) => kind === "audio"),
      isSmooth: CHANGES_SPEED_SMOOTHLY,
    });
  }

  /** @param {Track[]} tracks */
  plays(tracks) {
    return this.#media.plays(tracks);
  }

  /**
   * @param {Track["kind"]} kind
   * @param {Bytes} bytes
   */
  append(kind, bytes) {
    this.#media.append(kind, bytes);
  }

  /** @param {number} start */
  place(start) {
    if (!this.hasBegun || start >= this.element.currentTime - RESTART) return;
    this.#media.forgetAfter(start + RESTART / 2);
    this.#phase = { name: "empty" };
  }

  /** @param {number} duration */
  pace(duration) {
    this.#latency.frame(duration);
  }

  /** Release the video element. */
  close() {
    clearTimeout(this.#stall);
    this.#closed.abort();
    this.#media.close();
  }

  /** Whether playback has started, with or without media at present. */
  get hasBegun() {
    return this.#phase.name === "playing" || this.#phase.name === "dry";
  }

  get position() {
    return this.element.currentTime;
  }

  get mayRest() {
    return this.hasBegun && this.element.paused;
  }

  get bufferAhead() {
    const [start, end] = this.#newest;
    const { currentTime } = this.element;
    return currentTime < start ? 0 : Math.max(0, end - currentTime);
  }

  get dropped() {
    return this.element.getVideoPlaybackQuality().droppedVideoFrames;
  }

  /** @param {AbortSignal} signal */
  #listen(signal) {
    const video = this.element;
    /**
     * @param {keyof HTMLMediaElementEventMap} name
     * @param {() => void} listener
     */
    const on = (name, listener) => video.addEventListener(name, listener, { signal });
    on("playing", () => {
      clearTimeout(this.#stall);
      if (this.#phase.name === "dry") this.#phase = { name: "playing" };
      this.#listener.report("playing");
    });
    on("play", () => this.#leavePause());
    on("waiting", () => this.#waits());
    on("error", () =>
      this.#listener.failed(new PlaybackError("media_error", { cause: video.error })),
    );
    keepPlaying(video, () => this.#resume(), signal);
  }

  /**
   * Start and end of the newest media.
   * @returns {[number, number]}
   */
  get #newest() {
    const { buffered } = this.element;
    const last = buffered.length - 1;
    return last < 0 ? [0, 0] : [buffered.start(last), buffered.end(last)];
  }

  /** Keep the position close to the end of the media. */
  #steer() {
    const video = this.element;
    if (video.buffered.length === 0) return;
    const [start, end] = this.#newest;
    if (!this.hasBegun) {
      const since = this.#phase.name === "ready" ? this.#phase.since : seconds();
      this.#phase = { name: "ready", since };
      const isPatient = seconds() - since < PATIENCE;
      if (isPatient && !this.#media.isIdle) return;
      this.#jump(start, end);
      this.#resume();
      return;
    }
    if (video.currentTime < start) {
      // A gap: the stream restarted or stumbled, or this viewer was too slow.
      if (video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA) this.#jump(start, end);
      return;
    }
    const reserve = this.#end - video.currentTime;
    this.#end = end;
    if (this.#phase.name === "dry" && this.#latency.mustJumpWhenDry) {
      if (end - video.currentTime > this.#latency.start) this.#jump(start, end);
      return;
    }
    const rate = this.#latency.rate(reserve, seconds());
    if (rate === Infinity) {
      this.#jump(start, end);
    } else if (!video.paused && !video.seeking && video.playbackRate !== rate) {
      // WebKitGTK ignores a rate that is set during a pause or a seek, but still returns it.
      video.playbackRate = rate;
    }
  }

  /**
   * Jump close to the end of the media.
   *
   * @param {number} start of the media
   * @param {number} end of the media
   */
  #jump(start, end) {
    this.#phase = { name: "playing" };
    this.#end = end;
    this.element.playbackRate = 1;
    this.element.currentTime = this.#latency.begin(start, end);
  }

  /** Play, if the page is visible. */
  #resume() {
    this.#steer();
    if (!document.hidden && this.element.paused) void play(this.element);
  }

  /** Jump to live after a pause. */
  #leavePause() {
    const [start, end] = this.#newest;
    const late = end - this.element.currentTime - this.#latency.start;
    if (this.hasBegun && late > LATE) this.#jump(start, end);
  }

  #waits() {
    if (this.element.seeking || !this.hasBegun) return;
    this.#phase = { name: "dry" };
    this.#latency.stalled();
    clearTimeout(this.#stall);
    this.#stall = setTimeout(() => this.#listener.report("stalled"), STALL * 1000);
  }
}
