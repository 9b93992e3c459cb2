// The conversation's own links: copy, retry, edit in place.
(() => {
  const {playground} = window, {make} = playground;
  const textOf = link => link.closest('.said').querySelector('[data-text]').textContent;

  function edit(link) {
    const said = link.closest('.said'), hidden = [...said.children];
    const box = make('textarea', 'editor'), row = make('div', 'meter');
    const save = make('button', 'link', 'save'), leave = make('button', 'link', 'cancel');
    box.value = textOf(link);
    box.rows = Math.min(16, box.value.split('\n').length + 1);
    box.setAttribute('aria-label', 'Edit');
    row.append(save, leave);
    hidden.forEach(node => { node.hidden = true; });
    said.append(box, row);
    box.focus();
    const close = () => {
      box.remove();
      row.remove();
      hidden.forEach(node => { node.hidden = node.classList.contains('source'); });
    };
    const {turn, part} = link.dataset;
    leave.onclick = close;
    save.onclick = () => { const text = box.value; close(); playground.tell({turn: +turn, part, text}); };
    box.onkeydown = event => {
      if (event.key === 'Escape') { event.stopPropagation(); close(); }
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) { event.stopPropagation(); save.click(); }
    };
  }

  Object.assign(playground.acts, {
    copy: link => playground.write(textOf(link), link),
    'copy-code': link => playground.write(link.closest('.code').querySelector('pre').textContent, link),
    retry: link => playground.press('retry', link.dataset.turn),
    edit,
  });
})();
