// An exercise's state with anywidget's interface; the view keeps it for good, the kernel's model comes and goes behind it.
import type { Answer, Verdict } from '../shared/api';

export interface Option {
  item: string;
  html: string;
}

/** What a grader judges by. */
export interface Criterion {
  criterion: string;
  points: number;
  html: string;
}

export interface VisibleTest {
  name: string;
  code?: string;
  hidden: boolean;
  points: number;
}

/** The public part of an exercise, ready to show (proboost_kernel.exercises.view). */
export interface Spec {
  kind: string;
  title: string;
  points: number;
  prompt_html: string;
  hints_html?: string[];
  required?: boolean;
  attempts?: number | null;
  options?: Option[];
  shuffle?: boolean;
  starter?: string;
  setup?: string;
  tests?: VisibleTest[];
  timeout?: number;
  lines?: Option[];
  indent?: boolean;
  /** Whether the lines are a program's. */
  program?: boolean;
  left?: Option[];
  right?: Option[];
  rubric?: Criterion[];
  accept?: string[];
  /** Bytes. */
  max_size?: number;
  unit?: string;
  text_html?: string;
  /** `word` stands in `text_html` where the blank is. */
  blanks?: { name: string; word: string }[];
  /** A template, which shows nothing: each learner has values of their own, and gets the exercise with them. */
  variants?: boolean;
}

export interface Traits {
  id: string;
  ref: string;
  hash: string;
  spec: Spec;
  mode: 'learn' | 'preview';
  response: Answer;
  verdict: Verdict | null;
}

/** anywidget's model, as much of it as we use. */
export interface Live {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  save_changes(): void;
  send(content: unknown): void;
  on(event: string, listener: (...args: never[]) => void): void;
  off(event: string, listener: (...args: never[]) => void): void;
  widget_manager?: unknown;
}

/** A message to or from the kernel: `n` names the question that it belongs to. */
export interface Message {
  type: string;
  n?: string;
  [field: string]: unknown;
}

interface Happenings {
  live: [here: boolean, gone: boolean];
  message: [message: Message];
  spec: [];
  response: [];
  verdict: [];
}

type Listener<K extends keyof Happenings> = (...args: Happenings[K]) => void;
type Listeners = { [K in keyof Happenings]: Set<Listener<K>> };

/** The traits of a kernel's model; what is missing has the value of an exercise that nobody touched. */
export function traits(live: Live): Traits {
  const text = (name: string) => {
    const value = live.get(name);
    return typeof value === 'string' ? value : '';
  };
  const verdict = live.get('verdict') as Verdict | null | undefined;
  return {
    id: text('id'),
    ref: text('ref'),
    hash: text('hash'),
    spec: live.get('spec') as Spec,
    mode: live.get('mode') === 'preview' ? 'preview' : 'learn',
    response: (live.get('response') as Answer | null | undefined) ?? {},
    verdict: verdict?.state ? verdict : null,
  };
}

export class Model {
  #traits: Traits;
  #live: Live | null = null;
  #gone = false;
  #variant: number | null = null;
  /** The lesson's cell that shows it, on a lesson's page. */
  cell = '';
  #unhook: (() => void) | null = null;
  #listeners: Listeners = { live: new Set(), message: new Set(), spec: new Set(), response: new Set(), verdict: new Set() };

  constructor(given: Traits) {
    this.#traits = { ...given };
  }

  get<K extends keyof Traits>(name: K): Traits[K] {
    return this.#traits[name];
  }

  /** The learner's own values of a template: what is shown from here on, and what programs are run with. */
  draw(spec: Spec, variant: number): void {
    this.#traits = { ...this.#traits, spec };
    this.#variant = variant;
    this.#emit('spec');
  }

  /** The revision of the values that are shown; null where everybody has the same. */
  get variant(): number | null {
    return this.#variant;
  }

  /** Sets a trait here and, when it is there, in the kernel's model. */
  set<K extends 'response' | 'verdict'>(name: K, value: Traits[K]): void {
    this.#traits[name] = value;
    if (this.#live) {
      this.#live.set(name, value ?? {});
      this.#live.save_changes();
    }
    this.#emit(name);
  }

  on<K extends keyof Happenings>(event: K, listener: Listener<K>): () => void {
    const listeners: Set<Listener<K>> = this.#listeners[event];
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  #emit<K extends keyof Happenings>(event: K, ...args: Happenings[K]): void {
    const listeners: Set<Listener<K>> = this.#listeners[event];
    for (const listener of [...listeners]) listener(...args);
  }

  /** The kernel's model, when there is one. */
  get live(): Live | null {
    return this.#live;
  }

  /** Whether a kernel was awaited or there, and is known to be away. */
  get gone(): boolean {
    return this.#gone;
  }

  /** The kernel's model takes its place: what the learner wrote here wins, what the author wrote there does. */
  attach(live: Live): void {
    this.detach(false);
    this.#live = live;
    this.#gone = false;
    live.set('response', this.#traits.response);
    live.save_changes();
    const hear = (content: Message) => this.#emit('message', content);
    live.on('msg:custom', hear);
    this.#unhook = () => live.off('msg:custom', hear);
    const there = traits(live);
    if (there.hash !== this.#traits.hash) {
      this.#variant = null;
      this.#traits = { ...this.#traits, hash: there.hash, spec: there.spec, ref: there.ref, mode: there.mode };
      this.#emit('spec');
    }
    this.#emit('live', true, false);
  }

  /** The kernel's model goes; `gone` when it will not come back by itself. Only that model is let go, if one is named. */
  detach(gone: boolean, live?: Live): void {
    if (live && live !== this.#live) return;
    this.#unhook?.();
    this.#unhook = null;
    this.#live = null;
    this.#gone = gone;
    this.#emit('live', false, gone);
  }

  /** Throws when no kernel is there: ask `live` first. */
  send(message: Message): void {
    if (!this.#live) throw new Error('no kernel');
    this.#live.send(message);
  }
}
