import { seconds, ServerClock } from "./clock.js";
import { follow } from "./feed.js";
import { FrozenPlaybackDetector } from "./frozen_playback_detector.js";
import { keepPlaying, play } from "./keep_playing.js";
import { LatencyController } from "./latency_controller.js";
import { canAppend, LiveMedia } from "./live_media.js";
import { Meter } from "./meter.js";
import { readTimes } from "./mp4.js";
import { PlaybackError } from "./playback_error.js";
import { anyOf } from "./signals.js";

/**
 * @import { FeedStatus, Track } from "./feed.js"
 * @import { Bytes, Quality, ReportState, Source, Statistics, Transport } from "./types.js"
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
/** States of a stream before its first picture. */
const STARTING = new Set(["idle", "starting", "backoff"]);

/**
 * Plays the live feed: each frame over a WebSocket, as soon as the server has received it.
 *
 * @implements {Transport}
 */
export class Live {
  mode = /** @type {const} */ ("live");

  #clock = new ServerClock();
  #meter = new Meter();
  #latency = new LatencyController();
  #frozen = new FrozenPlaybackDetector();
  /** @type {LiveMedia | null} */
  #media = null;
  /** @type {Phase} */
  #phase = { name: "empty" };
  /** The current run; `isPlaced` is set when its place on the timeline is known. */
  #run = { timescale: NaN, isPlaced: true };
  /** The end of the media at the last check. */
  #end = 0;
  /** @type {number | undefined} */
  #stall;
  #broken = new AbortController();
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
    return canAppend ? null : "no_media_source";
  }

  /**
   * @param {Quality} quality
   * @param {AbortSignal} signal
   * @throws {PlaybackError} always, when playback ends
   */
  async play(quality, signal) {
    this.#broken = new AbortController();
    this.#frozen = new FrozenPlaybackDetector();
    const ended = anyOf(signal, this.#broken.signal);
    this.#media ??= this.#attach();
    this.#listen(ended);
    try {
      const asked = seconds();
      const { url, now } = await this.#source.live(quality);
      ended.throwIfAborted();
      this.#clock.set(asked, now);
      this.#throwEnd(await follow(url, this, ended));
    } catch (error) {
      if (error instanceof PlaybackError && error.reason === "media_error") this.close();
      throw error;
    } finally {
      clearTimeout(this.#stall);
    }
  }

  /** Release the video element. */
  close() {
    this.#media?.close();
    this.#media = null;
  }

  /** @returns {Statistics} */
  statistics() {
    const { bitrate, frameRate } = this.#meter.rates(seconds());
    return {
      delay: this.#hasBegun ? this.#clock.delay(this.element.currentTime) : null,
      bitrate,
      frameRate,
      bufferAhead: this.#ahead,
      dropped: this.element.getVideoPlaybackQuality().droppedVideoFrames,
    };
  }

  // FeedListener

  /** @param {Track[]} tracks */
  run(tracks) {
    const picture = tracks.find(({ kind }) => kind === "video");
    this.#run = { timescale: picture?.timescale ?? NaN, isPlaced: false };
    if (this.#media?.begin(tracks)) this.#phase = { name: "empty" };
  }

  /**
   * @param {Track["kind"]} kind
   * @param {Bytes} bytes
   */
  media(kind, bytes) {
    if (kind === "video") this.#note(bytes);
    this.#meter.count(bytes.byteLength);
    this.#media?.append(kind, bytes);
  }

  /** @param {FeedStatus} status */
  status({ state, reason }) {
    if (this.#hasBegun && state === "backoff") this.#report("reconnecting", reason);
    if (!this.#hasBegun && STARTING.has(state)) this.#report("connecting", reason);
  }

  // Playback

  /** Whether playback has started, with or without media at present. */
  get #hasBegun() {
    return this.#phase.name === "playing" || this.#phase.name === "dry";
  }

  #attach() {
    this.#phase = { name: "empty" };
    return new LiveMedia(
      this.element,
      () => this.#steer(),
      (error) => this.#broken.abort(error),
    );
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
      this.#report("playing");
    });
    on("play", () => this.#leavePause());
    on("waiting", () => this.#waits());
    on("error", () =>
      this.#broken.abort(new PlaybackError("media_error", { cause: video.error })),
    );
    keepPlaying(video, () => this.#resume(), signal);
  }

  /**
   * Note the arrival of a frame of the picture.
   * @param {Bytes} bytes
   */
  #note(bytes) {
    const { start, came } = readTimes(bytes, this.#run.timescale);
    if (came === null || Number.isNaN(start)) return;
    this.#meter.frame(seconds());
    this.#detectFrozen();
    if (!this.#run.isPlaced) {
      this.#run.isPlaced = true;
      this.#clock.reset();
      if (this.#hasBegun && start < this.element.currentTime - RESTART) {
        this.#media?.forgetAfter(start + RESTART / 2);
        this.#phase = { name: "empty" };
      }
    }
    this.#clock.note(start, came);
  }

  /** Restart if frames arrive but playback is frozen, whatever the reason. */
  #detectFrozen() {
    const { currentTime, paused } = this.element;
    const mayRest = document.hidden || (this.#hasBegun && paused);
    if (this.#frozen.frame(mayRest ? NaN : currentTime, seconds())) {
      this.#broken.abort(new PlaybackError("media_error"));
    }
  }

  /** Seconds of media ahead of the position. */
  get #ahead() {
    const [start, end] = this.#newest;
    const { currentTime } = this.element;
    return currentTime < start ? 0 : Math.max(0, end - currentTime);
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
    if (!this.#hasBegun) {
      const since = this.#phase.name === "ready" ? this.#phase.since : seconds();
      this.#phase = { name: "ready", since };
      const isPatient = seconds() - since < PATIENCE;
      if (isPatient && !this.#media?.isIdle) return;
      this.#jump(start, end);
      this.#resume();
      return;
    }
    if (video.currentTime < start) {
      // A gap: the stream restarted, or this viewer was too slow.
      if (video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA) this.#jump(start, end);
      return;
    }
    const reserve = this.#end - video.currentTime;
    this.#end = end;
    if (this.#phase.name === "dry") {
      // After a stall, Chromium waits for more sound. A seek resets that.
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
    if (this.#hasBegun && late > LATE) this.#jump(start, end);
  }

  #waits() {
    if (this.element.seeking || !this.#hasBegun) return;
    this.#phase = { name: "dry" };
    this.#latency.stalled();
    clearTimeout(this.#stall);
    this.#stall = setTimeout(() => this.#report("stalled"), STALL * 1000);
  }

  /**
   * Throw the reason for the end of the feed.
   * @param {FeedStatus | null} last
   */
  #throwEnd(last) {
    switch (last?.state) {
      case "stopped":
        throw new PlaybackError("stopped", { next: "never" });
      case "failed":
        throw new PlaybackError(last.reason ?? "failed", { next: "never" });
      default:
        throw new PlaybackError("connection_lost");
    }
  }
}
