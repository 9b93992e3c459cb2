// The request as code: the changed lines are marked for a moment, and it can be copied.
import {write} from './clipboard.js';
import {all, need} from './dom.js';

const SCREENFUL = 40;
const MARKED_MS = 1050;

/** @param {HTMLElement} element the component */
export const snippet = element => {
  const shown = () => all('.ln', element);
  /** @param {HTMLElement[]} lines */
  const texts = lines => lines.map(line => line.textContent);
  let before = texts(shown());
  new MutationObserver(() => {
    const lines = shown();
    const now = texts(lines);
    if (!now.length) return; // a problem stands there for now
    let head = 0;
    let foot = 0;
    while (head < now.length && now[head] === before[head]) head++;
    const rest = Math.min(now.length, before.length) - head;
    while (foot < rest && now.at(-1 - foot) === before.at(-1 - foot)) foot++;
    const among = before.length ? lines.slice(head, now.length - foot) : [];
    const changed = among.length > SCREENFUL ? [] : among; // all of it is new: a mark would say nothing
    for (const line of changed) line.classList.add('changed');
    setTimeout(() => {
      for (const line of changed) line.classList.remove('changed');
    }, MARKED_MS);
    before = now;
  }).observe(element, {subtree: true, childList: true});
};

export const copy = () => {
  const pre = all('#code pre').find(node => node.offsetParent);
  if (pre) write(pre.textContent ?? '', need('#copy'));
};
