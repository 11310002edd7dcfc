// Removes played media from the buffer of Home Assistant's own player. All times are in seconds.

/**
 * @typedef {NonNullable<HTMLElementTagNameMap["ha-hls-player"]["_hlsPolyfillInstance"]>} Hls an
 * instance of hls.js
 * @typedef {Parameters<Hls["on"]>[0]} HlsEvent
 */

/** The surplus of played media that is removed at once. */
const SURPLUS = 10;

/**
 * Remove played media in place of hls.js, at a moment when hls.js has no part in work.
 *
 * hls.js removes them when it begins to play a segment. If it parses a part at that moment, it
 * takes that part for empty and the segment for a gap (1.7.4): playback stalls for seconds.
 *
 * @param {Hls} hls its `backBufferLength` stays the limit
 * @param {HTMLMediaElement} video
 */
export function removePlayedMedia(hls, video) {
  const limit = hls.config.backBufferLength;
  hls.config.backBufferLength = Infinity;
  hls.on(/** @type {HlsEvent} */ ("hlsFragBuffered"), () => {
    const end = video.currentTime - limit;
    const { buffered } = video;
    if (!buffered.length || buffered.start(0) > end - SURPLUS) return;
    hls.trigger(/** @type {HlsEvent} */ ("hlsBufferFlushing"), {
      startOffset: 0,
      endOffset: end,
      type: null,
    });
  });
}
