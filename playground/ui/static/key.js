// The key of a backend, for the browser session: it goes to the app by a route of its own.
import {need, say} from './dom.js';
import {fieldOf} from './gradio.js';

/**
 * @param {string} backend
 * @returns {Promise<string>} a new value for Gradio, so that its next event follows
 */
export const useKey = async backend => {
  const key = fieldOf('#api-key').value;
  const headers = {'content-type': 'application/json'};
  const answer = await fetch('gradio_api/key', {method: 'POST', headers, body: JSON.stringify({backend, key})});
  if (!answer.ok) say(need('#use-key'), 'Not set');
  else say(need('#use-key'), key ? 'Key set' : 'Key forgotten');
  return String(Date.now());
};
