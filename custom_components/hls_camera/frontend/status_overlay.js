/** The status of a camera, shown over its picture or in its place. */

import { element, setText } from "./dom.js";
import { reasonText, texts } from "./texts.js";
import { isRejected } from "./view_state.js";

/**
 * @import { Camera } from "./camera.js"
 * @import { HomeAssistant, Text } from "./types.js"
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
  missing: {
    title: "state.missing",
    hint: "hint.missing",
    icon: "mdi:help-circle-outline",
  },
  foreign: {
    title: "state.foreign",
    hint: "hint.foreign",
    icon: "mdi:help-circle-outline",
  },
};
/** @type {Look} */
const NOT_A_CAMERA = { ...LOOKS.foreign, title: "state.no_camera", hint: "hint.no_camera" };
/** @type {Look} */
const REJECTED = { title: "state.rejected", icon: "mdi:lock-alert-outline" };
/** Reasons that another try does not change. */
const LASTING = new Set(["forbidden", "not_loaded", "codec_unsupported"]);

export class StatusOverlay {
  #icon = element("ha-icon", { class: "icon" });
  #spinner = element("span", { class: "spinner" });
  #title = element("p", { class: "title" });
  #hint = element("p", { class: "hint" });
  #action;
  #link = element("a", { class: "action" });

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
      this.#link,
    );
  }

  /** The button and the link, of which at most one is shown. */
  get actions() {
    return [this.#action, this.#link];
  }

  /**
   * @param {ViewState} state
   * @param {{hass: HomeAssistant, camera: Camera, mayAct: boolean}} rest
   */
  show(state, { hass, camera, mayAct }) {
    const { title, hint, icon, isBusy, action } = lookOf(state, camera);
    const text = texts(hass);
    this.#icon.hidden = !icon;
    if (icon) this.#icon.setAttribute("icon", icon);
    this.#spinner.hidden = !isBusy;
    setText(this.#title, title ? text(title, { entity: camera.entityId }) : "");
    const isForAdmin = isRejected(state);
    const isAdmin = hass.user?.is_admin ?? false;
    const hints = isForAdmin
      ? [rejectedHint(text, camera, isAdmin)]
      : [reasonText(hass, state.reason), hint ? text(hint) : ""];
    setText(this.#hint, hints.filter(Boolean).join(" · "));
    this.#action.hidden = !action || !mayAct || LASTING.has(state.reason ?? "");
    setText(this.#action, action ? text(action) : "");
    const path = isForAdmin && isAdmin ? camera.settingsPath : undefined;
    this.#link.hidden = !path;
    if (path) this.#link.href = path;
    setText(this.#link, text("action.password"));
  }
}

/**
 * Return who can change a rejected password, or where; empty if the link says it.
 * @param {Text} text
 * @param {Camera} camera
 * @param {boolean} isAdmin
 */
function rejectedHint(text, { source }, isAdmin) {
  if (!isAdmin) return text("hint.rejected");
  return source ? text("hint.rejected_source", { source }) : "";
}

/**
 * @param {ViewState} state
 * @param {Camera} camera
 * @returns {Look}
 */
function lookOf(state, camera) {
  if (isRejected(state)) return REJECTED;
  if (state.kind === "foreign" && !camera.isCamera) return NOT_A_CAMERA;
  return LOOKS[state.kind];
}
