// The dialog that finds a preset, or leads to the list of models.
import {$, all, make, need} from './dom.js';

/** @typedef {{words: string, act: () => void}} Choice */

/** @returns {Choice[]} */
function choices() {
  const buttons = all('.presets button').filter(button => button.offsetParent);
  const model = need('#model input');
  const choose = () => {
    model.focus();
    model.click();
  };
  return [
    ...buttons.map(button => ({words: button.textContent ?? '', act: () => button.click()})),
    {words: 'Choose a model …', act: choose},
  ];
}

/** Open it, unless it is open. */
export function find() {
  if ($('dialog.finder')) return;
  const dialog = make('dialog', 'finder');
  const input = make('input');
  const list = make('ul');
  const known = choices();
  input.placeholder = 'Find a preset, or choose a model';
  input.setAttribute('aria-label', 'Find a preset or a model');
  /** @param {Choice} choice */
  const item = ({words, act}) => {
    const row = make('li');
    const button = make('button', '', words);
    button.onclick = () => {
      dialog.close();
      act();
    };
    row.append(button);
    return row;
  };
  const draw = () => {
    const wanted = input.value.toLowerCase();
    list.replaceChildren(...known.filter(({words}) => words.toLowerCase().includes(wanted)).map(item));
  };
  input.oninput = draw;
  input.onkeydown = event => {
    if (event.key === 'Enter') list.querySelector('button')?.click();
  };
  dialog.onclose = () => dialog.remove();
  dialog.append(input, list);
  document.body.append(dialog);
  draw();
  dialog.showModal();
}
