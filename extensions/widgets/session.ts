// One exercise at work: brings together its model, its frame, its kind's front end and the desk that judges and keeps.
import type { Answer, ExerciseProgress, Verdict } from '../shared/api';
import { h, shared } from '../shared/dom';
import { t, tn } from '../shared/i18n';
import { attention } from '../shared/attention';
import { first } from '../shared/idle';
import { Checker, isFinal, type Phase } from './checker';
import { type Desk, desk as deskOf, type Known } from './desk';
import { Drafts, type Saving, savingWords } from './drafts';
import { Frame, type HeadingLevel } from './frame';
import { kind as load } from './kinds';
import type { Kind, KindView } from './kinds/kind';
import type { Model } from './model';
import { Broken, Gone, type Hearing, Stopped } from './programs';
import { reload } from './reload';
import { Stop } from './stop';
import { drawn, waiting } from './variant';

const PATIENCE = 2500; // milliseconds that an exercise waits for what is known of it before it is shown without
const DELIVERY = 2000; // milliseconds in which a spool empties itself
const FLASH = 350; // milliseconds below which nobody wants to read "Checking…"
const STUBBORN = 5000; // milliseconds after which a program that was stopped should have ended
const LONG = 15_000; // milliseconds after which a program may be one without an end

/** Newest answers of this page by exercise: a cell that is run again comes back with what its learner had typed. */
const typed = () => shared('typed', () => new Map<string, Answer>());

/** Points of exercises after a verdict, told to the page by the lesson's script or the JupyterLab panel. */
export type PointsEvent = CustomEvent<ExerciseProgress[]>;

let count = 0;

/** Shows the exercise of `model` in `el`, when it is its `turn`; resolves with the way to take it away. */
export async function mount(model: Model, el: HTMLElement, desk: Desk = deskOf(model), turn = () => Promise.resolve()): Promise<() => void> {
  const loading = load(model.get('spec').kind);
  if (!loading) return unknown(model, el);
  const varies = model.get('spec').variants ?? false;
  const known = varies ? own(model, el, desk) : desk.known();
  const [kind, soon] = await Promise.all([loading, varies ? known : Promise.race([known.catch(() => null), later(PATIENCE)])]);
  if (varies && !soon) return () => undefined; // taken away while it waited
  await turn();
  const session = new Session(model, el, desk, kind, soon);
  if (!soon) void known.then(found => session.know(found)).catch(() => undefined);
  return () => session.dispose();
}

function later(ms: number): Promise<null> {
  return new Promise(resolve => setTimeout(resolve, ms, null));
}

/** A template shows nothing until the learner's own values are there, however long that takes. */
function own(model: Model, el: HTMLElement, desk: Desk): Promise<Known | null> {
  const { view, say } = waiting(model.get('spec').title);
  replace(el, view);
  return drawn(model, el, desk, say);
}

function unknown(model: Model, el: HTMLElement): () => void {
  const view = h('div', { class: 'pb-view' }, h('div', { class: 'pb-body' }, h('p', { class: 'pb-notice' }, t('This exercise cannot be shown here (kind “{kind}”).', { kind: model.get('spec').kind }))));
  replace(el, view);
  return () => view.remove();
}

/** One below the heading of the prose that the exercise stands under, so that the page's outline has no gap. */
function headingLevel(el: HTMLElement): HeadingLevel {
  const prose = el.closest('.jp-Notebook') ? '.jp-Notebook .jp-RenderedMarkdown' : '#lesson .prose';
  const above = [...document.querySelectorAll(`${prose} :is(h1, h2, h3, h4, h5)`)].filter(heading => heading.compareDocumentPosition(el) & Node.DOCUMENT_POSITION_FOLLOWING).at(-1);
  return above ? ((Number(above.tagName.slice(1)) + 1) as HeadingLevel) : el.closest('.jp-Notebook') ? 2 : 3; // JupyterLab keeps only what is near the view
}

function replace(el: HTMLElement, view: HTMLElement): void {
  for (const old of el.querySelectorAll(':scope > :not(script)')) old.remove();
  el.append(view);
  el.dataset.ready = '';
}

class Session {
  #frame: Frame;
  #view: KindView;
  #drafts: Drafts | null;
  #checker: Checker;
  #saving: Saving = 'clean';
  #phase: Phase = 'idle';
  #left: number | null = null;
  #closed = '';
  #touched = false;
  #stop: Stop | null = null; // of the program that runs
  #stubborn: ReturnType<typeof setTimeout> | undefined;
  #warned = false;
  #flash: ReturnType<typeof setTimeout> | undefined;
  #ends: (() => void)[] = [];

  constructor(
    private readonly model: Model,
    private readonly el: HTMLElement,
    private readonly desk: Desk,
    private readonly kind: Kind,
    known: Known | null,
  ) {
    const spec = model.get('spec');
    const name = `pb-${String(++count)}`;
    const acts = { check: () => void this.check(), run: () => void this.run(), stop: () => this.stop(), hint: () => this.hint() };
    const begin = this.#begin(known);
    this.#frame = new Frame(name, spec, kind, acts, headingLevel(el));
    this.#view = kind.create({
      spec,
      name,
      seed: known?.order || model.get('ref'),
      labelledBy: this.#frame.titleId,
      begin,
      changed: () => this.#changed(),
      check: acts.check,
      run: acts.run,
      say: words => this.#frame.say(words),
      upload: desk.upload,
    });
    this.#frame.place(this.#view);
    const { saveDraft } = desk;
    this.#drafts = saveDraft && new Drafts(saveDraft, state => this.#saves(state), 0, draft => this.#offer(draft.response, draft.saved_at));
    const asked = () => ({ ref: model.get('ref'), hash: model.get('hash'), surface: desk.surface, variant: model.variant });
    this.#checker = new Checker(desk.judge, asked, { phase: (phase, message) => this.#phases(phase, message), verdict: verdict => this.#found(verdict), notice: text => this.#frame.notice(text) }, desk.events);
    this.#view.write(begin);
    this.know(known);
    model.set('response', this.#view.read());
    const kept = model.get('verdict');
    if (!known?.verdict && kept) this.#show(kept, false);
    this.#hook();
    el.setAttribute('aria-labelledby', this.#frame.titleId);
    replace(el, this.#frame.element);
    this.#tell();
  }

  /** The answer to begin with: typed on this page, else the draft, else what the kernel's copy has, else the starter. */
  #begin(known: Known | null): Answer {
    const { model } = this;
    const given = model.get('response');
    return typed().get(model.get('ref')) ?? known?.draft?.response ?? known?.answer ?? (Object.keys(given).length > 0 ? given : (this.kind.blank?.(model.get('spec')) ?? {}));
  }

  #hook(): void {
    const { model } = this;
    const leave = () => void this.#drafts?.flush(true);
    const hide = () => document.visibilityState === 'hidden' && leave();
    const earned = (event: Event) => {
      const mine = (event as PointsEvent).detail.find(({ ref }) => ref === model.get('ref'));
      if (mine) this.#frame.points(mine.state, mine.points, mine.max_points);
    };
    const attend = () => {
      attention().exercise = { ref: model.get('ref'), id: model.get('id'), title: model.get('spec').title };
    };
    addEventListener('pagehide', leave);
    document.addEventListener('pb:flush', leave); // the lesson is about to be handed in
    document.addEventListener('visibilitychange', hide);
    document.addEventListener('pb:points', earned);
    this.el.addEventListener('focusin', attend);
    this.#ends.push(
      () => removeEventListener('pagehide', leave),
      () => document.removeEventListener('pb:flush', leave),
      () => document.removeEventListener('visibilitychange', hide),
      () => document.removeEventListener('pb:points', earned),
      () => this.el.removeEventListener('focusin', attend),
      model.on('spec', () => {
        const spec = model.get('spec');
        if (spec.variants) return void this.#redrawn();
        this.#frame.update(spec);
        this.#view.update(spec);
      }),
      this.desk.events?.listen(news => {
        if (news.type === 'platform' && news.up && this.#saving === 'here') setTimeout(() => void this.#delivered(), DELIVERY);
      }) ?? (() => undefined),
    );
  }

  dispose(): void {
    this.#stop?.press();
    this.#ends.forEach(end => end());
    this.#checker.dispose();
    this.#drafts?.dispose();
    this.#view.destroy?.();
    this.#frame.element.remove();
  }

  /** What the server knows; also when it comes late: then a text that was touched stays, and the draft is offered. */
  know(known: Known | null): void {
    if (!known) return;
    this.#closed = known.closed ?? '';
    this.#left = known.attempts_left ?? null;
    this.#drafts?.start(known.draft?.revision ?? 0);
    if (known.draft) this.#saving = known.draft.where === 'here' ? 'here' : 'saved';
    if (known.draft && !typed().has(this.model.get('ref'))) {
      if (this.#touched) this.#offer(known.draft.response, known.draft.saved_at);
      else this.#view.write(known.draft.response);
    }
    if (known.older_draft) this.#offer(known.older_draft.response, known.older_draft.saved_at);
    this.#frame.hints(Math.max(known.hints_open ?? 0, this.#frame.opened));
    if (known.verdict) {
      this.#show(known.verdict, false);
      if (!isFinal(known.verdict)) this.#checker.resume(known.verdict);
    }
    this.#tell();
  }

  /** The platform is back: whether the draft that lay here has reached it. */
  async #delivered(): Promise<void> {
    const known = await this.desk.known().catch(() => null);
    if (known?.draft && known.draft.where !== 'here' && this.#saving === 'here') this.#saves('saved');
  }

  #offer(response: Answer, savedAt: string): void {
    if (JSON.stringify(response) === JSON.stringify(this.#view.read())) return;
    this.#frame.offer(savedAt, () => {
      const mine = this.#view.read();
      this.#view.write(response);
      this.#changed();
      this.#offer(mine, '');
    });
  }

  #changed(): void {
    this.#touched = true;
    const response = this.#view.read();
    typed().set(this.model.get('ref'), response);
    this.model.set('response', response);
    this.#drafts?.changed(response);
    this.#frame.notice('');
    this.#frame.stale();
  }

  hint(): void {
    this.#frame.showHint();
    this.desk.openHints(this.#frame.opened).catch(() => undefined); // hints stay open here; the count is kept when the next one opens
  }

  /** The exercise has become a template, or another one: what is drawn of it comes as a spec once more. */
  async #redrawn(): Promise<void> {
    if (await drawn(this.model, this.el, this.desk, words => this.#frame.notice(words))) this.#frame.notice('');
  }

  // -- Check
  async check(): Promise<void> {
    if (this.#checker.busy || this.#why()) return;
    const missing = this.#view.missing();
    if (missing) {
      this.#frame.notice(missing);
      return this.#view.focus();
    }
    this.#frame.notice('');
    void this.#drafts?.flush();
    const check = this.#checker.check(this.#view.read());
    first(check); // exercises that are not in view yet, what one reads by: later
    await check;
  }

  /** Why there is no checking now; empty when there is. */
  #why(): string {
    return this.#closed || (this.#left === 0 ? t('No attempts left') : '');
  }

  #phases(phase: Phase, message: string): void {
    this.#phase = phase;
    clearTimeout(this.#flash);
    if (phase === 'sending') this.#flash = setTimeout(() => this.#frame.waiting(this.kind.kept ? t('Saving…') : t('Checking…'), ''), FLASH);
    if (phase === 'pending') this.#frame.waiting(t('Checking…'), t('The answer is saved; the result will appear here by itself.'));
    if (phase === 'offline') this.#frame.waiting(t('No connection'), t('The answer will be sent as soon as there is one. Keep this page open.'));
    if (phase === 'saved') this.#frame.waiting(t('Saved here, will be checked'), message || t('The result will appear here by itself.'));
    if (phase === 'idle') this.#frame.noVerdict();
    this.#tell();
  }

  #found(verdict: Verdict): void {
    this.model.set('verdict', verdict);
    if (verdict.attempts_left !== undefined) this.#left = verdict.attempts_left;
    this.#show(verdict, true);
    this.#tell();
    this.desk.events?.tell({ type: 'progress' }); // the rail and the panel look again
  }

  #show(verdict: Verdict, aloud: boolean): void {
    if (!isFinal(verdict)) return;
    this.#frame.verdict(verdict, aloud);
    const { state, points, max_points: max } = verdict;
    if (typeof points === 'number' && (state === 'passed' || state === 'partial' || state === 'failed')) this.#frame.points(state, points, max ?? undefined);
  }

  // -- Run
  async run(): Promise<void> {
    if (!this.kind.runs || this.#stop) return;
    const stop = (this.#stop = new Stop());
    const { output } = this.#frame;
    this.#frame.running(true);
    output.clear();
    const waits = setTimeout(() => output.element.hidden && output.say(t('Running…'), 'wait'), FLASH);
    let warning: ReturnType<typeof setTimeout> | undefined;
    const warn = () => {
      clearTimeout(warning);
      warning = setTimeout(() => {
        this.#warned = true;
        this.#frame.notice(t('This program has been running for {n} seconds. If it should have ended by now, it may be in an endless loop: press Stop.', { n: LONG / 1000 }));
      }, LONG);
    };
    const hearing: Hearing = {
      piece: piece => output.add(piece),
      state: state => {
        if (state === 'waiting') return output.say(t('Waiting for the programs above: yours will run by itself in a moment.'), 'wait');
        if (output.element.querySelector('.pb-said-wait')) output.say(t('Running…'), 'wait');
        warn(); // anew: a program that the kernel threw away runs for a second time
      },
      ask: (prompt, secret) => {
        clearTimeout(warning); // it waits for its user, who may take their time
        this.#frame.say(prompt || t('The program asks:'));
        return output.ask(prompt, secret).then(said => (warn(), said));
      },
    };
    const program = this.#view.read().code;
    try {
      await this.desk.runner.run(typeof program === 'string' ? program : '', hearing, stop);
      if (output.element.hidden || output.element.querySelector('.pb-said-wait')) output.say(t('The program has ended and printed nothing.'), 'empty');
    } catch (error) {
      this.#failed(error);
    }
    clearTimeout(waits);
    clearTimeout(warning);
    clearTimeout(this.#stubborn);
    this.#stubborn = undefined;
    output.answered();
    if (this.#warned) this.#frame.notice('');
    this.#warned = false;
    this.#stop = null;
    this.#frame.running(false);
    this.#frame.say(output.spoken.slice(0, 600));
    if (output.trouble) attention().error = output.trouble;
  }

  #failed(error: unknown): void {
    const { output } = this.#frame;
    if (error instanceof Stopped) output.say(t('The program was not run.'), 'empty');
    else if (error instanceof Gone) output.say(this.#lost(), 'trouble', this.desk.surface === 'voila' ? reload() : null);
    else if (error instanceof Broken) output.say(t('The connection broke off. Run the program again.'), 'trouble');
    else output.say(t('The program could not be run. Reload the page and try again.'), 'trouble', reload());
  }

  stop(): void {
    if (!this.#stop) return;
    this.#stop.press();
    this.#stubborn ??= setTimeout(() => {
      this.#warned = true;
      this.#frame.notice(
        this.desk.surface === 'voila'
          ? t('The program does not let itself be stopped. Reload the page: that ends it, and your answers are kept.')
          : t('The program does not let itself be stopped. Press ■ above the notebook, and if that does not help, restart the kernel with ⟳ beside it: your answers are kept.'),
      );
    }, STUBBORN);
  }

  #lost(): string {
    return this.desk.surface === 'voila'
      ? t('Programs cannot be run on this page any more: reload it. Checking works all the same.')
      : t('Programs cannot be run here any more: run this cell again. Checking works all the same.');
  }

  // -- what is always visible
  #saves(state: Saving): void {
    this.#saving = state;
    this.#tell();
  }

  #tell(): void {
    const why = this.#why();
    this.#frame.checkable(this.#checker.busy, why);
    const left = this.#left !== null && this.#left > 0 ? tn('{n} attempt left', '{n} attempts left', this.#left) : '';
    this.#frame.note(why || left, savingWords(this.#saving));
    const state = pageState(this.#saving, this.#phase);
    if (this.el.dataset.saving === state) return;
    this.el.dataset.saving = state;
    this.el.dispatchEvent(new CustomEvent('pb:saving', { bubbles: true }));
  }
}

/** What this exercise adds to the page's one chip. */
function pageState(saving: Saving, phase: Phase): string {
  if (saving === 'offline' || saving === 'refused' || phase === 'offline') return 'offline';
  if (saving === 'here' || phase === 'saved') return 'here';
  return saving === 'saving' || phase === 'sending' ? 'saving' : 'saved';
}
