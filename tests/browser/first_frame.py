"""When a card asks for a stream, and when its first frame is visible: a script for pages."""

from typing import Final

from .page import CANVAS_FRAMES

# Players are caught when they begin to listen to their video element.
_OBSERVE: Final = """() => {
  %(canvas_frames)s
  const asking = ["camera/stream", "hls_camera/live"];
  window.streamsAsked = {};
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    const message = typeof data === "string" && asking.some((type) => data.includes(type));
    for (const part of message ? [JSON.parse(data)].flat() : []) {
      if (asking.includes(part.type)) {
        window.streamsAsked[part.entity_id] ??= performance.now();
      }
    }
    return send.call(this, data);
  };
  const listen = HTMLVideoElement.prototype.addEventListener;
  HTMLVideoElement.prototype.addEventListener = function (...args) {
    if (!this.observed) {
      this.observed = true;
      this.requestVideoFrameCallback((now) => { this.firstFrame = now; });
    }
    return listen.apply(this, args);
  };
}"""
OBSERVE: Final = _OBSERVE % {"canvas_frames": CANVAS_FRAMES.read_text(encoding="utf-8")}
