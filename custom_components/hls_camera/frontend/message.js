/** What is said of a camera instead of its picture, or over the last one. */

import { element, setText } from "./dom.js";
import { reasonText, texts } from "./texts.js";

/** What each state looks like: its icon, its text, what more there is to say and to do. */
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

export class Message {
  #icon = element("ha-icon", { class: "icon" });
  #spinner = element("span", { class: "spinner" });
  #title = element("p", { class: "title" });
  #hint = element("p", { class: "hint" });
  #action;

  /** @param {() => void} act does what the state calls for */
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
   * @param {import("./view_state.js").ViewState} state
   * @param {{hass: object, entity: string, mayAct: boolean}} rest
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
