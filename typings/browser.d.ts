// Browser features that TypeScript's DOM types lack, and the elements that the card uses or defines.

import type Hls from "hls.js";
import type { CameraView } from "../custom_components/hls_camera/frontend/camera_view.js";
import type { HlsCameraCard } from "../custom_components/hls_camera/frontend/card.js";
import type { CardEditor } from "../custom_components/hls_camera/frontend/editor.js";
import type { HomeAssistant, PickerEntry, Shape } from "../custom_components/hls_camera/frontend/types.js";

declare global {
  /** Safari's media source, the only one of an iPhone. */
  var ManagedMediaSource: typeof MediaSource | undefined;

  interface HTMLVideoElement {
    /** Full screen of an iPhone, for videos only. */
    webkitEnterFullscreen?(): void;
    readonly webkitDisplayingFullscreen?: boolean;
  }

  interface HTMLElementEventMap {
    /** Fired by a camera's view when the size of its picture is known. */
    shape: CustomEvent<Shape>;
    /** Fired by Home Assistant's forms. */
    "value-changed": CustomEvent<{ value: Record<string, unknown> }>;
  }

  interface HTMLElementTagNameMap {
    "ha-card": HTMLElement;
    "ha-icon": HTMLElement;
    "ha-form": HTMLElement & {
      hass?: HomeAssistant;
      data?: object;
      schema?: object[];
      computeLabel?(field: { name: string }): string;
      computeHelper?(field: { name: string }): string | undefined;
    };
    "ha-hls-player": HTMLElement & { _hlsPolyfillInstance?: Hls };
    "hls-camera-card": HlsCameraCard;
    "hls-camera-card-editor": CardEditor;
    "hls-camera-view": CameraView;
    "home-assistant": HTMLElement & { hass?: HomeAssistant };
  }

  interface Window {
    /** The cards of Home Assistant's card picker. */
    customCards?: PickerEntry[];
    /** Home Assistant's cards for custom cards. */
    loadCardHelpers?(): Promise<{ createCardElement(config: object): HTMLElement }>;
  }
}
