/** The state of a camera's view. */

/**
 * @import { Camera } from "./camera.js"
 * @import { PlayerState } from "./types.js"
 *
 * @typedef {object} ViewState
 * @property {"playing"|"loading"|"reconnecting"|"offline"|"failed"|"stopped"|"unavailable"|"missing"} kind
 * @property {string | null} [reason] the key of a text
 */

/**
 * Return the first state that applies.
 * @param {Camera} camera
 * @param {Partial<PlayerState>} player the last state of the player, empty if it does not run
 * @returns {ViewState}
 */
export function viewState(camera, player) {
  if (!camera.exists) return { kind: "missing" };
  if (!camera.isAvailable) return { kind: "unavailable" };
  if (camera.status === "stopped") return { kind: "stopped" };
  if (player.state === "playing") return { kind: "playing" };
  if (camera.status === "backoff")
    return { kind: "offline", reason: camera.lastError };
  if (camera.status === "failed")
    return { kind: "failed", reason: camera.lastError };
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
  kind !== "missing" && kind !== "unavailable" && kind !== "stopped";
