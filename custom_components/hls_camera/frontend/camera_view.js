/** The view of one camera: its picture, its state, and its controls. */

import { hasAction, performAction } from "./actions.js";
import { Camera } from "./camera.js";
import { STYLE } from "./camera_view_style.js";
import { Controls } from "./controls.js";
import { Details } from "./details.js";
import { download, element, keepFocus, setText } from "./dom.js";
import { Gestures } from "./gestures.js";
import { LastPicture, sizeOf } from "./last_picture.js";
import { LivePlayer } from "./player.js";
import { StatusOverlay } from "./status_overlay.js";
import { MODE_TEXTS, reasonText, texts } from "./texts.js";
import { canPlay, stateText, viewState } from "./view_state.js";
import { VisibilityObserver } from "./visibility_observer.js";

/**
 * @import { Actions } from "./actions.js"
 * @import { CardConfig } from "./config.js"
 * @import { Gesture } from "./gestures.js"
 * @import { HomeAssistant, PlayerState, Quality, Shape } from "./types.js"
 * @import { ViewState } from "./view_state.js"
 *
 * @typedef {CardConfig["cameras"][number] & Actions & Pick<CardConfig,
 *   "quality"|"sound"|"controls"|"fit"|"showName">} ViewConfig
 */

/** Screen pixels: the usual width of a sub-stream. */
const SMALL_WIDTH = 640;
/** Milliseconds until controls disappear after a tap. */
const AWAKE = 4000;
/** The states in which only the user can bring the picture back. */
const CALLS_FOR_ACTION = new Set(["stopped", "failed"]);
/** Milliseconds without a picture after which the view shows a still image. */
const STILL_AFTER = 1000;

export class CameraView extends HTMLElement {
  /** @type {HomeAssistant | null} */
  #hass = null;
  /** @type {ViewConfig} */
  #config = {
    entity: "",
    quality: "auto",
    sound: false,
    controls: "all",
    fit: "contain",
    showName: true,
  };
  /** @type {Camera | null} */
  #shown = null;
  /** Empty while nothing plays. @type {Partial<PlayerState>} */
  #playerState = {};
  #isVisible = false;
  #plays = false;
  #mayCommand = true;
  /** @type {number | undefined} */
  #stillTimer;
  /** @type {number | undefined} */
  #awakeTimer;

  #video = element("video", { playsinline: true, tabindex: -1 });
  #player = new LivePlayer(this.#video, {
    camera: () => this.#config.entity,
    live: (quality) => this.#live(quality),
    hls: () => this.#camera.hls(),
    mjpeg: () => this.#camera.mjpeg(),
  });
  #last = new LastPicture(() => this.#player.element);
  #overlay = new StatusOverlay(() => this.#act());
  #details = new Details(this.#player, {
    restart: () => this.#camera.command("restart"),
    stop: () => this.#camera.command("stop"),
    close: () => this.#closeDetails(),
  });
  #controls = new Controls(this, this.#video, {
    details: () => this.#toggleDetails(),
    snapshot: () => this.#snapshot(),
    withVideo: (act) => this.#player.withVideo(act),
  });
  /** Takes taps on the picture; the buttons are above it. */
  #surface = element("button", { type: "button", class: "surface" });
  #name = element("span", { class: "name" });
  #mode = element("span", { class: "mode" });
  /** @type {HTMLDivElement} */
  #view = element(
    "div",
    { class: "view", role: "group" },
    this.#video,
    this.#last.canvas,
    this.#surface,
    element("div", { class: "label" }, element("span", { class: "dot" }), this.#name, this.#mode),
    this.#overlay.element,
    this.#controls.element,
    this.#details.panel,
  );
  #visibility = new VisibilityObserver(this, (isVisible) => {
    this.#isVisible = isVisible;
    this.#update();
  });
  #resizes = new ResizeObserver(() => this.#choose());
  #root = this.attachShadow({ mode: "open" });

  constructor() {
    super();
    this.#root.adoptedStyleSheets = [STYLE];
    this.#root.append(this.#view);
    this.#player.addEventListener("statechange", () => this.#take(this.#player.detail));
    this.#video.addEventListener("volumechange", () => this.#label());
    // Of the video or the canvas; it does not bubble.
    this.#view.addEventListener("resize", () => this.#reportShape(), { capture: true });
    this.#view.addEventListener("pointerup", (event) => this.#wake(event));
    new Gestures(this.#surface, {
      wants: (gesture) => this.#wants(gesture),
      perform: (gesture) => this.#perform(gesture),
    });
    this.#view.addEventListener("keydown", ({ key }) => {
      if (key === "Escape" && this.#details.isOpen) this.#closeDetails();
    });
  }

  connectedCallback() {
    this.#visibility.connect();
    this.#resizes.observe(this);
    document.addEventListener("fullscreenchange", this.#choose);
  }

  disconnectedCallback() {
    this.#visibility.disconnect();
    this.#resizes.disconnect();
    document.removeEventListener("fullscreenchange", this.#choose);
  }

  set config(/** @type {ViewConfig} */ config) {
    const isAnother = this.#config.entity !== config.entity;
    if (isAnother || this.#config.sound !== config.sound)
      this.#video.muted = !config.sound;
    this.#config = config;
    if (isAnother) {
      this.#release();
      this.#last.forget();
    }
    this.#view.dataset.controls = config.controls;
    this.#view.toggleAttribute("data-nameless", !config.showName);
    this.style.setProperty("--hls-camera-fit", config.fit);
    this.#choose();
    this.#reportShape();
    if (!this.#hass) return;
    this.#shown = new Camera(this.#hass, config.entity);
    this.#update();
  }

  set hass(/** @type {HomeAssistant} */ hass) {
    const isTranslated = this.#hass?.localize !== hass.localize;
    this.#hass = hass;
    const camera = new Camera(hass, this.#config.entity);
    if (!isTranslated && !camera.differs(this.#shown)) return;
    const { state } = this.#playerState;
    const hasEnded = state === "failed" || state === "stopped";
    // The reason may no longer apply.
    if (hasEnded && camera.status !== this.#shown?.status) this.#release();
    this.#shown = camera;
    this.#update();
  }

  // View

  get #camera() {
    if (!this.#shown) throw new Error("The view has no camera yet");
    return this.#shown;
  }

  get #state() {
    return viewState(this.#camera, this.#playerState);
  }

  /** Whether the view has buttons that start and stop the stream. */
  get #offersCommands() {
    return this.#config.controls === "all" && this.#mayCommand;
  }

  get #title() {
    return this.#config.name ?? this.#camera.name;
  }

  #update() {
    const heirs = [...this.#overlay.actions, this.#surface];
    keepFocus(this.#root, () => this.#show(), heirs);
  }

  /** Show the present state, and play if the user can see the view. */
  #show() {
    const hass = this.#hass;
    if (!hass || !this.#shown) return;
    // Only the camera's state counts: a released player has none.
    this.#play(this.#isVisible && canPlay(viewState(this.#shown, {})));
    const state = this.#state;
    const isNew = this.#view.dataset.kind !== state.kind;
    // The details may cover the button that the overlay offers.
    if (isNew && CALLS_FOR_ACTION.has(state.kind)) this.#details.close();
    this.#view.dataset.kind = state.kind;
    this.#view.toggleAttribute("data-paused", !this.#plays);
    const named = [this.#title, this.#describe(hass, state)].filter(Boolean).join(", ");
    this.#view.setAttribute("aria-label", named);
    setText(this.#name, this.#title);
    this.#surface.hidden = state.kind === "missing" || state.kind === "foreign";
    this.#surface.tabIndex = hasAction(this.#config, "tap") ? 0 : -1;
    this.#surface.setAttribute("aria-label", this.#title);
    this.#showMode(hass, state);
    this.#overlay.show(state, {
      hass,
      camera: this.#camera,
      mayAct: this.#offersCommands || state.kind !== "stopped",
    });
    this.#label();
    this.#details.update({
      hass,
      camera: this.#camera,
      state,
      playerState: this.#playerState,
      mayCommand: this.#offersCommands,
    });
  }

  /**
   * Return the state for the name of the view, within a sentence: "Garden, live".
   * @param {HomeAssistant} hass
   * @param {ViewState} state
   */
  #describe(hass, state) {
    return texts(hass)(state.kind === "playing" ? "state.playing" : stateText(state));
  }

  /**
   * Show the name of the mode, unless it is the live feed.
   * @param {HomeAssistant} hass
   * @param {ViewState} state
   */
  #showMode(hass, { kind }) {
    const { mode, reason } = this.#playerState;
    const isShown = kind === "playing" && mode !== undefined && mode !== "live";
    setText(this.#mode, isShown ? texts(hass)(MODE_TEXTS[mode]) : "");
    this.#mode.title = isShown ? reasonText(hass, reason) : "";
  }

  #label() {
    if (this.#hass) this.#controls.label(texts(this.#hass), this.#details.isOpen);
  }

  #reportShape() {
    const size = sizeOf(this.#player.element);
    if (!size) return;
    const [width, height] = size;
    /** @type {CustomEvent<Shape>} */
    const event = new CustomEvent("shape", { detail: { width, height } });
    this.dispatchEvent(event);
  }

  // Player

  /** @param {PlayerState} playerState */
  #take(playerState) {
    if (!this.#plays) return; // The view has released the player itself.
    if (playerState.state === "playing") this.#last.hide();
    else if (this.#playerState.state === "playing") this.#last.keep();
    this.#playerState = playerState;
    this.#update();
  }

  /** @param {boolean} wanted */
  #play(wanted) {
    if (wanted === this.#plays) return;
    if (!wanted) {
      this.#release();
      return;
    }
    this.#plays = true;
    this.#stillTimer = setTimeout(() => this.#fetchStill(), STILL_AFTER);
    this.#player.start();
  }

  #release() {
    if (!this.#plays) return;
    this.#plays = false;
    clearTimeout(this.#stillTimer);
    if (this.#playerState.state === "playing") this.#last.keep();
    this.#playerState = {};
    this.#player.stop();
  }

  #fetchStill() {
    if (this.#camera.status === "streaming" && this.#state.kind === "loading")
      void this.#last.fetch(this.#camera.still);
  }

  /** @param {Quality} quality */
  async #live(quality) {
    const answer = await this.#camera.live(quality);
    this.#mayCommand = answer.may_control;
    return answer;
  }

  /** Choose the quality for the view's size on the screen. */
  #choose = () => {
    const isSmall = this.clientWidth * devicePixelRatio <= SMALL_WIDTH;
    const fitting = isSmall && !this.#controls.isFullscreen ? "small" : "main";
    const { quality } = this.#config;
    this.#player.setQuality(quality === "auto" ? fitting : quality);
    this.#label();
  };

  // User actions

  /**
   * Show the controls for a while after a tap; a mouse shows them by hovering.
   * @param {PointerEvent} event
   */
  #wake({ pointerType }) {
    if (pointerType === "mouse") return;
    this.#view.toggleAttribute("data-awake", true);
    clearTimeout(this.#awakeTimer);
    this.#awakeTimer = setTimeout(
      () => this.#view.removeAttribute("data-awake"),
      AWAKE,
    );
  }

  /** @param {Gesture} gesture */
  #wants(gesture) {
    const isForFullscreen = gesture === "double_tap" && !this.#config.double_tap_action;
    // A dialog would open behind the picture that fills the screen.
    if (this.#controls.isFullscreen) return gesture === "double_tap";
    return isForFullscreen || hasAction(this.#config, gesture);
  }

  /** @param {Gesture} gesture */
  #perform(gesture) {
    const { double_tap_action: doubleTap } = this.#config;
    const isForFullscreen = gesture === "double_tap" && !doubleTap;
    if (isForFullscreen || this.#controls.isFullscreen) void this.#controls.toggleFullscreen();
    else performAction(this, this.#config, gesture);
  }

  /** Perform the action that the overlay offers. */
  async #act() {
    try {
      if (this.#state.kind === "stopped") await this.#camera.command("start");
      else if (this.#camera.status === "failed") await this.#camera.command("restart");
    } catch {
      // Home Assistant shows the error.
    }
    this.#release();
    this.#update();
  }

  #toggleDetails() {
    this.#details.toggle();
    this.#update();
    if (this.#details.isOpen) this.#details.focus();
  }

  /** Close the details, and leave the focus at the button that opens them. */
  #closeDetails() {
    this.#toggleDetails();
    this.#controls.focusDetails();
  }

  async #snapshot() {
    const picture = await this.#last.take(this.#camera.still);
    const time = new Date().toLocaleString("sv").replaceAll(":", "-");
    if (picture) download(picture, `${this.#title} ${time}.jpg`);
    if (this.#hass)
      this.#controls.note(texts(this.#hass)(picture ? "note.saved" : "note.no_picture"));
  }
}
