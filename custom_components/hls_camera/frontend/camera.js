/** A camera as Home Assistant knows it at one moment. */

const DOMAIN = "hls_camera";

/** By the registry's entities, which Home Assistant replaces when one changes. */
const siblings = new WeakMap();

/** Return the ids of a camera's other entities, by what they tell. */
function siblingsOf(hass, entityId) {
  let known = siblings.get(hass.entities);
  if (!known) siblings.set(hass.entities, (known = new Map()));
  if (!known.has(entityId)) {
    const device = hass.entities[entityId]?.device_id;
    const others = Object.values(hass.entities).filter(
      (each) => device && each.device_id === device && each.platform === DOMAIN,
    );
    const keyed = others.map((each) => [each.translation_key, each.entity_id]);
    known.set(entityId, Object.fromEntries(keyed));
  }
  return known.get(entityId);
}

export class Camera {
  #hass;

  constructor(hass, entityId) {
    this.#hass = hass;
    this.entityId = entityId;
    const { status, last_error: lastError, viewers } = siblingsOf(hass, entityId);
    this.entity = hass.states[entityId];
    this.status = hass.states[status]?.state;
    this.lastError = hass.states[lastError]?.state;
    this.viewers = hass.states[viewers]?.state;
  }

  /** Whether there is another thing to show than at another moment. */
  differs(other) {
    return (
      !other ||
      this.entity !== other.entity ||
      this.status !== other.status ||
      this.lastError !== other.lastError ||
      this.viewers !== other.viewers
    );
  }

  get exists() {
    return this.entity !== undefined;
  }

  get isAvailable() {
    return this.exists && this.entity.state !== "unavailable";
  }

  get name() {
    return this.entity?.attributes.friendly_name ?? this.entityId;
  }

  /** Start, stop or restart its stream; Home Assistant tells the user where that fails. */
  command(action) {
    return this.#hass.callService(
      DOMAIN,
      `${action}_stream`,
      {},
      { entity_id: this.entityId },
    );
  }

  // What a player may play

  /** Return where a live feed is for one more viewer, and what else there is to know. */
  async live(quality) {
    const answer = await this.#hass.callWS({
      type: `${DOMAIN}/live`,
      entity_id: this.entityId,
      quality,
    });
    return { ...answer, url: this.#hass.hassUrl(answer.url) };
  }

  /** Return the address of a playlist for one viewer. */
  async hls() {
    const { url } = await this.#hass.callWS({
      type: "camera/stream",
      entity_id: this.entityId,
    });
    return this.#hass.hassUrl(url);
  }

  /** Return the address of still images, one after another. */
  async mjpeg() {
    return `${this.#proxy("camera_proxy_stream")}&at=${Date.now()}`;
  }

  /** The address of a still image. */
  get still() {
    return this.#proxy("camera_proxy");
  }

  #proxy(view) {
    const token = this.entity.attributes.access_token;
    return this.#hass.hassUrl(`/api/${view}/${this.entityId}?token=${token}`);
  }
}
