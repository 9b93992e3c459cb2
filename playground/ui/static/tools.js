// The Tools tab: each tool as a small form, and the calls of an answer.
(() => {
  const {playground} = window, {$} = playground;

  // A form's fields go to the server as one JSON text; what comes back is the new text of tools.
  const value = node => node.type === 'checkbox' ? node.checked : node.value;
  const fields = node => Object.fromEntries([...node.querySelectorAll('[data-field]')].map(one => [one.dataset.field, value(one)]));
  function form(tool) {
    const rows = [...tool.querySelectorAll('tr[data-row]')].map(row => ({...fields(row), was: row.dataset.was}));
    const [name, description] = ['name', 'description'].map(field => tool.querySelector(`:scope > label [data-field=${field}]`).value);
    return {name, description, rows};
  }
  const send = edit => playground.fill($('#tool-edit textarea, #tool-edit input'), JSON.stringify({...edit, at: Date.now()}));

  document.addEventListener('change', event => {
    const tool = event.target.closest?.('fieldset.tool');
    if (tool && event.target.dataset.field) send({edit: 'set', index: +tool.dataset.index, form: form(tool)});
  });

  Object.assign(playground.acts, {
    'tool-edit': link => {
      const tool = link.closest('fieldset.tool'), row = link.closest('tr');
      send({edit: link.dataset.edit, index: tool ? +tool.dataset.index : -1, row: row ? +row.dataset.row : -1});
    },
  });
})();
