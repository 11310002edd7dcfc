/**
 * Shared types. No module imports this one: it is for readers and for the type checker.
 */

/**
 * Home Assistant's frontend, as far as the card uses it.
 *
 * @typedef {object} HomeAssistant the object `hass`
 * @property {Record<string, Entity | undefined>} states by entity id
 * @property {Record<string, RegistryEntry | undefined>} entities by entity id
 * @property {Record<string, {config_entries?: string[]} | undefined>} [devices] by device id
 * @property {{is_admin: boolean}} [user]
 * @property {string} language
 * @property {{language?: string}} [locale]
 * @property {object} [connection] absent until it is established
 * @property {Localize} localize
 * @property {(category: string, integration: string) => Promise<Localize>} loadBackendTranslation
 * @property {(path: string) => string} hassUrl
 * @property {<T>(message: object) => Promise<T>} callWS
 * @property {(domain: string, service: string, data: object, target: object) =>
 *   Promise<unknown>} callService
 *
 * @typedef {object} Entity the state of an entity
 * @property {string} state
 * @property {{friendly_name?: string, access_token?: string, source?: string}} attributes
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
 * @returns {string} the text in the user's language, empty for an unknown key
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
 * The content of the card.
 *
 * @callback Text
 * @param {string} key of a text of the card
 * @param {Record<string, string>} [values]
 * @returns {string} empty until the texts are loaded
 *
 * @typedef {{width: number, height: number}} Shape of a picture, in its own pixels
 */

/**
 * The player of a camera.
 *
 * @typedef {"main" | "small"} Quality
 * @typedef {"connecting" | "playing" | "stalled" | "reconnecting" | "stopped" | "failed"} State
 * @typedef {"live" | "hls" | "mjpeg"} Mode
 * @typedef {"webcodecs" | "mse"} Way
 * @typedef {HTMLVideoElement | HTMLCanvasElement | HTMLImageElement} Picture
 * @typedef {Uint8Array<ArrayBuffer>} Bytes
 *
 * @typedef {object} PlayerState
 * @property {State} state
 * @property {Mode} mode
 * @property {string | null} reason the key of the reason why it does not play, or not with the
 *   best transport
 *
 * @typedef {object} LiveAnswer the result of the command `hls_camera/live`
 * @property {string} url
 * @property {number} now the server's time, in seconds since 1970
 * @property {boolean} may_control whether the user may start and stop the stream
 *
 * @typedef {object} Source the addresses of a camera's media; each method may throw
 * @property {() => string} camera returns what identifies the camera
 * @property {(quality: Quality) => Promise<Pick<LiveAnswer, "url" | "now">>} live
 * @property {() => Promise<string>} hls returns the address of a playlist
 * @property {() => Promise<string>} mjpeg returns the address of an image sequence, a new one
 *   each time: a browser does not request an address again while it shows it
 *
 * @typedef {object} Statistics null for unknown figures
 * @property {number | null} delay seconds since the server received the picture
 * @property {number | null} bitrate bits per second
 * @property {number | null} frameRate frames per second
 * @property {number} bufferAhead seconds of media ahead of the position
 * @property {number} dropped frames that were decoded but not shown
 * @property {Way | null} way how the browser plays the live feed
 *
 * @callback ReportState
 * @param {State} state
 * @param {string | null} [reason]
 * @returns {void}
 *
 * @typedef {object} Transport shows a camera's picture in the video element, or beside it
 * @property {Mode} mode
 * @property {Picture} element shows the picture
 * @property {(quality: Quality, signal: AbortSignal) => Promise<void>} play plays until
 *   playback ends, and throws the reason: a PlaybackError, or the signal's own. Afterwards, the
 *   signal is always aborted, which removes all listeners
 * @property {() => Promise<void>} [enterVideo] resolves when the video element shows the
 *   picture, and keeps it there until `leaveVideo` or until the browser's own player is closed
 * @property {() => void} [leaveVideo]
 * @property {() => void} close
 * @property {() => Statistics} statistics
 *
 * @typedef {{
 *   new (video: HTMLVideoElement, source: Source, report: ReportState): Transport,
 *   obstacle(): string | null,
 * }} TransportClass `obstacle` returns the reason why the browser does not support it, or null
 */

/**
 * A live feed, and what shows it.
 *
 * @typedef {object} Track
 * @property {"video" | "audio"} kind
 * @property {string} mime the type for a source buffer
 * @property {number} timescale ticks per second
 *
 * @typedef {object} ScreenListener
 * @property {ReportState} report
 * @property {(error: Error) => void} failed called when the screen has become unusable
 *
 * @typedef {object} Screen shows a live feed
 * @property {Way} way
 * @property {HTMLVideoElement | HTMLCanvasElement} element
 * @property {(tracks: Track[]) => void} begin takes the tracks of a run, before their init sections
 * @property {(tracks: Track[]) => boolean} plays returns whether it plays tracks of these kinds
 * @property {(kind: Track["kind"], bytes: Bytes) => void} append takes an init section or a
 *   fragment; others than those of its tracks are ignored
 * @property {(start: number) => void} place takes the time of a run's first new frame, in
 *   seconds of media time, before the frame
 * @property {(duration: number) => void} pace takes the duration of a frame, in seconds, before
 *   the frame
 * @property {boolean} hasBegun whether there was a picture
 * @property {number} position the media time of the picture, in seconds
 * @property {boolean} mayRest whether the picture may stand still
 * @property {number} bufferAhead seconds of media ahead of the position
 * @property {number} dropped frames that were decoded but not shown
 * @property {() => void} close
 */

export {};
