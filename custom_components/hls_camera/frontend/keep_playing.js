/**
 * Play; without sound if the browser allows sound only after a click.
 *
 * @param {HTMLMediaElement} video
 */
export async function play(video) {
  try {
    await video.play();
  } catch (error) {
    const isRefused = error instanceof DOMException && error.name === "NotAllowedError";
    if (!isRefused || video.muted) return;
    video.muted = true;
    video.play().catch(() => {});
  }
}

/**
 * Resume a live video after anything that paused it, such as a media key or a phone's own
 * player; if the browser refuses, for instance to save power, at the user's next touch.
 *
 * @param {HTMLVideoElement} video
 * @param {() => void} resume plays, unless it plays already
 * @param {AbortSignal} signal ends it
 */
export function keepPlaying(video, resume, signal) {
  /**
   * @param {EventTarget} target
   * @param {string} name
   * @param {() => void} listener
   */
  const on = (target, name, listener) => target.addEventListener(name, listener, { signal });
  on(video, "pause", () => {
    if (!document.hidden && !video.ended && !isShownElsewhere(video)) resume();
  });
  on(video, "leavepictureinpicture", resume);
  on(video, "webkitendfullscreen", resume);
  on(document, "visibilitychange", resume);
  on(document, "pointerup", resume);
}

/**
 * Return whether the user sees the browser's own buttons, and may pause on purpose.
 * @param {HTMLVideoElement} video
 */
function isShownElsewhere(video) {
  const root = video.getRootNode();
  const isTree = root instanceof Document || root instanceof ShadowRoot;
  const inPicture = isTree && root.pictureInPictureElement === video;
  return inPicture || Boolean(video.webkitDisplayingFullscreen);
}
