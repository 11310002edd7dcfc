/** The card's texts in the user's language, from Home Assistant's translations. */

/** @import { HomeAssistant, Localize, Text } from "./types.js" */

const DOMAIN = "hls_camera";
const CARD = `component.${DOMAIN}.config_panel.card.`;
const REASON = `component.${DOMAIN}.entity.sensor.last_error.state.`;

/** The text of each mode, by its key. */
export const MODE_TEXTS = { live: "mode.live", hls: "mode.hls", mjpeg: "mode.mjpeg" };
/** The text of each way to play the live feed, by its key. */
export const WAY_TEXTS = { webcodecs: "way.webcodecs", mse: "way.mse" };

/**
 * Return a function for the card's texts, which are empty until loadTexts() has finished.
 * @param {Pick<HomeAssistant, "localize">} hass
 * @returns {Text}
 */
export const texts = (hass) => (key, values) => hass.localize(CARD + key, values);

/**
 * Return the text of an end reason, empty if there is none for users.
 * @param {HomeAssistant} hass
 * @param {string | null | undefined} reason
 */
export const reasonText = (hass, reason) =>
  reason ? texts(hass)(`reason.${reason}`) || hass.localize(REASON + reason) : "";

/** By language. @type {Map<string, Promise<Localize>>} */
const loading = new Map();

/**
 * Load the texts, once for each language. Afterwards, each `hass` object has them. After a
 * failure, the next call tries again.
 * @param {HomeAssistant} [given] the page's own by default
 */
export async function loadTexts(given) {
  const hass = given ?? (await frontend());
  const { language } = hass;
  const loaded = loading.get(language) ?? hass.loadBackendTranslation("config_panel", DOMAIN);
  if (!loading.has(language)) {
    loading.set(language, loaded);
    loaded.catch(() => loading.delete(language));
  }
  return texts({ localize: await loaded });
}

/** Return the page's `hass` object, for modules without one. */
async function frontend() {
  await customElements.whenDefined("home-assistant");
  for (;;) {
    const hass = document.querySelector("home-assistant")?.hass;
    if (hass && "loadBackendTranslation" in hass && hass.connection) return hass;
    await new Promise((resolve) => {
      setTimeout(resolve, 100);
    });
  }
}
