// What a press on an element with `data-act` does. Each module adds its own.
import {around} from './dom.js';

/** @typedef {(link: HTMLElement) => void} Act */

/** @type {Map<string, Act>} */
const acts = new Map();

/** @param {Record<string, Act>} more */
export const addActs = more => {
  for (const [name, act] of Object.entries(more)) acts.set(name, act);
};

document.addEventListener('click', event => {
  const link = around(event, '[data-act]');
  if (link) acts.get(link.dataset.act ?? '')?.(link);
});
