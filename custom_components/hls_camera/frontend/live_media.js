import { PlaybackError } from "./playback_error.js";
import { TrackBuffer } from "./track_buffer.js";

/** @import { Bytes, Track } from "./types.js" */

// An iPhone has only ManagedMediaSource, and Safari on other devices prefers it.
const Source = globalThis.ManagedMediaSource ?? globalThis.MediaSource;

/** Whether the browser supports Media Source Extensions. */
export const canAppend = Source !== undefined;

/**
 * Whether the browser plays a type.
 *
 * @param {string} mime
 */
export const canAppendType = (mime) => Source.isTypeSupported(mime);

/** The media source of a video element, with a buffer for each track. */
export class LiveMedia {
  /** @type {Map<Track["kind"], TrackBuffer>} */
  #buffers = new Map();
  /** @type {Map<Track["kind"], string>} */
  #types = new Map();
  /** Actions that wait until the media source is open. @type {(() => void)[] | null} */
  #waiting = null;
  /** @type {MediaSource | null} */
  #source = null;
  #video;
  #appended;
  #failed;

  /**
   * @param {HTMLVideoElement} video
   * @param {() => void} appended called when there is more to play
   * @param {(error: PlaybackError) => void} failed called when it has to be replaced
   */
  constructor(video, appended, failed) {
    this.#video = video;
    this.#appended = appended;
    this.#failed = failed;
    this.#open();
  }

  /** Whether all media are appended. */
  get isIdle() {
    return this.#waiting === null && this.#each.every((buffer) => buffer.isIdle);
  }

  /**
   * Prepare the tracks of a run, without sound if the browser cannot play it.
   *
   * @param {Track[]} tracks
   * @returns {boolean} whether the media of the last run are gone
   * @throws {PlaybackError} the browser cannot play the picture
   */
  begin(tracks) {
    /** @type {Map<Track["kind"], string>} */
    const types = new Map();
    for (const { kind, mime } of tracks) {
      if (canAppendType(mime)) {
        types.set(kind, mime);
      } else if (kind === "video") {
        throw new PlaybackError("codec_unsupported", { next: "other" });
      }
    }
    const before = this.#types;
    this.#types = types;
    const isSame = [...before.keys()].join() === [...types.keys()].join();
    if (!isSame) {
      // A source accepts no more buffers after its first init sections.
      if (before.size > 0) this.#open();
      this.#whenOpen(() => this.#addBuffers());
    }
    for (const [kind, mime] of types) {
      if (isSame && before.get(kind) !== mime) {
        this.#whenOpen(() => this.#buffers.get(kind)?.changeType(mime));
      }
    }
    return !isSame;
  }

  /**
   * Whether it plays tracks of the same kinds.
   *
   * @param {Track[]} tracks
   */
  plays(tracks) {
    return tracks.length === this.#types.size && tracks.every(({ kind }) => this.#types.has(kind));
  }

  /**
   * Append an init section or a fragment.
   *
   * @param {Track["kind"]} kind
   * @param {Bytes} bytes
   */
  append(kind, bytes) {
    this.#whenOpen(() => this.#buffers.get(kind)?.append(bytes));
  }

  /**
   * Remove the media after a time.
   *
   * @param {number} time
   */
  forgetAfter(time) {
    this.#each.forEach((buffer) => buffer.forgetAfter(time));
  }

  /** Detach the media source from the video element. */
  close() {
    this.#buffers.clear();
    this.#source = null;
    this.#video.removeAttribute("src");
    this.#video.load();
  }

  get #each() {
    return [...this.#buffers.values()];
  }

  #open() {
    this.#buffers.clear();
    this.#waiting = [];
    const source = new Source();
    this.#source = source;
    source.addEventListener(
      "sourceopen",
      () => {
        URL.revokeObjectURL(address);
        if (source !== this.#source) return;
        source.duration = Infinity;
        const waiting = this.#waiting ?? [];
        this.#waiting = null;
        this.#try(() => waiting.forEach((action) => action()));
      },
      { once: true },
    );
    const address = URL.createObjectURL(source);
    // A managed source opens only if remote playback of the video is disabled.
    this.#video.disableRemotePlayback = true;
    this.#video.src = address;
  }

  /** @param {() => void} action */
  #whenOpen(action) {
    if (this.#waiting) {
      this.#waiting.push(action);
    } else {
      this.#try(action);
    }
  }

  /** @param {() => void} action */
  #try(action) {
    try {
      action();
    } catch (cause) {
      this.#failed(new PlaybackError("media_error", { cause }));
    }
  }

  #addBuffers() {
    const source = this.#source;
    if (!source) return;
    for (const [kind, mime] of this.#types) {
      const buffer = new TrackBuffer(
        source.addSourceBuffer(mime),
        this.#video,
        this.#appended,
        (cause) => this.#failed(new PlaybackError("media_error", { cause })),
      );
      this.#buffers.set(kind, buffer);
    }
  }
}
