/** The card's YAML: its options, their defaults and their errors. */

export const QUALITIES = /** @type {const} */ (["auto", "main", "small"]);
export const CONTROLS = /** @type {const} */ (["all", "view", "none"]);
export const FITS = /** @type {const} */ (["contain", "cover", "fill"]);

/**
 * @import { Actions } from "./actions.js"
 *
 * @typedef {{entity: string, name?: string} & Actions} CameraRow
 *
 * @typedef {object} CardConfig
 * @property {CameraRow[]} cameras
 * @property {Actions} actions of all pictures
 * @property {string} [title]
 * @property {typeof QUALITIES[number]} quality
 * @property {boolean} sound whether to start with sound
 * @property {typeof CONTROLS[number]} controls
 * @property {typeof FITS[number]} fit
 * @property {boolean} showName whether to show the name over a live picture
 * @property {number} [ratio] of a picture: its width divided by its height
 * @property {number} [columns]
 * @property {boolean} isHeightGiven whether the dashboard sets the card's height
 *
 * @typedef {string | CameraRow} CameraYaml
 *
 * @typedef {Actions & CardFields} CardYaml a card's YAML, unchecked
 *
 * @typedef {object} CardFields
 * @property {string} [entity]
 * @property {CameraYaml | CameraYaml[]} [entities]
 * @property {string} [name]
 * @property {string} [title]
 * @property {string} [quality]
 * @property {boolean} [sound]
 * @property {string} [controls]
 * @property {string} [fit]
 * @property {boolean} [show_name]
 * @property {string | number} [aspect_ratio]
 * @property {number} [columns]
 * @property {{rows?: number | string}} [grid_options]
 */

/**
 * Read a card's YAML.
 * @param {CardYaml} yaml
 * @returns {CardConfig}
 * @throws {Error} the mistake, for the author of the YAML
 */
export function readConfig(yaml) {
  const cameras = cameraRows(yaml);
  for (const { entity } of cameras)
    if (!/^\w+\.\w+$/.test(entity)) throw new Error(`Not an entity ID: ${entity}`);
  if (cameras.length === 1) cameras[0].name ??= yaml.name;
  const { columns } = yaml;
  if (columns != null && !(Number.isInteger(columns) && columns > 0))
    throw new Error("columns has to be a whole number above 0");
  return {
    cameras,
    title: yaml.title,
    quality: oneOf(QUALITIES, yaml.quality, "quality"),
    sound: yaml.sound ?? false,
    controls: oneOf(CONTROLS, yaml.controls, "controls"),
    fit: oneOf(FITS, yaml.fit, "fit"),
    showName: yaml.show_name ?? true,
    actions: {
      tap_action: yaml.tap_action,
      hold_action: yaml.hold_action,
      double_tap_action: yaml.double_tap_action,
    },
    ratio: readRatio(yaml.aspect_ratio),
    columns,
    isHeightGiven: Number.isInteger(yaml.grid_options?.rows),
  };
}

/**
 * Return the cameras of `entity` and `entities` as objects.
 * @param {Pick<CardYaml, "entity" | "entities">} yaml
 * @returns {CardConfig["cameras"]}
 */
export function cameraRows({ entity, entities }) {
  return [entity, ...[entities ?? []].flat()].flatMap((row) =>
    row ? [typeof row === "string" ? { entity: row } : { ...row }] : [],
  );
}

/**
 * Return the given choice, or the first one by default.
 * @template {string} Choice
 * @param {readonly Choice[]} choices
 * @param {string | undefined} written
 * @param {string} key the name of the option, for an error
 */
function oneOf(choices, written, key) {
  const choice = choices.find((each) => each === (written ?? choices[0]));
  if (choice === undefined)
    throw new Error(`${key} has to be one of: ${choices.join(", ")}`);
  return choice;
}

/**
 * Read "16:9", "16/9", "16x9", 1.78 or "56.25%" (of the width), as Home Assistant does.
 * @param {string | number | undefined} written
 */
function readRatio(written) {
  if (written == null || written === "") return undefined;
  const [, width, height, percent] =
    /^\s*([\d.]+)(?:\s*[:/x]\s*([\d.]+)|(%))?\s*$/.exec(String(written)) ?? [];
  const ratio = percent ? 100 / Number(width) : Number(width) / Number(height ?? 1);
  if (!(ratio > 0 && Number.isFinite(ratio)))
    throw new Error("aspect_ratio has to be like 16:9");
  return ratio;
}
