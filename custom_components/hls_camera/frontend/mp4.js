// Reads init sections and fragments (ISO/IEC 14496-12).

/** @import { Bytes } from "./types.js" */

const PRODUCER_TIME = 0x70726674; // "prft"
const MOVIE_FRAGMENT = 0x6d6f6f66; // "moof"
const TRACK_FRAGMENT = 0x74726166; // "traf"
const DECODE_TIME = 0x74666474; // "tfdt"
const TRACK_RUN = 0x7472756e; // "trun"
const MOVIE = 0x6d6f6f76; // "moov"
const TRACK = 0x7472616b; // "trak"
const TRACK_HEADER = 0x746b6864; // "tkhd"
/** The path from a track to its sample descriptions: "mdia", "minf", "stbl", "stsd". */
const DESCRIPTIONS = [0x6d646961, 0x6d696e66, 0x7374626c, 0x73747364];
/** Boxes with the configuration of a decoder: "avcC", "hvcC". */
const CONFIGURATIONS = new Set([0x61766343, 0x68766343]);

/** The position of the first box in sample descriptions, and in the sample entry of a picture. */
const FIRST_ENTRY = 8;
const FIRST_IN_ENTRY = 78;
/** The positions of matrix and size in a track header of version 0. */
const MATRIX = 40;
const SIZE_IN_HEADER = 76;
const FIXED_ONE = 0x10000;
/** The first values of a matrix that does not turn. */
const NO_TURN = [0x10000, 0, 0, 0, 0x10000];

/** The position of the data offset in a trun, and of the first sample in a trun of ours. */
const DATA_OFFSET = 8;
const FIRST_SAMPLE = 12;
/** The size of a sample's fields in a trun of ours: duration, size, flags, composition offset. */
const SAMPLE = 16;
const IS_NON_SYNC = 0x10000;
/** Seconds from 1900, the start of NTP's time, to 1970. */
const NTP_EPOCH = 2208988800;

/**
 * @typedef {object} FragmentTimes
 * @property {number} start its first decode time, in seconds
 * @property {number} duration of its first frame, in seconds
 * @property {number | null} came the time at which the server received it, in seconds since
 *   1970; null if that was before the viewer joined
 *
 * @typedef {object} Sample one coded frame
 * @property {number} time its presentation time, in seconds
 * @property {number} duration in seconds
 * @property {boolean} isKey whether decoding can begin here
 * @property {Bytes} data
 *
 * @typedef {object} TrackDescription
 * @property {Bytes} configuration of the decoder
 * @property {boolean} isTurned whether players turn or mirror the picture
 * @property {number} width of the picture as it is shown before the turn; so is the height
 * @property {number} height
 *
 * @typedef {[type: number, begin: number, end: number]} Box type, and place of the content
 */

/**
 * Read the times of a fragment.
 *
 * @param {Uint8Array} bytes an optional prft, and a moof
 * @param {number} timescale ticks per second of its track
 * @returns {FragmentTimes}
 */
export function readTimes(bytes, timescale) {
  const view = viewOf(bytes);
  let came = null;
  let [start, duration] = [NaN, NaN];
  for (const [type, at, end] of boxes(view, 0, view.byteLength)) {
    if (type === PRODUCER_TIME) {
      came = view.getUint32(at + 8) - NTP_EPOCH + view.getUint32(at + 12) / 2 ** 32;
    } else if (type === MOVIE_FRAGMENT) {
      const { decodeTime, run } = readTrackFragment(view, at, end);
      start = decodeTime / timescale;
      if (run !== null) duration = view.getUint32(run + FIRST_SAMPLE) / timescale;
      break;
    }
  }
  return { start, duration, came };
}

/**
 * Read the frames of a fragment of the live feed.
 *
 * @param {Bytes} bytes an optional prft, a moof with one traf, and its mdat
 * @param {number} timescale ticks per second of its track
 * @returns {Sample[]}
 * @throws {RangeError} the fragment is damaged
 */
export function readSamples(bytes, timescale) {
  const view = viewOf(bytes);
  const moof = find(view, 0, view.byteLength, MOVIE_FRAGMENT);
  const { decodeTime, run } = readTrackFragment(view, moof[1], moof[2]);
  if (run === null) throw new RangeError("a fragment without samples");
  const samples = [];
  let time = decodeTime;
  let from = moof[1] - 8 + view.getInt32(run + DATA_OFFSET);
  let row = run + FIRST_SAMPLE;
  for (let left = view.getUint32(run + 4); left > 0; left -= 1, row += SAMPLE) {
    const [duration, size, flags] = [0, 4, 8].map((at) => view.getUint32(row + at));
    const offset = view.getInt32(row + 12);
    if (from + size > bytes.byteLength) throw new RangeError("a sample outside its fragment");
    samples.push({
      time: (time + offset) / timescale,
      duration: duration / timescale,
      isKey: (flags & IS_NON_SYNC) === 0,
      data: bytes.subarray(from, from + size),
    });
    time += duration;
    from += size;
  }
  return samples;
}

/**
 * Read the init section of a picture.
 *
 * @param {Bytes} bytes
 * @returns {TrackDescription}
 * @throws {RangeError} the section is damaged, or has another codec
 */
export function readTrackDescription(bytes) {
  const view = viewOf(bytes);
  const moov = find(view, 0, view.byteLength, MOVIE);
  const trak = find(view, moov[1], moov[2], TRACK);
  const [, header] = find(view, trak[1], trak[2], TRACK_HEADER);
  const matrix = NO_TURN.map((_, index) => view.getInt32(header + MATRIX + 4 * index));
  const [width, height] = [0, 4].map((at) => view.getUint32(header + SIZE_IN_HEADER + at));
  let descriptions = trak;
  for (const type of DESCRIPTIONS)
    descriptions = find(view, descriptions[1], descriptions[2], type);
  for (const [, at, end] of boxes(view, descriptions[1] + FIRST_ENTRY, descriptions[2])) {
    for (const [type, begin, over] of boxes(view, at + FIRST_IN_ENTRY, end)) {
      if (CONFIGURATIONS.has(type))
        return {
          configuration: bytes.subarray(begin, over),
          isTurned: matrix.some((value, index) => value !== NO_TURN[index]),
          width: width / FIXED_ONE,
          height: height / FIXED_ONE,
        };
    }
  }
  throw new RangeError("no configuration of a decoder");
}

/**
 * Return the decode time of a moof's first traf, NaN if it has none, and the position of its trun.
 *
 * @param {DataView} view
 * @param {number} begin
 * @param {number} end
 */
function readTrackFragment(view, begin, end) {
  let decodeTime = NaN;
  /** @type {number | null} */
  let run = null;
  for (const [type, at, boxEnd] of boxes(view, begin, end)) {
    if (type !== TRACK_FRAGMENT) continue;
    for (const [inner, innerAt] of boxes(view, at, boxEnd)) {
      if (inner === DECODE_TIME) decodeTime = Number(view.getBigUint64(innerAt + 4));
      if (inner === TRACK_RUN) run = innerAt;
    }
    break;
  }
  return { decodeTime, run };
}

/** @param {Uint8Array} bytes */
const viewOf = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * Return the first box of a type.
 *
 * @param {DataView} view
 * @param {number} begin
 * @param {number} end
 * @param {number} wanted
 * @returns {Box}
 * @throws {RangeError} there is none
 */
function find(view, begin, end, wanted) {
  for (const box of boxes(view, begin, end)) if (box[0] === wanted) return box;
  throw new RangeError("a missing box");
}

/**
 * Yield type, begin and end of each box's content.
 *
 * @param {DataView} view
 * @param {number} begin
 * @param {number} end
 * @returns {Generator<Box>}
 */
function* boxes(view, begin, end) {
  for (let at = begin; at + 8 <= end; ) {
    const size = view.getUint32(at);
    if (size < 8) return;
    yield [view.getUint32(at + 4), at + 8, at + size];
    at += size;
  }
}
