// What is typed outlives the page: it is kept for the browser tab, and put back when the page is loaded again.
// Gradio loads it again by itself once a lost connection is back.
(() => {
  const {playground} = window, {$} = playground, NAME = 'playground-draft', PAUSE_MS = 300;
  let kept = null, places = {}, timer = 0;

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

  playground.keep = (names, values) => {  // each time the form has changed
    if (kept) {
      names.forEach((name, i) => { kept[name] = values[i]; });
      timer ||= setTimeout(store, PAUSE_MS);
    }
    return values;
  };
  playground.restore = (names, values, ids) => {  // the values as they were, and the tab to show
    places = ids;
    const draft = read(), back = names.map(name => draft[name] ?? undefined);  // what is undefined, Gradio leaves as it is
    kept = Object.fromEntries(names.map((name, i) => [name, back[i] ?? values[i]]));
    return [...back, draft.tab && {__type__: 'update', selected: draft.tab}];
  };
  addEventListener('pagehide', store);
  Object.assign(playground.acts, {
    'log-out': () => {  // the next person at this tab gets neither the form nor the conversation
      kept = null;
      sessionStorage.clear();
    },
  });
})();
