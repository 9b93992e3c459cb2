// What is typed outlives the page: it is kept for the browser tab, and put back when the page is loaded again.
// Gradio loads it again by itself once a lost connection is back.
import {addActs} from './acts.js';
import {$, around, need} from './dom.js';

/** @typedef {Record<string, any>} Values by the names of their fields */

const NAME = 'playground-draft';
const PAUSE_MS = 300;

/** @type {Values | null} */
let kept = null;
/** @type {Values} */
let replaced = {};
/** @type {Record<string, string>} */
let places = {};
let timer = 0;

/** What stands in the fields, also while the app is gone and no event is handled. */
const typed = () => {
  /** @type {Values} */
  const values = {};
  for (const [name, id] of Object.entries(places)) {
    /** @type {HTMLInputElement | HTMLTextAreaElement | null} */
    const field = $(`[id="${id}"] :is(textarea, input)`);
    if (field?.value !== undefined) values[name] = field.value;
  }
  return values;
};

const store = () => {
  clearTimeout(timer);
  timer = 0;
  if (!kept) return;
  try {
    sessionStorage.setItem(NAME, JSON.stringify({...kept, ...typed()}));
  } catch {
    // more than the browser keeps for a site: some 5 MB
  }
};

/** @returns {Values} */
const read = () => {
  try {
    return JSON.parse(sessionStorage.getItem(NAME) ?? '{}') ?? {};
  } catch {
    return {};
  }
};

/**
 * The values, and the tab to show; what is undefined, Gradio leaves as it is.
 * @param {string[]} names
 * @param {Values} draft
 */
const asWas = (names, draft) => [
  ...names.map(name => draft[name] ?? undefined),
  draft.tab && {__type__: 'update', selected: draft.tab},
];

/**
 * A field has changed.
 * @param {string} name
 * @param {unknown} value
 */
export const keep = (name, value) => {
  if (!kept || !(name in kept)) return;
  kept[name] = value;
  timer ||= setTimeout(store, PAUSE_MS);
};

/**
 * The page is loaded.
 * @param {string[]} names
 * @param {unknown[]} values
 * @param {Record<string, string>} ids of the components that are typed into, by name
 */
export const restore = (names, values, ids) => {
  const draft = read();
  places = ids;
  kept = Object.fromEntries(names.map((name, i) => [name, draft[name] ?? values[i]]));
  return asWas(names, draft);
};

/**
 * The message that was sent out of the field, not one typed since.
 * @param {string | null} taken JSON
 * @param {string} message
 */
export const take = (taken, message) => {
  const {sent, next} = JSON.parse(taken || '{}');
  return [message === sent ? next : undefined];
};

/**
 * What Clear or a preset took away.
 * @param {string[]} names
 */
export const before = names => asWas(names, replaced);

addEventListener('pagehide', store);
document.addEventListener(
  'click',
  event => {
    if (around(event, '#clear'))
      replaced = {}; // what is typed stays in any case
    else if (!around(event, '.presets button')) return;
    else if (!$('.back') || !Object.keys(replaced).length) replaced = {...kept, ...typed()};
  },
  true,
);
addActs({
  'bring-back': () => need('#bring-back').click(),
  // the next person at this tab gets neither the form nor the conversation
  'log-out': () => {
    kept = null;
    sessionStorage.clear();
  },
});
