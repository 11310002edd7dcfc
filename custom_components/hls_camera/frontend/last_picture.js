/** A camera's last picture, which stays visible after its video has ended. */

import { element } from "./dom.js";

/** @import { Picture } from "./types.js" */

const TYPE = "image/jpeg";
const QUALITY = 0.92;

export class LastPicture {
  canvas = element("canvas", {
    class: "last",
    hidden: true,
    width: 0,
    "aria-hidden": "true",
  });
  #shown;
  /** The number of cameras that were forgotten. */
  #forgotten = 0;

  /** @param {() => Picture} shown returns the element that shows the current picture */
  constructor(shown) {
    this.#shown = shown;
  }

  get isShown() {
    return !this.canvas.hidden;
  }

  /** Show the current picture, if there is one. */
  keep() {
    this.#show(this.#shown());
  }

  /**
   * Show a still image, unless the live picture appears first. A failure is ignored.
   * @param {string} address
   */
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

  /** Reveal the video. */
  hide() {
    this.canvas.hidden = true;
  }

  /** Remove the picture: the view shows another camera. */
  forget() {
    this.#forgotten += 1;
    this.hide();
    this.canvas.width = 0;
  }

  /**
   * Return the current picture, or the last one.
   * @param {string} address of a still image, used if there is neither
   * @returns {Promise<Blob | null>} null if there is no picture at all
   */
  async take(address) {
    if (!this.isShown) {
      this.keep();
      this.hide();
    }
    if (!this.canvas.width) return fetchPicture(address);
    return new Promise((resolve) => {
      this.canvas.toBlob(resolve, TYPE, QUALITY);
    });
  }

  /** @param {Picture} picture */
  #show(picture) {
    const size = sizeOf(picture);
    if (!size || !hasPicture(picture)) return;
    const [width, height] = size;
    this.canvas.width = width;
    this.canvas.height = height;
    this.canvas.getContext("2d")?.drawImage(picture, 0, 0, width, height);
    this.canvas.hidden = false;
  }
}

/**
 * Return a still image; null if the server has none.
 * @param {string} address
 */
async function fetchPicture(address) {
  try {
    const response = await fetch(address);
    return response.ok ? await response.blob() : null;
  } catch {
    return null;
  }
}

/**
 * Return the width and height of a picture; null if they are not known yet.
 * @param {Picture} picture
 * @returns {[number, number] | null}
 */
export function sizeOf(picture) {
  /** @type {[number, number]} */
  let size = [picture.width, picture.height];
  if (picture instanceof HTMLImageElement) size = [picture.naturalWidth, picture.naturalHeight];
  if (picture instanceof HTMLVideoElement) size = [picture.videoWidth, picture.videoHeight];
  return size[0] > 0 && size[1] > 0 ? size : null;
}

/**
 * Return whether an element shows a picture.
 * @param {Picture} picture
 */
function hasPicture(picture) {
  const isVideo = picture instanceof HTMLVideoElement;
  return isVideo ? picture.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA : sizeOf(picture) !== null;
}
