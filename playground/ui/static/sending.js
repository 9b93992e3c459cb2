// The message that is on its way stands dimmed until its answer has ended; what is typed meanwhile takes its place.
import {need} from './dom.js';

/** @type {string | null} */
let sending = null;

/** @returns {HTMLTextAreaElement} */
const field = () => need('#message textarea');
const box = () => need('#box');

/** @param {string} message */
export const beginSending = message => {
  sending = message;
  box().classList.add('sending');
  if (document.activeElement === field()) field().select();
};

export const endSending = () => {
  if (sending === null) return;
  const {value} = field();
  if (value === sending) field().setSelectionRange(value.length, value.length);
  sending = null;
  box().classList.remove('sending');
};

/** @param {Event} event */
const touched = ({type, target}) => {
  if (sending === null || target !== field()) return;
  box().classList.toggle('sending', field().value === sending);
  if (field().value === sending && type !== 'input') field().select();
};
for (const type of ['focusin', 'click', 'input']) document.addEventListener(type, touched);
