// Short names for what every module does with the page.

/**
 * The first element that matches.
 * @type {<E extends HTMLElement = HTMLElement>(selector: string) => E | null}
 */
export const $ = selector => document.querySelector(selector);

/**
 * One that the page is sure to have.
 * @type {<E extends HTMLElement = HTMLElement>(selector: string, within?: ParentNode) => E}
 */
export const need = (selector, within = document) => {
  const found = within.querySelector(selector);
  if (!found) throw new Error(`The page has no ${selector}.`);
  return /** @type {any} */ (found);
};

/**
 * All that match.
 * @type {<E extends HTMLElement = HTMLElement>(selector: string, within?: ParentNode) => E[]}
 */
export const all = (selector, within = document) => /** @type {any} */ ([...within.querySelectorAll(selector)]);

/**
 * A new element.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {string} [name] its class
 * @param {string} [text]
 */
export const make = (tag, name, text) => {
  const node = document.createElement(tag);
  if (name) node.className = name;
  if (text) node.textContent = text;
  return node;
};

/**
 * The element that an event began in, or the one around it, if it matches.
 * @param {Event} event
 * @param {string} selector
 * @returns {HTMLElement | null}
 */
export const around = ({target}, selector) => (target instanceof Element ? target.closest(selector) : null);

/** @param {number} ms */
export const pause = ms => new Promise(done => setTimeout(done, ms));

/**
 * A button shows a word for a moment.
 * @param {HTMLElement} button
 * @param {string} word
 */
export const say = (button, word) => {
  button.dataset.word ??= button.textContent ?? '';
  const before = button.dataset.word;
  button.textContent = word;
  setTimeout(() => {
    button.textContent = before;
  }, 1500);
};
