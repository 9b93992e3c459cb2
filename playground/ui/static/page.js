// The form's values and the open tab, and the names and roles that Gradio leaves out.
import {$, all} from './dom.js';
import {showFold} from './fold.js';

const tab = () => $('#modes [role=tab][aria-selected=true]')?.textContent?.trim().toLowerCase() || 'chat';

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
  return {params, ...fields, tab: tab()};
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
  const now = tab();
  const {dataset} = document.body;
  if (dataset.tab !== now) dataset.tab = now; // the sheet lays the work pane out by it
  showFold();
  name($('#wire'), 'region', 'What is sent and received');
  name($('#work'), 'region', 'Work');
  for (const node of all('.presets')) name(node, 'group', 'Presets');
}).observe(document.documentElement, {subtree: true, childList: true, attributeFilter: ['aria-selected']});
