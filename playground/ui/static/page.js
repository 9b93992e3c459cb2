// What the page does besides streaming: copy, edit, keys, the divider, the drawer, and names Gradio leaves out.
(() => {
  const {playground} = window, {$, make} = playground;

  playground.conversation = () => {
    const name = 'playground-conversation';
    if (!sessionStorage.getItem(name)) sessionStorage.setItem(name, crypto.getRandomValues(new Uint8Array(18)).reduce((text, byte) => text + byte.toString(16).padStart(2, '0'), ''));
    return sessionStorage.getItem(name);
  };
  playground.form = (names, values) => {
    const form = {params: {}};
    names.forEach((name, i) => {
      const value = values[i] ?? '';
      if (name.startsWith('param.')) form.params[name.slice(6)] = String(value); else form[name] = value;
    });
    form.tab = tab();
    return form;
  };
  const tab = () => $('#modes [role=tab][aria-selected=true]')?.textContent.trim().toLowerCase() || 'chat';

  const say = (button, word) => {
    const before = button.dataset.word ??= button.textContent;
    button.textContent = word;
    setTimeout(() => { button.textContent = before; }, 1500);
  };
  const write = async (text, button) => {
    try { await navigator.clipboard.writeText(text); say(button, 'Copied'); } catch { say(button, 'Not allowed'); }
  };
  playground.copy = () => { const pre = [...document.querySelectorAll('#code pre')].find(node => node.offsetParent); if (pre) write(pre.textContent, $('#copy')); };
  playground.useKey = async backend => {
    const field = $('#api-key input');
    const answer = await fetch('gradio_api/key', {method: 'POST', headers: {'content-type': 'application/json'}, body: JSON.stringify({backend, key: field.value})});
    say($('#use-key'), answer.ok ? (field.value ? 'Key set' : 'Key forgotten') : 'Not set');
    return String(Date.now());
  };

  playground.snippet = (element, watch) => {  // the changed lines are marked for a moment
    let before = [];
    watch('value', () => {
      const lines = [...element.querySelectorAll('.ln')], now = lines.map(line => line.textContent);
      let head = 0, foot = 0;
      while (head < now.length && now[head] === before[head]) head++;
      while (foot < now.length - head && foot < before.length - head && now.at(-1 - foot) === before.at(-1 - foot)) foot++;
      if (before.length) for (const line of lines.slice(head, now.length - foot)) line.animate([{backgroundColor: 'var(--mark)'}, {backgroundColor: 'var(--mark)', offset: .7}, {backgroundColor: 'transparent'}], 1500);
      before = now;
    });
  };

  function edit(link) {
    const said = link.closest('.said'), source = said.querySelector('[data-text]');
    const box = make('textarea', 'editor'), save = make('button', 'link', 'save'), leave = make('button', 'link', 'cancel'), row = make('div', 'meter');
    box.value = source.textContent;
    box.setAttribute('aria-label', 'Edit message');
    row.append(save, leave);
    const hidden = [...said.children];
    hidden.forEach(node => { node.hidden = true; });
    said.append(box, row);
    box.rows = Math.min(16, box.value.split('\n').length + 1);
    box.focus();
    const close = () => { box.remove(); row.remove(); hidden.forEach(node => { node.hidden = node.classList.contains('source'); }); };
    leave.onclick = close;
    save.onclick = () => { const text = box.value; close(); playground.press({turn: +link.dataset.turn, part: link.dataset.part, text}); };
  }
  document.addEventListener('click', event => {
    const link = event.target.closest?.('[data-act]');
    if (!link) return;
    const {act} = link.dataset;
    if (act === 'copy') write(link.closest('.said').querySelector('[data-text]').textContent, link);
    if (act === 'copy-code') write(link.closest('.code').querySelector('pre').textContent, link);
    if (act === 'edit') edit(link);
    if (act === 'retry') playground.retry(link.dataset.turn);
  });

  playground.divider = element => {
    const bar = element.querySelector('[role=separator]'), panes = $('#panes');
    const set = share => { share = Math.min(70, Math.max(35, share)); bar.ariaValueNow = Math.round(share); panes.style.setProperty('--split', share + '%'); };
    bar.addEventListener('pointerdown', event => { bar.setPointerCapture(event.pointerId); event.preventDefault(); });
    bar.addEventListener('pointermove', event => { if (bar.hasPointerCapture(event.pointerId)) { const box = panes.getBoundingClientRect(); set(100 * (event.clientX - box.left) / box.width); } });
    bar.addEventListener('keydown', event => { const step = {ArrowLeft: -2, ArrowRight: 2}[event.key]; if (step) { set(+bar.ariaValueNow + step); event.preventDefault(); } });
  };
  playground.retry = turn => {  // the turn's number goes through a hidden field
    const field = $('#turn textarea, #turn input');
    Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), 'value').set.call(field, turn);
    field.dispatchEvent(new Event('input', {bubbles: true}));
    setTimeout(() => $('#retry').click(), 30);
  };
  playground.drawer = () => {
    const open = document.body.classList.toggle('wire-open');
    $('#work').inert = open;
    $('#drawer').setAttribute('aria-expanded', open);
  };

  addEventListener('keydown', event => {
    const {key, target} = event;
    if (key === 'Enter' && (event.ctrlKey || event.metaKey) && !target.closest?.('.editor')) { event.preventDefault(); $('#send').click(); }
    if (key === 'Escape') { if (playground.running()) playground.stop(); else if (document.body.classList.contains('wire-open')) playground.drawer(); }
    if (key === '/' && !/INPUT|TEXTAREA|SELECT/.test(target.tagName)) { event.preventDefault(); $('#message textarea')?.focus(); }
    if (key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey)) { event.preventDefault(); find(); }
    if (target.role === 'tab' && /^Arrow(Left|Right)$/.test(key)) {  // Gradio's tabs do not answer the arrow keys
      const all = [...target.parentElement.querySelectorAll('[role=tab]')];
      const next = all.at((all.indexOf(target) + (key === 'ArrowRight' ? 1 : -1)) % all.length);
      next.focus();
      next.click();
    }
  }, true);

  function find() {  // presets by name; the model field for what is none
    const dialog = make('dialog', 'finder'), input = make('input'), list = make('ul');
    const buttons = [...document.querySelectorAll('.presets button')].filter(button => button.offsetParent);
    input.placeholder = 'Find a preset; Enter opens it, Esc closes';
    input.setAttribute('aria-label', 'Find a preset');
    const draw = () => {
      const found = buttons.filter(button => button.textContent.toLowerCase().includes(input.value.toLowerCase()));
      list.replaceChildren(...found.map(button => { const item = make('li'), link = make('button', '', button.textContent); link.onclick = () => { dialog.close(); button.click(); }; item.append(link); return item; }));
    };
    input.oninput = draw;
    input.onkeydown = event => { if (event.key === 'Enter') list.querySelector('button')?.click(); };
    dialog.onclose = () => dialog.remove();
    dialog.append(input, list);
    document.body.append(dialog);
    draw();
    dialog.showModal();
  }

  const name = (selector, role, label) => { const node = $(selector); if (node && !node.hasAttribute('role')) { node.setAttribute('role', role); node.setAttribute('aria-label', label); } };
  new MutationObserver(() => {  // what Gradio's markup leaves out
    name('#wire', 'region', 'What is sent and received');
    name('#work', 'region', 'Work');
    document.querySelectorAll('.presets').forEach(node => { if (!node.hasAttribute('role')) { node.setAttribute('role', 'group'); node.setAttribute('aria-label', 'Presets'); } });
    for (const label of document.querySelectorAll('.gr-accordion > .label-wrap')) { const open = String(label.nextElementSibling?.style.display !== 'none'); if (label.ariaExpanded !== open) label.ariaExpanded = open; }
  }).observe(document.documentElement, {subtree: true, childList: true, attributes: true, attributeFilter: ['style']});
})();
