/** Shows decoded frames beside the video element, at most one each time the page is drawn. */
export class FrameCanvas {
  element = document.createElement("canvas");
  /** The number of frames that a newer one has replaced. */
  replaced = 0;

  #context;
  #drawn;
  /** The frame to draw. @type {VideoFrame | null} */
  #next = null;
  /** @type {number | undefined} */
  #request;

  /**
   * @param {HTMLVideoElement} video
   * @param {(time: number) => void} drawn called with the timestamp of each frame that is visible
   */
  constructor(video, drawn) {
    Object.assign(this.element, { className: "live", ariaHidden: "true", width: 0, height: 0 });
    // Opaque: cheaper to draw.
    this.#context = this.element.getContext("2d", { alpha: false });
    this.#drawn = drawn;
    video.after(this.element);
  }

  /**
   * Show a frame, and close it.
   *
   * @param {VideoFrame} frame
   */
  show(frame) {
    if (this.#next) {
      this.#next.close();
      this.replaced += 1;
    }
    this.#next = frame;
    this.#request ??= requestAnimationFrame(() => this.#draw());
  }

  /** Remove the canvas. */
  close() {
    if (this.#request !== undefined) cancelAnimationFrame(this.#request);
    this.#next?.close();
    this.#next = null;
    this.element.remove();
  }

  #draw() {
    const frame = this.#next;
    this.#next = null;
    this.#request = undefined;
    if (!frame) return;
    const { displayWidth: width, displayHeight: height, timestamp } = frame;
    const isResized = this.element.width !== width || this.element.height !== height;
    if (isResized) Object.assign(this.element, { width, height });
    this.#context?.drawImage(frame, 0, 0, width, height);
    frame.close();
    // As a video element does.
    if (isResized) this.element.dispatchEvent(new Event("resize"));
    this.#drawn(timestamp);
  }
}
