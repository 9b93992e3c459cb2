// Ctrl or ⌘ with Enter sends, Esc stops, Ctrl or ⌘ with K finds, / goes to the message, arrows change tabs.
import {$, all, around, need} from './dom.js';
import {find} from './finder.js';
import {running, stop} from './live.js';
import {hasComposer} from './page.js';
import {drawer} from './panes.js';

/** @param {HTMLElement} tab @param {number} step Gradio's tabs do not answer the arrow keys */
function nextTab(tab, step) {
  const tabs = all('[role=tab]', tab.parentElement ?? document);
  const next = tabs.at((tabs.indexOf(tab) + step) % tabs.length);
  next?.focus();
  next?.click();
}

// Of a list, Gradio's Enter takes the first choice that contains what was typed; a name typed whole is meant itself.
let walked = false; // along the list, with the arrows

/** @param {HTMLInputElement} field */
const named = field =>
  all(`#${field.getAttribute('aria-controls')} [role=option]`).find(
    option => option.getAttribute('aria-label') === field.value,
  );

/** @param {KeyboardEvent} event @param {HTMLInputElement} field */
function choose(event, field) {
  const option = event.key === 'Enter' && !walked && named(field);
  if (option) {
    event.preventDefault();
    event.stopPropagation();
    option.dispatchEvent(new MouseEvent('mousedown', {bubbles: true, cancelable: true}));
  }
  walked = /^(Arrow(Up|Down)|Home|End)$/.test(event.key);
}

/** @param {KeyboardEvent} event */
function pressed(event) {
  const {key} = event;
  const target = /** @type {HTMLElement} */ (event.target);
  const command = event.ctrlKey || event.metaKey;
  const editing = around(event, '.editor, dialog');
  if (key === 'Enter' && command && !editing) {
    event.preventDefault();
    if (hasComposer() && !running()) need('#send').click();
  } else if (key === 'Escape' && !editing) {
    if (running()) stop();
    else if (document.body.classList.contains('wire-open')) drawer();
  } else if (key === '/' && !/INPUT|TEXTAREA|SELECT/.test(target.tagName)) {
    event.preventDefault();
    $('#message textarea')?.focus();
  } else if (key.toLowerCase() === 'k' && command) {
    event.preventDefault();
    find();
  } else if (target.role === 'combobox') {
    choose(event, /** @type {HTMLInputElement} */ (target));
  } else if (target.role === 'tab' && /^Arrow(Left|Right)$/.test(key)) {
    nextTab(target, key === 'ArrowRight' ? 1 : -1);
  }
}

addEventListener('keydown', pressed, true);
