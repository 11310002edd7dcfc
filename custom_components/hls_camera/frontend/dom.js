/** Helpers for DOM elements. */

/**
 * Create an element.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number | boolean | (() => void)>} [properties]
 *   attributes, and event listeners under names that begin with "on"
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === "function") made.addEventListener(name.slice(2), () => value());
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false) made.setAttribute(name, String(value));
  }
  made.append(...children);
  return made;
}

/**
 * Set an element's text if it differs: screen readers would repeat the same text.
 * @param {Element} target
 * @param {string} text
 */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/**
 * Name a button that shows only an icon.
 * @param {HTMLButtonElement} button
 * @param {string} name
 */
export function labelButton(button, name) {
  button.title = name;
  button.setAttribute("aria-label", name);
}

/**
 * Change elements, and pass the focus on if its element disappears: the browser would drop it, and
 * the keyboard would begin again at the top of the page.
 * @param {ShadowRoot} root
 * @param {() => void} change
 * @param {HTMLElement[]} heirs the elements that may get the focus, best first
 */
export function keepFocus(root, change, heirs) {
  const focused = root.activeElement;
  change();
  if (focused && !isShown(focused)) heirs.find(isShown)?.focus();
}

/** @param {Element} candidate */
function isShown(candidate) {
  return candidate.getClientRects().length > 0;
}

/**
 * Save a file as the browser does with downloads.
 * @param {Blob} content
 * @param {string} name
 */
export function download(content, name) {
  const href = URL.createObjectURL(content);
  element("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
}

/**
 * Return a style sheet for all elements of a kind.
 * @param {string} css
 */
export function styleSheet(css) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  return sheet;
}
