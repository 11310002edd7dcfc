import { PlaybackError } from "./playback_error.js";

/** @import { Bytes, Track } from "./types.js" */

/** Seconds without a message after which a connection is lost: the server sends one every five. */
const SILENCE = 10;

/**
 * @typedef {object} FeedStatus
 * @property {string} state of the stream
 * @property {string | null} reason why the stream last ended
 * @property {number} viewers
 *
 * @typedef {{type: "run", tracks: Track[]} | {type: "status"} & FeedStatus | {type: "moved"}}
 *   FeedMessage
 *
 * @typedef {object} FeedListener takes the messages of a feed, in order
 * @property {(tracks: Track[]) => void} run takes the tracks of a new run, before their
 *   init sections
 * @property {(kind: Track["kind"], bytes: Bytes) => void} media takes an init section or a
 *   fragment
 * @property {(status: FeedStatus) => void} status
 */

/**
 * Follow a live feed until the server ends it, and return its last status.
 *
 * @param {string | URL} url
 * @param {FeedListener} listener
 * @param {AbortSignal} signal closes it
 * @returns {Promise<FeedStatus | null>}
 * @throws {PlaybackError} the feed cannot be opened, is interrupted, or continues at another address
 */
export function follow(url, listener, signal) {
  const address = new URL(url, document.baseURI);
  address.protocol = address.protocol.replace("http", "ws");
  const socket = new WebSocket(address);
  socket.binaryType = "arraybuffer";
  /** @type {FeedStatus | null} */
  let last = null;
  let isOpen = false;
  /** @type {Track[]} */
  let tracks = [];

  return new Promise((resolve, reject) => {
    let silence = setTimeout(lost, SILENCE * 1000);

    function lost() {
      end(() => reject(new PlaybackError("connection_lost")));
    }

    /** @param {() => void} settle */
    function end(settle) {
      clearTimeout(silence);
      signal.removeEventListener("abort", aborted);
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
      settle();
    }

    function aborted() {
      end(() => reject(signal.reason));
    }

    signal.addEventListener("abort", aborted);
    socket.onopen = () => {
      isOpen = true;
    };
    socket.onmessage = ({ data }) => {
      clearTimeout(silence);
      silence = setTimeout(lost, SILENCE * 1000);
      try {
        take(data);
      } catch (error) {
        end(() => reject(error));
      }
    };
    socket.onclose = ({ code }) => {
      if (!isOpen) {
        end(() => reject(new PlaybackError("feed_unreachable")));
      } else if (code === 1000) {
        end(() => resolve(last));
      } else {
        lost();
      }
    };
  });

  /** @param {string | ArrayBuffer} data */
  function take(data) {
    if (typeof data !== "string") {
      const bytes = new Uint8Array(data);
      listener.media(tracks[bytes[0]].kind, bytes.subarray(1));
      return;
    }
    /** @type {FeedMessage} */
    const message = JSON.parse(data);
    if (message.type === "run") {
      tracks = message.tracks;
      listener.run(tracks);
    } else if (message.type === "status") {
      last = message;
      listener.status(message);
    } else if (message.type === "moved") {
      throw new PlaybackError("quality_changed", { next: "again" });
    }
  }
}
