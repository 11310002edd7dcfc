// What browsers have beyond TypeScript's own description of the DOM, and the elements that the card uses or defines.

import type Hls from "hls.js";
import type { CameraView } from "../custom_components/hls_camera/frontend/camera_view.js";
import type { HlsCameraCard } from "../custom_components/hls_camera/frontend/card.js";
import type { HomeAssistant, PickerEntry, Shape } from "../custom_components/hls_camera/frontend/types.js";

declare global {
  /** Safari's media source; the only one of an iPhone. */
  var ManagedMediaSource: typeof MediaSource | undefined;

  interface HTMLVideoElement {
    /** An iPhone's full screen, which it has for videos alone. */
    webkitEnterFullscreen?(): void;
    readonly webkitDisplayingFullscreen?: boolean;
  }

  interface HTMLElementEventMap {
    /** Fired by a camera's view when its picture's size is known. */
    shape: CustomEvent<Shape>;
  }

  interface HTMLElementTagNameMap {
    "ha-card": HTMLElement;
    "ha-icon": HTMLElement;
    "ha-hls-player": HTMLElement & { _hlsPolyfillInstance?: Hls };
    "hls-camera-card": HlsCameraCard;
    "hls-camera-view": CameraView;
    "home-assistant": HTMLElement & { hass?: HomeAssistant };
  }

  interface Window {
    /** The cards that Home Assistant's card picker offers. */
    customCards?: PickerEntry[];
  }
}
