/** Observes whether a user can see an element: it is on screen, and the page is visible. */

/** Milliseconds that an element counts as seen after it left: users scroll past it, or move it. */
const LINGER = 2000;

export class Attention {
  #element;
  #changed;
  #isOnScreen = false;
  #isSeen = false;
  /** @type {number | undefined} */
  #leaving;
  #observer = new IntersectionObserver((entries) => {
    this.#isOnScreen = entries[entries.length - 1].isIntersecting;
    this.#judge();
  });

  /**
   * @param {HTMLElement} element has a shadow root
   * @param {(isSeen: boolean) => void} changed
   */
  constructor(element, changed) {
    this.#element = element;
    this.#changed = changed;
  }

  /** Start observing; the element is in the page. */
  connect() {
    this.#observer.observe(this.#element);
    document.addEventListener("visibilitychange", this.#judge);
    this.#root?.addEventListener("leavepictureinpicture", this.#judge);
  }

  /** Stop observing: the element has left the page. */
  disconnect() {
    this.#observer.disconnect();
    document.removeEventListener("visibilitychange", this.#judge);
    this.#root?.removeEventListener("leavepictureinpicture", this.#judge);
    this.#isOnScreen = false;
    this.#judge();
  }

  #judge = () => {
    clearTimeout(this.#leaving);
    if (this.#isVisible) this.#set(true);
    else if (this.#isSeen) this.#leaving = setTimeout(() => this.#set(false), LINGER);
  };

  get #root() {
    return this.#element.shadowRoot;
  }

  get #isVisible() {
    const inPicture = this.#root?.pictureInPictureElement;
    return Boolean(inPicture) || (this.#isOnScreen && !document.hidden);
  }

  /** @param {boolean} isSeen */
  #set(isSeen) {
    if (this.#isVisible !== isSeen || this.#isSeen === isSeen) return;
    this.#isSeen = isSeen;
    this.#changed(isSeen);
  }
}
