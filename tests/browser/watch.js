"use strict";

// What has happened since watch() was called; times are milliseconds since then.
const seen = {
  errors: [],
  waits: [],
  seeks: [],
  frames: [],
  first_frame: null,
  discontinuities: 0,
  longest_stall: 0,
};
const video = document.querySelector("video");
let start = 0;

// What shows the picture: the video element, or a canvas in its place.
const shownPicture = () => document.querySelector("canvas.live") ?? video;

const since = (time) => Math.round((time - start) * 10) / 10;

function watchFrames(withCaptureTime) {
  // Both clocks count milliseconds; this is what lies between them.
  const epoch = Date.now() - performance.now();
  const note = (picture, now, mediaTime, displayTime) => {
    seen.first_frame ??= since(now);
    const captured = withCaptureTime ? captureTime(picture) : null;
    const delay = captured === null ? null : epoch + displayTime - captured;
    seen.frames.push([since(now), mediaTime, delay]);
  };
  video.requestVideoFrameCallback(function shown(now, metadata) {
    note(video, now, metadata.mediaTime, metadata.expectedDisplayTime);
    video.requestVideoFrameCallback(shown);
  });
  window.addEventListener("canvasframe", ({ detail: { canvas, displayTime } }) => {
    note(canvas, performance.now(), canvas.currentTime, displayTime);
  });
}

// While it plays, the position moves; whatever is shown meanwhile.
function watchPosition() {
  let position = 0;
  let moved = null;
  setInterval(() => {
    const now = performance.now();
    const { currentTime } = shownPicture();
    if (currentTime !== position || seen.first_frame === null) {
      position = currentTime;
      moved = now;
    }
    seen.longest_stall = Math.max(seen.longest_stall, (now - moved) / 1000);
  }, 50);
}

// Begin to watch the video element.
function watchVideo(withCaptureTime) {
  start = performance.now();
  const note = (list) => () => {
    if (seen.first_frame !== null) list.push(since(performance.now()));
  };
  video.addEventListener("waiting", note(seen.waits));
  video.addEventListener("seeking", note(seen.seeks));
  watchFrames(withCaptureTime);
  watchPosition();
}

// What was seen, and how the video element is now.
function seenSoFar() {
  const quality = video.getVideoPlaybackQuality();
  const picture = shownPicture();
  return {
    ...seen,
    at: since(performance.now()),
    position: picture.currentTime,
    width: picture.videoWidth,
    height: picture.videoHeight,
    decoded: quality.totalVideoFrames,
    dropped: quality.droppedVideoFrames,
    audio_bytes: video.webkitAudioDecodedByteCount,
    playback_rate: video.playbackRate,
  };
}
