// Images for the next message: each file goes to the app as it is, one after another.
import {all, make, need} from './dom.js';
import {conversation} from './session.js';

const DRAWN_MS = 300; // until the server has drawn what it has

/**
 * Why a file was refused; "" where it was not.
 * @param {File} file
 */
async function attach(file) {
  const headers = {'x-conversation': conversation(), 'content-type': 'application/octet-stream'};
  const answer = await fetch('gradio_api/images', {method: 'POST', headers, body: file}).catch(() => null);
  if (answer?.ok) return '';
  const said = await answer?.json().catch(() => ({}));
  return `${file.name}: ${said?.detail || said?.error || 'the playground is not responding.'}`;
}

/** @param {File[]} files */
async function attachAll(files) {
  /** @type {HTMLElement[]} */
  const refused = [];
  for (const file of files) {
    const why = await attach(file);
    if (why) refused.push(make('p', 'line bad refused', why));
  }
  need('#images').click(); // the server draws what it has
  if (refused.length) setTimeout(() => need('#attached').append(...refused), DRAWN_MS);
}

document.addEventListener('change', ({target}) => {
  if (!(target instanceof HTMLInputElement) || !target.matches('#attach-images input[type=file]')) return;
  for (const node of all('#attached .refused')) node.remove();
  attachAll([...(target.files ?? [])]);
  target.value = ''; // the same file can be chosen again
});
