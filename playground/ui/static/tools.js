// The Tools tab: each tool as a small form, and the calls of an answer.
import {addActs} from './acts.js';
import {all, around, need} from './dom.js';
import {fieldOf, fill} from './gradio.js';
import {send} from './live.js';

/** @import {Form} from './live.js' */

const FILLED_MS = 200; // until the message is the form's

/** @type {object | null} */
let decision = null;

// A form's fields go to the server as one JSON text; what comes back is the new text of tools.

/** @param {HTMLElement} node */
const read = node => {
  if (node instanceof HTMLInputElement && node.type === 'checkbox') return node.checked;
  return /** @type {HTMLInputElement} */ (node).value;
};
/** @param {HTMLElement} row */
const fieldsOf = row => Object.fromEntries(all('[data-field]', row).map(node => [node.dataset.field, read(node)]));
/** @param {HTMLElement} tool */
const formOf = tool => ({
  name: read(need(':scope > label [data-field=name]', tool)),
  description: read(need(':scope > label [data-field=description]', tool)),
  rows: all('tr[data-row]', tool).map(row => ({...fieldsOf(row), was: row.dataset.was})),
});
/** @param {object} change */
const change = change => fill(fieldOf('#tool-edit'), JSON.stringify({...change, at: Date.now()}));

document.addEventListener('change', event => {
  const tool = around(event, 'fieldset.tool');
  if (!tool || !(event.target instanceof HTMLElement) || !event.target.dataset.field) return;
  change({edit: 'set', index: Number(tool.dataset.index), form: formOf(tool)});
});

/**
 * What is decided about a call goes with the form, through the same door as a message.
 * @param {HTMLElement} link
 * @param {string} act
 */
const decideBy = (link, act) => {
  const card = link.closest('.call');
  /** @type {(name: string) => HTMLTextAreaElement | null | undefined} */
  const part = name => card?.querySelector(`[data-part=${name}]`);
  const {turn, call} = link.dataset;
  const written = part('arguments');
  const edited = written && written.value !== written.dataset.before ? {arguments: written.value} : {};
  decision = {
    turn: Number(turn),
    call: call === undefined ? null : Number(call),
    act,
    text: part('text')?.value ?? '',
    ...edited,
  };
  need('#decide').click();
};

/** @param {Form} form */
export const decide = form => send({...form, message: ''}, decision);

addActs({
  'call-run': link => decideBy(link, 'run'),
  'call-all': link => decideBy(link, 'run'),
  'call-by-hand': link => decideBy(link, 'by-hand'),
  'call-reject': link => decideBy(link, 'reject'),
  'fix-schema': () => need('#fix-schema').click(),
  repair: ({dataset}) => {
    fill(fieldOf('#message'), dataset.text ?? '');
    setTimeout(() => need('#send').click(), FILLED_MS);
  },
  'tool-edit': link => {
    /** @type {HTMLElement | null} */
    const tool = link.closest('fieldset.tool');
    const row = link.closest('tr');
    const at = {index: tool ? Number(tool.dataset.index) : -1, row: row ? Number(row.dataset.row) : -1};
    change({edit: link.dataset.edit, ...at});
  },
});
