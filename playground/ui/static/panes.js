// The two panes: a divider between them, and on a narrow screen the wire pane as a drawer.
import {need} from './dom.js';

const LEAST = 35; // per cent
const MOST = 70;
/** @type {Record<string, number>} */
const STEPS = {ArrowLeft: -2, ArrowRight: 2};

/** @param {HTMLElement} element the component */
export const divider = element => {
  const bar = need('[role=separator]', element);
  const panes = need('#panes');
  /** @param {number} share */
  const set = share => {
    const bounded = Math.min(MOST, Math.max(LEAST, share));
    bar.ariaValueNow = String(Math.round(bounded));
    panes.style.setProperty('--split', `${bounded}%`);
  };
  bar.addEventListener('pointerdown', event => {
    bar.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  bar.addEventListener('pointermove', event => {
    if (!bar.hasPointerCapture(event.pointerId)) return;
    const box = panes.getBoundingClientRect();
    set((100 * (event.clientX - box.left)) / box.width);
  });
  bar.addEventListener('keydown', event => {
    const step = STEPS[event.key];
    if (!step) return;
    set(Number(bar.ariaValueNow) + step);
    event.preventDefault();
  });
};

export const drawer = () => {
  const open = document.body.classList.toggle('wire-open');
  need('#work').inert = open;
  need('#drawer').setAttribute('aria-expanded', String(open));
  need('#drawer').textContent = open ? 'Close' : 'Request';
};
