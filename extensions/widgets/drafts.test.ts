import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Answer, Saved } from '../shared/api';
import { Away, Refusal } from '../shared/server';
import { Drafts, type Saving } from './drafts';

let calls: [Answer, number, boolean][];
let states: Saving[];
let answer: () => Promise<Saved>;
const make = () =>
  new Drafts(
    (response, base, leaving) => {
      calls.push([response, base, leaving]);
      return answer();
    },
    state => void states.push(state),
    4,
  );

beforeEach(() => {
  vi.useFakeTimers();
  calls = [];
  states = [];
  let revision = 4;
  answer = () => Promise.resolve({ revision: ++revision, saved_at: '', where: 'platform' });
});
afterEach(() => void vi.useRealTimers());

describe('a draft', () => {
  it('is saved once, a second after the last change, on top of the known revision', async () => {
    const drafts = make();
    drafts.changed({ code: 'a' });
    await vi.advanceTimersByTimeAsync(900);
    drafts.changed({ code: 'ab' });
    await vi.advanceTimersByTimeAsync(999);
    expect(calls).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(calls).toEqual([[{ code: 'ab' }, 4, false]]);
    expect(states.at(-1)).toBe('saved');
    drafts.changed({ code: 'abc' });
    await vi.advanceTimersByTimeAsync(1000);
    expect(calls[1]).toEqual([{ code: 'abc' }, 5, false]);
  });

  it('says when it lies here', async () => {
    answer = () => Promise.resolve({ revision: null, saved_at: '', where: 'here' });
    const drafts = make();
    drafts.changed({});
    await vi.advanceTimersByTimeAsync(1000);
    expect(states.at(-1)).toBe('here');
  });

  it('is repeated until somebody answers, and only the newest text', async () => {
    answer = () => Promise.reject(new Away());
    const drafts = make();
    drafts.changed({ code: 'old' });
    await vi.advanceTimersByTimeAsync(1000);
    expect(states.at(-1)).toBe('offline');
    drafts.changed({ code: 'new' });
    answer = () => Promise.resolve({ revision: 9, saved_at: '', where: 'platform' });
    await vi.advanceTimersByTimeAsync(5000);
    expect(calls.map(([{ code }]) => code)).toEqual(['old', 'new']);
    expect(states.at(-1)).toBe('saved');
  });

  it('is not repeated after a no', async () => {
    answer = () => Promise.reject(new Refusal(422, 'x', 'no'));
    const drafts = make();
    drafts.changed({});
    await vi.advanceTimersByTimeAsync(60_000);
    expect([calls.length, states.at(-1)]).toEqual([1, 'refused']);
  });

  it('goes at once when the page does, and not twice', async () => {
    const drafts = make();
    drafts.changed({ code: 'x' });
    void drafts.flush(true);
    void drafts.flush(true);
    await vi.advanceTimersByTimeAsync(5000);
    expect(calls).toEqual([[{ code: 'x' }, 4, true]]);
  });

  it('is sent by the exercise that leaves', async () => {
    const drafts = make();
    drafts.changed({ code: 'last' });
    drafts.dispose();
    await vi.advanceTimersByTimeAsync(5000);
    expect(calls).toEqual([[{ code: 'last' }, 4, true]]);
  });
});
