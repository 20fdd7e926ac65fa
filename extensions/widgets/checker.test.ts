import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Attempt, Verdict } from '../shared/api';
import type { News } from '../shared/events';
import { Away, Refusal } from '../shared/server';
import { Checker, type Judge, type Phase } from './checker';

const passed = (attempt: Attempt): Verdict => ({ state: 'passed', attempt: attempt.id, points: 1 });

class Stage {
  phases: Phase[] = [];
  verdicts: Verdict[] = [];
  notices: string[] = [];
  attempts: Attempt[] = [];
  polls = 0;
  answers: ((attempt: Attempt) => Verdict)[] = [];
  poll: () => Verdict = () => {
    throw new Away();
  };
  tell: (news: News) => void = () => undefined;
  checker: Checker;

  constructor() {
    const judge: Judge = {
      check: attempt => {
        this.attempts.push(attempt);
        return new Promise(resolve => resolve((this.answers.shift() ?? passed)(attempt)));
      },
      attempt: () => {
        this.polls++;
        return new Promise(resolve => resolve(this.poll()));
      },
    };
    const reports = {
      phase: (phase: Phase) => void this.phases.push(phase),
      verdict: (verdict: Verdict) => void this.verdicts.push(verdict),
      notice: (text: string) => void this.notices.push(text),
    };
    const events = {
      listen: (listener: (news: News) => void) => {
        this.tell = listener;
        return () => undefined;
      },
    };
    this.checker = new Checker(judge, () => ({ ref: 'c/l#e', hash: 'h', surface: 'voila' }), reports, events);
  }
}

const away = () => {
  throw new Away();
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('Check', () => {
  it('sends one attempt and shows its verdict', async () => {
    const stage = new Stage();
    await stage.checker.check({ choice: 'a' });
    expect(stage.attempts).toHaveLength(1);
    expect(stage.attempts[0]).toMatchObject({ ref: 'c/l#e', public_hash: 'h', response: { choice: 'a' }, surface: 'voila' });
    expect(stage.attempts[0]?.id).toMatch(/^[0-9a-f-]{36}$/);
    expect(stage.phases).toEqual(['sending', 'idle']);
    expect(stage.verdicts.map(({ state }) => state)).toEqual(['passed']);
  });

  it('repeats itself under the same id while nobody answers', async () => {
    const stage = new Stage();
    stage.answers = [away, away];
    const done = stage.checker.check({});
    await vi.advanceTimersByTimeAsync(10_000);
    await done;
    expect(stage.attempts).toHaveLength(3);
    expect(new Set(stage.attempts.map(({ id }) => id)).size).toBe(1);
    expect(new Set(stage.attempts.map(({ made_at: at }) => at)).size).toBe(1);
    expect(stage.phases).toEqual(['sending', 'offline', 'offline', 'idle']);
  });

  it('goes on at once when the browser is online again', async () => {
    const stage = new Stage();
    stage.answers = [away];
    const done = stage.checker.check({});
    await vi.advanceTimersByTimeAsync(1);
    dispatchEvent(new Event('online'));
    await done;
    expect(stage.verdicts).toHaveLength(1);
  });

  it('is one at a time', async () => {
    const stage = new Stage();
    await Promise.all([stage.checker.check({}), stage.checker.check({})]);
    expect(stage.attempts).toHaveLength(1);
  });

  it('takes the verdict that the websocket brings, once', async () => {
    const stage = new Stage();
    stage.answers = [({ id }) => ({ state: 'pending', attempt: id })];
    await stage.checker.check({});
    expect(stage.phases.at(-1)).toBe('pending');
    const attempt = stage.attempts[0]?.id ?? '';
    stage.tell({ type: 'verdict', verdict: { state: 'failed', attempt, exercise: 'c/l#e' } });
    expect(stage.verdicts.map(({ state }) => state)).toEqual(['failed']);
    await vi.advanceTimersByTimeAsync(60_000);
    expect([stage.verdicts.length, stage.polls]).toEqual([1, 0]);
  });

  it('asks by itself when the websocket is silent', async () => {
    const stage = new Stage();
    stage.answers = [({ id }) => ({ state: 'pending', attempt: id })];
    await stage.checker.check({});
    await vi.advanceTimersByTimeAsync(5000);
    expect(stage.polls).toBe(1);
    stage.poll = () => ({ state: 'passed', attempt: stage.attempts[0]?.id ?? '' });
    await vi.advanceTimersByTimeAsync(20_000);
    expect(stage.verdicts).toHaveLength(1);
    expect(stage.checker.busy).toBe(false);
  });

  it('says that the answer is saved here, then pending, then found', async () => {
    const stage = new Stage();
    stage.answers = [({ id }) => ({ state: 'saved', attempt: id, message: 'saved' })];
    await stage.checker.check({});
    const attempt = stage.attempts[0]?.id ?? '';
    stage.poll = () => ({ state: 'pending', attempt });
    await vi.advanceTimersByTimeAsync(3000);
    stage.tell({ type: 'verdict', verdict: { state: 'passed', attempt } });
    expect(stage.phases).toEqual(['sending', 'saved', 'pending', 'idle']);
    expect(stage.verdicts).toHaveLength(1);
  });

  it('says a refusal in words and accepts the next answer', async () => {
    const stage = new Stage();
    stage.answers = [
      () => {
        throw new Refusal(429, 'too-many', 'x');
      },
    ];
    await stage.checker.check({});
    expect(stage.notices[0]).toContain('Too many checks');
    await stage.checker.check({});
    expect(stage.verdicts).toHaveLength(1);
  });

  it('takes a new id when another answer had this one, but only once', async () => {
    const stage = new Stage();
    const taken = () => {
      throw new Refusal(409, 'other-body', 'taken');
    };
    stage.answers = [taken, taken];
    await stage.checker.check({});
    expect(new Set(stage.attempts.map(({ id }) => id)).size).toBe(2);
    expect(stage.notices).toEqual(['taken']);
  });

  it('shows the verdict of another tab of the same exercise, not of another exercise', () => {
    const stage = new Stage();
    stage.tell({ type: 'verdict', verdict: { state: 'passed', attempt: 'x', ref: 'c/l#other' } });
    stage.tell({ type: 'verdict', verdict: { state: 'passed', attempt: 'y', ref: 'c/l@2#e' } });
    expect(stage.verdicts.map(({ attempt }) => attempt)).toEqual(['y']);
  });

  it('takes up what was awaited before the page was loaded', async () => {
    const stage = new Stage();
    stage.poll = () => ({ state: 'passed', attempt: 'old' });
    stage.checker.resume({ state: 'saved', attempt: 'old' });
    expect(stage.phases).toEqual(['saved']);
    await vi.advanceTimersByTimeAsync(5000);
    expect(stage.verdicts).toEqual([{ state: 'passed', attempt: 'old' }]);
  });

  it('stops with its exercise', async () => {
    const stage = new Stage();
    stage.answers = [away];
    const done = stage.checker.check({});
    await vi.advanceTimersByTimeAsync(1);
    stage.checker.dispose();
    await done;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(stage.attempts).toHaveLength(1);
  });
});
