/** Why a way of playing ended. */
export class PlaybackError extends Error {
  /**
   * @param {string} reason a key that the card has words for
   * @param {object} [options]
   * @param {"again" | "other" | "never"} [options.next] what may help: to try again, to
   *   try another way, or only what a person does
   * @param {unknown} [options.cause]
   */
  constructor(reason, { next = "again", cause } = {}) {
    super(reason, { cause });
    this.name = "PlaybackError";
    this.reason = reason;
    this.next = next;
  }
}
