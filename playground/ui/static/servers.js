// The Servers tab: looks at the servers while it is open, and shows their logs.
(() => {
  const {playground} = window, {$, make} = playground;
  const EVERY_MS = 700;
  const cards = new Map();  // name -> {card, html, actions, log}
  let list, timer = 0, version = '', looked = false, lost = false;

  const ask = async (path, options) => {
    const response = await fetch(`gradio_api/servers${path}`, options);
    const said = await response.json().catch(() => ({}));
    if (!response.ok) throw Object.assign(new Error(said.error || said.detail || `it answered ${response.status}`), {status: response.status});
    return said;
  };
  const tell = words => { const line = $('#servers-said'); line.textContent = words; line.hidden = !words; };

  class Log {  // one server's log: search, follow, download
    constructor(name) {
      this.name = name;
      this.since = 0;
      this.root = make('div', 'log-view');
      const bar = make('div', 'log-bar'), search = this.search = make('input'), box = make('label');
      search.placeholder = 'Search the log';
      search.setAttribute('aria-label', `Search the log of ${name}`);
      search.oninput = () => this.draw();
      this.follow = make('input');
      this.follow.type = 'checkbox';
      this.follow.checked = true;
      box.append(this.follow, 'follow');
      const link = make('a', 'link', 'download');
      link.href = `gradio_api/servers/${encodeURIComponent(name)}/log.txt`;
      link.download = `${name}.log`;
      this.note = make('span', 'hint');
      bar.append(search, box, link, this.note);
      this.pre = make('pre');
      this.pre.tabIndex = 0;
      this.pre.setAttribute('role', 'log');
      this.pre.setAttribute('aria-live', 'off');
      this.pre.setAttribute('aria-label', `Log of ${name}`);
      this.root.append(bar, this.pre);
      this.lines = [];
    }
    async look() {
      const said = await ask(`/${encodeURIComponent(this.name)}/log?since=${this.since}`);
      if (this.run && said.run !== this.run) {  // it was started again
        Object.assign(this, {run: said.run, since: 0, lines: []});
        return this.look();
      }
      this.run = said.run;
      if (said.next === this.since) return;
      this.since = said.next;
      this.lines.push(...said.lines);
      if (this.lines.length > 5000) this.lines.splice(0, this.lines.length - 5000);
      this.note.textContent = said.dropped ? 'the oldest lines are dropped' : '';
      this.draw();
    }
    draw() {
      const wanted = this.search.value.toLowerCase();
      const shown = wanted ? this.lines.filter(line => line.toLowerCase().includes(wanted)) : this.lines;
      this.pre.textContent = shown.join('\n') || (wanted ? 'No line of the log holds that.' : '');
      if (this.follow.checked) this.pre.scrollTop = this.pre.scrollHeight;
    }
  }

  function put(name, found) {
    let one = cards.get(name);
    if (!one) {
      const card = make('article', 'server'), state = make('div', 'server-state'), actions = make('footer');
      card.setAttribute('aria-label', `Server ${name}`);
      card.append(state, actions);
      cards.set(name, one = {card, state, actions, html: '', buttons: '', log: null});
      list.append(card);
      if (looked) requestAnimationFrame(() => card.scrollIntoView({block: 'nearest'}));  // one that was just launched
    }
    if (one.html !== found.html) {
      const open = one.state.querySelector('details')?.open;
      one.state.innerHTML = one.html = found.html;
      if (open) one.state.querySelector('details').open = true;
    }
    if (one.buttons !== found.actions) {
      const held = one.actions.contains(document.activeElement) ? document.activeElement.dataset.act : '';
      one.actions.innerHTML = one.buttons = found.actions;
      if (held) one.actions.querySelector(`[data-act=${held}]`)?.focus();
      showLog(one);
    }
  }
  const showLog = ({actions, log}) => {
    const button = actions.querySelector('[data-act=server-log]');
    if (!button) return;
    button.textContent = log ? 'Hide log' : 'Show log';
    button.setAttribute('aria-expanded', Boolean(log));
  };

  async function look() {
    if (document.body.dataset.tab !== 'servers' || document.hidden) return;
    const said = await ask('');
    list.querySelector('.empty')?.remove();
    for (const server of said.servers) put(server.name, server);
    said.servers.forEach(({name}, i) => {  // in the server's order; only what stands wrong is moved
      const {card} = cards.get(name), there = list.querySelectorAll(':scope > .server')[i];
      if (there !== card) list.insertBefore(card, there);
    });
    for (const [name, {card}] of cards) {
      if (!said.servers.some(server => server.name === name)) { card.remove(); cards.delete(name); }
    }
    if (!said.servers.length) list.innerHTML = said.empty;
    const machine = $('#machine .html-container > div') || $('#machine');
    if (said.machine && machine.innerHTML !== said.machine) machine.innerHTML = said.machine;
    if (said.backends !== version) {  // another list of backends: the header looks again
      version = said.backends;
      playground.fill($('#looked textarea, #looked input'), version);
    }
    looked = true;
    if (lost) tell('');
    lost = false;
    for (const {log} of cards.values()) await log?.look();
  }
  const loop = async () => {
    try { await look(); } catch (error) {
      lost = true;
      tell(`The servers cannot be looked at: ${error.message.replace(/\.$/, '')}.`);
      if (error.status === 403) return;  // not for this visitor, however often it asks
    }
    timer = setTimeout(loop, EVERY_MS);
  };

  playground.servers = element => {
    list = element.querySelector('.servers');
    clearTimeout(timer);
    loop();
  };
  const post = action => async ({dataset}) => {
    try {
      const said = await ask(`/${encodeURIComponent(dataset.name)}/${action}`, {method: 'POST'});
      tell(said.words || '');
    } catch (error) {
      tell(error.message);
    }
  };
  for (const action of ['stop', 'again', 'fix', 'adopt', 'end', 'forget']) playground.acts[`server-${action}`] = post(action);
  playground.acts['copy-command'] = button => playground.write($('#command textarea').value, button);
  playground.acts['server-use'] = ({dataset}) => {
    playground.fill($('#served textarea, #served input'), dataset.name);
    setTimeout(() => $('#use-server').click(), 30);
  };
  playground.acts['server-log'] = ({dataset}) => {
    const one = cards.get(dataset.name);
    if (one.log) { one.log.root.remove(); one.log = null; }
    else { one.log = new Log(dataset.name); one.card.append(one.log.root); one.log.look(); }
    showLog(one);
  };
})();
