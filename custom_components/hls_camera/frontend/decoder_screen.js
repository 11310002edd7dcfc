import { seconds } from "./clock.js";
import { DecodeLag } from "./decode_lag.js";
import { FrameCanvas } from "./frame_canvas.js";
import { readSamples, readTrackDescription } from "./mp4.js";
import { PlaybackError } from "./playback_error.js";
import { WakeLock } from "./wake_lock.js";

/**
 * @import { Sample } from "./mp4.js"
 * @import { Bytes, Screen, ScreenListener, Track } from "./types.js"
 */

/** Seconds without a frame, from the end of the one before, after which it reports a stall. */
const STALL = 0.5;
/** Timestamps of WebCodecs per second. */
const MICRO = 1e6;
/** The error of a decoder that the browser has reclaimed, because it had nothing to do. */
const RECLAIMED = "QuotaExceededError";

/**
 * Plays the picture of a live feed on a canvas, with WebCodecs: each frame as soon as it is decoded.
 *
 * @implements {Screen}
 */
export class DecoderScreen {
  way = /** @type {const} */ ("webcodecs");

  /** The decoder of the current run, from its init section on. @type {VideoDecoder | null} */
  #decoder = null;
  /** @type {VideoDecoderConfig | null} */
  #config = null;
  /** The current run's codec and timescale. */
  #track = { codec: "", timescale: NaN };
  /** Whether the decoder needs a keyframe. */
  #needsKey = true;
  /** Whether the frames to come are new, not from before the viewer joined. */
  #isNew = false;
  /** Timestamps: of the first new frame, the newest coded one, the newest decoded one. */
  #from = Infinity;
  #coded = -Infinity;
  #decoded = -Infinity;
  /** Timestamp of the shown frame. */
  #shown = NaN;
  #lag = new DecodeLag();
  /** The duration of the newest frame, in seconds. */
  #duration = 0;
  #hasFailed = false;
  /** Whether the listener knows that there is a picture. */
  #isReported = false;
  /** @type {number | undefined} */
  #stall;
  #canvas;
  #wakeLock;
  #listener;

  /**
   * @param {HTMLVideoElement} video
   * @param {ScreenListener} listener
   */
  constructor(video, listener) {
    this.#listener = listener;
    this.#canvas = new FrameCanvas(video, (timestamp) => this.#note(timestamp));
    this.#wakeLock = new WakeLock(this.#canvas.element);
  }

  /** Whether this page may decode: it is secure, and the browser has WebCodecs. */
  static get isAvailable() {
    return globalThis.isSecureContext && "VideoDecoder" in globalThis;
  }

  get element() {
    return this.#canvas.element;
  }

  /** @param {Track[]} tracks */
  begin(tracks) {
    const { mime, timescale } = tracks[0];
    this.#release();
    this.#track = { codec: /codecs="(.+)"/.exec(mime)?.[1] ?? "", timescale };
    this.#config = null;
    this.#hasFailed = this.#isNew = this.#isReported = false;
    this.#from = Infinity;
    this.#coded = this.#decoded = -Infinity;
  }

  /** @param {Track[]} tracks */
  plays(tracks) {
    return tracks.every(({ kind }) => kind === "video");
  }

  /**
   * @param {Track["kind"]} kind
   * @param {Bytes} bytes
   */
  append(kind, bytes) {
    if (kind !== "video" || this.#hasFailed) return;
    try {
      if (this.#config) readSamples(bytes, this.#track.timescale).forEach(this.#decode);
      else this.#configure(bytes);
    } catch (cause) {
      const isOurs = cause instanceof PlaybackError;
      this.#fail(isOurs ? cause : new PlaybackError("decoder_error", { cause }));
    }
  }

  place() {
    this.#isNew = true;
  }

  /** @param {number} duration */
  pace(duration) {
    this.#duration = duration;
  }

  /** Remove the canvas, and release the decoder. */
  close() {
    clearTimeout(this.#stall);
    this.#release();
    this.#wakeLock.release();
    this.#canvas.close();
  }

  get hasBegun() {
    return !Number.isNaN(this.#shown);
  }

  get position() {
    return this.hasBegun ? this.#shown / MICRO : 0;
  }

  get mayRest() {
    return false;
  }

  get bufferAhead() {
    return this.hasBegun ? Math.max(0, (this.#coded - this.#shown) / MICRO) : 0;
  }

  get dropped() {
    return this.#canvas.replaced;
  }

  /**
   * Take the init section of a run.
   * @param {Bytes} init
   */
  #configure(init) {
    const { configuration, isTurned, width, height } = readTrackDescription(init);
    if (isTurned) throw new PlaybackError("picture_turned");
    this.#config = {
      codec: this.#track.codec,
      description: configuration,
      // Pixels may not be square, and not every decoder finds that in the coded picture.
      displayAspectWidth: width,
      displayAspectHeight: height,
      optimizeForLatency: true,
    };
    this.#open(this.#config);
  }

  /** @param {VideoDecoderConfig} config */
  #open(config) {
    this.#release();
    const decoder = new VideoDecoder({
      output: (frame) => {
        if (decoder === this.#decoder) this.#take(frame);
        else frame.close();
      },
      error: (cause) => this.#interrupt(decoder, config, cause),
    });
    this.#decoder = decoder;
    decoder.configure(config);
  }

  /** @param {Sample} sample */
  #decode = ({ time, duration, isKey, data }) => {
    const timestamp = Math.round(time * MICRO);
    // A decoder that returns each frame at once returns such frames in another order.
    if (timestamp < this.#coded) throw new PlaybackError("picture_order");
    if (this.#isNew) {
      this.#keepPace();
      this.#from = Math.min(this.#from, timestamp);
    }
    this.#coded = timestamp;
    if (isKey && this.#config && !this.#decoder) this.#open(this.#config);
    if (this.#decoder?.state !== "configured" || (this.#needsKey && !isKey)) return;
    if (this.#needsKey) this.#decoded = timestamp;
    this.#needsKey = false;
    this.#decoder.decode(
      new EncodedVideoChunk({
        type: isKey ? "key" : "delta",
        timestamp,
        duration: Math.round(duration * MICRO),
        data,
      }),
    );
  };

  /** Continue with the next keyframe if the decoder is late with the frames so far. */
  #keepPace() {
    if (this.#needsKey) return;
    const next = this.#lag.note((this.#coded - this.#decoded) / MICRO, seconds());
    if (next === "none") return;
    if (next === "fail" || !this.hasBegun) throw new PlaybackError("decoder_slow");
    if (this.#config) this.#open(this.#config);
  }

  /** @param {VideoFrame} frame */
  #take(frame) {
    const { timestamp } = frame;
    if (timestamp < this.#decoded) {
      frame.close();
      this.#fail(new PlaybackError("picture_order"));
      return;
    }
    this.#decoded = timestamp;
    // The first picture is live: frames from before are only decoded.
    const isWanted = timestamp >= this.#from || timestamp === this.#coded;
    if (!isWanted) {
      frame.close();
      return;
    }
    this.#canvas.show(frame);
    clearTimeout(this.#stall);
    this.#stall = setTimeout(() => this.#stalled(), (this.#duration + STALL) * 1000);
  }

  /**
   * Note the frame that is visible.
   * @param {number} timestamp
   */
  #note(timestamp) {
    this.#shown = timestamp;
    this.#wakeLock.note(seconds());
    if (this.#isReported) return;
    this.#isReported = true;
    this.#listener.report("playing");
  }

  #stalled() {
    this.#wakeLock.release();
    this.#isReported = false;
    this.#listener.report("stalled");
  }

  /**
   * Continue with the next keyframe after the error of a decoder, such as a damaged frame, unless
   * there are more of them.
   *
   * @param {VideoDecoder} decoder
   * @param {VideoDecoderConfig} config
   * @param {DOMException} cause
   */
  #interrupt(decoder, config, cause) {
    if (decoder !== this.#decoder) return;
    if (cause.name === RECLAIMED) this.#release();
    else if (this.hasBegun && this.#lag.interrupt(seconds()) === "skip") this.#open(config);
    else void this.#explain(decoder, config, cause);
  }

  /**
   * Fail with the error of a decoder. Browsers report an unsupported codec by different errors.
   *
   * @param {VideoDecoder} decoder
   * @param {VideoDecoderConfig} config
   * @param {DOMException} cause
   */
  async #explain(decoder, config, cause) {
    const { supported } = await VideoDecoder.isConfigSupported(config);
    if (decoder !== this.#decoder) return;
    this.#fail(
      supported
        ? new PlaybackError("decoder_error", { cause })
        : new PlaybackError("decoder_unsupported", { cause }),
    );
  }

  /** @param {PlaybackError} error */
  #fail(error) {
    this.#hasFailed = true;
    clearTimeout(this.#stall);
    this.#wakeLock.release();
    this.#release();
    this.#listener.failed(error);
  }

  #release() {
    const decoder = this.#decoder;
    this.#decoder = null;
    this.#needsKey = true;
    if (decoder && decoder.state !== "closed") decoder.close();
  }
}
