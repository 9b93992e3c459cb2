// The conversation's own links: copy, retry, edit in place.
import {addActs} from './acts.js';
import {write} from './clipboard.js';
import {make, need} from './dom.js';
import {press} from './gradio.js';
import {tell} from './log.js';

const MOST_ROWS = 16;

/** @param {HTMLElement} link @returns {HTMLElement} what was said */
const saidAt = link => /** @type {HTMLElement} */ (link.closest('.said'));
/** @param {HTMLElement} link */
const textOf = link => need('[data-text]', saidAt(link)).textContent ?? '';

/** @param {HTMLElement} link */
function edit(link) {
  const said = saidAt(link);
  const hidden = /** @type {HTMLElement[]} */ ([...said.children]);
  const box = make('textarea', 'editor');
  const row = make('div', 'meter');
  const save = make('button', 'link', 'save');
  const leave = make('button', 'link', 'cancel');
  box.value = textOf(link);
  box.rows = Math.min(MOST_ROWS, box.value.split('\n').length + 1);
  box.setAttribute('aria-label', 'Edit');
  row.append(save, leave);
  for (const node of hidden) node.hidden = true;
  said.append(box, row);
  box.focus();
  const close = () => {
    box.remove();
    row.remove();
    for (const node of hidden) node.hidden = node.classList.contains('source');
  };
  const {turn, part} = link.dataset;
  leave.onclick = close;
  save.onclick = () => {
    const text = box.value;
    close();
    tell({turn: Number(turn), part, text});
  };
  box.onkeydown = event => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      close();
    }
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.stopPropagation();
      save.click();
    }
  };
}

addActs({
  copy: link => write(textOf(link), link),
  'copy-code': link => write(link.closest('.code')?.querySelector('pre')?.textContent ?? '', link),
  retry: ({dataset}) => press('retry', dataset.turn),
  edit,
});
