// Kind `match`: halves that are put together: a right half is dragged or tapped to its place, or chosen there from a list.
import type { Answer } from '../../shared/api';
import { h, prose } from '../../shared/dom';
import { t, tn } from '../../shared/i18n';
import type { Option, Spec } from '../model';
import { shuffled } from '../shuffle';
import { byFinger, type Drag, drags, float, inside } from './drag';
import type { Host, Kind, KindView } from './kind';

/** A left half with the place for its right one. */
interface Row {
  left: Option;
  element: HTMLElement;
  slot: HTMLButtonElement;
  list: HTMLUListElement;
}

class Pairs implements KindView {
  readonly element: HTMLElement;
  #rows: Row[] = [];
  #right: Option[] = [];
  #halves = new Map<string, HTMLButtonElement>();
  #pairs = new Map<string, string>(); // left -> right
  #picked = ''; // a right half that the next place gets
  #open: Row | null = null;
  #active = 0; // in the open list
  #typed = { text: '', at: 0 };
  #shown = '';
  #table = h('div', { class: 'pb-pairs' });
  #pool = h('div', { class: 'pb-halves', role: 'group' });
  #stop: () => void;

  constructor(private readonly host: Host) {
    const { name, labelledBy } = host;
    const title = h('p', { class: 'pb-order-title', id: `${name}-pool` }, byFinger() ? t('Tap what belongs there and then its place, or choose it from the list') : t('Drag what belongs there to its place, or choose it from the list'));
    this.#pool.setAttribute('aria-labelledby', `${labelledBy} ${name}-pool`);
    this.element = h('div', { class: 'pb-match' }, this.#table, title, this.#pool);
    this.element.addEventListener('keydown', event => this.#key(event));
    this.element.addEventListener('focusout', event => {
      if (this.#open && !this.#open.element.contains(event.relatedTarget as Node | null)) this.#close(false);
    });
    this.#stop = drags(this.element, (target, event) => this.#drag(target, event));
    this.update(host.spec);
  }

  // -- what the frame asks
  read = (): Answer => ({ pairs: Object.fromEntries(this.#pairs) });
  focus = () => (this.#rows.find(({ left }) => !this.#pairs.has(left.item)) ?? this.#rows[0])?.slot.focus();

  missing(): string | null {
    const left = this.#rows.length - this.#pairs.size;
    return left > 0 ? tn('{n} place is still empty.', '{n} places are still empty.', left) : null;
  }

  write(answer: Answer): void {
    const given = answer.pairs !== null && typeof answer.pairs === 'object' ? (answer.pairs as Record<string, unknown>) : {};
    const known = new Set(this.#right.map(({ item }) => item));
    this.#pairs.clear();
    for (const { left } of this.#rows) {
      const right = given[left.item];
      if (typeof right === 'string' && known.has(right)) this.#pairs.set(left.item, right);
    }
    this.#draw();
  }

  update(spec: Spec): void {
    const shown = JSON.stringify([spec.left, spec.right]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const before = this.read();
    this.#open = null;
    this.#right = shuffled(spec.right ?? [], this.host.seed);
    this.#halves = new Map(this.#right.map(({ item, html }) => [item, this.#half(item, html)]));
    this.#pool.replaceChildren(...this.#halves.values());
    this.#rows = shuffled(spec.left ?? [], this.host.seed).map((left, at) => this.#row(left, at));
    this.#table.replaceChildren(...this.#rows.map(({ element }) => element));
    this.write(before);
  }

  destroy(): void {
    this.#stop();
  }

  // -- elements
  #half(item: string, html: string): HTMLButtonElement {
    return h('button', { type: 'button', class: 'pb-half', 'data-item': item, 'aria-pressed': 'false', onclick: () => this.#pick(item) }, prose('span', { class: 'pb-prose' }, html));
  }

  #row(left: Option, at: number): Row {
    const id = `${this.host.name}-${String(at)}`;
    const slot = h('button', { type: 'button', class: 'pb-slot', id: `${id}-slot`, 'aria-haspopup': 'listbox', 'aria-expanded': 'false', 'aria-labelledby': `${id}-left ${id}-slot`, onclick: () => this.#pressed(row) });
    const option = ({ item, html }: Option, n: number) => h('li', { role: 'option', id: `${id}-option-${String(n)}`, 'data-item': item, onclick: () => this.#choose(row, item) }, prose('span', { class: 'pb-prose' }, html));
    const list = h('ul', { class: 'pb-list', role: 'listbox', id: `${id}-list`, tabindex: -1, 'aria-labelledby': `${id}-left`, hidden: true }, ...this.#right.map(option));
    const element = h('div', { class: 'pb-pair' }, prose('div', { class: 'pb-pair-left pb-prose', id: `${id}-left` }, left.html), slot, list);
    const row = { left, element, slot, list };
    return row;
  }

  #draw(): void {
    const used = new Set(this.#pairs.values());
    for (const { left, slot, list, element } of this.#rows) {
      const chosen = this.#right.find(({ item }) => item === this.#pairs.get(left.item));
      slot.replaceChildren(chosen ? prose('span', { class: 'pb-prose' }, chosen.html) : h('span', { class: 'pb-slot-empty' }, t('choose')), h('span', { class: 'pb-slot-mark', 'aria-hidden': 'true' }, '▾'));
      element.dataset.filled = String(Boolean(chosen));
      for (const option of list.children) option.setAttribute('aria-selected', String((option as HTMLElement).dataset.item === chosen?.item));
    }
    for (const [item, half] of this.#halves) {
      half.dataset.used = String(used.has(item));
      half.setAttribute('aria-pressed', String(item === this.#picked));
    }
    this.element.dataset.picked = String(Boolean(this.#picked));
  }

  #words(item: string): string {
    return this.#halves.get(item)?.textContent ?? '';
  }

  // -- what people do
  #pick(item: string): void {
    this.#picked = this.#picked === item ? '' : item;
    this.#draw();
    if (this.#picked) this.host.say(t('“{text}” is picked: now choose its place.', { text: this.#words(item) }));
  }

  #pressed(row: Row): void {
    if (this.#picked) this.#choose(row, this.#picked);
    else if (this.#open === row) this.#close(true);
    else this.#show(row);
  }

  /** Empty text: the place is empty again. */
  #choose(row: Row, item: string): void {
    this.#picked = '';
    if (item) this.#pairs.set(row.left.item, item);
    else this.#pairs.delete(row.left.item);
    this.#close(true);
    this.#draw();
    this.host.changed();
    row.slot.focus({ preventScroll: true });
    const left = row.element.querySelector('.pb-pair-left')?.textContent ?? '';
    this.host.say(item ? `${left} — ${this.#words(item)}` : t('“{text}” is empty again.', { text: left }));
  }

  #show(row: Row): void {
    this.#close(false);
    this.#open = row;
    this.#typed = { text: '', at: 0 };
    row.list.hidden = false;
    row.slot.setAttribute('aria-expanded', 'true');
    const chosen = this.#right.findIndex(({ item }) => item === this.#pairs.get(row.left.item));
    this.#go(Math.max(chosen, 0));
    row.list.focus({ preventScroll: true });
  }

  #close(back: boolean): void {
    const row = this.#open;
    if (!row) return;
    this.#open = null;
    row.list.hidden = true;
    row.slot.setAttribute('aria-expanded', 'false');
    if (back) row.slot.focus({ preventScroll: true });
  }

  #go(to: number): void {
    const row = this.#open;
    const options = [...(row?.list.children ?? [])] as HTMLElement[];
    this.#active = Math.min(Math.max(to, 0), options.length - 1);
    options.forEach((option, at) => option.classList.toggle('pb-active', at === this.#active));
    const active = options[this.#active];
    if (!row || !active) return;
    row.list.setAttribute('aria-activedescendant', active.id);
    row.list.scrollTop = Math.max(active.offsetTop + active.offsetHeight - row.list.clientHeight, Math.min(row.list.scrollTop, active.offsetTop)); // the list alone: the page stays
  }

  #key(event: KeyboardEvent): void {
    event.stopPropagation(); // JupyterLab's and Notebook's own keys
    if ((event.ctrlKey || event.metaKey) && event.key === 'Enter') {
      event.preventDefault();
      return this.host.check();
    }
    if (event.ctrlKey || event.metaKey) return;
    const row = this.#rows.find(({ element }) => element.contains(event.target as Node));
    const act = row && (this.#open === row ? this.#inList(row, event) : this.#onSlot(row, event));
    const drop = event.key === 'Escape' && this.#picked ? () => this.#pick(this.#picked) : undefined;
    const what = act ?? drop;
    if (!what) return;
    event.preventDefault();
    what();
  }

  #onSlot(row: Row, { key }: KeyboardEvent): (() => void) | undefined {
    const at = this.#right.findIndex(({ item }) => item === this.#pairs.get(row.left.item));
    const to = (n: number) => () => this.#choose(row, this.#right[Math.min(Math.max(n, 0), this.#right.length - 1)]?.item ?? '');
    if (key === 'ArrowDown') return to(at + 1);
    if (key === 'ArrowUp') return to(at < 0 ? this.#right.length - 1 : at - 1);
    return key === 'Delete' || key === 'Backspace' ? () => this.#choose(row, '') : undefined;
  }

  #inList(row: Row, { key, altKey }: KeyboardEvent): (() => void) | undefined {
    switch (key) {
      case 'ArrowDown':
        return () => this.#go(this.#active + 1);
      case 'ArrowUp':
        return altKey ? () => this.#close(true) : () => this.#go(this.#active - 1);
      case 'Home':
        return () => this.#go(0);
      case 'End':
        return () => this.#go(this.#right.length - 1);
      case 'Enter':
      case ' ':
        return () => this.#choose(row, this.#right[this.#active]?.item ?? '');
      case 'Escape':
        return () => this.#close(true);
      default:
        return key.length === 1 ? () => this.#find(key) : undefined;
    }
  }

  /** Goes to the half that begins with what was typed quickly one after the other. */
  #find(char: string): void {
    const now = performance.now();
    const text = (now - this.#typed.at < 800 ? this.#typed.text : '') + char.toLowerCase();
    this.#typed = { text, at: now };
    const found = this.#right.findIndex(({ item }) => this.#words(item).trim().toLowerCase().startsWith(text));
    if (found >= 0) this.#go(found);
  }

  // -- dragging
  #drag(target: HTMLElement, event: PointerEvent): Drag | null {
    const half = target.closest<HTMLElement>('.pb-half');
    const from = half ? null : this.#rows.find(({ slot, left }) => slot.contains(target) && this.#pairs.has(left.item));
    const item = half?.dataset.item ?? (from && this.#pairs.get(from.left.item)) ?? '';
    const dragged = half ?? from?.slot;
    if (!item || !dragged || (from && event.pointerType === 'touch')) return null;
    const box = dragged.getBoundingClientRect();
    const grab = { x: event.clientX - box.left, y: event.clientY - box.top };
    const over = (x: number, y: number) => this.#rows.find(({ slot, element }) => slot !== dragged && inside(element.getBoundingClientRect(), x, y));
    const end = () => {
      dragged.style.transform = '';
      delete dragged.dataset.dragged;
      for (const { element } of this.#rows) delete element.dataset.over;
    };
    return {
      start: () => {
        this.#close(false);
        this.#picked = '';
        this.#draw();
        dragged.dataset.dragged = '';
      },
      move: (x, y) => {
        float(dragged, x, y, grab);
        const row = over(x, y);
        for (const one of this.#rows) {
          if (one === row) one.element.dataset.over = '';
          else delete one.element.dataset.over;
        }
      },
      drop: (x, y) => {
        end();
        const row = over(x, y);
        const back = from && inside(this.#pool.getBoundingClientRect(), x, y);
        if (from && (row || back)) this.#pairs.delete(from.left.item);
        if (row) this.#choose(row, item);
        else if (back) this.#choose(from, '');
      },
      cancel: end,
    };
  }
}

export const match: Kind = {
  create: host => new Pairs(host),
};
