/** One camera: its picture, how it is, and what can be done with it. */

import { Attention } from "./attention.js";
import { Camera } from "./camera.js";
import { STYLE } from "./camera_view_style.js";
import { Controls } from "./controls.js";
import { Details } from "./details.js";
import { element, setText } from "./dom.js";
import { LastPicture } from "./last_picture.js";
import { Message } from "./message.js";
import { LivePlayer } from "./player.js";
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

/** How a picture comes, where it is not the live feed. */
const MODES = { "ll-hls": "mode.ll_hls", hls: "mode.hls", mjpeg: "mode.mjpeg" };

export class CameraView extends HTMLElement {
  #hass;
  #config = { quality: "auto" };
  /** @type {Camera} */
  #camera;
  #playerState = {};
  #isSeen = false;
  #plays = false;
  #mayCommand = true;
  #timers = {};

  #video = element("video", { playsinline: true, tabindex: -1 });
  #player = new LivePlayer(this.#video, {
    live: (quality) => this.#live(quality),
    hls: () => this.#camera.hls(),
    mjpeg: () => this.#camera.mjpeg(),
  });
  #last = new LastPicture(() => this.#player.element);
  #message = new Message(() => this.#act());
  #details = new Details(this.#player, {
    restart: () => this.#camera.command("restart"),
    stop: () => this.#camera.command("stop"),
  });
  #controls = new Controls(this, this.#video, {
    details: () => this.#toggleDetails(),
    snapshot: () => this.#snapshot(),
  });
  #name = element("span", { class: "name" });
  #mode = element("span", { class: "mode" });
  #view = element(
    "div",
    { class: "view", role: "group" },
    this.#video,
    this.#last.canvas,
    element("div", { class: "label" }, element("span", { class: "dot" }), this.#name, this.#mode),
    this.#message.element,
    this.#details.panel,
    this.#controls.element,
  );
  #attention = new Attention(this, (isSeen) => {
    this.#isSeen = isSeen;
    this.#update();
  });
  #resizes = new ResizeObserver(() => this.#choose());

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [STYLE];
    root.append(this.#view);
    this.#player.addEventListener("statechange", ({ detail }) => this.#told(detail));
    this.#video.addEventListener("volumechange", () => this.#label());
    this.#video.addEventListener("resize", () => this.#tellShape());
    this.#view.addEventListener("pointerup", (event) => this.#wake(event));
    this.#view.addEventListener("dblclick", ({ target }) => {
      if (!target.closest("button, .details")) this.#controls.toggleFullscreen();
    });
    this.#view.addEventListener("keydown", ({ key }) => {
      if (key === "Escape" && this.#details.isOpen) this.#toggleDetails();
    });
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
   * @param {{entity: string, name?: string, quality: string, sound: boolean,
   *   controls: "all"|"view"|"none", fit: string}} config
   */
  set config(config) {
    const isAnother = this.#config.entity !== config.entity;
    if (isAnother || this.#config.sound !== config.sound)
      this.#video.muted = !config.sound;
    this.#config = config;
    if (isAnother) {
      this.#release();
      this.#last.forget();
    }
    this.#view.dataset.controls = config.controls;
    this.style.setProperty("--hls-camera-fit", config.fit);
    this.#choose();
    this.#tellShape();
    if (!this.#hass) return;
    this.#camera = new Camera(this.#hass, config.entity);
    this.#update();
  }

  set hass(hass) {
    const isTranslated = this.#hass?.localize !== hass.localize;
    this.#hass = hass;
    const camera = new Camera(hass, this.#config.entity);
    if (!isTranslated && !camera.differs(this.#camera)) return;
    // What has ended the player may be over.
    if (HAS_ENDED.has(this.#playerState.state) && camera.status !== this.#camera.status)
      this.#release();
    this.#camera = camera;
    this.#update();
  }

  // What is shown

  get #state() {
    return viewState(this.#camera, this.#playerState);
  }

  /** Whether the user is offered to start and stop the stream. */
  get #offersCommands() {
    return this.#config.controls === "all" && this.#mayCommand;
  }

  get #title() {
    return this.#config.name ?? this.#camera.name;
  }

  /** Show what is, and play what is to be seen. */
  #update() {
    if (!this.#camera) return;
    // By the camera alone: a player that is let go takes back what it told.
    this.#play(this.#isSeen && canPlay(viewState(this.#camera, {})));
    const state = this.#state;
    this.#view.dataset.kind = state.kind;
    this.#view.toggleAttribute("data-paused", !this.#plays);
    this.#view.setAttribute("aria-label", this.#title);
    setText(this.#name, this.#title);
    this.#showMode(state);
    this.#message.show(state, {
      hass: this.#hass,
      entity: this.#config.entity,
      mayAct: this.#offersCommands || state.kind !== "stopped",
    });
    this.#label();
    this.#details.update({
      hass: this.#hass,
      camera: this.#camera,
      state,
      playerState: this.#playerState,
      mayCommand: this.#offersCommands,
    });
  }

  #showMode({ kind }) {
    const { mode, reason } = this.#playerState;
    const isShown = kind === "playing" && mode in MODES;
    setText(this.#mode, isShown ? texts(this.#hass)(MODES[mode]) : "");
    this.#mode.title = isShown ? reasonText(this.#hass, reason) : "";
  }

  #label() {
    if (this.#hass) this.#controls.label(texts(this.#hass), this.#details.isOpen);
  }

  #tellShape() {
    const { videoWidth: width, videoHeight: height } = this.#video;
    if (width && height)
      this.dispatchEvent(new CustomEvent("shape", { detail: { width, height } }));
  }

  // What is played

  #told(playerState) {
    if (!this.#plays) return; // Whoever released it knows.
    if (playerState.state === "playing") this.#last.hide();
    else if (this.#playerState.state === "playing") this.#last.keep();
    this.#playerState = playerState;
    this.#update();
  }

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

  #release() {
    if (!this.#plays) return;
    this.#plays = false;
    clearTimeout(this.#timers.still);
    if (this.#playerState.state === "playing") this.#last.keep();
    this.#playerState = {};
    this.#player.stop();
  }

  #fetchStill() {
    if (this.#camera.status === "streaming" && this.#state.kind === "loading")
      void this.#last.fetch(this.#camera.still);
  }

  async #live(quality) {
    const answer = await this.#camera.live(quality);
    this.#mayCommand = answer.may_control;
    return answer;
  }

  /** Choose the quality that the size on the screen needs. */
  #choose = () => {
    const isSmall = this.clientWidth * devicePixelRatio <= SMALL_WIDTH;
    const fitting = isSmall && !this.#controls.isFullscreen ? "small" : "main";
    const { quality } = this.#config;
    this.#player.setQuality(quality === "auto" ? fitting : quality);
    this.#label();
  };

  // What a person does

  /** Show the controls for a while to who has no mouse. */
  #wake({ pointerType }) {
    if (pointerType === "mouse") return;
    this.#view.toggleAttribute("data-awake", true);
    clearTimeout(this.#timers.awake);
    this.#timers.awake = setTimeout(
      () => this.#view.removeAttribute("data-awake"),
      AWAKE,
    );
  }

  /** Do what the message offers. */
  async #act() {
    try {
      if (this.#state.kind === "stopped") await this.#camera.command("start");
      else if (this.#camera.status === "failed") await this.#camera.command("restart");
    } catch {
      // Home Assistant has told of it.
    }
    this.#release();
    this.#update();
  }

  #toggleDetails() {
    this.#details.toggle();
    this.#update();
  }

  async #snapshot() {
    const picture = await this.#last.take(this.#camera.still);
    if (!picture) return;
    const time = new Date().toLocaleString("sv").replaceAll(":", "-");
    const href = URL.createObjectURL(picture);
    element("a", { href, download: `${this.#title} ${time}.jpg` }).click();
    setTimeout(() => URL.revokeObjectURL(href), 60_000);
  }
}
