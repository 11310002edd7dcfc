/** A camera's newest picture, which stays when its video goes. */

import { element } from "./dom.js";

const JPEG = ["image/jpeg", 0.92];

export class LastPicture {
  canvas = element("canvas", {
    class: "last",
    hidden: true,
    width: 0,
    "aria-hidden": "true",
  });
  #shown;
  /** How many cameras it has forgotten. */
  #forgotten = 0;

  /** @param {() => HTMLVideoElement|HTMLImageElement} shown what shows the picture now */
  constructor(shown) {
    this.#shown = shown;
  }

  get isShown() {
    return !this.canvas.hidden;
  }

  /** Show the picture of now, if there is one. */
  keep() {
    this.#show(this.#shown());
  }

  /** Show a still image, unless there is a picture meanwhile; it may not come. */
  async fetch(address) {
    const forgotten = this.#forgotten;
    const image = new Image();
    image.src = address;
    try {
      await image.decode();
    } catch {
      return;
    }
    const isOfAnother = forgotten !== this.#forgotten;
    if (!isOfAnother && !this.isShown && !hasPicture(this.#shown())) this.#show(image);
  }

  /** Show what comes. */
  hide() {
    this.canvas.hidden = true;
  }

  /** Show nothing: it is of another camera. */
  forget() {
    this.#forgotten += 1;
    this.hide();
    this.canvas.width = 0;
  }

  /**
   * Return the picture of now, or of the last moment that there was one.
   * @param {string} address of a still image, for where there is none
   * @returns {Promise<Blob|null>} null where there is none at all
   */
  async take(address) {
    if (!this.isShown) {
      this.keep();
      this.hide();
    }
    if (!this.canvas.width) return fetchPicture(address);
    return new Promise((resolve) => this.canvas.toBlob(resolve, ...JPEG));
  }

  #show(picture) {
    if (!hasPicture(picture)) return;
    const { videoWidth, naturalWidth, videoHeight, naturalHeight } = picture;
    const [width, height] = [videoWidth ?? naturalWidth, videoHeight ?? naturalHeight];
    this.canvas.width = width;
    this.canvas.height = height;
    this.canvas.getContext("2d").drawImage(picture, 0, 0, width, height);
    this.canvas.hidden = false;
  }
}

/** Return a still image; null where the server has none. */
async function fetchPicture(address) {
  try {
    const response = await fetch(address);
    return response.ok ? await response.blob() : null;
  } catch {
    return null;
  }
}

/** Whether a video or an image has a picture to be drawn. */
function hasPicture({ readyState, naturalWidth }) {
  return naturalWidth > 0 || readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;
}
