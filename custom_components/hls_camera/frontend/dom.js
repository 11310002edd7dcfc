/** Elements, without a library. */

/**
 * Make an element.
 * @param {string} tag its name
 * @param {object} [properties] attributes; what begins with "on" listens to an event
 * @param {...(Node|string)} children
 * @returns {HTMLElement}
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** Set an element's text, unless it says that already: screen readers would read it anew. */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** A style sheet that all elements of a kind share. */
export function styleSheet(css) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  return sheet;
}
