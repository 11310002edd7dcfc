/** The buttons on a camera's picture. */

import { element, labelButton, setText } from "./dom.js";

/** @import { Text } from "./types.js" */

/** Milliseconds for which a note is shown. */
const NOTE = 3000;

export class Controls {
  #host;
  #video;
  #withVideo;
  #buttons;
  /** On touch screens, which cannot hover: shows the other buttons. */
  #more;
  #note = element("span", { class: "note", "aria-live": "polite" });
  /** @type {number | undefined} */
  #noteTimer;

  /**
   * @param {HTMLElement} host the element that fills the screen
   * @param {HTMLVideoElement} video
   * @param {{details: () => void, snapshot: () => void,
   *   withVideo: (act: () => Promise<unknown> | void) => Promise<void>}} acts `withVideo`
   *   performs an action while the video element has the picture
   */
  constructor(host, video, { details, snapshot, withVideo }) {
    this.#host = host;
    this.#video = video;
    this.#withVideo = withVideo;
    /**
     * @param {string} name
     * @param {() => void} act
     */
    const button = (name, act) =>
      element(
        "button",
        { type: "button", class: `control ${name}`, onclick: act },
        element("ha-icon"),
      );
    this.#buttons = {
      info: button("info", details),
      mute: button("mute", () => (video.muted = !video.muted)),
      snapshot: button("snapshot", snapshot),
      pip: button("pip", () => this.#togglePictureInPicture()),
      fullscreen: button("fullscreen", () => this.toggleFullscreen()),
    };
    this.#more = button("more", () => this.#toggleMore());
    this.#buttons.info.setAttribute("aria-controls", "details");
    this.#buttons.pip.hidden = !document.pictureInPictureEnabled;
    this.element = element(
      "div",
      { class: "controls" },
      this.#more,
      element("div", { class: "bar" }, this.#note, ...Object.values(this.#buttons)),
    );
  }

  get isFullscreen() {
    return this.#host.matches(":fullscreen");
  }

  /**
   * Label each button with its present action.
   * @param {Text} text
   * @param {boolean} isOpen whether details are shown
   */
  label(text, isOpen) {
    const { info, mute, snapshot, pip, fullscreen } = this.#buttons;
    label(this.#more, "dots-horizontal", text("action.more"));
    this.#more.setAttribute("aria-expanded", String(this.#isExpanded));
    label(info, "information-outline", text("action.details"));
    info.setAttribute("aria-expanded", String(isOpen));
    if (this.#video.muted) label(mute, "volume-off", text("action.unmute"));
    else label(mute, "volume-high", text("action.mute"));
    label(snapshot, "camera", text("action.snapshot"));
    label(pip, "picture-in-picture-bottom-right", text("action.picture_in_picture"));
    if (this.isFullscreen)
      label(fullscreen, "fullscreen-exit", text("action.exit_fullscreen"));
    else label(fullscreen, "fullscreen", text("action.fullscreen"));
  }

  /**
   * Show a note beside the buttons for a while, such as that a picture is saved.
   * @param {string} text
   */
  note(text) {
    setText(this.#note, text);
    clearTimeout(this.#noteTimer);
    this.#noteTimer = setTimeout(() => setText(this.#note, ""), NOTE);
  }

  /** Focus the button of the details, after they were closed. */
  focusDetails() {
    this.#buttons.info.focus();
  }

  async toggleFullscreen() {
    if (this.isFullscreen) await document.exitFullscreen();
    else if (this.#host.requestFullscreen) await this.#host.requestFullscreen();
    else if (this.#video.webkitEnterFullscreen)
      await this.#withVideo(() => this.#video.webkitEnterFullscreen?.()); // All that an iPhone has.
  }

  get #isExpanded() {
    return this.element.hasAttribute("data-expanded");
  }

  #toggleMore() {
    this.element.toggleAttribute("data-expanded");
    this.#more.setAttribute("aria-expanded", String(this.#isExpanded));
  }

  async #togglePictureInPicture() {
    if (this.#host.shadowRoot?.pictureInPictureElement)
      await document.exitPictureInPicture();
    else await this.#withVideo(() => this.#video.requestPictureInPicture());
  }
}

/**
 * @param {HTMLButtonElement} button
 * @param {string} icon
 * @param {string} name
 */
function label(button, icon, name) {
  labelButton(button, name);
  button.firstElementChild?.setAttribute("icon", `mdi:${icon}`);
}
