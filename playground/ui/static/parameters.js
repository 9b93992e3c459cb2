// The parameters below the message: opened, found by the chips that name them, put back to not sent.
import {addActs} from './acts.js';
import {need} from './dom.js';
import {fieldOf, fill} from './gradio.js';

/** @param {boolean} open */
const show = open => {
  document.body.classList.toggle('parameters-open', open);
  need('#toggle button').setAttribute('aria-expanded', String(open));
};
/** @param {string | undefined} name */
const field = name => fieldOf(`#param-${name}`);

addActs({
  parameters: () => show(!document.body.classList.contains('parameters-open')),
  parameter: ({dataset}) => {
    show(true);
    field(dataset.name).focus();
  },
  'put-back': ({dataset}) => fill(field(dataset.name), ''),
});
