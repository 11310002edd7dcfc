/** How a camera's stream is, in figures, and what can be done about it. */

import { element, setText } from "./dom.js";
import { reasonText, texts } from "./texts.js";

/** Milliseconds between two readings. */
const INTERVAL = 1000;

const STATES = {
  playing: "detail.playing",
  loading: "state.loading",
  reconnecting: "state.reconnecting",
  offline: "state.offline",
  failed: "state.failed",
  stopped: "state.stopped",
  unavailable: "state.unavailable",
  missing: "detail.missing",
};
const MODES = {
  live: "mode.live",
  "ll-hls": "mode.ll_hls",
  hls: "mode.hls",
  mjpeg: "mode.mjpeg",
};

export class Details {
  #player;
  #now = {};
  #timer;
  #values = {};
  #terms = {};
  #buttons;

  /**
   * @param {object} player whose figures are shown
   * @param {{restart: () => void, stop: () => void}} commands
   */
  constructor(player, commands) {
    this.#player = player;
    const rows = ["state", "mode", "delay", "bitrate", "frame_rate", "viewers"];
    const list = element("dl");
    for (const row of rows) {
      this.#terms[row] = element("dt");
      this.#values[row] = element("dd");
      list.append(this.#terms[row], this.#values[row]);
    }
    const button = (act) =>
      element("button", { type: "button", class: "action", onclick: act });
    this.#buttons = {
      restart: button(commands.restart),
      stop: button(commands.stop),
    };
    this.panel = element(
      "section",
      { class: "details", id: "details", hidden: true },
      list,
      element("div", { class: "commands" }, this.#buttons.restart, this.#buttons.stop),
    );
  }

  get isOpen() {
    return !this.panel.hidden;
  }

  /** Open or close. */
  toggle() {
    this.panel.hidden = !this.panel.hidden;
    clearInterval(this.#timer);
    if (this.isOpen) this.#timer = setInterval(() => this.#read(), INTERVAL);
  }

  /**
   * Take what is known now.
   * @param {{hass: object, camera: import("./camera.js").Camera,
   *   state: import("./view_state.js").ViewState,
   *   playerState: {mode?: string, reason?: string}, mayCommand: boolean}} now
   */
  update(now) {
    this.#now = now;
    if (this.isOpen) this.#read();
  }

  #read() {
    if (!this.panel.isConnected) return this.toggle();
    const { hass, camera, state, playerState, mayCommand } = this.#now;
    const text = texts(hass);
    const number = (value, digits, unit) =>
      value == null || Number.isNaN(value)
        ? ""
        : `${value.toLocaleString(hass.locale?.language, {
            minimumFractionDigits: digits,
            maximumFractionDigits: digits,
          })} ${unit}`;
    const plays = state.kind === "playing";
    const figures = plays ? this.#player.statistics() : {};
    const because = plays && reasonText(hass, playerState.reason);
    const shown = {
      state: text(STATES[state.kind]),
      mode: plays
        ? [text(MODES[playerState.mode]), because].filter(Boolean).join(" · ")
        : "",
      delay: number(figures.delay, 2, "s"),
      bitrate: number(figures.bitrate / 1e6, 2, "Mbit/s"),
      frame_rate: number(figures.frameRate, 0, "fps"),
      viewers: camera.viewers ?? "",
    };
    for (const [row, value] of Object.entries(shown)) {
      setText(this.#terms[row], text(`detail.${row}`));
      setText(this.#values[row], value);
      this.#terms[row].hidden = this.#values[row].hidden = !value;
    }
    this.panel.setAttribute("aria-label", text("action.details"));
    setText(this.#buttons.restart, text("action.restart"));
    setText(this.#buttons.stop, text("action.stop"));
    const mayAct = mayCommand && camera.isAvailable && state.kind !== "stopped";
    for (const button of Object.values(this.#buttons)) button.hidden = !mayAct;
  }
}
