/** The card's YAML: its options, their defaults and their errors. */

export const QUALITIES = /** @type {const} */ (["auto", "main", "small"]);
export const CONTROLS = /** @type {const} */ (["all", "view", "none"]);
export const FITS = /** @type {const} */ (["contain", "cover", "fill"]);

/**
 * @typedef {object} CardConfig
 * @property {{entity: string, name?: string}[]} cameras
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
 * @typedef {string | {entity: string, name?: string}} CameraYaml
 *
 * @typedef {object} CardYaml a card's YAML, unchecked
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
  const rows = [yaml.entity, ...[yaml.entities ?? []].flat()];
  /** @type {CardConfig["cameras"]} */
  const cameras = rows.flatMap((row) =>
    row ? [typeof row === "string" ? { entity: row } : { ...row }] : [],
  );
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
    ratio: readRatio(yaml.aspect_ratio),
    columns,
    isHeightGiven: Number.isInteger(yaml.grid_options?.rows),
  };
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
