import { seconds, ServerClock } from "./clock.js";
import { DecoderScreen } from "./decoder_screen.js";
import { follow } from "./feed.js";
import { FrozenPlaybackDetector } from "./frozen_playback_detector.js";
import { isShownElsewhere } from "./keep_playing.js";
import { canAppend, canAppendType } from "./live_media.js";
import { MediaScreen } from "./media_screen.js";
import { Meter } from "./meter.js";
import { readTimes } from "./mp4.js";
import { PlaybackError } from "./playback_error.js";
import { anyOf } from "./signals.js";

/**
 * @import { FeedStatus } from "./feed.js"
 * @import { Bytes, Quality, ReportState, Screen, Source, Statistics, Track, Transport,
 *   Way } from "./types.js"
 */

/** States of a stream before its first picture. */
const STARTING = new Set(["idle", "starting", "backoff"]);

/** @type {Record<Way, typeof DecoderScreen | typeof MediaScreen>} */
const SCREENS = { webcodecs: DecoderScreen, mse: MediaScreen };
/**
 * Why a camera's picture is not decoded with WebCodecs, by camera and codec, as long as the page
 * is open: what has failed once would fail again.
 * @type {Map<string, string>}
 */
const obstacles = new Map();

/**
 * Plays the live feed: each frame over a WebSocket, as soon as the server has received it.
 *
 * @implements {Transport}
 */
export class Live {
  mode = /** @type {const} */ ("live");

  #clock = new ServerClock();
  #meter = new Meter();
  #frozen = new FrozenPlaybackDetector();
  /** @type {Screen | null} */
  #screen = null;
  /** The tracks of the current run. @type {Track[]} */
  #tracks = [];
  /** The current run; `isPlaced` is set when its place on the timeline is known. */
  #run = { timescale: NaN, isPlaced: true };
  /** Whether the user has requested the browser's own player. */
  #isVideoWanted = false;
  /** Aborts at the end of the feed. */
  #ended = AbortSignal.abort();
  #broken = new AbortController();
  #closed = new AbortController();
  #video;
  #source;
  #report;

  /**
   * @param {HTMLVideoElement} video
   * @param {Source} source
   * @param {ReportState} report
   */
  constructor(video, source, report) {
    this.#video = video;
    this.#source = source;
    this.#report = report;
    const { signal } = this.#closed;
    // Also between two feeds.
    for (const name of ["leavepictureinpicture", "webkitendfullscreen"])
      video.addEventListener(name, () => this.leaveVideo(), { signal });
  }

  /** Return the reason why this browser cannot play it, or null. */
  static obstacle() {
    return canAppend ? null : "no_media_source";
  }

  get element() {
    return this.#screen?.element ?? this.#video;
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
    this.#ended = ended;
    this.#screen ??= this.#attach(this.#bestWay(this.#video.muted, ""));
    this.#video.addEventListener("volumechange", () => this.#changeScreen(), { signal: ended });
    try {
      const asked = seconds();
      const { url, now } = await this.#source.live(quality);
      ended.throwIfAborted();
      this.#clock.set(asked, now);
      this.#throwEnd(await follow(url, this, ended));
    } catch (error) {
      if (error instanceof PlaybackError && error.reason === "media_error") {
        // A view keeps the picture, which is about to disappear.
        this.#report("reconnecting", error.reason);
        this.#releaseVideo();
      }
      throw error;
    }
  }

  /** Have the picture in the video element, for the browser's own player. */
  async enterVideo() {
    this.#isVideoWanted = true;
    this.#changeScreen();
    if (this.#screen?.way === "mse" && this.#screen.hasBegun) return;
    await new Promise((resolve) => {
      this.#video.addEventListener("playing", resolve, { once: true });
    });
  }

  /** Choose the best way again. */
  leaveVideo() {
    this.#isVideoWanted = false;
    this.#changeScreen();
  }

  close() {
    this.#closed.abort();
    this.#releaseVideo();
  }

  /** @returns {Statistics} */
  statistics() {
    const { bitrate, frameRate } = this.#meter.rates(seconds());
    const screen = this.#screen;
    return {
      delay: screen?.hasBegun ? this.#clock.delay(screen.position) : null,
      bitrate,
      frameRate,
      bufferAhead: screen?.bufferAhead ?? 0,
      dropped: screen?.dropped ?? 0,
      way: screen?.way ?? null,
    };
  }

  // FeedListener

  /** @param {Track[]} tracks */
  run(tracks) {
    const picture = tracks.find(({ kind }) => kind === "video");
    this.#run = { timescale: picture?.timescale ?? NaN, isPlaced: false };
    this.#tracks = tracks;
    const way = this.#wantedWay;
    if (this.#screen?.way !== way) {
      // Another screen has no picture at first: a view keeps this one over it.
      if (this.#screen?.hasBegun) this.#report("connecting");
      this.#screen?.close();
      this.#screen = this.#attach(way);
    }
    this.#screen.begin(this.#wanted);
  }

  /**
   * @param {Track["kind"]} kind
   * @param {Bytes} bytes
   */
  media(kind, bytes) {
    if (kind === "video") this.#note(bytes);
    this.#meter.count(bytes.byteLength);
    this.#screen?.append(kind, bytes);
  }

  /** @param {FeedStatus} status */
  status({ state, reason }) {
    const hasBegun = this.#screen?.hasBegun;
    if (hasBegun && state === "backoff") this.#report("reconnecting", reason);
    if (!hasBegun && STARTING.has(state)) this.#report("connecting", reason);
  }

  // Playback

  #releaseVideo() {
    this.#screen?.close();
    this.#screen = null;
    this.#tracks = [];
  }

  /** The tracks to play: the picture never waits for a sound that is not heard. */
  get #wanted() {
    const isHeard = !this.#video.muted;
    return this.#tracks.filter(
      ({ kind, mime }) => kind === "video" || (isHeard && canAppendType(mime)),
    );
  }

  /** The codec of the camera's picture, as the key of an obstacle. */
  get #codec() {
    const picture = this.#tracks.find(({ kind }) => kind === "video");
    return picture ? `${this.#source.camera()} ${picture.mime}` : "";
  }

  /** The way to play the wanted tracks. */
  get #wantedWay() {
    return this.#bestWay(
      this.#wanted.every(({ kind }) => kind === "video"),
      this.#codec,
    );
  }

  /**
   * Return the best way to play.
   *
   * @param {boolean} isSilent whether there is no sound to play
   * @param {string} codec
   * @returns {Way}
   */
  #bestWay(isSilent, codec) {
    const needsVideo = !isSilent || this.#isVideoWanted || isShownElsewhere(this.#video);
    return needsVideo || !DecoderScreen.isAvailable || obstacles.has(codec) ? "mse" : "webcodecs";
  }

  /**
   * @param {Way} way
   * @returns {Screen}
   */
  #attach(way) {
    return new SCREENS[way](this.#video, {
      report: (state, reason) => {
        const obstacle = state === "playing" ? obstacles.get(this.#codec) : undefined;
        if (!this.#ended.aborted) this.#report(state, reason ?? obstacle);
      },
      failed: (error) => this.#fail(error),
    });
  }

  /**
   * End the feed: its screen has become unusable.
   * @param {Error} error
   */
  #fail(error) {
    const isFirstWay = this.#screen?.way === "webcodecs";
    if (isFirstWay) obstacles.set(this.#codec, error.message);
    this.#broken.abort(isFirstWay ? new PlaybackError("screen_changed", { cause: error }) : error);
  }

  /** Request another feed if it needs another screen or other tracks: it begins with a keyframe. */
  #changeScreen() {
    if (!this.#screen || this.#tracks.length === 0) return;
    if (this.#screen.way === this.#wantedWay && this.#screen.plays(this.#wanted)) return;
    this.#broken.abort(new PlaybackError("screen_changed"));
  }

  /**
   * Note the times of a fragment of the picture: a new frame, or older ones.
   * @param {Bytes} bytes
   */
  #note(bytes) {
    const { start, duration, came } = readTimes(bytes, this.#run.timescale);
    if (duration > 0) this.#screen?.pace(duration);
    if (came === null || Number.isNaN(start)) return;
    this.#meter.frame(seconds());
    this.#detectFrozen();
    if (!this.#run.isPlaced) {
      this.#run.isPlaced = true;
      this.#clock.reset();
      this.#screen?.place(start);
    }
    this.#clock.note(start, came);
  }

  /** Restart if frames arrive but playback is frozen, whatever the reason. */
  #detectFrozen() {
    if (!this.#screen) return;
    const { mayRest, position } = this.#screen;
    if (this.#frozen.frame(document.hidden || mayRest ? NaN : position, seconds())) {
      this.#fail(new PlaybackError("media_error"));
    }
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
