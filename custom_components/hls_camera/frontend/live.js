import { seconds, ServerClock } from "./clock.js";
import { follow } from "./feed.js";
import { FrozenPlaybackDetector } from "./frozen_playback_detector.js";
import { canAppend, canAppendType } from "./live_media.js";
import { MediaScreen } from "./media_screen.js";
import { Meter } from "./meter.js";
import { readTimes } from "./mp4.js";
import { PlaybackError } from "./playback_error.js";
import { anyOf } from "./signals.js";

/**
 * @import { FeedStatus, Track } from "./feed.js"
 * @import { Screen } from "./media_screen.js"
 * @import { Bytes, Quality, ReportState, Source, Statistics, Transport } from "./types.js"
 */

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
  #frozen = new FrozenPlaybackDetector();
  /** @type {Screen | null} */
  #screen = null;
  /** The tracks of the current run. @type {Track[]} */
  #tracks = [];
  /** The current run; `isPlaced` is set when its place on the timeline is known. */
  #run = { timescale: NaN, isPlaced: true };
  /** Aborts at the end of the feed. */
  #ended = AbortSignal.abort();
  #broken = new AbortController();
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
    this.#screen ??= this.#attach();
    this.#video.addEventListener("volumechange", () => this.#followSound(), { signal: ended });
    try {
      const asked = seconds();
      const { url, now } = await this.#source.live(quality);
      ended.throwIfAborted();
      this.#clock.set(asked, now);
      this.#throwEnd(await follow(url, this, ended));
    } catch (error) {
      if (error instanceof PlaybackError && error.reason === "media_error") this.close();
      throw error;
    }
  }

  /** Release the video element. */
  close() {
    this.#screen?.close();
    this.#screen = null;
    this.#tracks = [];
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
    };
  }

  // FeedListener

  /** @param {Track[]} tracks */
  run(tracks) {
    const picture = tracks.find(({ kind }) => kind === "video");
    this.#run = { timescale: picture?.timescale ?? NaN, isPlaced: false };
    this.#tracks = tracks;
    this.#screen?.begin(this.#wanted);
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

  /** The tracks to play: the picture never waits for a sound that is not heard. */
  get #wanted() {
    const isHeard = !this.#video.muted;
    return this.#tracks.filter(
      ({ kind, mime }) => kind === "video" || (isHeard && canAppendType(mime)),
    );
  }

  #attach() {
    return new MediaScreen(this.#video, {
      report: (state, reason) => {
        if (!this.#ended.aborted) this.#report(state, reason);
      },
      failed: (error) => this.#broken.abort(error),
    });
  }

  /** Request another feed if sound was turned on or off: its media begin with a keyframe. */
  #followSound() {
    if (!this.#screen || this.#screen.plays(this.#wanted)) return;
    this.#broken.abort(new PlaybackError("sound_changed"));
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
      this.#broken.abort(new PlaybackError("media_error"));
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
