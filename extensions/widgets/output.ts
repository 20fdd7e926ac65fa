// What a program wrote, shown in place: cleaned of terminal codes, bounded, errors in the order a beginner reads them.
import { h } from '../shared/dom';
import { t } from '../shared/i18n';
import type { Piece } from './programs';

const MOST = 60_000; // characters; what comes after is not shown
const ESCAPES = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])/g; // eslint-disable-line no-control-regex -- that is what these are
const CONTROLS = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/g; // eslint-disable-line no-control-regex -- likewise
const TABLE = new Set('TABLE THEAD TBODY TFOOT TR TH TD CAPTION DIV P SPAN B I STRONG EM BR CODE PRE SUB SUP UL OL LI'.split(' '));
const DROPPED = 'script, style, template, iframe, object, embed, link, meta, base, form, svg, math, title, head';

/** Text without terminal codes; a carriage return starts its line again, as a progress bar means it. */
export function plain(text: string): string {
  return text
    .replace(ESCAPES, '')
    .replace(/\r\n/g, '\n')
    .replace(/^.*\r(?=[^\n])/gm, '')
    .replace(CONTROLS, '');
}

/** A table that the learner's own program made, rebuilt from allowed elements only, without any of its attributes but spans. */
export function table(html: string): HTMLElement {
  const source = new DOMParser().parseFromString(html, 'text/html').body;
  for (const unwanted of source.querySelectorAll(DROPPED)) unwanted.remove();
  const out = h('div', { class: 'pb-table', tabindex: 0 });
  const copy = (from: Node, to: HTMLElement) => {
    for (const node of from.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) to.append(node.textContent ?? '');
      if (!(node instanceof Element)) continue;
      if (!TABLE.has(node.tagName)) {
        copy(node, to);
        continue;
      }
      const made = document.createElement(node.tagName.toLowerCase());
      for (const name of ['colspan', 'rowspan']) if (/^\d{1,3}$/.test(node.getAttribute(name) ?? '')) made.setAttribute(name, node.getAttribute(name) ?? '');
      copy(node, made);
      to.append(made);
    }
  };
  copy(source, out);
  return out;
}

let asked = 0;

const joined = (value: unknown) => (Array.isArray(value) ? value.join('') : typeof value === 'string' ? value : '');

/** The traceback without its last line, which stands above it already, and without Jupyter's rule of dashes. */
function traceback(whole: string, last: string): string {
  const clean = plain(whole).replace(/^-{20,}\n/, '').trim();
  return clean.endsWith(last) ? clean.slice(0, -last.length).trim() : clean;
}

/** A sentence whose parts between backticks are code. */
const sentence = (text: string) => text.split('`').map((part, n) => (n % 2 ? h('code', {}, part) : part));

export class Output {
  readonly element = h('div', { class: 'pb-output', hidden: true });
  #length = 0;
  #cut = false;
  #trouble = '';
  #explained = '';
  #asking: HTMLFormElement | null = null;

  /** The last error, as its type and text; empty when there was none. */
  get trouble(): string {
    return this.#trouble;
  }

  /** What is to be heard of it: the last error with its explanation, else what is written. */
  get spoken(): string {
    return [this.#trouble, this.#explained].filter(Boolean).join('. ') || this.element.textContent;
  }

  /** Nothing is written; what is asked is still asked. */
  clear(): void {
    for (const node of [...this.element.childNodes]) if (node !== this.#asking) node.remove();
    this.element.hidden = this.#asking === null;
    this.#length = 0;
    this.#cut = false;
    this.#trouble = '';
    this.#explained = '';
  }

  /** A field for what the program wants to know; what was typed then stands in the output, as in a terminal. */
  ask(prompt: string, secret: boolean): Promise<string> {
    const name = `pb-ask-${String(++asked)}`;
    const field = h('input', { id: name, class: 'pb-field', type: secret ? 'password' : 'text', autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false', enterkeyhint: 'send' });
    const label = h('label', { for: name }, plain(prompt).trim() || t('The program asks:'));
    const form = h('form', { class: 'pb-ask' }, label, field, h('button', { type: 'submit', class: 'pb-button pb-small' }, t('Enter')));
    this.answered();
    this.#put(form);
    this.#asking = form;
    field.focus();
    return new Promise(resolve => {
      form.addEventListener('submit', event => {
        event.preventDefault();
        if (this.#asking !== form) return;
        this.answered();
        this.add({ kind: 'stream', name: 'stdout', text: `${prompt}${secret ? '' : field.value}\n` });
        resolve(field.value);
      });
    });
  }

  /** Nothing is asked any more. */
  answered(): void {
    this.#asking?.remove();
    this.#asking = null;
  }

  /** Shows a sentence of ours in place of output. */
  say(message: string, kind: 'wait' | 'trouble' | 'empty', way: HTMLElement | null = null): void {
    this.answered();
    this.clear();
    this.#put(h('p', { class: `pb-said pb-said-${kind}` }, message, way && ' ', way));
  }

  #put(...nodes: Node[]): void {
    this.element.querySelector('.pb-said')?.remove();
    if (this.#asking) this.#asking.before(...nodes);
    else this.element.append(...nodes);
    this.element.hidden = false;
  }

  add(piece: Piece): void {
    if (piece.kind === 'clear') return this.clear();
    if (piece.kind === 'error') return this.#error(piece);
    if (this.#cut) return;
    if (piece.kind === 'stream') return this.#stream(piece.name, piece.text);
    const { data } = piece;
    const type = ['image/png', 'image/jpeg'].find(name => joined(data[name]));
    const svg = joined(data['image/svg+xml']);
    const source = type ? `data:${type};base64,${joined(data[type]).replace(/\s/g, '')}` : svg ? `data:image/svg+xml,${encodeURIComponent(svg)}` : '';
    const html = joined(data['text/html']);
    const text = joined(data['text/plain']);
    const alt = text && !text.startsWith('<') ? text : t('Picture that the program drew');
    if (source) this.#put(h('img', { class: 'pb-picture', src: source, alt }));
    else if (html.length > 0 && html.length < MOST * 4) this.#put(table(html));
    else if (text) this.#stream('stdout', `${text}\n`);
  }

  #stream(name: string, text: string): void {
    const room = MOST - this.#length;
    const last = this.#asking ? this.#asking.previousElementSibling : this.element.lastElementChild;
    const pre = last instanceof HTMLPreElement && last.dataset.stream === name ? last : h('pre', { 'data-stream': name, tabindex: 0 });
    if (pre !== last) this.#put(pre);
    pre.textContent = plain((pre.textContent || '') + text.slice(0, room));
    this.#length += text.length;
    if (text.length <= room) return;
    this.#cut = true;
    this.#put(h('p', { class: 'pb-cut' }, t('The output is long: the rest is not shown.')));
  }

  #error({ name, value, traceback: lines, explanation }: Extract<Piece, { kind: 'error' }>): void {
    const first = plain(value).trim();
    this.#trouble = [name, first].filter(Boolean).join(': ').slice(0, 2000);
    const whole = traceback(lines, [name, first].filter(Boolean).join(': ')).slice(-MOST);
    const stopped = name === 'KeyboardInterrupt';
    const head = h('p', { class: 'pb-error-head' }, h('b', {}, stopped ? t('Stopped') : name || t('Error')), first && !stopped ? `: ${first}` : '');
    const box = h('div', { class: stopped ? 'pb-error pb-stopped' : 'pb-error' }, head);
    if (whole && !stopped) box.append(h('pre', { tabindex: 0 }, whole));
    this.#explained = plain(explanation).trim();
    if (this.#explained) box.append(h('p', { class: 'pb-explained' }, ...sentence(this.#explained)));
    this.#put(box);
  }
}
