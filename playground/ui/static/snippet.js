// The form's values as they change, and what follows from them: the snippet and the line of parameters. These are asked
// for on a route of their own, one question at a time; what changes meanwhile is in the next one.
(() => {
  const {playground} = window, {$, make} = playground;
  const SCREENFUL = 40, MARK_MS = 1050;
  const values = {};  // of the form's fields, and of what is wanted: language, replay
  let again = false, asking = false, lost = false;
  let shown = {kind: '', lines: []};  // the last snippet: its language, and each line's HTML

  // Gradio learns that the app is gone by a call of its own that fails; then it says so, and loads the page again once
  // the app is back. The header's look at the backend is such a call.
  function noteLoss() {
    if (lost) return;
    lost = true;
    playground.fill($('#looked textarea, #looked input'), `lost ${Date.now()}`);
  }

  async function ask(form) {
    const headers = {'content-type': 'application/json'};
    const answer = await fetch('gradio_api/snippet', {method: 'POST', headers, body: JSON.stringify(form)})
      .catch(() => { noteLoss(); throw new Error('it does not answer'); });
    lost = false;
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(said.error || `it answered ${answer.status}`);
    return said;
  }

  const linesOf = node => [...node.querySelectorAll('.ln')];

  function mark(changed) {  // for a moment
    if (changed.length > SCREENFUL) return;  // all of it is new: a mark would say nothing
    for (const line of changed) line.classList.add('changed');
    setTimeout(() => changed.forEach(line => line.classList.remove('changed')), MARK_MS);
  }

  function draw(view, html, kind) {
    const made = make('div');
    made.innerHTML = html;
    const now = linesOf(made), lines = now.map(line => line.innerHTML), before = shown.lines, old = linesOf(view);
    if (!now.length) {  // a problem stands there for now
      view.replaceChildren(...made.childNodes);
      return;
    }
    let head = 0, foot = 0;
    while (head < lines.length && lines[head] === before[head]) head++;
    const rest = Math.min(lines.length, before.length) - head;
    while (foot < rest && lines.at(-1 - foot) === before.at(-1 - foot)) foot++;
    const changed = now.slice(head, now.length - foot), follows = kind === shown.kind;
    if (follows && old.length === before.length) {  // the other lines stay, and need not be laid out again
      const code = view.querySelector('code'), below = old[old.length - foot] ?? null;
      old.slice(head, old.length - foot).forEach(line => line.remove());
      changed.forEach(line => code.insertBefore(line, below));
    } else view.replaceChildren(...made.childNodes);
    if (follows) mark(changed);
    shown = {kind, lines};
  }

  function tell(view, words) {
    const box = make('div', 'problem');
    box.setAttribute('role', 'status');
    box.append(make('strong', '', 'The playground cannot show the request: '), `${words.replace(/\.?$/, '.')} What you typed is kept.`);
    view.replaceChildren(box);
  }

  playground.follow = async () => {  // what the snippet depends on has changed
    again = true;
    if (asking) return;
    asking = true;
    while (again) {
      again = false;
      const {language, replay} = values, view = $('#snippet [data-code]');
      try {
        const form = playground.form(Object.keys(values), Object.values(values));
        const said = await ask({...form, language, replay: Boolean(replay)});
        draw(view, said.code, `${language} ${replay}`);
        const sent = $('#sent [data-sent]');
        if (sent.innerHTML !== said.sent) sent.innerHTML = said.sent;
      } catch (error) {
        tell(view, error.message);
      }
    }
    asking = false;
  };
  playground.begin = (names, given) => {  // the page is loaded
    names.forEach((name, i) => { values[name] ??= given[i]; });
    playground.follow();
  };
  playground.changed = (name, value) => {
    values[name] = value;
    playground.keep(name, value);
    playground.follow();
  };
})();
