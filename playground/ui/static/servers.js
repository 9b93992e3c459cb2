// The Servers tab: looks at the servers while it is open, and does what their buttons say.
import {addActs} from './acts.js';
import {write} from './clipboard.js';
import {$, make, need} from './dom.js';
import {fieldOf, fill} from './gradio.js';
import {Log} from './server_log.js';
import {ask, Refused} from './server_routes.js';

/** @typedef {{card: HTMLElement, state: HTMLElement, actions: HTMLElement, html: string, buttons: string, log: Log | null}} Card */
/** @typedef {{name: string, html: string, actions: string}} Server as the app draws it */

const EVERY_MS = 700;

/** @type {Map<string, Card>} */
const cards = new Map();
/** @type {HTMLElement} */
let list;
let timer = 0;
let version = ''; // of the list of backends
let looked = false;
let lost = false;

/** @param {string} words */
const tell = words => {
  const line = need('#servers-said');
  line.textContent = words;
  line.hidden = !words;
};

/**
 * An empty card.
 * @param {string} name
 * @returns {Card}
 */
function add(name) {
  const card = make('article', 'server');
  const state = make('div', 'server-state');
  const actions = make('footer');
  card.setAttribute('aria-label', `Server ${name}`);
  card.append(state, actions);
  list.append(card);
  if (looked) requestAnimationFrame(() => card.scrollIntoView({block: 'nearest'})); // one that was just launched
  return {card, state, actions, html: '', buttons: '', log: null};
}

/** @param {Server} found */
function put(found) {
  const one = cards.get(found.name) ?? add(found.name);
  cards.set(found.name, one);
  if (one.html !== found.html) {
    const open = one.state.querySelector('details')?.open;
    one.html = found.html;
    one.state.innerHTML = found.html;
    const details = one.state.querySelector('details');
    if (open && details) details.open = true;
  }
  if (one.buttons !== found.actions) {
    const active = /** @type {HTMLElement | null} */ (document.activeElement);
    const held = active && one.actions.contains(active) ? active.dataset.act : '';
    one.buttons = found.actions;
    one.actions.innerHTML = found.actions;
    /** @type {HTMLElement | null} */
    const again = held ? one.actions.querySelector(`[data-act=${held}]`) : null;
    again?.focus();
    showLog(one);
  }
}

/** @param {Card} card */
function showLog({actions, log}) {
  const button = actions.querySelector('[data-act=server-log]');
  if (!button) return;
  button.textContent = log ? 'Hide log' : 'Show log';
  button.setAttribute('aria-expanded', String(Boolean(log)));
}

/** @param {Server[]} servers in their order; only what stands wrong is moved */
function order(servers) {
  for (const [i, {name}] of servers.entries()) {
    const card = cards.get(name)?.card;
    const there = list.querySelectorAll(':scope > .server')[i];
    if (card && there !== card) list.insertBefore(card, there);
  }
  for (const [name, {card}] of cards) {
    if (servers.some(server => server.name === name)) continue;
    card.remove();
    cards.delete(name);
  }
}

async function look() {
  if (document.body.dataset.tab !== 'servers' || document.hidden) return;
  const said = await ask('');
  list.querySelector('.empty')?.remove();
  for (const server of said.servers) put(server);
  order(said.servers);
  if (!said.servers.length) list.innerHTML = said.empty;
  const machine = $('#machine .html-container > div') ?? need('#machine');
  if (said.machine && machine.innerHTML !== said.machine) machine.innerHTML = said.machine;
  if (said.backends !== version) {
    // another list of backends: the header looks again
    version = said.backends;
    fill(fieldOf('#looked'), version);
  }
  looked = true;
  if (lost) tell('');
  lost = false;
  for (const {log} of cards.values()) await log?.look();
}

async function loop() {
  try {
    await look();
  } catch (error) {
    lost = true;
    if (error instanceof Error) tell(`The list of servers cannot be read: ${error.message.replace(/\.$/, '')}.`);
    if (error instanceof Refused && error.status === 403) return; // not for this visitor, however often it asks
  }
  timer = setTimeout(loop, EVERY_MS);
}

/** @param {HTMLElement} element the component */
export const servers = element => {
  list = need('.servers', element);
  clearTimeout(timer);
  loop();
};

/** @param {string} action @returns {(button: HTMLElement) => Promise<void>} */
const post =
  action =>
  async ({dataset}) => {
    try {
      const said = await ask(`/${encodeURIComponent(dataset.name ?? '')}/${action}`, {method: 'POST'});
      tell(said.words || '');
    } catch (error) {
      if (error instanceof Error) tell(error.message);
    }
  };

addActs(
  Object.fromEntries(['stop', 'again', 'fix', 'adopt', 'end', 'forget'].map(one => [`server-${one}`, post(one)])),
);
addActs({
  'copy-command': button => write(fieldOf('#command').value, button),
  'server-use': ({dataset}) => {
    fill(fieldOf('#served'), dataset.name ?? '');
    setTimeout(() => need('#use-server').click(), 30);
  },
  'server-log': ({dataset}) => {
    const one = cards.get(dataset.name ?? '');
    if (!one) return;
    if (one.log) {
      one.log.root.remove();
      one.log = null;
    } else {
      one.log = new Log(dataset.name ?? '');
      one.card.append(one.log.root);
      one.log.look();
    }
    showLog(one);
  },
});
