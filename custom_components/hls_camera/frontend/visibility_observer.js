/** Observes whether an element is visible: it is on screen, in a visible page. */

/** Milliseconds until an off-screen element counts as hidden: users scroll, and move cards. */
const LEAVE_DELAY_MS = 2000;

export class VisibilityObserver {
  #element;
  #onChange;
  #isOnScreen = false;
  /** The last reported value. */
  #isReported = false;
  /** @type {number | undefined} */
  #leaveTimer;
  #observer = new IntersectionObserver((entries) => {
    this.#isOnScreen = entries[entries.length - 1].isIntersecting;
    this.#update();
  });

  /**
   * @param {HTMLElement} element has a shadow root
   * @param {(isVisible: boolean) => void} onChange
   */
  constructor(element, onChange) {
    this.#element = element;
    this.#onChange = onChange;
  }

  /** Start observing; the element is in the page. */
  connect() {
    this.#observer.observe(this.#element);
    document.addEventListener("visibilitychange", this.#update);
    this.#root?.addEventListener("leavepictureinpicture", this.#update);
  }

  /** Stop observing: the element has left the page. */
  disconnect() {
    this.#observer.disconnect();
    document.removeEventListener("visibilitychange", this.#update);
    this.#root?.removeEventListener("leavepictureinpicture", this.#update);
    this.#isOnScreen = false;
    this.#update();
  }

  #update = () => {
    clearTimeout(this.#leaveTimer);
    if (this.#isVisible) this.#report(true);
    else if (this.#isReported)
      this.#leaveTimer = setTimeout(() => this.#report(false), LEAVE_DELAY_MS);
  };

  get #root() {
    return this.#element.shadowRoot;
  }

  get #isVisible() {
    const inPicture = this.#root?.pictureInPictureElement;
    return Boolean(inPicture) || (this.#isOnScreen && !document.hidden);
  }

  /** @param {boolean} isVisible */
  #report(isVisible) {
    if (this.#isVisible !== isVisible || this.#isReported === isVisible) return;
    this.#isReported = isVisible;
    this.#onChange(isVisible);
  }
}
