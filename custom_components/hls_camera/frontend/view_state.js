/** What a camera's view shows. */

/**
 * @typedef {object} ViewState
 * @property {"playing"|"loading"|"reconnecting"|"offline"|"failed"|"stopped"|"unavailable"|"missing"} kind
 * @property {string} [reason] why, as a key
 */

/**
 * Tell what to show of what is known: the first that applies.
 * @param {import("./camera.js").Camera} camera
 * @param {{state?: string, reason?: string}} player what the player last told
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

/** Whether a stream can come, so that a player is to ask for it. */
export const canPlay = ({ kind }) =>
  kind !== "missing" && kind !== "unavailable" && kind !== "stopped";
