// The page around the stream: the form's values, copying, the key, parameters, the divider, the drawer,
// and the names and roles that Gradio leaves out.
(() => {
  const {playground} = window, {$, make} = playground;

  playground.conversation = () => {  // its id is a secret: whoever has it reads the conversation
    const name = 'playground-conversation';
    if (!sessionStorage.getItem(name)) {
      const bytes = crypto.getRandomValues(new Uint8Array(18));
      sessionStorage.setItem(name, [...bytes].map(byte => byte.toString(16).padStart(2, '0')).join(''));
    }
    return sessionStorage.getItem(name);
  };

  // The open tab: its id, and what its panel's classes say of it (`playground/ui/tab.py`).
  const tab = () => {
    const id = $('#modes [role=tab][aria-selected=true]')?.dataset.tabId ?? '';
    const marks = [...$(`#tab-${id}`)?.classList ?? []];
    const after = start => marks.filter(mark => mark.startsWith(start)).map(mark => mark.slice(start.length));
    return {id, sends: after('sends-')[0], without: after('without-').join(' ')};
  };
  playground.form = (names, values) => {
    const form = {params: {}};
    names.forEach((name, i) => {
      const value = values[i] ?? '';
      if (name.startsWith('param.')) form.params[name.slice(6)] = String(value);
      else form[name] = value;
    });
    form.tab = tab().sends ?? form.tab;
    return form;
  };

  // What scripts tell the server goes through Gradio's own hidden fields and buttons.
  const fill = playground.fill = (field, text) => {
    Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), 'value').set.call(field, text);
    field.dispatchEvent(new Event('input', {bubbles: true}));
  };
  playground.press = (button, turn) => {
    fill($('#turn textarea, #turn input'), String(turn));
    setTimeout(() => $('#' + button).click(), 30);
  };

  const say = (button, word) => {
    const before = button.dataset.word ??= button.textContent;
    button.textContent = word;
    setTimeout(() => { button.textContent = before; }, 1500);
  };
  playground.write = async (text, button) => {
    try {
      await navigator.clipboard.writeText(text);
      say(button, 'Copied');
    } catch {
      say(button, 'Not allowed');
    }
  };
  playground.download = (name, text) => {
    const link = make('a');
    link.href = URL.createObjectURL(new Blob([text], {type: 'application/yaml'}));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };
  playground.copy = () => {
    const pre = $('#snippet pre');
    if (pre) playground.write(pre.textContent, $('#copy'));
  };
  playground.useKey = async backend => {
    const {value} = $('#api-key input'), headers = {'content-type': 'application/json'};
    const answer = await fetch('gradio_api/key', {method: 'POST', headers, body: JSON.stringify({backend, key: value})});
    say($('#use-key'), !answer.ok ? 'Not set' : value ? 'Key set' : 'Key forgotten');
    return String(Date.now());
  };

  const parameters = open => {
    document.body.classList.toggle('parameters-open', open);
    $('#toggle button').setAttribute('aria-expanded', open);
  };
  const showFold = () => {  // a tab's own button comes into the page with its tab
    const folded = document.body.classList.contains('pane-folded');
    for (const button of document.querySelectorAll('[data-act=fold]')) {
      if (button.getAttribute('aria-expanded') === String(!folded)) continue;
      button.setAttribute('aria-expanded', !folded);
      button.textContent = folded ? 'unfold' : 'fold';
    }
  };
  playground.acts = {
    fold: () => {
      document.body.classList.toggle('pane-folded');
      showFold();
    },
    parameters: () => parameters(!document.body.classList.contains('parameters-open')),
    parameter: ({dataset}) => {
      parameters(true);
      $(`#param-${dataset.name} :is(input, textarea)`).focus();
    },
    'put-back': ({dataset}) => fill($(`#param-${dataset.name} :is(input, textarea)`), ''),
    detach: ({dataset}) => playground.press('detach', dataset.turn),
    step: ({dataset}) => playground.press('step', dataset.turn),
  };
  document.addEventListener('click', event => {
    const link = event.target.closest?.('[data-act]');
    if (link) playground.acts[link.dataset.act]?.(link);
  });

  playground.divider = element => {
    const bar = element.querySelector('[role=separator]'), panes = $('#panes');
    const set = share => {
      const bounded = Math.min(70, Math.max(35, share));
      bar.ariaValueNow = Math.round(bounded);
      panes.style.setProperty('--split', bounded + '%');
    };
    bar.addEventListener('pointerdown', event => { bar.setPointerCapture(event.pointerId); event.preventDefault(); });
    bar.addEventListener('pointermove', event => {
      if (!bar.hasPointerCapture(event.pointerId)) return;
      const box = panes.getBoundingClientRect();
      set(100 * (event.clientX - box.left) / box.width);
    });
    bar.addEventListener('keydown', event => {
      const step = {ArrowLeft: -2, ArrowRight: 2}[event.key];
      if (step) { set(+bar.ariaValueNow + step); event.preventDefault(); }
    });
  };
  playground.drawer = () => {  // the wire pane on a narrow screen
    const open = document.body.classList.toggle('wire-open');
    $('#work').inert = open;
    $('#drawer').setAttribute('aria-expanded', open);
    $('#drawer').textContent = open ? 'Close' : 'Request';
  };

  const name = (node, role, label) => {
    if (!node || node.hasAttribute('role')) return;
    node.setAttribute('role', role);
    node.setAttribute('aria-label', label);
  };
  new MutationObserver(records => {
    if (records.every(record => record.target.closest('.log, .rows'))) return;  // an answer that grows; long ones are many nodes
    const {id, without} = tab(), {dataset} = document.body;
    if (dataset.tab !== id || dataset.without !== without) Object.assign(dataset, {tab: id, without});  // the sheet lays the page out by them
    showFold();
    name($('#wire'), 'region', 'What is sent and received');
    name($('#work'), 'region', 'Work');
    document.querySelectorAll('.presets').forEach(node => name(node, 'group', 'Presets'));
  }).observe(document.documentElement, {subtree: true, childList: true, attributeFilter: ['aria-selected']});
})();
