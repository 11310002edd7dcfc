/**
 * Keeps Home Assistant's own player at live while it plays a stream of this integration, and
 * darkens an old picture.
 */

import { removePlayedMedia } from "./back_buffer.js";
import { CatchUp } from "./catch_up.js";
import { seconds } from "./clock.js";
import { play } from "./keep_playing.js";

/**
 * @import { Hls } from "./back_buffer.js"
 * @typedef {HTMLElementTagNameMap["ha-hls-player"]} StockPlayer
 */

/** Part of the address of this integration's playlists. */
const OURS = "/api/hls/hls_camera/";
/** Milliseconds between two checks of a player. */
const INTERVAL = 250;
/** Seconds without media after which a picture is old: a spinner alone is easily missed. */
const OLD = 3;
const DARKENED = "grayscale(1) brightness(0.5)";
/** The events that `ha-hls-player` fires directly before and soon after its start. */
const BEGINNINGS = ["streams", "load"];

/** The hls.js instances that are kept at live. @type {WeakSet<object>} */
const kept = new WeakSet();

/**
 * Keep all players at live that start in this page after the call.
 *
 * hls.js starts late in browsers that buffer more before they play, and does not return to
 * live once it is further behind than a target duration.
 */
export function keepStockPlayersLive() {
  for (const name of BEGINNINGS) {
    window.addEventListener(name, (event) => start(event.composedPath()[0]), {
      capture: true,
    });
  }
}

/** @param {EventTarget} player the target of an event */
function start(player) {
  if (!isStockPlayer(player)) return;
  // By then, it has created its hls.js instance.
  queueMicrotask(() => {
    const hls = player._hlsPolyfillInstance;
    if (!hls?.media || !hls.config || !hls.url?.includes(OURS) || kept.has(hls)) return;
    kept.add(hls);
    keepLive(hls, hls.media);
  });
}

/**
 * @param {EventTarget} target
 * @returns {target is StockPlayer}
 */
function isStockPlayer(target) {
  return target instanceof Element && target.localName === "ha-hls-player";
}

/**
 * Keep one player at live until it is destroyed.
 *
 * @param {Hls} hls
 * @param {HTMLMediaElement} video
 */
function keepLive(hls, video) {
  const catchUp = new CatchUp();
  const ended = new AbortController();
  /**
   * @param {EventTarget} target
   * @param {string} name
   * @param {() => void} listener
   */
  const on = (target, name, listener) =>
    target.addEventListener(name, listener, { signal: ended.signal });
  // This module controls both: hls.js keeps the delay of a stall until the page is closed.
  hls.config.maxLiveSyncPlaybackRate = 1;
  hls.config.liveSyncOnStallIncrease = 0;
  removePlayedMedia(hls, video);

  // After playback has started, a pause is intended.
  let hasPlayed = !video.paused;
  /** The start of a stall. @type {number | null} */
  let waitsSince = null;
  const steer = () => {
    if (hls.media !== video) {
      clearInterval(timer);
      ended.abort();
      video.style.filter = "";
      return;
    }
    const isOld = waitsSince !== null && seconds() - waitsSince > OLD;
    video.style.filter = isOld ? DARKENED : "";
    // Firefox starts automatically only with three seconds of media, and WebKitGTK may not
    // report that it can play.
    const buffered = newest(video);
    const canPlay = buffered[1] > video.currentTime;
    if (!hasPlayed && video.autoplay && video.paused && canPlay) void play(video);
    const live = livePosition(hls, buffered[1]);
    if (!Number.isFinite(live) || video.paused || video.seeking) return;
    const { rate, position } = catchUp.steer(
      { position: video.currentTime, live, buffered, loadable: loadable(hls) },
      seconds(),
    );
    // In this order: WebKitGTK ignores a rate that is set during a seek.
    if (video.playbackRate !== rate) video.playbackRate = rate;
    if (position !== undefined) video.currentTime = position;
  };
  const timer = setInterval(steer, INTERVAL);
  on(video, "canplay", steer);
  on(video, "playing", () => {
    hasPlayed = true;
    if (waitsSince !== null) catchUp.stalled(waitsSince, seconds());
    waitsSince = null;
    steer();
  });
  on(document, "visibilitychange", steer);
  on(video, "waiting", () => {
    waitsSince = video.seeking ? null : seconds();
  });
}

/**
 * Return start and end of the newest media.
 *
 * @param {HTMLMediaElement} video
 * @returns {[number, number]}
 */
function newest({ buffered, currentTime }) {
  const last = buffered.length - 1;
  return last < 0 ? [currentTime, currentTime] : [buffered.start(last), buffered.end(last)];
}

/**
 * Return the live position, NaN before the first playlist.
 *
 * `liveSyncPosition` of hls.js does not advance between playlists of whole segments. After a
 * segment that it loaded only in part, hls.js may place the end of the playlist seconds before
 * the media of that playlist.
 *
 * @param {Hls} hls
 * @param {number} loaded the end of the newest media
 */
function livePosition({ latestLevelDetails: playlist, targetLatency }, loaded) {
  if (!playlist || targetLatency === null) return NaN;
  return Math.max(playlist.edge + playlist.age, loaded) - targetLatency;
}

/**
 * Return the newest position that is not after live and can be loaded: a keyframe, or a
 * position within whole segments.
 *
 * @param {Hls} hls
 */
function loadable(hls) {
  const live = hls.liveSyncPosition ?? -Infinity;
  const parts = hls.config.lowLatencyMode ? hls.latestLevelDetails?.partList : null;
  return parts?.findLast?.((part) => part.independent && part.start <= live)?.start ?? live;
}
