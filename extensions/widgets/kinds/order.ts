// Kind `order`: lines that are put in order, and indented where that is asked. By mouse, finger and keyboard alike.
import type { Answer } from '../../shared/api';
import { h } from '../../shared/dom';
import { t } from '../../shared/i18n';
import type { Spec } from '../model';
import { Arrangement } from './arrangement';
import { byFinger, type Drag, drags, float, inside } from './drag';
import type { Host, Kind, KindView } from './kind';
import { type Acts, dress, makeRow, type Row } from './row';

class Lines implements KindView {
  readonly element: HTMLElement;
  #state: Arrangement;
  #rows = new Map<string, Row>();
  #pool = h('ol', { class: 'pb-lines', 'data-list': 'pool' });
  #answer = h('ol', { class: 'pb-lines', 'data-list': 'answer' });
  #empty = h('p', { class: 'pb-lines-empty' });
  #all = h('p', { class: 'pb-lines-empty' }, t('All lines are used.'));
  #keys: HTMLElement;
  #current: Record<'pool' | 'answer', string> = { pool: '', answer: '' }; // the lines that Tab comes to
  #chosen = ''; // the line of the answer whose tools are out; they stay when the focus leaves, so that nothing jumps from under a finger
  #held: { key: string; before: Answer } | null = null; // picked up by keyboard
  #shown = '';
  #stop: () => void;

  constructor(private readonly host: Host) {
    const { name, spec } = host;
    this.#state = new Arrangement([], false, host.seed);
    this.#keys = h('p', { class: 'pb-sr', id: `${name}-keys` });
    this.#empty.textContent = byFinger() ? t('Tap lines to bring them here, or drag them by their dots.') : t('Drag lines here, click them, or press Enter on them.');
    const part = (id: string, title: string, list: HTMLElement, empty: HTMLElement) => {
      list.setAttribute('aria-labelledby', `${host.labelledBy} ${id}`);
      return h('div', { class: 'pb-order-part' }, h('p', { class: 'pb-order-title', id }, title), h('div', { class: 'pb-order-box' }, empty, list));
    };
    this.element = h(
      'div',
      { class: 'pb-order' },
      this.#keys,
      h(
        'div',
        { class: 'pb-order-parts' },
        part(`${name}-pool`, t('Lines'), this.#pool, this.#all),
        part(`${name}-answer`, spec.program ? t('Your program') : t('Your order'), this.#answer, this.#empty),
      ),
    );
    this.element.addEventListener('keydown', event => this.#key(event));
    this.element.addEventListener('focusin', event => this.#focused(event.target as HTMLElement));
    this.#stop = drags(this.element, (target, event) => this.#drag(target, event));
    this.update(spec);
  }

  // -- what the frame asks
  read = (): Answer => this.#state.read();
  missing = () => (this.#state.answer.length > 0 ? null : t('Put at least one line into your answer first.'));
  focus = () => (this.#pool.querySelector<HTMLElement>('.pb-line[tabindex="0"]') ?? this.#answer.querySelector<HTMLElement>('.pb-line'))?.focus();

  write(answer: Answer): void {
    this.#held = null;
    this.#state.write(answer);
    this.#draw();
  }

  update(spec: Spec): void {
    const shown = JSON.stringify([spec.lines, spec.indent, spec.program]);
    if (shown === this.#shown) return;
    const before = this.#state.read();
    this.#shown = shown;
    this.element.dataset.indent = String(Boolean(spec.indent));
    this.element.dataset.program = String(Boolean(spec.program));
    this.#keys.textContent = [
      t('Up and down arrows go from line to line. Enter puts a line into the answer or takes it out. Space picks a line up: then arrows move it and Escape puts it back.'),
      spec.indent ? t('Right and left arrows make a line of the answer deeper or less deep.') : '',
    ].join(' ');
    for (const { item } of this.#rows.values()) item.remove();
    this.#state = new Arrangement(spec.lines ?? [], spec.indent ?? false, this.host.seed);
    const acts: Acts = { press: key => this.#pressed(key), move: (key, by) => this.#move(key, by), indent: this.#state.indents ? (key, by) => this.#indent(key, by) : null, takeOut: key => this.#takeOut(key) };
    this.#rows = new Map(this.#state.lines.map(line => [line.key, makeRow(line, this.#keys.id, acts)]));
    this.write(before);
  }

  destroy(): void {
    this.#stop();
  }

  // -- elements
  /** Brings the page to the state; an element that already stands right is not touched, so that it keeps its focus. */
  #draw(): void {
    const focused = document.activeElement;
    const { answer, pool } = this.#state;
    const fill = (list: HTMLElement, rows: (Row | undefined)[]) =>
      rows.forEach((row, at) => {
        if (row && list.children[at] !== row.item) list.insertBefore(row.item, list.children[at] ?? null);
      });
    fill(this.#answer, answer.map(({ line }) => this.#rows.get(line.key)));
    fill(this.#pool, pool.map(line => this.#rows.get(line.key)));
    answer.forEach(({ line, level }, at) => this.#dress(line.key, at, level, answer.length));
    for (const { key } of pool) this.#dress(key, -1, 0, 0);
    this.#empty.hidden = answer.length > 0;
    this.#all.hidden = pool.length > 0;
    this.#tabStop('answer', answer.map(({ line }) => line.key));
    this.#tabStop('pool', pool.map(({ key }) => key));
    if (focused instanceof HTMLElement && this.element.contains(focused) && document.activeElement !== focused) focused.focus({ preventScroll: true });
  }

  #dress(key: string, at: number, level: number, count: number): void {
    const row = this.#rows.get(key);
    if (row) dress(row, { at, level, count, held: this.#held?.key === key, where: at < 0 ? '' : `, ${this.#said(at, level, count)}` });
  }

  #said(at: number, level: number, count: number): string {
    const place = t('line {n} of {total}', { n: at + 1, total: count });
    const deep = t('depth {n}', { n: level });
    return this.#state.indents ? `${place}, ${deep}` : place;
  }

  /** One line of each list is reached by Tab, the others from there by arrows. */
  #tabStop(list: 'pool' | 'answer', keys: string[]): void {
    if (!keys.includes(this.#current[list])) this.#current[list] = keys[0] ?? '';
    for (const key of keys) {
      const row = this.#rows.get(key);
      if (row) row.button.tabIndex = key === this.#current[list] ? 0 : -1;
      for (const tool of row?.item.querySelectorAll<HTMLElement>('.pb-tool') ?? []) tool.tabIndex = list === 'answer' && key === this.#current[list] ? 0 : -1;
    }
  }

  #focused(target: HTMLElement): void {
    const key = target.closest('li')?.querySelector<HTMLElement>('.pb-line')?.dataset.key;
    if (key === undefined) return;
    this.#current[this.#state.place(key) < 0 ? 'pool' : 'answer'] = key;
    if (this.#state.place(key) >= 0) this.#chosen = key;
    for (const row of this.#rows.values()) row.item.dataset.chosen = String(row.line.key === this.#chosen);
    this.#tabStop('pool', this.#state.pool.map(line => line.key));
    this.#tabStop('answer', this.#state.answer.map(({ line }) => line.key));
  }

  // -- what people do
  #changed(key: string): void {
    this.#draw();
    this.host.changed();
    const at = this.#state.place(key);
    this.host.say(at < 0 ? t('Taken out of the answer.') : this.#said(at, this.#state.level(key), this.#state.answer.length));
  }

  /** A click or a tap: a line comes into the answer; one that is there is chosen, and its tools come out. */
  #pressed(key: string): void {
    if (this.#state.place(key) < 0) this.#put(key);
    else this.#rows.get(key)?.button.focus();
  }

  #put(key: string): void {
    const next = this.#neighbour(key, 1) ?? this.#neighbour(key, -1);
    this.#state.put(key);
    this.#changed(key);
    (next && this.#state.place(next) < 0 ? this.#rows.get(next) : this.#rows.get(key))?.button.focus({ preventScroll: true });
  }

  #takeOut(key: string): void {
    const next = this.#neighbour(key, 1) ?? this.#neighbour(key, -1);
    this.#state.takeOut(key);
    this.#changed(key);
    this.#rows.get(next ?? key)?.button.focus({ preventScroll: true });
  }

  #move(key: string, by: number): void {
    const at = this.#state.place(key);
    const to = at + by;
    if (at < 0 || to < 0 || to >= this.#state.answer.length) return;
    this.#state.put(key, to);
    this.#changed(key);
  }

  #indent(key: string, by: number): void {
    if (this.#state.indent(key, by)) this.#changed(key);
  }

  #neighbour(key: string, by: number): string | undefined {
    const keys = this.#state.place(key) < 0 ? this.#state.pool.map(line => line.key) : this.#state.answer.map(({ line }) => line.key);
    return keys[keys.indexOf(key) + by];
  }

  #key(event: KeyboardEvent): void {
    event.stopPropagation(); // JupyterLab's and Notebook's own keys
    if ((event.ctrlKey || event.metaKey) && event.key === 'Enter') {
      event.preventDefault();
      return this.host.check();
    }
    const button = (event.target as HTMLElement).closest<HTMLElement>('.pb-line');
    const key = button?.dataset.key;
    if (!button || key === undefined || event.ctrlKey || event.metaKey) return;
    const inAnswer = this.#state.place(key) >= 0;
    const moving = this.#held?.key === key || event.altKey;
    const acts: Record<string, (() => void) | undefined> = {
      ArrowUp: () => (moving && inAnswer ? this.#move(key, -1) : this.#go(key, -1)),
      ArrowDown: () => (moving && inAnswer ? this.#move(key, 1) : this.#go(key, 1)),
      ArrowRight: inAnswer ? () => this.#indent(key, 1) : undefined,
      ArrowLeft: inAnswer ? () => this.#indent(key, -1) : undefined,
      Home: () => this.#rows.get((inAnswer ? this.#state.answer[0]?.line : this.#state.pool[0])?.key ?? '')?.button.focus(),
      End: () => this.#rows.get((inAnswer ? this.#state.answer.at(-1)?.line : this.#state.pool.at(-1))?.key ?? '')?.button.focus(),
      Enter: () => (this.#held ? this.#release(true) : inAnswer ? this.#takeOut(key) : this.#put(key)),
      Delete: inAnswer ? () => this.#takeOut(key) : undefined,
      Backspace: inAnswer ? () => this.#takeOut(key) : undefined,
      ' ': () => (this.#held ? this.#release(true) : this.#hold(key)),
      Escape: this.#held ? () => this.#release(false) : undefined,
    };
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  }

  #go(key: string, by: number): void {
    if (this.#held) this.#release(true);
    const next = this.#neighbour(key, by);
    if (next !== undefined) this.#rows.get(next)?.button.focus();
  }

  /** Picks a line up; one of the pool comes into the answer with it. */
  #hold(key: string): void {
    this.#held = { key, before: this.#state.read() };
    if (this.#state.place(key) < 0) {
      this.#state.put(key);
      this.#changed(key);
    } else this.#draw();
    this.#rows.get(key)?.button.focus();
    this.host.say(t('Picked up. Arrows move it, Space puts it down, Escape puts it back.'));
  }

  #release(keep: boolean): void {
    const held = this.#held;
    this.#held = null;
    if (!held) return;
    if (!keep) this.#state.write(held.before);
    this.#changed(held.key);
    this.#rows.get(held.key)?.button.focus();
  }

  // -- dragging
  #drag(target: HTMLElement, event: PointerEvent): Drag | null {
    const button = target.closest<HTMLElement>('.pb-line');
    const row = this.#rows.get(button?.dataset.key ?? '');
    if (!row || (event.pointerType === 'touch' && !target.closest('.pb-grip'))) return null; // elsewhere a finger scrolls
    const { key } = row.line;
    const before = this.#state.read();
    const placed = this.#state.place(key) >= 0;
    const level = this.#state.level(key);
    const box = row.button.getBoundingClientRect();
    const grab = { x: event.clientX - box.left, y: event.clientY - box.top };
    const from = event.clientX;
    const end = () => {
      row.button.style.transform = '';
      delete row.item.dataset.dragged;
      delete this.element.dataset.dragging;
    };
    const step = () => parseFloat(getComputedStyle(this.#answer).getPropertyValue('--pb-step-px')) || 32;
    return {
      start: () => {
        if (this.#held) this.#release(true);
        row.item.dataset.dragged = '';
        this.element.dataset.dragging = '';
        row.button.focus({ preventScroll: true });
      },
      move: (x, y) => {
        const wasIn = this.#state.place(key) >= 0;
        const answer = this.#answer.parentElement?.getBoundingClientRect();
        const pool = this.#pool.parentElement?.getBoundingClientRect();
        const isIn = answer && inside(answer, x, y) ? true : pool && inside(pool, x, y) ? false : wasIn;
        if (isIn) {
          const left = (answer?.left ?? 0) + grab.x;
          const deep = placed ? level + Math.round((x - from) / step()) : Math.round((x - left) / step());
          this.#state.put(key, this.#gap(key, y), deep);
        } else this.#state.takeOut(key);
        this.#draw();
        float(row.button, x, y, grab);
      },
      drop: () => {
        end();
        this.#changed(key);
        row.button.focus({ preventScroll: true });
      },
      cancel: () => {
        end();
        this.#state.write(before);
        this.#draw();
      },
    };
  }

  /** The place in the answer where the pointer is: before the first other line whose middle lies below it. */
  #gap(key: string, y: number): number {
    const others = this.#state.answer.filter(({ line }) => line.key !== key).map(({ line }) => this.#rows.get(line.key)?.item.getBoundingClientRect());
    const below = others.findIndex(box => box && y < box.top + box.height / 2);
    return below < 0 ? others.length : below;
  }
}

export const order: Kind = {
  create: host => new Lines(host),
};
