// One server's log: search, follow, download.
import {make} from './dom.js';
import {ask} from './server_routes.js';

const MOST_LINES = 5000;

export class Log {
  /** @param {string} name the server's */
  constructor(name) {
    this.path = `/${encodeURIComponent(name)}/log`;
    this.since = 0;
    this.run = '';
    /** @type {string[]} */
    this.lines = [];
    this.root = make('div', 'log-view');
    this.search = make('input');
    this.search.placeholder = 'Search the log';
    this.search.setAttribute('aria-label', `Search the log of ${name}`);
    this.search.oninput = () => this.draw();
    this.follow = make('input');
    this.follow.type = 'checkbox';
    this.follow.checked = true;
    const box = make('label');
    box.append(this.follow, 'follow');
    const link = make('a', 'link', 'download');
    link.href = `gradio_api/servers${this.path}.txt`;
    link.download = `${name}.log`;
    this.note = make('span', 'hint');
    const bar = make('div', 'log-bar');
    bar.append(this.search, box, link, this.note);
    this.pre = make('pre');
    this.pre.tabIndex = 0;
    this.pre.setAttribute('role', 'log');
    this.pre.setAttribute('aria-live', 'off');
    this.pre.setAttribute('aria-label', `Log of ${name}`);
    this.root.append(bar, this.pre);
  }

  /**
   * Take what is new.
   * @returns {Promise<void>}
   */
  async look() {
    const said = await ask(`${this.path}?since=${this.since}`);
    if (this.run && said.run !== this.run) {
      // it was started again
      this.run = said.run;
      this.since = 0;
      this.lines = [];
      return this.look();
    }
    this.run = said.run;
    if (said.next === this.since) return;
    this.since = said.next;
    this.lines.push(...said.lines);
    if (this.lines.length > MOST_LINES) this.lines.splice(0, this.lines.length - MOST_LINES);
    this.note.textContent = said.dropped ? 'the oldest lines were dropped' : '';
    this.draw();
  }

  draw() {
    const wanted = this.search.value.toLowerCase();
    const shown = wanted ? this.lines.filter(line => line.toLowerCase().includes(wanted)) : this.lines;
    this.pre.textContent = shown.join('\n') || (wanted ? 'No log line matches.' : '');
    if (this.follow.checked) this.pre.scrollTop = this.pre.scrollHeight;
  }
}
