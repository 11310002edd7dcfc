/** Tap, hold and double tap on a button, as Home Assistant's own cards distinguish them. */

/** @typedef {"tap" | "hold" | "double_tap"} Gesture */

/** Milliseconds until a press is a hold. */
const HOLD = 500;
/** Milliseconds within which a second tap makes a double tap. */
const DOUBLE_TAP = 250;
/** Pixels by which a finger may move during a press. */
const SLOP = 10;

export class Gestures {
  #wants;
  #perform;
  #isHeld = false;
  /** @type {number | undefined} */
  #holdTimer;
  /** Running while a second tap may follow. @type {number | undefined} */
  #tapTimer;
  #start = { x: 0, y: 0 };

  /**
   * @param {HTMLButtonElement} target
   * @param {{wants: (gesture: Gesture) => boolean, perform: (gesture: Gesture) => void}} acts
   */
  constructor(target, { wants, perform }) {
    this.#wants = wants;
    this.#perform = perform;
    target.addEventListener("pointerdown", (event) => this.#press(event));
    target.addEventListener("pointermove", (event) => this.#move(event));
    target.addEventListener("pointerup", () => this.#release());
    for (const name of ["pointercancel", "pointerleave"])
      target.addEventListener(name, () => this.#cancel());
    target.addEventListener("click", ({ detail }) => this.#click(detail === 0));
    target.addEventListener("contextmenu", (event) => {
      // On a touch screen, a hold would open it.
      if (this.#isHeld || wants("hold")) event.preventDefault();
    });
  }

  /** @param {PointerEvent} event */
  #press({ button, clientX, clientY }) {
    this.#cancel();
    this.#isHeld = false;
    this.#start = { x: clientX, y: clientY };
    if (button === 0 && this.#wants("hold"))
      this.#holdTimer = setTimeout(() => (this.#isHeld = true), HOLD);
  }

  /** @param {PointerEvent} event */
  #move({ clientX, clientY }) {
    const { x, y } = this.#start;
    if (Math.hypot(clientX - x, clientY - y) > SLOP) clearTimeout(this.#holdTimer);
  }

  #release() {
    clearTimeout(this.#holdTimer);
    if (this.#isHeld) this.#perform("hold");
  }

  #cancel() {
    clearTimeout(this.#holdTimer);
    this.#isHeld = false;
  }

  /** @param {boolean} isKey whether the keyboard has pressed the button */
  #click(isKey) {
    if (this.#isHeld) {
      this.#isHeld = false; // The click that ends a hold.
    } else if (isKey || !this.#wants("double_tap")) {
      if (this.#wants("tap")) this.#perform("tap");
    } else if (this.#tapTimer === undefined) {
      this.#tapTimer = setTimeout(() => {
        this.#tapTimer = undefined;
        if (this.#wants("tap")) this.#perform("tap");
      }, DOUBLE_TAP);
    } else {
      clearTimeout(this.#tapTimer);
      this.#tapTimer = undefined;
      this.#perform("double_tap");
    }
  }
}
