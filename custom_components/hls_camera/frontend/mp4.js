// Reads the times of a fragment (ISO/IEC 14496-12).

const PRODUCER_TIME = 0x70726674; // "prft"
const MOVIE_FRAGMENT = 0x6d6f6f66; // "moof"
const TRACK_FRAGMENT = 0x74726166; // "traf"
const DECODE_TIME = 0x74666474; // "tfdt"
const TRACK_RUN = 0x7472756e; // "trun"
/** The position of the first sample's duration in a trun of ours. */
const FIRST_DURATION = 12;
/** Seconds from 1900, the start of NTP's time, to 1970. */
const NTP_EPOCH = 2208988800;

/**
 * @typedef {object} FragmentTimes
 * @property {number} start its first decode time, in seconds
 * @property {number} duration of its first frame, in seconds
 * @property {number | null} came the time at which the server received it, in seconds since
 *   1970; null if that was before the viewer joined
 */

/**
 * Read the times of a fragment.
 *
 * @param {Uint8Array} bytes an optional prft, and a moof
 * @param {number} timescale ticks per second of its track
 * @returns {FragmentTimes}
 */
export function readTimes(bytes, timescale) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let came = null;
  let [start, duration] = [NaN, NaN];
  for (const [type, at, end] of boxes(view, 0, view.byteLength)) {
    if (type === PRODUCER_TIME) {
      came = view.getUint32(at + 8) - NTP_EPOCH + view.getUint32(at + 12) / 2 ** 32;
    } else if (type === MOVIE_FRAGMENT) {
      [start, duration] = trackTimes(view, at, end).map((ticks) => ticks / timescale);
      break;
    }
  }
  return { start, duration, came };
}

/**
 * Return the decode time of a moof, and the duration of its first frame; NaN if it has none.
 *
 * @param {DataView} view
 * @param {number} begin
 * @param {number} end
 */
function trackTimes(view, begin, end) {
  let [start, duration] = [NaN, NaN];
  for (const [type, at, boxEnd] of boxes(view, begin, end)) {
    if (type !== TRACK_FRAGMENT) continue;
    for (const [inner, innerAt] of boxes(view, at, boxEnd)) {
      if (inner === DECODE_TIME) start = Number(view.getBigUint64(innerAt + 4));
      if (inner === TRACK_RUN) duration = view.getUint32(innerAt + FIRST_DURATION);
    }
    break;
  }
  return [start, duration];
}

/**
 * Yield type, begin and end of each box's content.
 *
 * @param {DataView} view
 * @param {number} begin
 * @param {number} end
 * @returns {Generator<[number, number, number]>}
 */
function* boxes(view, begin, end) {
  for (let at = begin; at + 8 <= end; ) {
    const size = view.getUint32(at);
    if (size < 8) return;
    yield [view.getUint32(at + 4), at + 8, at + size];
    at += size;
  }
}
