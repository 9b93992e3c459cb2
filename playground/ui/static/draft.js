// What is typed outlives the page: it is kept for the browser tab, and put back when the page is loaded again.
// Gradio loads it again by itself once a lost connection is back.
(() => {
  const {playground} = window, {$} = playground, NAME = 'playground-draft', PAUSE_MS = 300;
  let kept = null, replaced = {}, places = {}, timer = 0;

  const typed = () => Object.entries(places)  // also while the app is gone, when no event is handled
    .map(([name, id]) => [name, $(`[id="${id}"] :is(textarea, input)`)?.value])
    .filter(([, value]) => value !== undefined);
  const store = () => {
    clearTimeout(timer);
    timer = 0;
    if (!kept) return;
    try {
      sessionStorage.setItem(NAME, JSON.stringify({...kept, ...Object.fromEntries(typed())}));
    } catch { /* more than the browser keeps for a site: some 5 MB */ }
  };
  const read = () => {
    try {
      return JSON.parse(sessionStorage.getItem(NAME)) ?? {};
    } catch {
      return {};
    }
  };

  playground.keep = (name, value) => {  // each time a field has changed
    if (!kept || !(name in kept)) return;
    kept[name] = value;
    timer ||= setTimeout(store, PAUSE_MS);
  };
  const asWas = (names, draft) => [  // the values, and the tab to show; what is undefined, Gradio leaves as it is
    ...names.map(name => draft[name] ?? undefined),
    draft.tab && {__type__: 'update', selected: draft.tab},
  ];
  playground.restore = (names, values, ids) => {
    const draft = read();
    places = ids;
    kept = Object.fromEntries(names.map((name, i) => [name, draft[name] ?? values[i]]));
    return asWas(names, draft);
  };
  playground.take = (taken, message) => {  // the message that was sent out of the field, not one typed since
    const {sent, next} = JSON.parse(taken || '{}');
    return [message === sent ? next : undefined];
  };
  playground.before = names => asWas(names, replaced);
  addEventListener('pagehide', store);
  document.addEventListener('click', ({target}) => {
    if (target.closest?.('#clear')) replaced = {};  // what is typed stays in any case
    else if (!target.closest?.('.presets button')) return;
    else if (!$('.back') || !Object.keys(replaced).length) replaced = {...kept, ...Object.fromEntries(typed())};
  }, true);
  Object.assign(playground.acts, {
    'bring-back': () => $('#bring-back').click(),
    'log-out': () => {  // the next person at this tab gets neither the form nor the conversation
      kept = null;
      sessionStorage.clear();
    },
  });
})();
