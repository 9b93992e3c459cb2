// Texts that leave the page: to the clipboard, or into a file.
import {make, say} from './dom.js';

/**
 * Copy a text; the button says whether it could.
 * @param {string} text
 * @param {HTMLElement} button
 */
export const write = async (text, button) => {
  try {
    await navigator.clipboard.writeText(text);
    say(button, 'Copied');
  } catch {
    say(button, 'Not allowed');
  }
};

/**
 * @param {string} name of the file
 * @param {string} text YAML
 */
export const download = (name, text) => {
  const link = make('a');
  link.href = URL.createObjectURL(new Blob([text], {type: 'application/yaml'}));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
};
