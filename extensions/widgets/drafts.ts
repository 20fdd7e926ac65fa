// Keeps what the learner types: a second after the last change, at once when the page goes, again and again while nobody answers.
import type { Answer, Draft, Saved } from '../shared/api';
import { t } from '../shared/i18n';
import { Away } from '../shared/server';
import { pause, pauses } from './patience';

export type Saving = 'clean' | 'saving' | 'saved' | 'here' | 'offline' | 'refused';

type Save = (response: Answer, base: number, keepalive: boolean) => Promise<Saved>;

const QUIET = 1000;
const RETRY = [2000, 30_000] as const;

/** `other` hears of what another page saved meanwhile. One call is under way at a time; of several changes meanwhile only the newest is sent. */
export class Drafts {
  #state: Saving = 'clean';
  #next: Answer | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #working: Promise<void> | null = null;
  #stop = new AbortController();

  constructor(
    private readonly save: Save,
    private readonly report: (state: Saving) => void,
    private revision = 0,
    private readonly other: (draft: Draft) => void = () => undefined,
  ) {}

  get state(): Saving {
    return this.#state;
  }

  /** The revision that the server had when the page was opened. */
  start(revision: number): void {
    this.revision = revision;
  }

  changed(response: Answer): void {
    this.#next = response;
    this.#enter('saving');
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.flush(), QUIET);
  }

  /** Sends what is not sent yet; with `leaving` in a way that outlives the page. */
  flush(leaving = false): Promise<void> {
    clearTimeout(this.#timer);
    if (leaving && this.#next !== null) {
      const response = this.#next;
      this.#next = null;
      return this.#send(response, true).catch(() => this.changed(response)); // the page may have stayed after all
    }
    return (this.#working ??= this.#work().finally(() => (this.#working = null)));
  }

  dispose(): void {
    void this.flush(true);
    clearTimeout(this.#timer);
    this.#stop.abort();
  }

  async #send(response: Answer, leaving: boolean): Promise<void> {
    const saved = await this.save(response, this.revision, leaving);
    this.revision = saved.revision ?? this.revision;
    if (saved.older_draft) this.other(saved.older_draft);
    if (this.#next === null) this.#enter(saved.where === 'here' ? 'here' : 'saved');
  }

  async #work(): Promise<void> {
    const waits = pauses(...RETRY);
    while (this.#next !== null) {
      const response = this.#next;
      this.#next = null;
      try {
        await this.#send(response, false);
      } catch (error) {
        this.#next ??= response;
        if (!(error instanceof Away)) return this.#enter('refused');
        this.#enter('offline');
        try {
          await pause(waits.next().value, this.#stop.signal);
        } catch {
          return;
        }
      }
    }
  }

  #enter(state: Saving): void {
    this.#state = state;
    this.report(state);
  }
}

/** What stands beside an exercise of how its draft is kept. */
export function savingWords(state: Saving): string {
  switch (state) {
    case 'saving':
      return t('saving draft');
    case 'saved':
      return t('draft saved');
    case 'here':
      return t('draft saved here');
    case 'offline':
      return t('draft not saved: no connection');
    case 'refused':
      return t('draft not saved');
    default:
      return '';
  }
}
