/** The actions of a picture, in the form of Home Assistant's own cards. */

/** @import { Gesture } from "./gestures.js" */

/**
 * @typedef {{action?: string, [key: string]: unknown}} Action
 *
 * @typedef {object} Actions
 * @property {Action} [tap_action] more-info by default
 * @property {Action} [hold_action] none by default
 * @property {Action} [double_tap_action] full screen by default
 */

/**
 * Return whether Home Assistant has an action to perform.
 * @param {Actions} actions
 * @param {Gesture} gesture
 */
export function hasAction(actions, gesture) {
  const action = actions[`${gesture}_action`];
  return action ? action.action !== "none" : gesture === "tap";
}

/**
 * Let Home Assistant perform an action; it has a listener for this event of cards.
 * @param {HTMLElement} from
 * @param {Actions & {entity: string}} config
 * @param {Gesture} gesture
 */
export function performAction(from, { entity, ...actions }, gesture) {
  const { tap_action, hold_action, double_tap_action } = actions;
  const config = { entity, tap_action, hold_action, double_tap_action };
  const detail = { config, action: gesture };
  from.dispatchEvent(
    new CustomEvent("hass-action", { bubbles: true, composed: true, detail }),
  );
}
