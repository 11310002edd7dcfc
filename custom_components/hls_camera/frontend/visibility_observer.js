/** Observes whether an element is visible: on screen, in a visible page, and not covered. */

/** Milliseconds until an off-screen element counts as hidden: users scroll, and move cards. */
const LEAVE_DELAY_MS = 2000;
const EVENTS = ["visibilitychange", "fullscreenchange"];

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
    for (const name of EVENTS) document.addEventListener(name, this.#update);
    this.#root?.addEventListener("leavepictureinpicture", this.#update);
  }

  /** Stop observing: the element has left the page. */
  disconnect() {
    this.#observer.disconnect();
    for (const name of EVENTS) document.removeEventListener(name, this.#update);
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
    const isShown = this.#isOnScreen && !document.hidden && !isCovered(this.#element);
    return Boolean(inPicture) || isShown;
  }

  /** @param {boolean} isVisible */
  #report(isVisible) {
    if (this.#isVisible !== isVisible || this.#isReported === isVisible) return;
    this.#isReported = isVisible;
    this.#onChange(isVisible);
  }
}

/**
 * Return whether another element fills the screen. A browser calls what is behind it on screen.
 * @param {Element} element
 */
function isCovered(element) {
  for (let inside = element; ; ) {
    const root = inside.getRootNode();
    const isShadow = root instanceof ShadowRoot;
    if (!isShadow && !(root instanceof Document)) return false;
    const { fullscreenElement } = root;
    if (fullscreenElement) return !fullscreenElement.contains(inside);
    if (!isShadow) return false;
    inside = root.host;
  }
}
