/** One camera: its picture, how it is, and what can be done with it. */

import { Attention } from "./attention.js";
import { Camera } from "./camera.js";
import { Details } from "./details.js";
import { element, setText } from "./dom.js";
import { LivePlayer } from "./player.js";
import { LastPicture } from "./last_picture.js";
import { STYLE } from "./camera_view_style.js";
import { reasonText, texts } from "./texts.js";
import { canPlay, viewState } from "./view_state.js";

/** Pixels of the screen; a camera's small stream has about as many. */
const SMALL_WIDTH = 640;
/** Milliseconds that controls stay after a tap. */
const AWAKE = 4000;
/** Milliseconds without a picture after which a still image is worth its making. */
const STILL_AFTER = 1000;

/** States in which the player does nothing more by itself. */
const HAS_ENDED = new Set(["failed", "stopped"]);

/** What each state looks like: its icon, its text, and what more there is to say. */
const MESSAGES = {
  playing: {},
  loading: { title: "state.loading", isBusy: true },
  reconnecting: { title: "state.reconnecting", isBusy: true },
  offline: { title: "state.offline", hint: "hint.offline", icon: "mdi:cctv-off" },
  failed: { title: "state.failed", icon: "mdi:alert-circle-outline" },
  stopped: { title: "state.stopped", hint: "hint.stopped", icon: "mdi:power" },
  unavailable: { title: "state.unavailable", icon: "mdi:cctv-off" },
  missing: { title: "state.missing", icon: "mdi:help-circle-outline" },
};

/** How a picture comes, where it is not the live feed. */
const MODES = { "ll-hls": "mode.ll_hls", hls: "mode.hls", mjpeg: "mode.mjpeg" };

export class CameraView extends HTMLElement {
  #hass;
  #config = {};
  /** @type {Camera} */
  #camera;
  #playerState = {};
  #isSeen = false;
  #plays = false;
  #text = () => "";
  #mayCommand = true;

  #video = element("video", { playsinline: true, tabindex: -1 });
  #last = new LastPicture(() => this.#player.element);
  #attention;
  #player;
  #resizes = new ResizeObserver(() => this.#choose());
  #timers = {};
  #parts = {};

  constructor() {
    super();
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [STYLE];
    this.#attention = new Attention(this, (isSeen) => {
      this.#isSeen = isSeen;
      this.#update();
    });
    this.#player = new LivePlayer(this.#video, {
      live: (quality) => this.#live(quality),
      hls: () => this.#camera.hls(),
      mjpeg: () => this.#camera.mjpeg(),
    });
    this.#player.addEventListener("statechange", ({ detail }) => {
      if (detail.state === "playing") this.#last.hide();
      else if (this.#playerState.state === "playing") this.#last.keep();
      this.#playerState = detail;
      this.#update();
    });
    this.#video.addEventListener("volumechange", () => this.#label());
    this.#video.addEventListener("resize", () => this.#tellShape());
    this.#build();
  }

  connectedCallback() {
    this.#attention.connect();
    this.#resizes.observe(this);
    document.addEventListener("fullscreenchange", this.#choose);
  }

  disconnectedCallback() {
    this.#attention.disconnect();
    this.#resizes.disconnect();
    document.removeEventListener("fullscreenchange", this.#choose);
  }

  /**
   * What to show.
   * @param {{entity: string, name?: string, quality: string, muted: boolean,
   *   controls: "all"|"view"|"none", fit: string}} config
   */
  set config(config) {
    const isFirst = this.#config.entity !== config.entity;
    this.#config = config;
    if (isFirst) {
      this.#video.muted = config.muted;
      this.#release();
      this.#last.forget();
    }
    this.#parts.view.dataset.controls = config.controls;
    this.style.setProperty("--hls-camera-fit", config.fit);
    this.#choose();
    if (this.#hass) this.hass = this.#hass;
  }

  set hass(hass) {
    const isTold = this.#hass?.localize === hass.localize;
    this.#hass = hass;
    this.#text = texts(hass);
    const camera = new Camera(hass, this.#config.entity);
    const differs = camera.differs(this.#camera);
    // What has ended the player may be over.
    if (HAS_ENDED.has(this.#playerState.state) && camera.status !== this.#camera.status)
      this.#release();
    this.#camera = camera;
    if (differs || !isTold) this.#update();
  }

  // What is shown

  #build() {
    const button = (name, icon, act) =>
      element(
        "button",
        { type: "button", class: `control ${name}`, onclick: act },
        element("ha-icon", { icon }),
      );
    const parts = (this.#parts = {
      details: new Details(this.#player, {
        restart: () => this.#camera.command("restart"),
        stop: () => this.#camera.command("stop"),
      }),
      dot: element("span", { class: "dot" }),
      name: element("span", { class: "name" }),
      mode: element("span", { class: "mode" }),
      icon: element("ha-icon", { class: "icon" }),
      spinner: element("span", { class: "spinner" }),
      title: element("p", { class: "title" }),
      hint: element("p", { class: "hint" }),
      action: element("button", {
        type: "button",
        class: "action",
        onclick: () => this.#act(),
      }),
      info: button("info", "mdi:information-outline", () => this.#toggleDetails()),
      mute: button("mute", "mdi:volume-off", () => this.#toggleSound()),
      snapshot: button("snapshot", "mdi:camera", () => this.#snapshot()),
      pip: button("pip", "mdi:picture-in-picture-bottom-right", () => this.#float()),
      fullscreen: button("fullscreen", "mdi:fullscreen", () => this.#toggleFullscreen()),
    });
    parts.pip.hidden = !document.pictureInPictureEnabled;
    parts.info.setAttribute("aria-controls", "details");
    parts.view = element(
      "div",
      { class: "view", role: "group", "data-kind": "loading" },
      this.#video,
      this.#last.canvas,
      element("div", { class: "label" }, parts.dot, parts.name, parts.mode),
      element(
        "div",
        { class: "message" },
        parts.icon,
        parts.spinner,
        element("div", { role: "status" }, parts.title, parts.hint),
        parts.action,
      ),
      parts.details.panel,
      element(
        "div",
        { class: "controls" },
        ...[parts.info, parts.mute, parts.snapshot, parts.pip, parts.fullscreen],
      ),
    );
    parts.view.addEventListener("pointerup", (event) => this.#wake(event));
    parts.view.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && parts.details.isOpen) this.#toggleDetails();
    });
    this.#video.addEventListener("dblclick", () => this.#toggleFullscreen());
    this.shadowRoot.append(parts.view);
  }

  /** Show what is, and play what is to be seen. */
  #update() {
    if (!this.#camera) return;
    this.#play(this.#isSeen && canPlay(this.#state));
    const state = this.#state; // The player has told another one, perhaps.
    this.#show(state);
    this.#label();
    this.#parts.details.update({
      hass: this.#hass,
      camera: this.#camera,
      state,
      playerState: this.#playerState,
      mayCommand: this.#commands,
    });
  }

  get #state() {
    return viewState(this.#camera, this.#playerState);
  }

  #show(state) {
    const { view, icon, spinner, title, hint, action } = this.#parts;
    const message = MESSAGES[state.kind];
    const name = this.#config.name ?? this.#camera.name;
    view.dataset.kind = state.kind;
    view.toggleAttribute("data-paused", !this.#plays);
    view.setAttribute("aria-label", name);
    setText(this.#parts.name, name);
    icon.hidden = !message.icon;
    if (message.icon) icon.setAttribute("icon", message.icon);
    spinner.hidden = !message.isBusy || !this.#plays;
    const entity = this.#config.entity;
    setText(title, message.title ? this.#text(message.title, { entity }) : "");
    const reason = reasonText(this.#hass, state.reason);
    const more = message.hint ? this.#text(message.hint) : "";
    setText(hint, [reason, more].filter(Boolean).join(" · "));
    const act = { stopped: "action.start", failed: "action.retry" }[state.kind];
    action.hidden = !act || (state.kind === "stopped" && !this.#commands);
    if (act) setText(action, this.#text(act));
    const mode = state.kind === "playing" ? MODES[this.#playerState.mode] : "";
    setText(this.#parts.mode, mode ? this.#text(mode) : "");
    this.#parts.mode.title = mode ? reasonText(this.#hass, this.#playerState.reason) : "";
  }

  /** Write on the controls what they do now. */
  #label() {
    const { info, mute, snapshot, pip, fullscreen, details } = this.#parts;
    const isFull = this.#isFullscreen;
    const isMuted = this.#video.muted;
    for (const [button, key, icon] of [
      [info, "action.details"],
      [mute, isMuted ? "action.unmute" : "action.mute", isMuted ? "volume-off" : "volume-high"],
      [snapshot, "action.snapshot"],
      [pip, "action.picture_in_picture"],
      [fullscreen, isFull ? "action.exit_fullscreen" : "action.fullscreen", isFull ? "fullscreen-exit" : "fullscreen"],
    ]) {
      button.title = this.#text(key);
      button.setAttribute("aria-label", this.#text(key));
      if (icon) button.firstChild.setAttribute("icon", `mdi:${icon}`);
    }
    info.setAttribute("aria-expanded", String(details.isOpen));
  }

  #tellShape() {
    const { videoWidth: width, videoHeight: height } = this.#video;
    if (width && height) this.dispatchEvent(new CustomEvent("shape", { detail: { width, height } }));
  }

  // What is played

  #play(wanted) {
    if (wanted === this.#plays) return;
    if (!wanted) {
      this.#release();
      return;
    }
    this.#plays = true;
    this.#timers.still = setTimeout(() => this.#fetchStill(), STILL_AFTER);
    this.#player.start();
  }

  #fetchStill() {
    if (this.#camera.status === "streaming" && this.#state.kind === "loading")
      void this.#last.fetch(this.#camera.still);
  }

  #release() {
    if (!this.#plays) return;
    this.#plays = false;
    clearTimeout(this.#timers.still);
    if (this.#playerState.state === "playing") this.#last.keep();
    this.#playerState = {};
    this.#player.stop();
  }

  async #live(quality) {
    const answer = await this.#camera.live(quality);
    this.#mayCommand = answer.may_control;
    return answer;
  }

  /** Whether the user is offered to start and stop the stream. */
  get #commands() {
    return this.#config.controls === "all" && this.#mayCommand;
  }

  /** Choose the quality that the size on the screen needs. */
  #choose = () => {
    const isSmall = this.clientWidth * devicePixelRatio <= SMALL_WIDTH;
    const auto = isSmall && !this.#isFullscreen ? "small" : "main";
    const { quality = "auto" } = this.#config;
    this.#player.setQuality(quality === "auto" ? auto : quality);
    this.#label();
  };

  // What a person does

  /** Show the controls for a while to who has no mouse. */
  #wake({ pointerType }) {
    if (pointerType === "mouse") return;
    this.#parts.view.toggleAttribute("data-awake", true);
    clearTimeout(this.#timers.awake);
    this.#timers.awake = setTimeout(
      () => this.#parts.view.removeAttribute("data-awake"),
      AWAKE,
    );
  }

  #act() {
    const { status } = this.#camera;
    if (status === "stopped") this.#camera.command("start");
    else if (status === "failed") this.#camera.command("restart");
    this.#release();
    this.#update();
  }

  #toggleDetails() {
    this.#parts.details.toggle();
    this.#update();
  }

  #toggleSound() {
    this.#video.muted = !this.#video.muted;
  }

  async #snapshot() {
    const picture = await this.#last.take(this.#camera.still);
    const time = new Date().toLocaleString("sv").replaceAll(":", "-");
    const href = URL.createObjectURL(picture);
    const name = this.#config.name ?? this.#camera.name;
    element("a", { href, download: `${name} ${time}.jpg` }).click();
    setTimeout(() => URL.revokeObjectURL(href), 60_000);
  }

  async #float() {
    if (this.shadowRoot.pictureInPictureElement) await document.exitPictureInPicture();
    else await this.#video.requestPictureInPicture();
  }

  get #isFullscreen() {
    return document.fullscreenElement !== null && this.matches(":fullscreen");
  }

  async #toggleFullscreen() {
    if (this.#isFullscreen) await document.exitFullscreen();
    else if (this.requestFullscreen) await this.requestFullscreen();
    else this.#video.webkitEnterFullscreen(); // An iPhone knows only that.
  }
}
