import { seconds, ServerClock } from "./clock.js";
import { follow } from "./feed.js";
import { keepPlaying, play } from "./keep_playing.js";
import { canAppend, LiveMedia } from "./live_media.js";
import { Meter } from "./meter.js";
import { readTimes } from "./mp4.js";
import { Pace } from "./pace.js";
import { PlaybackError } from "./playback_error.js";
import { anyOf } from "./signals.js";
import { Standstill } from "./standstill.js";

/**
 * @import { FeedStatus, Track } from "./feed.js"
 * @import { Bytes, Quality, Source, Statistics, Tell, Way } from "./types.js"
 */

/** Seconds without media after which the picture is said to stand. */
const STALL = 0.5;
/** Seconds after which it begins, though more than it has waits to be appended. */
const PATIENCE = 1.0;
/** Seconds that it may be late when it goes on after a pause. */
const LATE = 0.1;
/** How far media time may run back before it is another timeline. */
const RESTART = 1.0;
/** What a stream does on its way to a picture. */
const ON_ITS_WAY = new Set(["idle", "starting", "backoff"]);

/**
 * The live feed: each frame over a WebSocket the moment the server has it.
 *
 * @implements {Way}
 */
export class Live {
  mode = /** @type {const} */ ("live");

  #clock = new ServerClock();
  #meter = new Meter();
  #pace = new Pace();
  #standstill = new Standstill();
  /** @type {Map<Track["kind"], number>} */
  #timescales = new Map();
  /** @type {LiveMedia | null} */
  #media = null;
  #hasBegun = false;
  /** When there was something to begin with. @type {number | null} */
  #readySince = null;
  /** Whether it ran out of media. */
  #isDry = false;
  /** Where the media ended when it last looked. */
  #end = 0;
  /** Whether the next frame that comes shows where a run is on the timeline. */
  #isNewRun = false;
  /** @type {number | undefined} */
  #stall;
  #broken = new AbortController();
  #source;
  #tell;

  /**
   * @param {HTMLVideoElement} video
   * @param {Source} source
   * @param {Tell} tell
   */
  constructor(video, source, tell) {
    this.element = video;
    this.#source = source;
    this.#tell = tell;
  }

  /** Why this browser cannot, or null. */
  static obstacle() {
    return canAppend ? null : "no_media_source";
  }

  /**
   * @param {Quality} quality
   * @param {AbortSignal} signal
   * @throws {PlaybackError} always: it is live until something ends it
   */
  async play(quality, signal) {
    this.#broken = new AbortController();
    this.#standstill = new Standstill();
    const ended = anyOf(signal, this.#broken.signal);
    this.#media ??= this.#attach();
    this.#listen(ended);
    try {
      const asked = seconds();
      const { url, now } = await this.#source.live(quality);
      ended.throwIfAborted();
      this.#clock.set(asked, now);
      this.#judge(await follow(url, this, ended));
    } catch (error) {
      if (error instanceof PlaybackError && error.reason === "media_error") this.close();
      throw error;
    } finally {
      clearTimeout(this.#stall);
    }
  }

  /** Let go of the video element. */
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

  // What comes over the feed

  /** @param {Track[]} tracks */
  run(tracks) {
    this.#timescales = new Map(tracks.map(({ kind, timescale }) => [kind, timescale]));
    this.#isNewRun = true;
    if (this.#media?.begin(tracks)) this.#beginAnew();
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
    if (this.#hasBegun && state === "backoff") this.#tell("reconnecting", reason);
    if (!this.#hasBegun && ON_ITS_WAY.has(state)) this.#tell("connecting", reason);
  }

  // Inside

  #beginAnew() {
    this.#hasBegun = false;
    this.#readySince = null;
  }

  #attach() {
    this.#beginAnew();
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
      this.#isDry = false;
      this.#tell("playing");
    });
    on("play", () => this.#leavePause());
    on("waiting", () => this.#waits());
    on("error", () =>
      this.#broken.abort(new PlaybackError("media_error", { cause: video.error })),
    );
    keepPlaying(video, () => this.#resume(), signal);
  }

  /** @param {Uint8Array} bytes */
  #note(bytes) {
    const timescale = this.#timescales.get("video") ?? NaN;
    const { start, came } = readTimes(bytes, timescale);
    if (came === null || Number.isNaN(start)) return;
    this.#meter.frame(seconds());
    this.#watch();
    if (this.#isNewRun) {
      this.#isNewRun = false;
      this.#clock.reset();
      if (this.#hasBegun && start < this.element.currentTime - RESTART) {
        this.#media?.forgetAfter(start + RESTART / 2);
        this.#beginAnew();
      }
    }
    this.#clock.note(start, came);
  }

  /** Begin anew where frames come and the picture stands, whatever the browser waits for. */
  #watch() {
    const { currentTime, paused } = this.element;
    const mayRest = document.hidden || (this.#hasBegun && paused);
    if (this.#standstill.frame(mayRest ? NaN : currentTime, seconds())) {
      this.#broken.abort(new PlaybackError("media_error"));
    }
  }

  /** Seconds of media that are there to be played. */
  get #ahead() {
    const [start, end] = this.#newest;
    const { currentTime } = this.element;
    return currentTime < start ? 0 : Math.max(0, end - currentTime);
  }

  /** Begin and end of the newest media. */
  get #newest() {
    const { buffered } = this.element;
    const last = buffered.length - 1;
    return last < 0 ? [0, 0] : [buffered.start(last), buffered.end(last)];
  }

  /** Keep close behind what comes. */
  #steer() {
    const video = this.element;
    if (video.buffered.length === 0) return;
    const [start, end] = this.#newest;
    if (!this.#hasBegun) {
      this.#readySince ??= seconds();
      const isPatient = seconds() - this.#readySince < PATIENCE;
      if (isPatient && !this.#media?.isIdle) return;
      this.#hasBegun = true;
      this.#jump(start, end);
      this.#resume();
      return;
    }
    if (video.currentTime < start) {
      // A gap: the stream began anew, or this viewer was too slow.
      if (video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA) this.#jump(start, end);
      return;
    }
    const reserve = this.#end - video.currentTime;
    this.#end = end;
    if (this.#isDry) {
      // A seek has Chromium forget how much more sound it wanted after a stall.
      if (end - video.currentTime > this.#pace.start) this.#jump(start, end);
      return;
    }
    const rate = this.#pace.rate(reserve, seconds());
    if (rate === Infinity) {
      this.#jump(start, end);
    } else if (video.playbackRate !== rate) {
      video.playbackRate = rate;
    }
  }

  /**
   * @param {number} start
   * @param {number} end
   */
  #jump(start, end) {
    this.#isDry = false;
    this.#end = end;
    this.element.currentTime = this.#pace.begin(start, end);
    this.element.playbackRate = 1;
  }

  /** Play on. */
  #resume() {
    this.#steer();
    if (!document.hidden && this.element.paused) void play(this.element);
  }

  /** Be live at once: nobody saw what came meanwhile. */
  #leavePause() {
    const [start, end] = this.#newest;
    const late = end - this.element.currentTime - this.#pace.start;
    if (this.#hasBegun && late > LATE) this.#jump(start, end);
  }

  #waits() {
    if (this.element.seeking || !this.#hasBegun) return;
    this.#isDry = true;
    this.#pace.stalled();
    clearTimeout(this.#stall);
    this.#stall = setTimeout(() => this.#tell("stalled"), STALL * 1000);
  }

  /** @param {FeedStatus | null} last */
  #judge(last) {
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
