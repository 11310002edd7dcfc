/** The card's form in the dashboard editor; Home Assistant draws it. */

import { CONTROLS, FITS, QUALITIES } from "./config.js";
import { loadTexts } from "./texts.js";

const CAMERAS = { domain: "camera", integration: "hls_camera" };

/** Return the form, for the card's `getConfigForm()`. */
export async function cardForm() {
  const text = await loadTexts();
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
  return {
    schema: [
      { name: "entity", selector: { entity: { filter: CAMERAS } } },
      {
        name: "entities",
        selector: { entity: { filter: CAMERAS, multiple: true, reorder: true } },
      },
      { name: "title", selector: { text: {} } },
      { name: "name", selector: { text: {} } },
      {
        type: "grid",
        name: "",
        schema: [
          choice("quality", QUALITIES),
          choice("controls", CONTROLS),
          choice("fit", FITS),
          { name: "aspect_ratio", selector: { text: {} } },
          {
            name: "columns",
            selector: { number: { mode: "box", min: 1, max: 12 } },
          },
          { name: "sound", selector: { boolean: {} } },
        ],
      },
    ],
    computeLabel: (/** @type {{name: string}} */ { name }) => text(`editor.${name}`),
    computeHelper: (/** @type {{name: string}} */ { name }) =>
      text(`editor.${name}_help`) || undefined,
    assertConfig,
  };
}

/**
 * Reject a configuration that the form has no fields for: it is then edited as YAML.
 * @param {import("./config.js").CardYaml} yaml
 * @throws {Error}
 */
function assertConfig({ entities = [] }) {
  for (const row of [entities].flat())
    if (typeof row !== "string") throw new Error("Cameras with names of their own");
}
