// The live pane: what is sent, and its answer on the page, once per animation frame.
import {Answer} from './answer.js';
import {$, make, need, pause} from './dom.js';
import {post} from './events.js';
import {beginTurn, clearHints, follow, followAgain} from './log.js';
import {Rows} from './rows.js';
import {beginSending, endSending} from './sending.js';

/** @import {Frame} from './answer.js' */
/** @typedef {Record<string, any>} Form its fields, and `params` */

const AT_ONCE_MS = 50; // an answer that begins within it is laid out together with its message, not after it
const KEPT_MS = 150; // until the server has kept what came of an answer that was stopped

/** @type {AbortController | null} */
let abort = null;
/** @type {Promise<void> | null} */
let ended = null;

/** @param {boolean} on marked on the box: for the body, the whole page would be looked through for it */
const busy = on => need('#box').classList.toggle('busy', on);

export const stop = () => abort?.abort();
export const running = () => abort !== null;

/** What changes the conversation waits until no answer is on its way. */
export async function settled() {
  if (!abort) return;
  abort.abort();
  await ended;
  await pause(KEPT_MS);
}

/**
 * One request many times, for the JSON tab.
 * @param {Form} form
 * @param {number} count
 */
export async function runs(form, count) {
  if (abort) return;
  const view = $('#runs .html-container > div') || need('#runs');
  /** @param {string} words */
  const say = words => view.replaceChildren(make('p', 'line bad', words));
  abort = new AbortController();
  busy(true);
  try {
    await post('repeat', {...form, count}, abort.signal, item => {
      if (item.html) view.innerHTML = item.html;
      if (item.problem) say(item.problem);
    });
  } catch (error) {
    if (error instanceof Error && error.name !== 'AbortError')
      say(`The playground is not responding: ${error.message}.`);
  } finally {
    abort = null;
    busy(false);
  }
}

/** The message and its answer while they are drawn. */
class Exchange {
  /**
   * @param {Form} form
   * @param {object | null} decision
   */
  constructor(form, decision) {
    this.form = form;
    this.decision = decision;
    /** @type {Frame[]} */
    this.pending = [];
    this.frame = 0;
    this.isFirst = true;
    /** @type {Answer | null} */
    this.answer = null;
    /** @type {Rows | null} */
    this.rows = null;
  }

  /** The message and the place of its answer. */
  begin() {
    if (this.answer) return this.answer;
    busy(true);
    clearHints();
    if (this.form.message) beginTurn('you').append(make('div', 'plain', this.form.message));
    this.answer = new Answer(this.form.model);
    this.rows = new Rows();
    if (this.decision) this.answer.wait.textContent = 'Answering the call…';
    else beginSending(this.form.message);
    followAgain();
    return this.answer;
  }

  /** @param {Frame} item */
  take(item) {
    this.pending.push(item);
    if (!this.isFirst) this.frame ||= requestAnimationFrame(() => this.draw());
    else if (item.status === undefined) {
      // what comes first stands in the very next picture
      this.isFirst = false;
      this.flush();
    }
  }

  flush() {
    this.frame = 0;
    this.begin();
    for (const item of this.pending) {
      if (item.turn) this.answer = new Answer(this.form.model);
      this.answer?.take(item);
      this.rows?.take(item);
    }
    this.pending = [];
  }

  draw() {
    cancelAnimationFrame(this.frame);
    this.flush();
    follow();
  }
}

/**
 * Send the form, or a decision about a call of an answer.
 * @param {Form} form
 * @param {object | null} [decision]
 * @returns {Promise<string>} a new value for Gradio, so that its next event follows
 */
export async function send(form, decision = null) {
  if (abort) return '';
  abort = new AbortController();
  const exchange = new Exchange(form, decision);
  const sent = post('exchange', decision ? {...form, decision} : form, abort.signal, item => exchange.take(item));
  setTimeout(() => exchange.begin(), AT_ONCE_MS);
  let end = () => {};
  ended = new Promise(done => {
    end = () => done();
  });
  try {
    await sent;
  } catch (error) {
    const answer = exchange.begin();
    if (!(error instanceof Error)) throw error;
    if (error.name !== 'AbortError') answer.refuse(error.message);
    else await pause(KEPT_MS);
  } finally {
    exchange.draw();
    abort = null;
    endSending();
    busy(false);
    end();
  }
  return String(Date.now());
}
