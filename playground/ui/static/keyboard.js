// Ctrl or ⌘ with Enter sends, Esc stops, Ctrl or ⌘ with K finds, / goes to the message, arrows change tabs.
(() => {
  const {playground} = window, {$, make} = playground;
  const typing = node => /INPUT|TEXTAREA|SELECT/.test(node.tagName);

  function find() {
    const dialog = make('dialog', 'finder'), input = make('input'), list = make('ul');
    const buttons = [...document.querySelectorAll('.presets button')].filter(button => button.offsetParent);
    const model = $('#model input');
    const choices = [
      ...buttons.map(button => [button.textContent, () => button.click()]),
      ['Choose a model …', () => { model.focus(); model.click(); }],
    ];
    input.placeholder = 'Find a preset, or choose a model';
    input.setAttribute('aria-label', 'Find a preset or a model');
    const item = ([words, act]) => {
      const row = make('li'), button = make('button', '', words);
      button.onclick = () => { dialog.close(); act(); };
      row.append(button);
      return row;
    };
    const draw = () => {
      const wanted = input.value.toLowerCase();
      list.replaceChildren(...choices.filter(([words]) => words.toLowerCase().includes(wanted)).map(item));
    };
    input.oninput = draw;
    input.onkeydown = event => { if (event.key === 'Enter') list.querySelector('button')?.click(); };
    dialog.onclose = () => dialog.remove();
    dialog.append(input, list);
    document.body.append(dialog);
    draw();
    dialog.showModal();
  }

  function nextTab(tab, step) {  // Gradio's tabs do not answer the arrow keys
    const all = [...tab.parentElement.querySelectorAll('[role=tab]')];
    const next = all.at((all.indexOf(tab) + step) % all.length);
    next.focus();
    next.click();
  }

  // Of a list, Gradio's Enter takes the first choice that contains what was typed; a name typed whole is meant itself.
  let walked = false;  // along the list, with the arrows
  const named = field => [...document.querySelectorAll(`#${field.getAttribute('aria-controls')} [role=option]`)]
    .find(option => option.getAttribute('aria-label') === field.value);

  addEventListener('keydown', event => {
    const {key, target} = event, command = event.ctrlKey || event.metaKey;
    const editing = target.closest?.('.editor, dialog');
    if (key === 'Enter' && command && !editing) {
      event.preventDefault();
      const sends = !document.body.dataset.without?.split(' ').includes('composer');
      if (sends && !playground.running()) $('#send').click();
    } else if (key === 'Escape' && !editing) {
      if (playground.running()) playground.stop();
      else if (document.body.classList.contains('wire-open')) playground.drawer();
    } else if (key === '/' && !typing(target)) {
      event.preventDefault();
      $('#message textarea')?.focus();
    } else if (key.toLowerCase() === 'k' && command) {
      event.preventDefault();
      if (!document.querySelector('dialog.finder')) find();
    } else if (target.role === 'combobox') {
      const option = key === 'Enter' && !walked && named(target);
      if (option) {
        event.preventDefault();
        event.stopPropagation();
        option.dispatchEvent(new MouseEvent('mousedown', {bubbles: true, cancelable: true}));
      }
      walked = /^(Arrow(Up|Down)|Home|End)$/.test(key);
    } else if (target.role === 'tab' && /^Arrow(Left|Right)$/.test(key)) {
      nextTab(target, key === 'ArrowRight' ? 1 : -1);
    }
  }, true);
})();
