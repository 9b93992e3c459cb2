// A JSON answer while it grows; the same markup as draw/tree.py makes in the end.
(() => {
  const {playground} = window, {make} = playground;
  const BRACKETS = {object: '{}', array: '[]'};

  playground.Tree = class {
    constructor() {
      this.root = make('ul', 'tree');
      this.open = [];  // [item, where its members go, kind, text]
    }
    take(ops) {
      for (const [op, ...rest] of ops) this[op](...rest);
    }
    get place() { return this.open.at(-1)?.[1] ?? this.root; }
    b(kind, key) {
      const item = make('li', 'node');
      const name = key === null ? [] : [make('span', 'k', String(key)), ': '];
      this.place.append(item);
      if (kind in BRACKETS) {
        const details = make('details'), summary = make('summary'), members = make('ul');
        details.open = true;
        summary.append(...name, BRACKETS[kind][0]);
        details.append(summary, members);
        item.append(details);
        this.open.push([item, members, kind]);
      } else {
        const value = make('span', kind), text = value.appendChild(document.createTextNode(''));
        item.append(...name, value);
        this.open.push([item, null, kind, text]);
      }
    }
    t(text) { this.open.at(-1)[3]?.appendData(text); }
    e(value) {
      const [item, , kind, text] = this.open.pop();
      if (kind in BRACKETS) item.append(BRACKETS[kind][1]);
      else if (kind === 'boolean' || kind === 'null') text.appendData(String(value));
    }
    n(words) { this.root.append(make('li', 'noise', words)); }
    x(words) { this.root.append(make('li', 'noise bad', words)); }
  };
})();
