// The panes of the Tools and JSON tabs can be folded, all at once.
import {addActs} from './acts.js';
import {all} from './dom.js';

/** What the buttons say; a tab's own button comes into the page with its tab. */
export const showFold = () => {
  const folded = document.body.classList.contains('pane-folded');
  for (const button of all('[data-act=fold]')) {
    if (button.getAttribute('aria-expanded') === String(!folded)) continue;
    button.setAttribute('aria-expanded', String(!folded));
    button.textContent = folded ? 'unfold' : 'fold';
  }
};

addActs({
  fold: () => {
    document.body.classList.toggle('pane-folded');
    showFold();
  },
});
