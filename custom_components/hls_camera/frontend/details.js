/** The panel with a stream's figures and commands. */

import { element, labelButton, setText } from "./dom.js";
import { MODE_TEXTS, reasonText, texts, WAY_TEXTS } from "./texts.js";
import { stateText } from "./view_state.js";

/**
 * @import { Camera } from "./camera.js"
 * @import { HomeAssistant, PlayerState, Statistics } from "./types.js"
 * @import { ViewState } from "./view_state.js"
 *
 * @typedef {object} Shown the content of the panel
 * @property {HomeAssistant} hass
 * @property {Camera} camera
 * @property {ViewState} state
 * @property {Partial<PlayerState>} playerState
 * @property {boolean} mayCommand
 */

/** Milliseconds between two readings. */
const INTERVAL = 1000;

const FIGURES = /** @type {const} */ (
  ["state", "mode", "delay", "bitrate", "frame_rate", "viewers"]
);

export class Details {
  #player;
  /** @type {Shown | null} */
  #shown = null;
  /** @type {number | undefined} */
  #timer;
  #rows = FIGURES.map((name) => ({ name, term: element("dt"), value: element("dd") }));
  #buttons;
  #close;

  /**
   * @param {{statistics: () => Statistics}} player
   * @param {{restart: () => void, stop: () => void, close: () => void}} acts
   */
  constructor(player, acts) {
    this.#player = player;
    const list = element("dl");
    for (const { term, value } of this.#rows) list.append(term, value);
    /** @param {() => void} act */
    const button = (act) =>
      element("button", { type: "button", class: "action", onclick: act });
    this.#buttons = { restart: button(acts.restart), stop: button(acts.stop) };
    this.#close = element(
      "button",
      { type: "button", class: "control close", onclick: acts.close },
      element("ha-icon", { icon: "mdi:close" }),
    );
    this.panel = element(
      "section",
      { class: "details", id: "details", hidden: true },
      list,
      element("div", { class: "commands" }, ...Object.values(this.#buttons), this.#close),
    );
  }

  get isOpen() {
    return !this.panel.hidden;
  }

  /** Focus the panel, which may cover the button that opened it. */
  focus() {
    this.#close.focus();
  }

  close() {
    if (this.isOpen) this.toggle();
  }

  /** Open or close. */
  toggle() {
    this.panel.hidden = !this.panel.hidden;
    clearInterval(this.#timer);
    if (this.isOpen) this.#timer = setInterval(() => this.#read(), INTERVAL);
  }

  /** @param {Shown} shown */
  update(shown) {
    this.#shown = shown;
    if (this.isOpen) this.#read();
  }

  #read() {
    if (!this.panel.isConnected) {
      this.toggle();
      return;
    }
    if (!this.#shown) return;
    const { hass, camera, state, mayCommand } = this.#shown;
    const text = texts(hass);
    const figures = this.#figures(this.#shown);
    for (const { name, term, value } of this.#rows) {
      setText(term, text(`detail.${name}`));
      setText(value, figures[name]);
      term.hidden = value.hidden = !figures[name];
    }
    this.panel.setAttribute("aria-label", text("action.details"));
    labelButton(this.#close, text("action.close"));
    setText(this.#buttons.restart, text("action.restart"));
    setText(this.#buttons.stop, text("action.stop"));
    const mayAct = mayCommand && camera.isAvailable && state.kind !== "stopped";
    for (const button of Object.values(this.#buttons)) button.hidden = !mayAct;
  }

  /**
   * Return each figure as text, empty if it is unknown.
   * @param {Shown} shown
   * @returns {Record<typeof FIGURES[number], string>}
   */
  #figures({ hass, camera, state, playerState: { mode, reason } }) {
    const text = texts(hass);
    /**
     * @param {number | null} value
     * @param {number} digits
     * @param {string} unit
     */
    const number = (value, digits, unit) => {
      if (value === null || Number.isNaN(value)) return "";
      const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
      return `${value.toLocaleString(hass.locale?.language, options)} ${unit}`;
    };
    const always = { state: text(stateText(state)), viewers: camera.viewers ?? "" };
    if (state.kind !== "playing")
      return { ...always, mode: "", delay: "", bitrate: "", frame_rate: "" };
    const { delay, bitrate, frameRate, way } = this.#player.statistics();
    const modeTexts = [mode ? text(MODE_TEXTS[mode]) : "", way ? text(WAY_TEXTS[way]) : ""];
    return {
      ...always,
      mode: [...modeTexts, reasonText(hass, reason)].filter(Boolean).join(" · "),
      delay: number(delay, 2, "s"),
      bitrate: number(bitrate === null ? null : bitrate / 1e6, 2, "Mbit/s"),
      frame_rate: number(frameRate, 0, "fps"),
    };
  }
}
