// Images for the next message: each file goes to the app as it is, one after another.
(() => {
  const {playground} = window, {$, make} = playground;

  async function attach(files) {
    const refused = [];
    for (const file of files) {
      const headers = {'x-conversation': playground.conversation(), 'content-type': 'application/octet-stream'};
      const answer = await fetch('gradio_api/images', {method: 'POST', headers, body: file}).catch(() => null);
      if (answer?.ok) continue;
      const said = await answer?.json().catch(() => ({}));
      refused.push(`${file.name}: ${said?.detail || said?.error || 'the playground does not answer.'}`);
    }
    $('#images').click();  // the server draws what it has
    if (refused.length) setTimeout(() => $('#attached').append(...refused.map(words => make('p', 'line bad refused', words))), 300);
  }
  document.addEventListener('change', ({target}) => {
    if (!target.matches?.('#attach-images input[type=file]')) return;
    document.querySelectorAll('#attached .refused').forEach(node => node.remove());
    attach([...target.files]);
    target.value = '';  // the same file can be chosen again
  });
})();
