"""Chromium shows a copied picture as its init section turns it."""

import base64

import pytest
from playwright.async_api import Browser

from custom_components.hls_camera.streaming.media.orientation import Orientation
from tests import tools
from tests.streaming import turns
from tests.streaming.media_files import H264, handed_over

# Appends a film to a media source, and returns its first picture: size and bytes.
_SHOW = """async ([codec, film]) => {
  const bytes = Uint8Array.from(atob(film), (each) => each.charCodeAt(0));
  const video = document.createElement("video");
  const source = new MediaSource();
  video.muted = true;
  video.src = URL.createObjectURL(source);
  const happens = (target, name) =>
    new Promise((resolve, reject) => {
      target.addEventListener(name, resolve, { once: true });
      video.addEventListener("error", () => reject(video.error), { once: true });
    });
  await happens(source, "sourceopen");
  const buffer = source.addSourceBuffer(`video/mp4; codecs="${codec}"`);
  const loaded = happens(video, "loadeddata");
  buffer.appendBuffer(bytes);
  await happens(buffer, "updateend");
  video.currentTime = video.buffered.start(0);
  source.endOfStream();
  await loaded;
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  const context = canvas.getContext("2d");
  let colours;
  do {
    // It has been decoded, but the first drawing may still be empty.
    await new Promise(requestAnimationFrame);
    context.drawImage(video, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    colours = Array.from(data.filter((_, index) => index % 4 !== 3));
  } while (colours.every((value) => value === 0));
  return { size: [canvas.width, canvas.height], colours };
}"""


pytestmark = pytest.mark.timeout(120)


async def test_the_init_section_turns_the_picture(chromium: Browser) -> None:
    media = handed_over(str(tools.ffmpeg()), *turns.QUARTERS, *H264, "-bf", "0")
    page = await chromium.new_page()
    shown: dict[Orientation, str] = {}
    for orientation in Orientation:
        init = media.init.turned(orientation)
        film = media.as_mp4(init)
        picture = await page.evaluate(
            _SHOW, [init.codecs, base64.b64encode(film).decode("ascii")]
        )
        assert tuple(picture["size"]) == turns.size(orientation)
        shown[orientation] = turns.read(bytes(picture["colours"]), orientation)
    assert shown == turns.SHOWN
