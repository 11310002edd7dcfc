"use strict";

// The time of capture in the picture that a video element or a canvas shows, in milliseconds since 1970;
// null where there is none. tests/camera/capture_time.py describes the code.
const captureTime = (() => {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  return (video) => {
    if (!video.videoWidth) return null;
    const block = video.videoHeight >= 720 ? 32 : 16;
    const width = 8 * block;
    const height = 7 * block;
    if (canvas.width !== width) {
      canvas.width = width;
      canvas.height = height;
    }
    context.drawImage(video, 0, 0, width, height, 0, 0, width, height);
    const { data } = context.getImageData(0, 0, width, height);
    const bytes = [];
    for (let row = 0; row < 7; row++) {
      let byte = 0;
      for (let column = 0; column < 8; column++) {
        const pixel = (row + 0.5) * block * width + (column + 0.5) * block;
        byte = byte * 2 + (data[pixel * 4] > 127 ? 1 : 0);
      }
      bytes.push(byte);
    }
    const time = bytes.slice(0, 6);
    const sum = time.reduce((total, value) => total + value, 0xa5) % 256;
    return sum === bytes[6] ? time.reduce((all, value) => all * 256 + value, 0) : null;
  };
})();
