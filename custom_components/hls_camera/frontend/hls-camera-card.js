/** The card `custom:hls-camera-card`; Home Assistant's frontend loads this module. */

import { HlsCameraCard } from "./card.js";
import { CameraView } from "./camera_view.js";
import { CardEditor } from "./editor.js";
import { keepStockPlayersLive } from "./stock_player.js";
import { loadTexts } from "./texts.js";

/** @import { PickerEntry } from "./types.js" */

const TYPE = "hls-camera-card";

/**
 * The card in the card picker.
 * @type {PickerEntry}
 */
const entry = {
  type: TYPE,
  name: "HLS Camera",
  description: "Live cameras with little delay",
  preview: true,
  documentationURL:
    "https://github.com/hls-camera/hls_camera/blob/main/docs/card.md",
  // Suggest the card for cameras of this integration.
  getEntitySuggestion: (hass, entityId) =>
    entityId.startsWith("camera.") &&
    hass.entities[entityId]?.platform === "hls_camera"
      ? { config: { type: `custom:${TYPE}`, entity: entityId } }
      : null,
};

// A page that was open during an update may load two versions of this module.
if (!customElements.get(TYPE)) {
  customElements.define("hls-camera-view", CameraView);
  customElements.define(TYPE, HlsCameraCard);
  customElements.define(`${TYPE}-editor`, CardEditor);
  keepStockPlayersLive();
  window.customCards ??= [];
  window.customCards.push(entry);
  loadTexts().then(
    (text) => {
      entry.description = text("picker.description") || entry.description;
    },
    () => {}, // The description stays English.
  );
}
