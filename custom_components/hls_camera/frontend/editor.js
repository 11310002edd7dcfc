/** The card's form in the dashboard editor, with every default shown as chosen. */

import { cameraRows, CONTROLS, FITS, QUALITIES, readConfig } from "./config.js";
import { loadTexts, texts } from "./texts.js";

/**
 * @import { CardYaml } from "./config.js"
 * @import { HomeAssistant, Text } from "./types.js"
 *
 * @typedef {Record<string, unknown> & {cameras?: string[]}} FormData
 */

const CAMERAS = { domain: "camera", integration: "hls_camera" };
/** The options with a value that the form shows even if the YAML has none. */
const DEFAULTS = {
  quality: QUALITIES[0],
  controls: CONTROLS[0],
  fit: FITS[0],
  show_name: true,
  sound: false,
};
/** The path of the icon that Home Assistant's forms have beside interactions. */
const TAP =
  "M10,9A1,1 0 0,1 11,8A1,1 0 0,1 12,9V13.47L13.21,13.6L18.15,15.79C18.68,16.03 19,16.56 19,17.14V21.5C18.97,22.32 18.32,22.97 17.5,23H11C10.62,23 10.26,22.85 10,22.57L5.1,18.37L5.84,17.6C6.03,17.39 6.3,17.28 6.58,17.28H6.8L10,19V9M11,5A4,4 0 0,1 15,9C15,10.5 14.2,11.77 13,12.46V11.24C13.61,10.69 14,9.89 14,9A3,3 0 0,0 11,6A3,3 0 0,0 8,9C8,9.89 8.39,10.69 9,11.24V12.46C7.8,11.77 7,10.5 7,9A4,4 0 0,1 11,5Z";

/** Return the form, for the card's `getConfigElement()`. */
export async function cardEditor() {
  await Promise.all([loadTexts(), loadForm()]);
  return document.createElement("hls-camera-card-editor");
}

/** Load Home Assistant's form element: its own editors bring it. */
async function loadForm() {
  if (customElements.get("ha-form")) return;
  const { createCardElement } = (await window.loadCardHelpers?.()) ?? {};
  createCardElement?.({ type: "picture-entity", entity: "camera.none" });
  await customElements.whenDefined("hui-picture-entity-card");
  const card = /** @type {{getConfigElement?: () => Promise<unknown>} | undefined} */ (
    /** @type {unknown} */ (customElements.get("hui-picture-entity-card"))
  );
  await card?.getConfigElement?.();
}

export class CardEditor extends HTMLElement {
  /** @type {CardYaml} */
  #yaml = {};
  /** @type {HomeAssistant | null} */
  #hass = null;
  #form = document.createElement("ha-form");

  constructor() {
    super();
    this.attachShadow({ mode: "open" }).append(this.#form);
    this.#form.addEventListener("value-changed", (event) => {
      event.stopPropagation();
      this.#change(event.detail.value);
    });
  }

  /**
   * @param {CardYaml} yaml
   * @throws {Error} a mistake: Home Assistant then offers the YAML editor
   */
  setConfig(yaml) {
    readConfig(yaml);
    this.#yaml = yaml;
    this.#show();
  }

  set hass(/** @type {HomeAssistant} */ hass) {
    this.#hass = hass;
    this.#show();
  }

  #show() {
    const hass = this.#hass;
    if (!hass) return;
    const text = texts(hass);
    const data = formData(this.#yaml);
    const form = this.#form;
    form.hass = hass;
    form.data = data;
    form.schema = schema(text, hass, data.cameras ?? []);
    form.computeLabel = ({ name }) =>
      text(`editor.${name}`) ||
      hass.localize(`ui.panel.lovelace.editor.card.generic.${name}`);
    form.computeHelper = ({ name }) => text(`editor.${name}_help`) || undefined;
  }

  /** @param {FormData} data */
  #change(data) {
    this.#yaml = changedYaml(this.#yaml, data);
    this.#show();
    const detail = { config: this.#yaml };
    this.dispatchEvent(
      new CustomEvent("config-changed", { bubbles: true, composed: true, detail }),
    );
  }
}

/**
 * Return the content of the form for a card's YAML.
 * @param {CardYaml} yaml
 * @returns {FormData}
 */
export function formData({ entity: _, entities: __, ...yaml }) {
  const cameras = cameraRows({ entity: _, entities: __ }).map((each) => each.entity);
  return { ...DEFAULTS, ...yaml, cameras };
}

/**
 * Return a card's YAML after a change of the form, without what is default anyway.
 * @param {CardYaml} before
 * @param {FormData} data
 * @returns {CardYaml}
 */
export function changedYaml(before, { cameras = [], ...data }) {
  const rows = cameraRows(before);
  const { entity, entities } = before;
  const isSame = String(rows.map((each) => each.entity)) === String(cameras);
  const known = new Map(rows.map((each) => [each.entity, each]));
  const chosen = cameras.map((id) => {
    const row = known.get(id);
    return row && Object.keys(row).length > 1 ? row : id;
  });
  const [only] = chosen;
  const given = isSame ? { entity, entities } : { entity: undefined, entities: chosen };
  if (!isSame && chosen.length < 2 && typeof only !== "object")
    Object.assign(given, { entity: only, entities: undefined });
  const kept = Object.entries({ ...data, ...given }).filter(
    ([name, value]) =>
      value != null &&
      value !== "" &&
      value !== DEFAULTS[/** @type {keyof typeof DEFAULTS} */ (name)],
  );
  return Object.fromEntries(kept);
}

/**
 * Return the fields for so many cameras.
 * @param {Text} text
 * @param {HomeAssistant} hass
 * @param {string[]} cameras
 */
function schema(text, hass, cameras) {
  /**
   * @param {string} name
   * @param {readonly string[]} choices
   */
  const choice = (name, choices) => ({
    name,
    selector: {
      select: {
        mode: "dropdown",
        options: choices.map((value) => ({
          value,
          label: text(`editor.${name}_${value}`),
        })),
      },
    },
  });
  /**
   * A field that shows what happens if it is left empty.
   * @param {string} name
   * @param {string | undefined} preset
   */
  const written = (name, preset) => ({ name, selector: { text: {} }, default: preset });
  const isGrid = cameras.length > 1;
  const automatic = text("editor.automatic");
  const columns = {
    name: "columns",
    selector: { number: { mode: "box", min: 1, max: 12 } },
    default: automatic,
  };
  const name = hass.states[cameras[0]]?.attributes.friendly_name;
  /** @param {string} gesture */
  const action = (gesture, preset = {}) => ({
    name: `${gesture}_action`,
    selector: { ui_action: preset },
  });
  return [
    {
      name: "cameras",
      selector: { entity: { filter: CAMERAS, multiple: true, reorder: true } },
    },
    written("title", text("editor.none")),
    ...(isGrid ? [] : [written("name", name)]),
    {
      type: "grid",
      name: "",
      schema: [
        choice("quality", QUALITIES),
        choice("controls", CONTROLS),
        choice("fit", FITS),
        written("aspect_ratio", isGrid ? "16:9" : automatic),
        ...(isGrid ? [columns] : []),
        { name: "show_name", selector: { boolean: {} } },
        { name: "sound", selector: { boolean: {} } },
      ],
    },
    {
      name: "interactions",
      type: "expandable",
      flatten: true,
      iconPath: TAP,
      schema: [
        action("tap", { default_action: "more-info" }),
        action("hold", { default_action: "none" }),
        action("double_tap"),
      ],
    },
  ];
}
