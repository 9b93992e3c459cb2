// The live pane: reads our own SSE route and appends to the page, once per animation frame.
window.playground = (() => {
  const make = (tag, name, text) => {
    const node = document.createElement(tag);
    if (name) node.className = name;
    if (text) node.textContent = text;
    return node;
  };
  const pause = ms => new Promise(done => setTimeout(done, ms));
  const $ = selector => document.querySelector(selector);
  const ROWS = 400;
  const AT_ONCE_MS = 50;  // an answer that begins within it is laid out together with its message, not after it
  let log, trigger, view, abort = null, stick = true, ours = false, sending = null, ended = null;
  const atEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  const follow = () => {  // in a frame's own time, when it is laid out in any case
    if (!stick) return;
    const end = log.scrollHeight, before = log.scrollTop;
    log.scrollTop = end;
    ours ||= log.scrollTop !== before;
  };
  const busy = on => $('#box').classList.toggle('busy', on);  // on the body, the whole page would be looked through for it

  // The message that is on its way stands dimmed until its answer has ended; what is typed meanwhile takes its place.
  const field = () => $('#message textarea');
  const beginSending = message => {
    sending = message;
    $('#box').classList.add('sending');
    if (document.activeElement === field()) field().select();
  };
  const endSending = () => {
    if (sending === null) return;
    const {value} = field();
    if (value === sending) field().setSelectionRange(value.length, value.length);
    sending = null;
    $('#box').classList.remove('sending');
  };
  const touched = ({type, target}) => {
    if (sending === null || target !== field()) return;
    $('#box').classList.toggle('sending', target.value === sending);
    if (target.value === sending && type !== 'input') target.select();
  };
  for (const type of ['focusin', 'click', 'input']) document.addEventListener(type, touched);

  function beginTurn(who) {
    const turn = make('article', 'turn'), said = make('div', 'said');
    turn.append(make('div', 'who', who), said);
    log.append(turn);
    return said;
  }

  class Answer {  // one answer while it grows: finished blocks as HTML, the open block as one text node
    constructor(model) {
      this.said = beginTurn((model || 'model').split('/').pop());
      this.open = make('p', 'open');
      this.open.dir = 'auto';
      this.text = this.open.appendChild(document.createTextNode(''));
      this.wait = make('p', 'note waiting', 'Waiting for the first token…');
      this.said.append(this.open, this.wait);
    }
    take(frame) {
      if (frame.status !== undefined) return;
      if (Object.keys(frame).some(name => name !== 'status' && name !== 'end')) this.wait?.remove();
      if (frame.reasoning) this.thought().appendData(frame.reasoning);
      if (frame.open) this.text.appendData(frame.open);
      if (frame.tree) this.json().take(frame.tree);
      if (frame.violations) for (const message of frame.violations) this.list('problems').append(make('li', 'bad', message));
      if (frame.calls) for (const [index, name, text] of frame.calls) this.call(index, name).appendData(text);
      if (frame.phases) for (const [index, words, result] of frame.phases) this.phase(index, words, result);
      if (frame.problem) this.said.append(make('p', 'error', frame.problem));
      if (frame.closed !== undefined) { this.open.insertAdjacentHTML('beforebegin', frame.closed); this.text.data = frame.tail; }
    }
    refuse(why) {  // by the app itself, or there is none
      this.wait.remove();
      this.said.append(make('p', 'error', `The playground itself refused, or does not answer: ${why.replace(/\.?$/, '.')} What you typed is kept; reload the page once it runs again.`));
    }
    json() {
      if (!this.tree) {
        this.tree = new playground.Tree();
        this.open.before(this.tree.root);
      }
      return this.tree;
    }
    list(name) {
      this.lists ??= {};
      if (!this.lists[name]) this.said.append(this.lists[name] = make('ul', name));
      return this.lists[name];
    }
    call(index, name) {
      this.calls ??= [];
      if (!this.calls[index]) {
        const card = make('section', 'call'), head = make('header'), pre = make('pre'), phase = make('p', 'line');
        const title = head.appendChild(make('b', '', name)), text = pre.appendChild(document.createTextNode(''));
        if (!this.row) this.said.append(this.row = make('div', 'calls'));
        card.append(head, pre, phase);
        this.row.append(card);
        this.calls[index] = {title, text, phase};
      }
      this.calls[index].title.textContent = name;
      return this.calls[index].text;
    }
    phase(index, words, result) {
      const call = this.calls?.[index];
      if (call) call.phase.textContent = result ? `→ ${result}` : words;
    }
    thought() {
      if (!this.reasoning) {
        const details = make('details'), body = make('div', 'plain');
        details.open = true;
        details.append(make('summary', '', 'Reasoning'), body);
        this.said.prepend(details);
        this.reasoning = body.appendChild(document.createTextNode(''));
      }
      return this.reasoning;
    }
  }

  class Rows {  // the Streaming tab's table while it grows
    constructor() {
      const body = view?.querySelector('tbody');
      view?.querySelectorAll('.empty, .timeline, .rows > .error').forEach(node => node.remove());
      view?.querySelector('.figures')?.replaceChildren();
      body?.replaceChildren();
      this.started = performance.now();
    }
    take(frame) {
      const body = view?.querySelector('tbody');
      if (!frame.pieces || !body) return;
      for (const [n, at, gap, kind, text] of frame.pieces) {
        const row = make('tr');
        for (const value of [n, at, gap ?? '']) row.append(make('td', 'n', typeof value === 'number' ? value.toLocaleString('en') : value));
        const code = make('code'), cell = make('td');
        text.split('\n').forEach((line, i) => { if (i) code.append(make('i', '', '⏎'), '\n'); code.append(line); });
        if (text.endsWith('\n')) code.lastChild.remove(), code.lastChild.remove();
        cell.append(code);
        row.append(make('td', '', kind), cell);
        body.append(row);
      }
      while (body.childElementCount > ROWS) body.firstElementChild.remove();
      const spent = ((performance.now() - this.started) / 1000).toFixed(1);
      view.querySelector('.figures').replaceChildren(make('span', '', `${frame.count.toLocaleString('en')} pieces in ${spent} s`));
      const rows = view.querySelector('.rows');
      rows.scrollTop = rows.scrollHeight;
    }
  }

  async function read(response, take) {
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let buffer = '';
    for (;;) {
      const {value, done} = await reader.read();
      if (done) return;
      buffer += value;
      let from = 0;
      for (let end; (end = buffer.indexOf('\n\n', from)) >= 0; from = end + 2) take(JSON.parse(buffer.slice(from + 6, end)));
      buffer = buffer.slice(from);
    }
  }

  async function post(route, body, take) {  // one of our routes; `take` is given each frame
    const headers = {'content-type': 'application/json'};
    const response = await fetch(`gradio_api/${route}`, {method: 'POST', signal: abort.signal, headers, body: JSON.stringify(body)});
    if (!response.ok) {
      const said = await response.json().catch(() => ({}));
      throw new Error(said.error || `it answered ${response.status}`);
    }
    await read(response, take);
  }

  async function settled() {  // what changes the conversation waits until no answer is on its way
    if (!abort) return;
    abort.abort();
    await ended;
    await pause(150);  // what was kept of it is drawn
  }

  async function stoppable(work, failed) {  // one at a time; Stop ends it
    if (abort) return;
    abort = new AbortController();
    busy(true);
    try {
      await work();
    } catch (error) {
      if (error.name !== 'AbortError') failed(error.message);
    } finally {
      abort = null;
      busy(false);
    }
  }

  async function runs(form, count) {
    const view = $('#runs .html-container > div') || $('#runs');
    const say = words => { view.replaceChildren(make('p', 'line bad', words)); };
    await stoppable(() => post('repeat', {...form, count}, item => {
      if (item.html) view.innerHTML = item.html;
      if (item.problem) say(item.problem);
    }), words => say(`The playground does not answer: ${words}.`));
  }

  async function send(form, decision = null) {  // the form, or a decision about a call of an answer
    if (abort) return '';
    abort = new AbortController();
    let pending = [], frame = 0, answer, rows;
    const begin = () => {  // the message and the place of its answer
      if (answer) return;
      busy(true);
      log.querySelectorAll('.empty, .back').forEach(node => node.remove());
      if (form.message) beginTurn('you').append(make('div', 'plain', form.message));
      answer = new Answer(form.model);
      rows = new Rows();
      if (decision) answer.wait.textContent = 'Answering the call…';
      else beginSending(form.message);
      stick = true;
      requestAnimationFrame(follow);
    };
    const flush = () => {
      frame = 0;
      begin();
      for (const item of pending) {
        if (item.turn) answer = new Answer(form.model);
        answer.take(item);
        rows.take(item);
      }
      pending = [];
    };
    const draw = () => {
      flush();
      follow();
    };
    let first = true;
    const sent = post('exchange', decision ? {...form, decision} : form, item => {
      pending.push(item);
      if (!first) frame ||= requestAnimationFrame(draw);
      else if (item.status === undefined) {  // what comes first stands in the very next picture
        first = false;
        flush();
      }
    });
    setTimeout(begin, AT_ONCE_MS);
    let end;
    ended = new Promise(done => { end = done; });
    try {
      await sent;
    } catch (error) {
      begin();
      if (error.name !== 'AbortError') answer.refuse(error.message);
      else await pause(150);  // the server keeps the partial answer first
    } finally {
      cancelAnimationFrame(frame);
      draw();
      abort = null;
      endSending();
      busy(false);
      end();
    }
    return String(Date.now());
  }

  const playground = {
    $, make, send, runs, settled,
    stop: () => abort?.abort(),
    running: () => abort !== null,
    tell: data => trigger('click', data),
    stream: element => { view = element; },
    talk: (element, fire, watch) => {
      log = element.querySelector('.log');
      trigger = fire;
      log.addEventListener('scroll', () => {
        if (ours) ours = false;
        else stick = atEnd();
      }, {passive: true});
      watch('value', () => requestAnimationFrame(follow));  // once it stands in the page
      new ResizeObserver(follow).observe(log);
    },
  };
  return playground;
})();
