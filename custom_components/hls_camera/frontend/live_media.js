import { PlaybackError } from "./playback_error.js";
import { TrackBuffer } from "./track_buffer.js";

/** @typedef {import("./feed.js").Track} Track */

// What Safari has on an iPhone, and would rather have elsewhere.
const Source = globalThis.ManagedMediaSource ?? globalThis.MediaSource;

/** Whether the browser can be given media piece by piece. */
export const canAppend = Source !== undefined;

/** A media source with a buffer for each track, on a video element. */
export class LiveMedia {
  /** @type {Map<Track["kind"], TrackBuffer>} */
  #buffers = new Map();
  /** @type {Map<Track["kind"], string>} */
  #types = new Map();
  /** @type {(() => void)[] | null} what waits for the media source to open */
  #waiting = null;
  /** @type {MediaSource | null} */
  #source = null;
  #video;
  #appended;
  #failed;

  /**
   * @param {HTMLVideoElement} video
   * @param {() => void} appended called when there is more to play
   * @param {(error: PlaybackError) => void} failed called when it has to be made anew
   */
  constructor(video, appended, failed) {
    this.#video = video;
    this.#appended = appended;
    this.#failed = failed;
    this.#open();
  }

  /** Whether all that came is appended. */
  get isIdle() {
    return this.#waiting === null && this.#each.every((buffer) => buffer.isIdle);
  }

  /**
   * Prepare for a run's tracks; those that the browser cannot play but for the picture
   * are left out.
   *
   * @param {Track[]} tracks
   * @returns {boolean} whether what was there before is gone
   * @throws {PlaybackError} it cannot play the picture
   */
  begin(tracks) {
    const types = new Map();
    for (const { kind, mime } of tracks) {
      if (Source.isTypeSupported(mime)) {
        types.set(kind, mime);
      } else if (kind === "video") {
        throw new PlaybackError("codec_unsupported", { next: "other" });
      }
    }
    const before = this.#types;
    this.#types = types;
    const isSame = [...before.keys()].join() === [...types.keys()].join();
    if (!isSame) {
      // A source's buffers are fixed with its first init sections.
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
   * Append an init section or a fragment.
   *
   * @param {Track["kind"]} kind
   * @param {Uint8Array} bytes
   */
  append(kind, bytes) {
    this.#whenOpen(() => this.#buffers.get(kind)?.append(bytes));
  }

  /**
   * Forget what comes later than a time.
   *
   * @param {number} time
   */
  forgetAfter(time) {
    this.#each.forEach((buffer) => buffer.forgetAfter(time));
  }

  /** Take it off the video element. */
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
    // A managed source opens only where nobody can cast it.
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
    for (const [kind, mime] of this.#types) {
      const buffer = new TrackBuffer(
        this.#source.addSourceBuffer(mime),
        this.#video,
        this.#appended,
        (cause) => this.#failed(new PlaybackError("media_error", { cause })),
      );
      this.#buffers.set(kind, buffer);
    }
  }
}
