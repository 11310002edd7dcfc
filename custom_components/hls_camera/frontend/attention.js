/** Whether anybody sees an element: it is on the screen, and the page is not hidden. */

/** Milliseconds; who scrolls past, or moves a card, does not leave it. */
const LINGER = 2000;

export class Attention {
  #element;
  #changed;
  #isOnScreen = false;
  #isSeen = false;
  #leaving;
  #observer = new IntersectionObserver((entries) => {
    this.#isOnScreen = entries.at(-1).isIntersecting;
    this.#judge();
  });

  /**
   * @param {Element} element what is looked at; it has a shadow root
   * @param {(isSeen: boolean) => void} changed
   */
  constructor(element, changed) {
    this.#element = element;
    this.#changed = changed;
  }

  /** Begin to watch; the element is in the page. */
  connect() {
    this.#observer.observe(this.#element);
    document.addEventListener("visibilitychange", this.#judge);
    this.#element.shadowRoot.addEventListener("leavepictureinpicture", this.#judge);
  }

  /** The element has left the page. */
  disconnect() {
    this.#observer.disconnect();
    document.removeEventListener("visibilitychange", this.#judge);
    this.#element.shadowRoot.removeEventListener("leavepictureinpicture", this.#judge);
    this.#isOnScreen = false;
    this.#judge();
  }

  #judge = () => {
    clearTimeout(this.#leaving);
    if (this.#isVisible) this.#set(true);
    else if (this.#isSeen) this.#leaving = setTimeout(() => this.#set(false), LINGER);
  };

  get #isVisible() {
    const inPicture = this.#element.shadowRoot.pictureInPictureElement;
    return Boolean(inPicture) || (this.#isOnScreen && !document.hidden);
  }

  #set(isSeen) {
    if (this.#isVisible !== isSeen || this.#isSeen === isSeen) return;
    this.#isSeen = isSeen;
    this.#changed(isSeen);
  }
}
