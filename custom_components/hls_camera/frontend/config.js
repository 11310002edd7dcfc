/** What a person may write about the card, and what holds where nothing is written. */

export const QUALITIES = ["auto", "main", "small"];
export const CONTROLS = ["all", "view", "none"];
export const FITS = ["contain", "cover", "fill"];

/**
 * @typedef {object} CardConfig
 * @property {{entity: string, name?: string}[]} cameras
 * @property {string} [title]
 * @property {"auto"|"main"|"small"} quality
 * @property {boolean} sound whether to begin with sound
 * @property {"all"|"view"|"none"} controls
 * @property {"contain"|"cover"|"fill"} fit
 * @property {number} [ratio] of a picture: its width divided by its height
 * @property {number} [columns]
 * @property {boolean} isHeightGiven whether the dashboard sets the card's height
 */

/**
 * Read a card's YAML.
 * @returns {CardConfig}
 * @throws {Error} what is wrong, for the person who wrote it
 */
export function readConfig(config) {
  const rows = [config.entity, ...[config.entities ?? []].flat()];
  const cameras = rows
    .filter(Boolean)
    .map((row) => (typeof row === "string" ? { entity: row } : { ...row }));
  for (const { entity } of cameras)
    if (!/^camera\.\w+$/.test(entity)) throw new Error(`Not a camera: ${entity}`);
  if (cameras.length === 1) cameras[0].name ??= config.name;
  const { columns } = config;
  if (columns != null && !(Number.isInteger(columns) && columns > 0))
    throw new Error("columns has to be a whole number above 0");
  return {
    cameras,
    title: config.title,
    quality: oneOf(QUALITIES, config, "quality"),
    sound: config.sound ?? false,
    controls: oneOf(CONTROLS, config, "controls"),
    fit: oneOf(FITS, config, "fit"),
    ratio: readRatio(config.aspect_ratio),
    columns,
    isHeightGiven: Number.isInteger(config.grid_options?.rows),
  };
}

function oneOf(choices, config, key) {
  const choice = config[key] ?? choices[0];
  if (!choices.includes(choice))
    throw new Error(`${key} has to be one of: ${choices.join(", ")}`);
  return choice;
}

/** Read "16:9", "16/9", "16x9", 1.78 or "56.25%" (of the width), as Home Assistant does. */
function readRatio(text) {
  if (text == null || text === "") return undefined;
  const [, width, height, percent] =
    /^\s*([\d.]+)(?:\s*[:/x]\s*([\d.]+)|(%))?\s*$/.exec(String(text)) ?? [];
  const ratio = percent ? 100 / width : width / (height ?? 1);
  if (!(ratio > 0 && Number.isFinite(ratio)))
    throw new Error("aspect_ratio has to be like 16:9");
  return ratio;
}
