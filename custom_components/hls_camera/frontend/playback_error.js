/** The reason why playback ended. */
export class PlaybackError extends Error {
  /**
   * @param {string} reason the key of one of the card's texts
   * @param {object} [options]
   * @param {"again" | "other" | "never"} [options.next] the remedy: another try,
   *   another transport, or the user's own action
   * @param {unknown} [options.cause]
   */
  constructor(reason, { next = "again", cause } = {}) {
    super(reason, { cause });
    this.name = "PlaybackError";
    this.reason = reason;
    this.next = next;
  }
}
