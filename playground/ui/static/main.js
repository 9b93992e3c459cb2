// What the page's components call: Gradio makes functions of texts, and those find it by `window.playground`.
import {download} from './clipboard.js';
import './conversation.js';
import {before, keep, restore, take} from './draft.js';
import './images.js';
import './keyboard.js';
import {useKey} from './key.js';
import {runs, send, settled, stop} from './live.js';
import {talk} from './log.js';
import {form} from './page.js';
import {divider, drawer} from './panes.js';
import './parameters.js';
import {stream} from './rows.js';
import {servers} from './servers.js';
import {conversation} from './session.js';
import {begin, changed, copy, follow} from './snippet.js';
import {decide} from './tools.js';

const playground = {
  ...{before, begin, changed, conversation, copy, decide, divider, download, drawer, follow, form, keep, restore},
  ...{runs, send, servers, settled, stop, stream, take, talk, useKey},
};
Object.assign(window, {playground});
