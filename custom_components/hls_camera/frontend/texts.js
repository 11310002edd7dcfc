/** Our texts, in the user's language: Home Assistant keeps and translates them. */

const DOMAIN = "hls_camera";
const CARD = `component.${DOMAIN}.config_panel.card.`;
const REASON = `component.${DOMAIN}.entity.sensor.last_error.state.`;

/**
 * Return what tells a text of the card by its key. It is empty until loadTexts() is done.
 * @param {object} hass Home Assistant's frontend
 * @returns {(key: string, values?: object) => string}
 */
export const texts = (hass) => (key, values) =>
  hass.localize(CARD + key, values);

/** Return why a stream ended, in words; empty for what nobody needs to know. */
export const reasonText = (hass, reason) =>
  reason ? texts(hass)(`reason.${reason}`) || hass.localize(REASON + reason) : "";

const loading = new Map();

/**
 * Load the texts, once for each language; afterwards every `hass` knows them. Where that
 * fails, they may be asked for again.
 * @returns {Promise<(key: string, values?: object) => string>}
 */
export async function loadTexts(hass) {
  hass ??= await frontend();
  if (!loading.has(hass.language)) {
    const loaded = hass.loadBackendTranslation("config_panel", DOMAIN);
    loading.set(hass.language, loaded);
    loaded.catch(() => loading.delete(hass.language));
  }
  const localize = await loading.get(hass.language);
  return texts({ localize });
}

/** Return the frontend's `hass`, for those whom it gives none. */
async function frontend() {
  await customElements.whenDefined("home-assistant");
  for (;;) {
    const { hass } = document.querySelector("home-assistant") ?? {};
    if (hass?.loadBackendTranslation && hass.connection) return hass;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
