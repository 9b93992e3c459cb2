// The form's values as they change, and what follows from them: the snippet and the line of parameters. These are asked
// for on a route of their own, one question at a time; what changes meanwhile is in the next one.
import {write} from './clipboard.js';
import {$, all, make, need} from './dom.js';
import {keep} from './draft.js';
import {fieldOf, fill} from './gradio.js';
import {form} from './page.js';

/** @typedef {{code: string, sent: string}} Shown HTML: of the snippet, and of the parameters that are sent */

const SCREENFUL = 40;
const MARKED_MS = 1050;

/** @type {Record<string, unknown>} of the form's fields, and of what is wanted: language, replay */
const values = {};
let again = false;
let asking = false;
let lost = false;
/** @type {{kind: string, lines: string[]}} the last snippet: its language, and each line's HTML */
let shown = {kind: '', lines: []};

/**
 * Gradio learns that the app is gone by a call of its own that fails; then it says so, and loads the page again once
 * the app is back. The header's look at the backend is such a call.
 */
function noteLoss() {
  if (lost) return;
  lost = true;
  fill(fieldOf('#looked'), `lost ${Date.now()}`);
}

/**
 * @param {Record<string, unknown>} fields
 * @returns {Promise<Shown>}
 */
async function ask(fields) {
  const headers = {'content-type': 'application/json'};
  const answer = await fetch('gradio_api/snippet', {method: 'POST', headers, body: JSON.stringify(fields)}).catch(
    () => {
      noteLoss();
      throw new Error('it is not responding');
    },
  );
  lost = false;
  const said = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(said.error || `it returned ${answer.status}`);
  return said;
}

/** @param {HTMLElement[]} changed lines, for a moment */
function mark(changed) {
  if (changed.length > SCREENFUL) return; // all of it is new: a mark would say nothing
  for (const line of changed) line.classList.add('changed');
  setTimeout(() => {
    for (const line of changed) line.classList.remove('changed');
  }, MARKED_MS);
}

/**
 * @param {HTMLElement} view
 * @param {string} html
 * @param {string} kind
 */
function draw(view, html, kind) {
  const made = make('div');
  made.innerHTML = html;
  const now = all('.ln', made);
  const lines = now.map(line => line.innerHTML);
  const before = shown.lines;
  const old = all('.ln', view);
  if (!now.length) {
    view.replaceChildren(...made.childNodes); // a problem stands there for now
    return;
  }
  let head = 0;
  let foot = 0;
  while (head < lines.length && lines[head] === before[head]) head++;
  const rest = Math.min(lines.length, before.length) - head;
  while (foot < rest && lines.at(-1 - foot) === before.at(-1 - foot)) foot++;
  const changed = now.slice(head, now.length - foot);
  const follows = kind === shown.kind;
  if (follows && old.length === before.length) {
    // the other lines stay, and need not be laid out again
    const code = need('code', view);
    const below = old[old.length - foot] ?? null;
    for (const line of old.slice(head, old.length - foot)) line.remove();
    for (const line of changed) code.insertBefore(line, below);
  } else {
    view.replaceChildren(...made.childNodes);
  }
  if (follows) mark(changed);
  shown = {kind, lines};
}

/**
 * @param {HTMLElement} view
 * @param {string} words
 */
function tell(view, words) {
  const box = make('div', 'problem');
  box.setAttribute('role', 'status');
  const why = `${words.replace(/\.?$/, '.')} What you typed is kept.`;
  box.append(make('strong', '', 'The playground cannot show the request: '), why);
  view.replaceChildren(box);
}

/** What the snippet depends on has changed. */
export const follow = async () => {
  again = true;
  if (asking) return;
  asking = true;
  while (again) {
    again = false;
    const {language, replay} = values;
    const view = need('#snippet [data-code]');
    try {
      const fields = form(Object.keys(values), Object.values(values));
      const said = await ask({...fields, language, replay: Boolean(replay)});
      draw(view, said.code, `${language} ${replay}`);
      const sent = need('#sent [data-sent]');
      if (sent.innerHTML !== said.sent) sent.innerHTML = said.sent;
    } catch (error) {
      tell(view, error instanceof Error ? error.message : String(error));
    }
  }
  asking = false;
};

/**
 * The page is loaded.
 * @param {string[]} names
 * @param {unknown[]} given
 */
export const begin = (names, given) => {
  for (const [i, name] of names.entries()) values[name] ??= given[i];
  follow();
};

/**
 * A field has changed.
 * @param {string} name
 * @param {unknown} value
 */
export const changed = (name, value) => {
  values[name] = value;
  keep(name, value);
  follow();
};

export const copy = () => {
  const pre = $('#snippet pre');
  if (pre) write(pre.textContent ?? '', need('#copy'));
};
