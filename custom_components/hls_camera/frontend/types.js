/**
 * The types that several modules share. No module imports this one: it is for readers and
 * for the type checker.
 */

/**
 * Home Assistant's frontend, as far as the card uses it.
 *
 * @typedef {object} HomeAssistant the object `hass`
 * @property {Record<string, Entity | undefined>} states by entity id
 * @property {Record<string, RegistryEntry | undefined>} entities by entity id
 * @property {string} language
 * @property {{language?: string}} [locale]
 * @property {object} [connection] absent until there is one
 * @property {Localize} localize
 * @property {(category: string, integration: string) => Promise<Localize>} loadBackendTranslation
 * @property {(path: string) => string} hassUrl
 * @property {<T>(message: object) => Promise<T>} callWS
 * @property {(domain: string, service: string, data: object, target: object) =>
 *   Promise<unknown>} callService
 *
 * @typedef {object} Entity the state of an entity
 * @property {string} state
 * @property {{friendly_name?: string, access_token?: string}} attributes
 *
 * @typedef {object} RegistryEntry
 * @property {string} entity_id
 * @property {string} [device_id]
 * @property {string} [platform]
 * @property {string} [translation_key]
 *
 * @callback Localize
 * @param {string} key
 * @param {Record<string, string>} [values]
 * @returns {string} the text in the user's language; empty for an unknown key
 *
 * @typedef {object} PickerEntry a card in the card picker
 * @property {string} type
 * @property {string} name
 * @property {string} description
 * @property {boolean} preview
 * @property {string} documentationURL
 * @property {(hass: HomeAssistant, entityId: string) => {config: object} | null}
 *   getEntitySuggestion
 */

/**
 * What the card shows.
 *
 * @callback Text
 * @param {string} key of a text of the card
 * @param {Record<string, string>} [values]
 * @returns {string} empty until the texts are loaded
 *
 * @typedef {{width: number, height: number}} Shape of a picture, in its own pixels
 */

/**
 * What plays a camera.
 *
 * @typedef {"main" | "small"} Quality
 * @typedef {"connecting" | "playing" | "stalled" | "reconnecting" | "stopped" | "failed"} State
 * @typedef {"live" | "hls" | "mjpeg"} Mode
 * @typedef {Uint8Array<ArrayBuffer>} Bytes
 *
 * @typedef {object} PlayerState
 * @property {State} state
 * @property {Mode} mode
 * @property {string | null} reason why it does not play, or not by the best transport, as a key
 *
 * @typedef {object} LiveAnswer what the command `hls_camera/live` returns
 * @property {string} url
 * @property {number} now the server's time, in seconds since 1970
 * @property {boolean} may_control whether the user may start and stop the stream
 *
 * @typedef {object} Source where the media come from; each method may throw
 * @property {(quality: Quality) => Promise<Pick<LiveAnswer, "url" | "now">>} live
 * @property {() => Promise<string>} hls returns the address of a playlist
 * @property {() => Promise<string>} mjpeg returns the address of an image, a new one each
 *   time: a browser does not request an address again while it shows it
 *
 * @typedef {object} Statistics null for unknown figures
 * @property {number | null} delay seconds since the server received the picture
 * @property {number | null} bitrate bits per second
 * @property {number | null} frameRate frames per second
 * @property {number} bufferAhead seconds that play without further media
 * @property {number} dropped frames that were decoded but not shown
 *
 * @callback ReportState
 * @param {State} state
 * @param {string | null} [reason]
 * @returns {void}
 *
 * @typedef {object} Transport brings a camera's picture onto the video element, or beside it
 * @property {Mode} mode
 * @property {HTMLVideoElement | HTMLImageElement} element shows the picture
 * @property {(quality: Quality, signal: AbortSignal) => Promise<void>} play plays until
 *   something ends it, and throws the reason: a PlaybackError, or the signal's own. The
 *   signal is aborted afterwards in any case, and removes all listeners
 * @property {() => void} close
 * @property {() => Statistics} statistics
 *
 * @typedef {{
 *   new (video: HTMLVideoElement, source: Source, report: ReportState): Transport,
 *   obstacle(): string | null,
 * }} TransportClass `obstacle` returns why the browser lacks it, or null
 */

export {};
