/**
 * Play, silently where sound needs a person's click.
 *
 * @param {HTMLVideoElement} video
 */
export async function play(video) {
  try {
    await video.play();
  } catch (error) {
    if (error.name !== "NotAllowedError" || video.muted) return;
    video.muted = true;
    video.play().catch(() => {});
  }
}

/**
 * Have a live video play on whatever paused it, such as a media key or a phone's own
 * player; where the browser refuses, as to save power, with a person's next touch.
 *
 * @param {HTMLVideoElement} video
 * @param {() => void} resume plays, if it does not
 * @param {AbortSignal} signal ends it
 */
export function keepPlaying(video, resume, signal) {
  const on = (target, name, listener) => target.addEventListener(name, listener, { signal });
  on(video, "pause", () => {
    if (!document.hidden && !video.ended && !isShownElsewhere(video)) resume();
  });
  on(video, "leavepictureinpicture", resume);
  on(video, "webkitendfullscreen", resume);
  on(document, "visibilitychange", resume);
  on(document, "pointerup", resume);
}

/** Whether a person sees the browser's own buttons, and may mean to pause. */
function isShownElsewhere(video) {
  const inPicture = video.getRootNode().pictureInPictureElement === video;
  return inPicture || Boolean(video.webkitDisplayingFullscreen);
}
