// One answer while it grows: finished blocks as HTML, the open block as one text node.
import {make} from './dom.js';
import {beginTurn} from './log.js';
import {Tree} from './tree.js';

/** @import {Op} from './tree.js' */
/**
 * A frame of the stream; each member is there if there is something new of it.
 * @typedef {object} Frame
 * @property {number} [status]
 * @property {object} [end]
 * @property {boolean} [turn] another answer begins
 * @property {string} [reasoning]
 * @property {string} [open] more of the open block
 * @property {string} [closed] HTML of finished blocks
 * @property {string} [tail] the open block's text after that
 * @property {Op[]} [tree]
 * @property {string[]} [violations]
 * @property {[index: number, name: string, text: string][]} [calls]
 * @property {[index: number, words: string, result: string][]} [phases]
 * @property {string} [problem]
 * @property {[n: number, at: number | string, gap: number | string | null, kind: string, text: string][]} [pieces]
 * @property {number} [count]
 */
/** @typedef {{title: HTMLElement, text: Text, phase: HTMLElement}} Call */

export class Answer {
  /** @param {string} model */
  constructor(model) {
    this.said = beginTurn((model || 'model').split('/').pop() ?? '');
    this.open = make('p', 'open');
    this.open.dir = 'auto';
    this.text = this.open.appendChild(document.createTextNode(''));
    this.wait = make('p', 'note waiting', 'Waiting for the first token…');
    this.said.append(this.open, this.wait);
    /** @type {Record<string, HTMLElement>} */
    this.lists = {};
    /** @type {Call[]} */
    this.calls = [];
    /** @type {HTMLElement | null} */
    this.row = null;
    /** @type {Text | null} */
    this.reasoning = null;
    /** @type {Tree | null} */
    this.tree = null;
  }

  /** @param {Frame} frame */
  take(frame) {
    if (frame.status !== undefined) return;
    if (Object.keys(frame).some(name => name !== 'end')) this.wait.remove();
    if (frame.reasoning) this.thought().appendData(frame.reasoning);
    if (frame.open) this.text.appendData(frame.open);
    if (frame.tree) this.json().take(frame.tree);
    for (const message of frame.violations ?? []) this.list('problems').append(make('li', 'bad', message));
    for (const [index, name, text] of frame.calls ?? []) this.call(index, name).appendData(text);
    for (const [index, words, result] of frame.phases ?? []) this.phase(index, words, result);
    if (frame.problem) this.said.append(make('p', 'error', frame.problem));
    if (frame.closed !== undefined) {
      this.open.insertAdjacentHTML('beforebegin', frame.closed);
      this.text.data = frame.tail ?? '';
    }
  }

  /**
   * The app itself refused, or there is none.
   * @param {string} why
   */
  refuse(why) {
    this.wait.remove();
    const words = `The playground refused the request or is not responding: ${why.replace(/\.?$/, '.')}`;
    this.said.append(make('p', 'error', `${words} What you typed is kept; reload the page once it runs again.`));
  }

  json() {
    if (!this.tree) {
      this.tree = new Tree();
      this.open.before(this.tree.root);
    }
    return this.tree;
  }

  /** @param {string} name */
  list(name) {
    if (!this.lists[name]) {
      this.lists[name] = make('ul', name);
      this.said.append(this.lists[name]);
    }
    return this.lists[name];
  }

  /**
   * Where the arguments of a call go.
   * @param {number} index
   * @param {string} name
   */
  call(index, name) {
    this.calls[index] ??= this.card();
    this.calls[index].title.textContent = name;
    return this.calls[index].text;
  }

  /** @returns {Call} */
  card() {
    const card = make('section', 'call');
    const head = make('header');
    const pre = make('pre');
    const phase = make('p', 'line');
    const title = head.appendChild(make('b'));
    const text = pre.appendChild(document.createTextNode(''));
    if (!this.row) {
      this.row = make('div', 'calls');
      this.said.append(this.row);
    }
    card.append(head, pre, phase);
    this.row.append(card);
    return {title, text, phase};
  }

  /**
   * @param {number} index
   * @param {string} words
   * @param {string} result
   */
  phase(index, words, result) {
    const call = this.calls[index];
    if (call) call.phase.textContent = result ? `→ ${result}` : words;
  }

  thought() {
    if (!this.reasoning) {
      const details = make('details');
      const body = make('div', 'plain');
      details.open = true;
      details.append(make('summary', '', 'Reasoning'), body);
      this.said.prepend(details);
      this.reasoning = body.appendChild(document.createTextNode(''));
    }
    return this.reasoning;
  }
}
