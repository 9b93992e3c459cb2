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

  // What is decided about a call goes with the form, through the same door as a message.
  const decide = (link, act) => {
    const card = link.closest('.call'), part = name => card?.querySelector(`[data-part=${name}]`);
    const {turn, call} = link.dataset, written = part('arguments');
    playground.decision = {turn: +turn, call: call === undefined ? null : +call, act, text: part('text')?.value ?? ''};
    if (written && written.value !== written.dataset.before) playground.decision.arguments = written.value;
    $('#decide').click();
  };
  playground.decide = form => playground.send({...form, message: ''}, playground.decision);

  Object.assign(playground.acts, {
    'call-run': link => decide(link, 'run'),
    'call-all': link => decide(link, 'run'),
    'call-by-hand': link => decide(link, 'by-hand'),
    'call-reject': link => decide(link, 'reject'),
    'fix-schema': () => $('#fix-schema').click(),
    repair: link => {
      playground.fill($('#message textarea'), link.dataset.text);
      setTimeout(() => $('#send').click(), 200);
    },
    'tool-edit': link => {
      const tool = link.closest('fieldset.tool'), row = link.closest('tr');
      send({edit: link.dataset.edit, index: tool ? +tool.dataset.index : -1, row: row ? +row.dataset.row : -1});
    },
  });
})();
