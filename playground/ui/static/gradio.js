// What scripts tell the server goes through Gradio's own hidden fields and buttons.
import {addActs} from './acts.js';
import {need} from './dom.js';

/** @typedef {HTMLInputElement | HTMLTextAreaElement} Field */

/**
 * The field inside of a component.
 * @param {string} component its selector
 * @returns {Field}
 */
export const fieldOf = component => need(`${component} :is(textarea, input)`);

/**
 * Type a text, as a person would.
 * @param {Field} field
 * @param {string} text
 */
export const fill = (field, text) => {
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), 'value')?.set?.call(field, text);
  field.dispatchEvent(new Event('input', {bubbles: true}));
};

/**
 * Press a hidden button that goes by the number in `#turn`.
 * @param {string} button its id
 * @param {string | undefined} turn
 */
export const press = (button, turn) => {
  fill(fieldOf('#turn'), String(turn));
  setTimeout(() => need(`#${button}`).click(), 30);
};

addActs({
  detach: ({dataset}) => press('detach', dataset.turn),
  step: ({dataset}) => press('step', dataset.turn),
});
