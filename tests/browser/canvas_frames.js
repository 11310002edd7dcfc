"use strict";

// Lets a canvas that shows decoded frames be observed like a video element. Each frame fires
// "canvasframe" at the window.
{
  const FRAME = 1000 / 60;
  const context = CanvasRenderingContext2D.prototype;
  const { drawImage } = context;
  context.drawImage = function (picture, ...rest) {
    drawImage.call(this, picture, ...rest);
    if (!window.VideoFrame || !(picture instanceof VideoFrame)) return;
    const { canvas } = this;
    canvas.currentTime = picture.timestamp / 1e6;
    canvas.frames = (canvas.frames ?? 0) + 1;
    canvas.firstFrame ??= performance.now();
    const detail = { canvas, displayTime: document.timeline.currentTime + FRAME };
    window.dispatchEvent(new CustomEvent("canvasframe", { detail }));
  };
  Object.defineProperties(HTMLCanvasElement.prototype, {
    videoWidth: { get() { return this.width; } },
    videoHeight: { get() { return this.height; } },
  });
}
