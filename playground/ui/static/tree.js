// A JSON answer while it grows; the same markup as draw/tree.py makes in the end.
import {make} from './dom.js';

/** @typedef {[op: 'b' | 't' | 'e' | 'n' | 'x', first: any, second?: any]} Op */
/** @typedef {{item: HTMLElement, members: HTMLElement | null, kind: string, text: Text | null}} Open */

/** @type {Record<string, string>} */
const BRACKETS = {object: '{}', array: '[]'};

export class Tree {
  constructor() {
    this.root = make('ul', 'tree');
    /** @type {Open[]} */
    this.open = [];
  }

  /** @param {Op[]} ops */
  take(ops) {
    for (const [op, first, second] of ops) {
      if (op === 'b') this.begin(first, second);
      else if (op === 't') this.open.at(-1)?.text?.appendData(first);
      else if (op === 'e') this.end(first);
      else if (op === 'n') this.root.append(make('li', 'noise', first));
      else if (op === 'x') this.root.append(make('li', 'noise bad', first));
    }
  }

  /**
   * A value begins.
   * @param {string} kind
   * @param {string | number | null} key
   */
  begin(kind, key) {
    const item = make('li', 'node');
    const name = key === null ? [] : [make('span', 'k', String(key)), ': '];
    (this.open.at(-1)?.members ?? this.root).append(item);
    if (kind in BRACKETS) {
      const details = make('details');
      const summary = make('summary');
      const members = make('ul');
      details.open = true;
      summary.append(...name, BRACKETS[kind][0]);
      details.append(summary, members);
      item.append(details);
      this.open.push({item, members, kind, text: null});
    } else {
      const value = make('span', kind);
      const text = value.appendChild(document.createTextNode(''));
      item.append(...name, value);
      this.open.push({item, members: null, kind, text});
    }
  }

  /**
   * The innermost value has ended.
   * @param {unknown} value of a word: true, false or null
   */
  end(value) {
    const ended = this.open.pop();
    if (!ended) return;
    const {item, kind, text} = ended;
    if (kind in BRACKETS) item.append(BRACKETS[kind][1]);
    else if (kind === 'boolean' || kind === 'null') text?.appendData(String(value));
  }
}
