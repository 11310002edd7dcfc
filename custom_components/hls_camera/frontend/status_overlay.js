/** The status of a camera, shown over its picture or in its place. */

import { element, setText } from "./dom.js";
import { reasonText, texts } from "./texts.js";

/**
 * @import { HomeAssistant } from "./types.js"
 * @import { ViewState } from "./view_state.js"
 *
 * @typedef {object} Look
 * @property {string} [title] a key
 * @property {string} [hint] a key
 * @property {string} [icon]
 * @property {boolean} [isBusy]
 * @property {string} [action] a key
 */

/** @type {Record<ViewState["kind"], Look>} */
const LOOKS = {
  playing: {},
  loading: { title: "state.loading", isBusy: true },
  reconnecting: { title: "state.reconnecting", isBusy: true },
  offline: { title: "state.offline", hint: "hint.offline", icon: "mdi:cctv-off" },
  failed: {
    title: "state.failed",
    icon: "mdi:alert-circle-outline",
    action: "action.retry",
  },
  stopped: {
    title: "state.stopped",
    hint: "hint.stopped",
    icon: "mdi:power",
    action: "action.start",
  },
  unavailable: { title: "state.unavailable", icon: "mdi:cctv-off" },
  missing: { title: "state.missing", icon: "mdi:help-circle-outline" },
};

export class StatusOverlay {
  #icon = element("ha-icon", { class: "icon" });
  #spinner = element("span", { class: "spinner" });
  #title = element("p", { class: "title" });
  #hint = element("p", { class: "hint" });
  #action;

  /** @param {() => void} act performs the state's action */
  constructor(act) {
    this.#action = element("button", { type: "button", class: "action", onclick: act });
    this.element = element(
      "div",
      { class: "message" },
      this.#icon,
      this.#spinner,
      element("div", { role: "status" }, this.#title, this.#hint),
      this.#action,
    );
  }

  /**
   * @param {ViewState} state
   * @param {{hass: HomeAssistant, entity: string, mayAct: boolean}} rest
   */
  show({ kind, reason }, { hass, entity, mayAct }) {
    const { title, hint, icon, isBusy, action } = LOOKS[kind];
    const text = texts(hass);
    this.#icon.hidden = !icon;
    if (icon) this.#icon.setAttribute("icon", icon);
    this.#spinner.hidden = !isBusy;
    setText(this.#title, title ? text(title, { entity }) : "");
    const hints = [reasonText(hass, reason), hint ? text(hint) : ""];
    setText(this.#hint, hints.filter(Boolean).join(" · "));
    this.#action.hidden = !action || !mayAct;
    setText(this.#action, action ? text(action) : "");
  }
}
