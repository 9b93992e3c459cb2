// The form's values and the open tab, and the names and roles that Gradio leaves out.
import {$, all} from './dom.js';
import {showFold} from './fold.js';

/** The open tab: its id, and what its panel's classes say of it (`playground/ui/tab.py`). */
const tab = () => {
  const id = $('#modes [role=tab][aria-selected=true]')?.dataset.tabId ?? '';
  const marks = [...($(`#tab-${id}`)?.classList ?? [])];
  /** @param {string} start */
  const after = start => marks.filter(mark => mark.startsWith(start)).map(mark => mark.slice(start.length));
  return {id, sends: after('sends-')[0], without: after('without-').join(' ')};
};

/** Whether messages are written and sent under the open tab. */
export const hasComposer = () => !document.body.dataset.without?.split(' ').includes('composer');

/**
 * The form as our routes take it.
 * @param {string[]} names
 * @param {unknown[]} values
 */
export const form = (names, values) => {
  /** @type {Record<string, unknown>} */
  const fields = {};
  /** @type {Record<string, string>} */
  const params = {};
  names.forEach((name, i) => {
    const value = values[i] ?? '';
    if (name.startsWith('param.')) params[name.slice(6)] = String(value);
    else fields[name] = value;
  });
  return {params, ...fields, tab: tab().sends ?? fields.tab};
};

/**
 * @param {Element | null} node
 * @param {string} role
 * @param {string} label
 */
const name = (node, role, label) => {
  if (!node || node.hasAttribute('role')) return;
  node.setAttribute('role', role);
  node.setAttribute('aria-label', label);
};

/** @param {MutationRecord} record in an answer that grows; long ones are many nodes */
const isOfAnswer = ({target}) => target instanceof Element && target.closest('.log, .rows') !== null;

new MutationObserver(records => {
  if (records.every(isOfAnswer)) return;
  const {id, without} = tab();
  const {dataset} = document.body;
  if (dataset.tab !== id || dataset.without !== without) Object.assign(dataset, {tab: id, without}); // for the sheet
  showFold();
  name($('#wire'), 'region', 'What is sent and received');
  name($('#work'), 'region', 'Work');
  for (const node of all('.presets')) name(node, 'group', 'Presets');
}).observe(document.documentElement, {subtree: true, childList: true, attributeFilter: ['aria-selected']});
