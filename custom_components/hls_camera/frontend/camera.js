/** The state of a camera at one moment, and the commands that Home Assistant has for it. */

/**
 * @import { HomeAssistant, LiveAnswer, Quality } from "./types.js"
 *
 * @typedef {Partial<Record<string, string>>} Siblings entity ids by translation key
 */

const DOMAIN = "hls_camera";

/**
 * By the entity registry, an object that Home Assistant replaces with every change.
 * @type {WeakMap<HomeAssistant["entities"], Map<string, Siblings>>}
 */
const siblings = new WeakMap();

/**
 * Return the other entities of a camera's device.
 * @param {HomeAssistant} hass
 * @param {string} entityId
 * @returns {Siblings}
 */
function siblingsOf(hass, entityId) {
  /** @type {Map<string, Siblings>} */
  const known = siblings.get(hass.entities) ?? new Map();
  siblings.set(hass.entities, known);
  let found = known.get(entityId);
  if (!found) known.set(entityId, (found = findSiblings(hass.entities, entityId)));
  return found;
}

/**
 * @param {HomeAssistant["entities"]} entities
 * @param {string} entityId
 */
function findSiblings(entities, entityId) {
  /** @type {Siblings} */
  const found = {};
  const device = entities[entityId]?.device_id;
  if (!device) return found;
  for (const each of Object.values(entities)) {
    const isSibling = each?.device_id === device && each.platform === DOMAIN;
    if (isSibling && each.translation_key) found[each.translation_key] = each.entity_id;
  }
  return found;
}

/**
 * @param {HomeAssistant} hass
 * @param {string | undefined} entityId
 */
function stateOf(hass, entityId) {
  return entityId === undefined ? undefined : hass.states[entityId]?.state;
}

export class Camera {
  #hass;
  #registered;

  /**
   * @param {HomeAssistant} hass
   * @param {string} entityId
   */
  constructor(hass, entityId) {
    this.#hass = hass;
    this.entityId = entityId;
    const { status, last_error: lastError, viewers } = siblingsOf(hass, entityId);
    this.entity = hass.states[entityId];
    this.#registered = hass.entities[entityId];
    this.status = stateOf(hass, status);
    this.lastError = stateOf(hass, lastError);
    this.viewers = stateOf(hass, viewers);
  }

  /**
   * Return whether a view of this state differs from a view of another state.
   * @param {Camera | null} other
   */
  differs(other) {
    return (
      !other ||
      this.entity !== other.entity ||
      this.isForeign !== other.isForeign ||
      this.status !== other.status ||
      this.lastError !== other.lastError ||
      this.viewers !== other.viewers
    );
  }

  get exists() {
    return this.entity !== undefined;
  }

  get isCamera() {
    return this.entityId.startsWith("camera.");
  }

  /** Whether the entity belongs to another integration; ours are all registered. */
  get isForeign() {
    return !this.isCamera || this.#registered?.platform !== DOMAIN;
  }

  /** The camera of another integration whose stream this camera shows. */
  get source() {
    return this.entity?.attributes.source;
  }

  /**
   * The page of the settings with the camera's password, undefined if an integration
   * without such a page has it.
   */
  get settingsPath() {
    const owner = this.source ? this.#hass.entities[this.source] : this.#registered;
    if (!owner) return undefined;
    const [entry] = this.#hass.devices?.[owner.device_id ?? ""]?.config_entries ?? [];
    const page = `/config/integrations/integration/${owner.platform}`;
    return entry ? `${page}?config_entry=${entry}` : page;
  }

  get isAvailable() {
    return this.entity !== undefined && this.entity.state !== "unavailable";
  }

  get name() {
    return this.entity?.attributes.friendly_name ?? this.entityId;
  }

  /**
   * Start, stop or restart the stream; Home Assistant shows the error if that fails.
   * @param {"start" | "stop" | "restart"} action
   */
  command(action) {
    return this.#hass.callService(
      DOMAIN,
      `${action}_stream`,
      {},
      { entity_id: this.entityId },
    );
  }

  // Addresses for the player

  /**
   * Open a live feed for a new viewer: return its address and the server's time.
   * @param {Quality} quality
   * @returns {Promise<LiveAnswer>}
   */
  async live(quality) {
    /** @type {LiveAnswer} */
    const answer = await this.#hass.callWS({
      type: `${DOMAIN}/live`,
      entity_id: this.entityId,
      quality,
    });
    return { ...answer, url: this.#hass.hassUrl(answer.url) };
  }

  /** Return the address of a playlist for one viewer. */
  async hls() {
    /** @type {{url: string}} */
    const { url } = await this.#hass.callWS({
      type: "camera/stream",
      entity_id: this.entityId,
    });
    return this.#hass.hassUrl(url);
  }

  /** Return the address of a sequence of still images. */
  async mjpeg() {
    return `${this.#proxy("camera_proxy_stream")}&at=${Date.now()}`;
  }

  /** The address of a still image. */
  get still() {
    return this.#proxy("camera_proxy");
  }

  /** @param {string} view */
  #proxy(view) {
    const token = this.entity?.attributes.access_token;
    return this.#hass.hassUrl(`/api/${view}/${this.entityId}?token=${token}`);
  }
}
