// The Streaming tab's table while it grows.
import {make} from './dom.js';

/** @import {Frame} from './answer.js' */

const ROWS = 400;

/** @type {HTMLElement | null} */
let view = null;

/** @param {HTMLElement} element the component */
export const stream = element => {
  view = element;
};

/** @param {number | string} value */
const number = value => make('td', 'n', typeof value === 'number' ? value.toLocaleString('en') : value);

/**
 * A piece's text, with its ends of lines to be seen.
 * @param {string} text
 */
const piece = text => {
  const code = make('code');
  text.split('\n').forEach((line, i) => {
    if (i) code.append(make('i', '', '⏎'), '\n');
    code.append(line);
  });
  if (text.endsWith('\n')) {
    code.lastChild?.remove();
    code.lastChild?.remove();
  }
  return code;
};

export class Rows {
  constructor() {
    for (const node of view?.querySelectorAll('.empty, .timeline, .rows > .error') ?? []) node.remove();
    view?.querySelector('.figures')?.replaceChildren();
    view?.querySelector('tbody')?.replaceChildren();
    this.started = performance.now();
  }

  /** @param {Frame} frame */
  take(frame) {
    const body = view?.querySelector('tbody');
    if (!frame.pieces || !view || !body) return;
    for (const [n, at, gap, kind, text] of frame.pieces) {
      const row = make('tr');
      const cell = make('td');
      cell.append(piece(text));
      row.append(number(n), number(at), number(gap ?? ''), make('td', '', kind), cell);
      body.append(row);
    }
    while (body.childElementCount > ROWS) body.firstElementChild?.remove();
    const spent = ((performance.now() - this.started) / 1000).toFixed(1);
    const words = `${(frame.count ?? 0).toLocaleString('en')} pieces in ${spent} s`;
    view.querySelector('.figures')?.replaceChildren(make('span', '', words));
    const rows = view.querySelector('.rows');
    if (rows) rows.scrollTop = rows.scrollHeight;
  }
}
