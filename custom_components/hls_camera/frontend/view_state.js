/** The state of a camera's view. */

/**
 * @import { Camera } from "./camera.js"
 * @import { PlayerState } from "./types.js"
 *
 * @typedef {object} ViewState
 * @property {"playing"|"loading"|"reconnecting"|"offline"|"failed"|"stopped"|"unavailable"|"missing"|"foreign"} kind
 * @property {string | null} [reason] the key of a text
 */

/** The key of each state's text. @type {Record<ViewState["kind"], string>} */
const TEXTS = {
  playing: "detail.playing",
  loading: "state.loading",
  reconnecting: "state.reconnecting",
  offline: "state.offline",
  failed: "state.failed",
  stopped: "state.stopped",
  unavailable: "state.unavailable",
  missing: "detail.missing",
  foreign: "detail.foreign",
};
const REJECTED = "unauthorized";

/**
 * Return the first state that applies.
 * @param {Camera} camera
 * @param {Partial<PlayerState>} player the last state of the player, empty if it does not run
 * @returns {ViewState}
 */
export function viewState(camera, player) {
  if (!camera.exists) return { kind: "missing" };
  if (camera.isForeign) return { kind: "foreign" };
  if (!camera.isAvailable) return { kind: "unavailable" };
  if (camera.status === "stopped") return { kind: "stopped" };
  if (player.state === "playing") return { kind: "playing" };
  const { status, lastError: reason } = camera;
  // A retry with the same password does not help.
  if (status === "failed" || (status === "backoff" && reason === REJECTED))
    return { kind: "failed", reason };
  if (status === "backoff") return { kind: "offline", reason };
  if (player.state === "stopped" && player.reason) return { kind: "stopped" };
  if (player.state === "failed") return { kind: "failed", reason: player.reason };
  if (player.state === "reconnecting" || player.state === "stalled")
    return { kind: "reconnecting", reason: player.reason };
  return { kind: "loading" };
}

/**
 * Return whether the camera can have a stream that a player may request.
 * @param {ViewState} state
 */
export const canPlay = ({ kind }) =>
  !["missing", "foreign", "unavailable", "stopped"].includes(kind);

/**
 * Return whether the camera has rejected the password.
 * @param {ViewState} state
 */
export const isRejected = ({ kind, reason }) => kind === "failed" && reason === REJECTED;

/**
 * Return the key of a state's text.
 * @param {ViewState} state
 */
export const stateText = (state) =>
  isRejected(state) ? "state.rejected" : TEXTS[state.kind];
