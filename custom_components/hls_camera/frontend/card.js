/** The card: one camera, or a grid of cameras. */

import { CARD_STYLE } from "./card_style.js";
import { readConfig } from "./config.js";
import { element } from "./dom.js";
import { cardEditor } from "./editor.js";
import { columnsFor, fillRows } from "./layout.js";
import { loadTexts, texts } from "./texts.js";

/**
 * @import { CameraView } from "./camera_view.js"
 * @import { CardConfig, CardYaml } from "./config.js"
 * @import { HomeAssistant, Shape } from "./types.js"
 */

const DEFAULT_RATIO = 16 / 9;
/** Pixels of a row of Home Assistant's masonry view. */
const ROW = 50;

export class HlsCameraCard extends HTMLElement {
  /**
   * Set by Home Assistant: "grid" in a sections view, "panel" if the card is the whole view.
   * @type {string | undefined}
   */
  layout;

  /** @type {CardConfig | null} */
  #config = null;
  /** @type {HomeAssistant | null} */
  #hass = null;
  /** @type {CameraView[]} */
  #views = [];
  #wall = element("div", { class: "wall" });
  #title = element("h1", { class: "card-header", hidden: true });
  #empty = element("p", { class: "empty", hidden: true });
  #card = element("ha-card", {}, this.#title, this.#wall, this.#empty);
  #resizes = new ResizeObserver(() => this.#arrange());

  static getConfigElement() {
    return cardEditor();
  }

  /**
   * Return the configuration for the card picker: the first camera of this integration.
   * @param {HomeAssistant} hass
   */
  static getStubConfig(hass) {
    const ours = Object.values(hass.entities).find(
      (each) => each?.platform === "hls_camera" && each.entity_id.startsWith("camera."),
    );
    return { entity: ours?.entity_id ?? "" };
  }

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [CARD_STYLE];
    root.append(this.#card);
  }

  connectedCallback() {
    this.#resizes.observe(this);
  }

  disconnectedCallback() {
    this.#resizes.disconnect();
  }

  /** @param {CardYaml} yaml */
  setConfig(yaml) {
    this.#config = readConfig(yaml);
    const { cameras, title, ratio, actions, ...options } = this.#config;
    this.#title.hidden = !title;
    this.#title.textContent = title ?? "";
    this.#empty.hidden = cameras.length > 0;
    this.#setRatio(ratio ?? DEFAULT_RATIO);
    for (const view of this.#views.splice(cameras.length)) view.remove();
    cameras.forEach((camera, place) => {
      this.#view(place).config = { ...options, ...actions, ...camera };
    });
    if (this.#hass) this.hass = this.#hass;
    this.#arrange();
  }

  set hass(/** @type {HomeAssistant} */ hass) {
    const empty = texts(hass)("state.empty");
    // If it fails, the next `hass` tries again.
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

  /** Return the size in a sections view, and its limits. */
  getGridOptions() {
    const columns = this.#views.length > 1 ? "full" : 12;
    return { columns, rows: "auto", min_columns: 3, min_rows: 2 };
  }

  /** @param {number} place */
  #view(place) {
    if (!this.#views[place]) {
      const view = element("hls-camera-view");
      view.addEventListener("shape", ({ detail }) => this.#takeShape(detail));
      this.#views[place] = view;
      this.#wall.append(view);
    }
    return this.#views[place];
  }

  /**
   * Give a single camera room for its whole picture, unless the YAML has a ratio.
   * @param {Shape} shape
   */
  #takeShape({ width, height }) {
    if (this.#views.length === 1 && !this.#config?.ratio)
      this.#setRatio(width / height);
  }

  /** @param {number} ratio */
  #setRatio(ratio) {
    this.style.setProperty("--hls-camera-ratio", String(ratio));
  }

  #arrange() {
    if (!this.#config?.cameras.length) return;
    const { cameras, columns, isHeightGiven, ratio } = this.#config;
    const isFilled = isHeightGiven || this.layout === "panel";
    this.toggleAttribute("filled", isFilled);
    const { clientWidth: width, clientHeight: height } = this.#wall;
    const best = columnsFor(cameras.length, width, isFilled ? height : undefined, ratio);
    const { tracks, spans, first } = fillRows(cameras.length, columns ?? best);
    this.#wall.style.setProperty("--columns", String(tracks));
    this.#views.forEach((view, place) => {
      view.style.setProperty("grid-column", `span ${spans[place < first ? 0 : 1]}`);
    });
  }
}
