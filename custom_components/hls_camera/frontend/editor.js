/** The card's form in the dashboard editor; Home Assistant draws it. */

import { CONTROLS, FITS, QUALITIES } from "./config.js";
import { loadTexts } from "./texts.js";

const CAMERAS = { domain: "camera", integration: "hls_camera" };

/** Return the form, as the card's `getConfigForm()` does. */
export async function cardForm() {
  const text = await loadTexts();
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
    computeLabel: ({ name }) => text(`editor.${name}`),
    computeHelper: ({ name }) => text(`editor.${name}_help`) || undefined,
    assertConfig,
  };
}

/** Leave to YAML what the form has no fields for. */
function assertConfig({ entities = [] }) {
  for (const row of [entities].flat())
    if (typeof row !== "string") throw new Error("Cameras with names of their own");
}
