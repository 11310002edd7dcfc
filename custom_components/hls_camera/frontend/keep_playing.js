/**
 * Play, without sound if the browser allows sound only after a click.
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
 * Resume a live video whenever it is paused, for example by a media key or a phone's own
 * player. If the browser refuses, for example to save power, resume at the user's next touch.
 *
 * @param {HTMLVideoElement} video
 * @param {() => void} resume plays, unless the video is playing
 * @param {AbortSignal} signal stops this
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
 * Return whether the browser shows the video by itself, in picture in picture or in a phone's own
 * player. It has buttons there, so that a pause may be intended.
 *
 * @param {HTMLVideoElement} video
 */
export function isShownElsewhere(video) {
  const root = video.getRootNode();
  const isTree = root instanceof Document || root instanceof ShadowRoot;
  const inPicture = isTree && root.pictureInPictureElement === video;
  return inPicture || Boolean(video.webkitDisplayingFullscreen);
}
