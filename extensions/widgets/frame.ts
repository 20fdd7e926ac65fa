// The frame that all kinds share, as elements: title and points, prompt, answer, buttons, hints, output, verdict. Shows, decides nothing.
import type { ExerciseProgress, Verdict } from '../shared/api';
import { h, prose } from '../shared/dom';
import { t, time } from '../shared/i18n';
import type { Kind, KindView } from './kinds/kind';
import type { Spec } from './model';
import { Output } from './output';
import { block, points, spoken, tone } from './verdict';

export type HeadingLevel = 2 | 3 | 4 | 5 | 6;

interface Acts {
  check: () => void;
  run: () => void;
  stop: () => void;
  hint: () => void;
}

export class Frame {
  readonly element: HTMLElement;
  readonly output = new Output();
  readonly titleId: string;
  #title: HTMLElement;
  #chip = h('span', { class: 'pb-chip' });
  #optional = h('span', { class: 'pb-optional' }, t('optional'));
  #prompt = h('div', { class: 'pb-prompt pb-prose' });
  #older = h('div', { class: 'pb-offer', hidden: true });
  #answer = h('div', { class: 'pb-answer' });
  #check: HTMLButtonElement;
  #run: HTMLButtonElement;
  #stop: HTMLButtonElement;
  #hint: HTMLButtonElement;
  #note = h('span', { class: 'pb-note' });
  #hints = h('ol', { class: 'pb-hints', hidden: true });
  #notice = h('p', { class: 'pb-notice', hidden: true });
  #verdict = h('div', { class: 'pb-result' });
  #live = h('div', { class: 'pb-sr', role: 'status' });
  #opened = 0;
  #spec: Spec;
  #kept: boolean;

  constructor(name: string, spec: Spec, { runs = false, kept = false }: Pick<Kind, 'runs' | 'kept'>, acts: Acts, level: HeadingLevel) {
    this.#spec = spec;
    this.#kept = kept;
    this.titleId = `${name}-title`;
    const button = (kind: string, text: string, act: () => void) => h('button', { type: 'button', class: `pb-button ${kind}`, onclick: act }, text);
    this.#title = h(`h${level}`, { id: this.titleId, class: 'pb-title' });
    this.#check = button('pb-main', '', () => this.#check.ariaDisabled !== 'true' && acts.check());
    this.#run = button('pb-run', `▶ ${t('Run')}`, acts.run);
    this.#stop = button('pb-stop', `■ ${t('Stop')}`, acts.stop);
    this.#hint = button('pb-bare', '', acts.hint);
    this.#run.hidden = !runs;
    this.#stop.hidden = true;
    this.element = h(
      'div',
      { class: 'pb-view', 'data-lm-suppress-shortcuts': 'true' },
      h('div', { class: 'pb-head' }, this.#title, this.#optional, this.#chip),
      h(
        'div',
        { class: 'pb-body' },
        this.#prompt,
        this.#older,
        this.#answer,
        h('div', { class: 'pb-acts' }, this.#check, this.#run, this.#stop, this.#hint, h('span', { class: 'pb-grow' }), this.#note),
        this.#hints,
        this.#notice,
        this.output.element,
        this.#verdict,
        this.#live,
      ),
    );
    this.update(spec);
  }

  /** Title, points, prompt and hints of the public part as it is now. */
  update(spec: Spec): void {
    this.#spec = spec;
    this.#title.textContent = spec.title || t('Exercise');
    this.#optional.hidden = spec.required !== false;
    this.#prompt.innerHTML = spec.prompt_html; // sanitised when the release was built
    this.#prompt.hidden = !spec.prompt_html;
    if (!this.#chip.dataset.earned) this.#chip.textContent = points(spec.points, null);
    this.hints(this.#opened);
  }

  place(view: KindView): void {
    this.#answer.replaceChildren(view.element);
  }

  /** Points earned so far, as the chip says them. */
  points(state: ExerciseProgress['state'], earned: number, max = this.#spec.points): void {
    if (state === 'new' || state === 'pending' || state === 'manual') return;
    this.#chip.dataset.earned = String(earned);
    this.#chip.textContent = points(max, earned, state === 'passed');
    this.#chip.className = `pb-chip pb-${state === 'passed' ? 'good' : earned > 0 ? 'part' : 'none'}`;
  }

  hints(opened: number): void {
    const all = this.#spec.hints_html ?? [];
    this.#opened = Math.min(opened, all.length);
    this.#hint.hidden = all.length === 0 || this.#opened >= all.length;
    this.#hint.textContent = all.length > 1 ? t('Hint ({n} of {total})', { n: this.#opened + 1, total: all.length }) : t('Hint');
    this.#hints.hidden = this.#opened === 0;
    for (const html of all.slice(this.#hints.children.length, this.#opened)) this.#hints.append(prose('li', { class: 'pb-prose' }, html));
  }

  /** Of hints and of which is open now; a keyboard user is taken to the one just opened. */
  get opened(): number {
    return this.#opened;
  }

  showHint(): void {
    this.hints(this.#opened + 1);
    const last = this.#hints.lastElementChild;
    this.say(last?.textContent ?? '');
    if (this.#hint.hidden && last instanceof HTMLElement) {
      last.tabIndex = -1;
      last.focus({ preventScroll: true });
    }
  }

  /** Words beside the buttons: attempts left, state of the draft. */
  note(...parts: string[]): void {
    this.#note.textContent = parts.filter(Boolean).join(' · ');
  }

  /** The main button; a reason closes it. */
  checkable(busy: boolean, why = ''): void {
    this.#check.textContent = this.#kept ? (busy ? t('Saving…') : t('Save the answer')) : busy ? t('Checking…') : t('Check');
    this.#check.ariaDisabled = busy || why ? 'true' : null;
    this.#check.title = why;
    this.#verdict.dataset.busy = String(busy);
  }

  running(now: boolean): void {
    const focused = this.element.contains(document.activeElement) && (document.activeElement === this.#run || document.activeElement === this.#stop);
    this.#run.hidden = now;
    this.#stop.hidden = !now;
    if (focused) (now ? this.#stop : this.#run).focus();
  }

  /** A sentence that is no verdict: something is missing, or was refused. Empty takes it away. */
  notice(message: string): void {
    this.#notice.textContent = message;
    this.#notice.hidden = !message;
    if (message) this.say(message);
  }

  verdict(verdict: Verdict, aloud: boolean): void {
    this.#verdict.replaceChildren(block(verdict));
    this.element.dataset.tone = tone(verdict);
    if (aloud) this.say(spoken(verdict));
  }

  /** What is known while there is no verdict yet. */
  waiting(title: string, message: string): void {
    const box = h('div', { class: 'pb-verdict pb-info pb-waiting' }, h('p', { class: 'pb-verdict-title' }, h('b', {}, title)), message && message !== title ? h('p', {}, message) : null);
    this.#verdict.replaceChildren(box);
    this.say(`${title}. ${message}`);
  }

  noVerdict(): void {
    delete this.element.dataset.tone;
    this.#verdict.replaceChildren();
  }

  /** The answer was changed after it was judged. */
  stale(): void {
    const box = this.#verdict.querySelector('.pb-verdict:not(.pb-waiting)');
    if (!box || box.querySelector('.pb-stale')) return;
    delete this.element.dataset.tone;
    box.append(h('p', { class: 'pb-stale' }, this.#kept ? t('The answer has changed since it was kept: save it again.') : t('The answer has changed since this check.')));
  }

  /** Another version of the answer, from another tab or device; offered, never lost. */
  offer(savedAt: string, take: () => void): void {
    const words = savedAt ? t('There is another version of this answer, saved at {time}.', { time: time(savedAt) }) : t('There is another version of this answer.');
    const close = () => {
      this.#older.hidden = true;
    };
    this.#older.replaceChildren(
      h('span', {}, words),
      h('button', { type: 'button', class: 'pb-button pb-small', onclick: take }, t('Show it')),
      h('button', { type: 'button', class: 'pb-button pb-small pb-bare', onclick: close }, t('Keep this one')),
    );
    this.#older.hidden = false;
  }

  say(words: string): void {
    this.#live.textContent = words;
  }
}
