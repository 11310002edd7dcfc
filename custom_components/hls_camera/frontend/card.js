/** The card: one camera, or a wall of them. */

import { CARD_STYLE } from "./card_style.js";
import { readConfig } from "./config.js";
import { element } from "./dom.js";
import { cardForm } from "./editor.js";
import { columnsFor } from "./layout.js";
import { loadTexts, texts } from "./texts.js";

const DEFAULT_RATIO = 16 / 9;
/** Pixels of a row, by which Home Assistant's masonry view reckons. */
const ROW = 50;

export class HlsCameraCard extends HTMLElement {
  /** Set by Home Assistant: "grid" in sections, "panel" where the card is the whole view. */
  layout;

  #config;
  #hass;
  #views = [];
  #wall = element("div", { class: "wall" });
  #title = element("h1", { class: "card-header", hidden: true });
  #empty = element("p", { class: "empty", hidden: true });
  #card = element("ha-card", {}, this.#title, this.#wall, this.#empty);
  #resizes = new ResizeObserver(() => this.#arrange());

  static getConfigForm() {
    return cardForm();
  }

  /** Return what the card picker shows: the first camera of ours. */
  static getStubConfig(hass) {
    const ours = Object.values(hass.entities).find(
      ({ entity_id: entityId, platform }) =>
        platform === "hls_camera" && entityId.startsWith("camera."),
    );
    return { entity: ours?.entity_id ?? "" };
  }

  constructor() {
    super();
    this.attachShadow({ mode: "open" }).adoptedStyleSheets = [CARD_STYLE];
    this.shadowRoot.append(this.#card);
  }

  connectedCallback() {
    this.#resizes.observe(this);
  }

  disconnectedCallback() {
    this.#resizes.disconnect();
  }

  setConfig(config) {
    this.#config = readConfig(config);
    const { cameras, title, ratio, ...options } = this.#config;
    this.#title.hidden = !title;
    this.#title.textContent = title ?? "";
    this.#empty.hidden = cameras.length > 0;
    this.#setRatio(ratio ?? DEFAULT_RATIO);
    while (this.#views.length > cameras.length) this.#views.pop().remove();
    cameras.forEach((camera, place) => {
      this.#view(place).config = { ...options, ...camera };
    });
    if (this.#hass) this.hass = this.#hass;
    this.#arrange();
  }

  set hass(hass) {
    const empty = texts(hass)("state.empty");
    // Where it fails, the next `hass` asks again.
    if (!empty || this.#hass?.language !== hass.language) loadTexts(hass).catch(() => {});
    this.#hass = hass;
    this.#empty.textContent = empty;
    for (const view of this.#views) view.hass = hass;
  }

  /** Return the height in a masonry view, in rows. */
  getCardSize() {
    const height = this.offsetHeight || (this.offsetWidth || 400) / DEFAULT_RATIO;
    return Math.ceil(height / ROW);
  }

  /** Return what the sections view lets a person choose. */
  getGridOptions() {
    const columns = this.#views.length > 1 ? "full" : 12;
    return { columns, rows: "auto", min_columns: 3, min_rows: 2 };
  }

  #view(place) {
    if (!this.#views[place]) {
      const view = element("hls-camera-view", {
        onshape: ({ detail }) => this.#takeShape(detail),
      });
      this.#views[place] = view;
      this.#wall.append(view);
    }
    return this.#views[place];
  }

  /** A camera that is alone has room for all of its picture, unless told otherwise. */
  #takeShape({ width, height }) {
    if (this.#views.length === 1 && !this.#config.ratio)
      this.#setRatio(width / height);
  }

  #setRatio(ratio) {
    this.style.setProperty("--hls-camera-ratio", ratio);
  }

  #arrange() {
    if (!this.#config) return;
    const { cameras, columns, isHeightGiven, ratio } = this.#config;
    const isFilled = isHeightGiven || this.layout === "panel";
    this.toggleAttribute("filled", isFilled);
    const { clientWidth: width, clientHeight: height } = this.#wall;
    const best = columnsFor(cameras.length, width, isFilled && height, ratio);
    this.#wall.style.setProperty("--columns", columns ?? best);
  }
}
