// The conversation: it follows its end while a reader is there, and takes what is told to its handlers.
import {make, need} from './dom.js';

const NEAR_PX = 40;

/** @type {HTMLElement} */
let log;
/** @type {(event: string, data: object) => void} */
let trigger;
let stick = true; // to the end
let ours = false; // the next scroll event

const atEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_PX;

/** Go to the end in a frame's own time, when it is laid out in any case. */
export const follow = () => {
  if (!stick) return;
  const end = log.scrollHeight;
  const before = log.scrollTop;
  log.scrollTop = end;
  ours ||= log.scrollTop !== before;
};

/** Be at the end again, wherever the reader is. */
export const followAgain = () => {
  stick = true;
  requestAnimationFrame(follow);
};

/**
 * A place for what somebody says.
 * @param {string} who
 * @returns {HTMLElement}
 */
export const beginTurn = who => {
  const turn = make('article', 'turn');
  const said = make('div', 'said');
  turn.append(make('div', 'who', who), said);
  log.append(turn);
  return said;
};

/** What stands there while nothing is said yet. */
export const clearHints = () => {
  for (const node of log.querySelectorAll('.empty, .back')) node.remove();
};

/** @param {object} data an edit, for the component's own event */
export const tell = data => trigger('click', data);

/**
 * The component is in the page.
 * @param {HTMLElement} element
 * @param {(event: string, data: object) => void} fire
 * @param {(name: string, then: () => void) => void} watch
 */
export const talk = (element, fire, watch) => {
  log = need('.log', element);
  trigger = fire;
  log.addEventListener(
    'scroll',
    () => {
      if (ours) ours = false;
      else stick = atEnd();
    },
    {passive: true},
  );
  watch('value', () => requestAnimationFrame(follow)); // once it stands in the page
  new ResizeObserver(follow).observe(log);
};
