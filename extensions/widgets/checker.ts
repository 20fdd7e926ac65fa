// One exercise's way from Check to a verdict: sent once under one id however often it is repeated, awaited until it is there.
import type { Answer, Attempt, Verdict } from '../shared/api';
import { uuid } from '../shared/dom';
import type { Events } from '../shared/events';
import { t } from '../shared/i18n';
import { Away, place, Refusal } from '../shared/server';
import { pause, pauses } from './patience';

/** What the learner sees of a check: `sending`, `offline` (this browser reaches nobody), `pending` and `saved` are waits. */
export type Phase = 'idle' | 'sending' | 'offline' | 'pending' | 'saved';

/** Where answers are judged. Throws Away (repeat it) or Refusal (say it). */
export interface Judge {
  check(attempt: Attempt): Promise<Verdict>;
  attempt(id: string): Promise<Verdict>;
}

export interface Asked {
  ref: string;
  hash: string;
  surface: Attempt['surface'];
  /** The revision of the learner's own values, where they have some. */
  variant?: number | null;
}

interface Reports {
  phase(phase: Phase, message: string): void;
  verdict(verdict: Verdict): void;
  /** A refusal of this one call: nothing was accepted. */
  notice(message: string): void;
}

const RETRY = [1000, 15_000] as const;
const POLL = [2500, 20_000] as const;

function sameExercise(one: string | undefined, other: string): boolean {
  return JSON.stringify(place(one ?? '')) === JSON.stringify(place(other)) && place(other) !== null;
}

export function isFinal(verdict: Verdict): boolean {
  return verdict.state !== 'pending' && verdict.state !== 'saved';
}

export class Checker {
  #phase: Phase = 'idle';
  #stop = new AbortController();
  #waitingFor: string | null = null;
  #unhook: () => void;

  constructor(
    private readonly judge: Judge,
    private readonly asked: () => Asked,
    private readonly reports: Reports,
    events: Pick<Events, 'listen'> | null,
  ) {
    this.#unhook = events?.listen(news => {
      if (news.type === 'verdict') this.#news(news.verdict);
    }) ?? (() => undefined);
  }

  get phase(): Phase {
    return this.#phase;
  }

  get busy(): boolean {
    return this.#phase !== 'idle';
  }

  /** Sends an answer and reports until its verdict is there; a second call while one is under way does nothing. */
  async check(response: Answer): Promise<void> {
    if (this.busy) return;
    this.#enter('sending');
    const { ref, hash, surface, variant } = this.asked();
    const drawn = variant === null || variant === undefined ? {} : { variant };
    let attempt: Attempt = { id: uuid(), ref, public_hash: hash, response, surface, made_at: new Date().toISOString(), ...drawn };
    const waits = pauses(...RETRY);
    for (let renewed = false; ; ) {
      try {
        return this.#heard(await this.judge.check(attempt), attempt.id);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        if (error instanceof Away) {
          this.#enter('offline');
          if (!(await this.#rest(waits.next().value))) return;
        } else if (error instanceof Refusal && error.code === 'other-body' && !renewed) {
          attempt = { ...attempt, id: uuid() };
          renewed = true;
        } else {
          this.#enter('idle');
          return this.reports.notice(error instanceof Refusal ? this.#said(error) : t('The answer could not be checked. Reload the page and try again.'));
        }
      }
    }
  }

  #said(refusal: Refusal): string {
    return refusal.status === 429 ? t('Too many checks in a row. Wait a minute and check again.') : refusal.message;
  }

  /** Takes up a verdict that was still awaited when the page was last open. */
  resume(verdict: Verdict): void {
    if (this.busy || isFinal(verdict) || !verdict.attempt) return;
    this.#heard(verdict, verdict.attempt);
  }

  dispose(): void {
    this.#unhook();
    this.#stop.abort();
  }

  #enter(phase: Phase, message = ''): void {
    this.#phase = phase;
    this.reports.phase(phase, message);
  }

  #heard(verdict: Verdict, id: string): void {
    if (isFinal(verdict)) return this.#final(verdict);
    this.#enter(verdict.state === 'saved' ? 'saved' : 'pending', verdict.message ?? '');
    if (this.#waitingFor === id) return;
    this.#waitingFor = id;
    void this.#wait(id);
  }

  #final(verdict: Verdict): void {
    this.#waitingFor = null;
    this.#enter('idle');
    this.reports.verdict(verdict);
  }

  #news(verdict: Verdict): void {
    const mine = this.#waitingFor !== null && verdict.attempt === this.#waitingFor;
    if (mine) this.#heard(verdict, this.#waitingFor ?? '');
    else if (!this.busy && sameExercise(verdict.ref, this.asked().ref) && isFinal(verdict)) this.reports.verdict(verdict); // from another tab
  }

  /** The websocket brings the verdict; this asks now and then, should it not. */
  async #wait(id: string): Promise<void> {
    const waits = pauses(...POLL);
    while (await this.#rest(waits.next().value)) {
      if (this.#waitingFor !== id) return;
      try {
        const verdict = await this.judge.attempt(id);
        if (this.#waitingFor === id) this.#heard(verdict, id);
      } catch (error) {
        if (!(error instanceof Away || error instanceof Refusal)) throw error; // neither says anything about the answer
      }
    }
  }

  async #rest(ms: number): Promise<boolean> {
    try {
      await pause(ms, this.#stop.signal);
      return true;
    } catch {
      return false;
    }
  }
}
