import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Attempt, Verdict } from '../shared/api';
import type { News } from '../shared/events';
import { Away } from '../shared/server';
import type { Desk, Known } from './desk';
import { Model, type Spec } from './model';
import { Gone, type Hearing, Stopped } from './programs';
import type { Stop } from './stop';
import { mount } from './session';

const spec: Spec = {
  kind: 'choice',
  title: 'Remainder',
  points: 2,
  prompt_html: '<p>What is <code>7 % 2</code>?</p>',
  hints_html: ['<p>Divide.</p>', '<p>One is left.</p>'],
  options: [
    { item: 'a', html: '0' },
    { item: 'b', html: '1' },
    { item: 'c', html: '<b>2</b>' },
  ],
  shuffle: true,
};
const nothing: Known = { closed: null, draft: null, older_draft: null, verdict: null, attempts_left: null, hints_open: 0, order: 'seed' };
const stops: (() => void)[] = [];
let verdict: (attempt: Attempt) => Verdict | Promise<Verdict>;
const runs: { hearing: Hearing; stop: Stop; end: (error?: Error) => void }[] = [];
const listeners = new Set<(news: News) => void>();
const tell = (news: News) => listeners.forEach(listener => listener(news));
const saveDraft = vi.fn(() => Promise.resolve({ revision: 1, saved_at: '', where: 'platform' as const }));
const openHints = vi.fn(() => Promise.resolve());

async function show(known: Known | null = nothing, given: Partial<Spec> = {}, ref = `c/l#e${String(Math.random()).slice(2)}`) {
  const model = new Model({ id: 'e', ref, hash: 'h', spec: { ...spec, ...given }, mode: 'learn', response: {}, verdict: null });
  const el = document.createElement('section');
  document.body.append(el);
  const desk: Desk = {
    judge: { check: attempt => Promise.resolve(attempt).then(one => verdict(one)), attempt: () => Promise.reject(new Away()) },
    runner: { run: (_, hearing, stop) => new Promise((resolve, reject) => runs.push({ hearing, stop, end: error => (error ? reject(error) : resolve()) })) },
    surface: 'voila',
    events: { listen: (listener: (news: News) => void) => (listeners.add(listener), () => listeners.delete(listener)), tell: vi.fn() } as unknown as NonNullable<Desk['events']>,
    known: () => Promise.resolve(known),
    saveDraft,
    openHints,
    upload: () => Promise.reject(new Away()),
  };
  stops.push(await mount(model, el, desk));
  const get = (selector: string) => el.querySelector<HTMLElement>(selector) ?? expect.fail(selector);
  const choose = (item: string) => get(`input[value="${item}"]`).click();
  const check = () => get('.pb-main').click();
  return { el, model, get, choose, check, ref };
}

beforeEach(() => {
  verdict = ({ id }) => ({ state: 'passed', attempt: id, points: 2, max_points: 2, attempts_left: null, tests: [], explanation: '<p>Because.</p>' });
  saveDraft.mockClear();
  openHints.mockClear();
});
afterEach(() => {
  stops.splice(0).forEach(stop => stop());
  listeners.clear();
  document.body.replaceChildren();
});

describe('an exercise', () => {
  it('is a named group of choices in the learner’s own order', async () => {
    const { el, get } = await show();
    expect(document.getElementById(el.getAttribute('aria-labelledby') ?? '')?.textContent).toBe('Remainder');
    expect(get('fieldset').querySelector('legend')).not.toBeNull();
    const order = async (seed: string) => [...(await show({ ...nothing, order: seed })).el.querySelectorAll('input')].map(({ value }) => value).join('');
    expect(await order('seed')).toBe([...el.querySelectorAll('input')].map(({ value }) => value).join(''));
    expect(new Set(await Promise.all(Array.from({ length: 20 }, (_, n) => order(String(n))))).size).toBeGreaterThan(2);
  });

  it('keeps the author’s order where the author wants it', async () => {
    const { el } = await show(nothing, { shuffle: false });
    expect([...el.querySelectorAll('input')].map(({ value }) => value).join('')).toBe('abc');
  });

  it('wants an answer before it checks', async () => {
    const { get, check } = await show();
    check();
    expect(get('.pb-notice').textContent).toBe('Choose an answer first.');
    expect(get('[role="status"]').textContent).toBe('Choose an answer first.');
  });

  it('shows the verdict where the answer was given, and says it', async () => {
    const { get, choose, check, el } = await show();
    choose('b');
    check();
    await vi.waitFor(() => expect(get('.pb-verdict').textContent).toContain('Correct'));
    expect(get('.pb-verdict').textContent).toContain('Because.');
    expect(get('[role="status"]').textContent).toContain('Correct');
    expect(get('.pb-chip').textContent).toBe('✓ 2 of 2');
    choose('a');
    expect(get('.pb-stale').textContent).toContain('changed');
    expect(el.querySelectorAll('.pb-stale')).toHaveLength(1);
  });

  it('lists tests with words, the first failing case, and hidden ones without it', async () => {
    verdict = ({ id }) => ({
      state: 'partial',
      attempt: id,
      points: 1,
      max_points: 2,
      message: 'Look <again>',
      tests: [
        { name: 'small', passed: true },
        { name: 'big', passed: false, case: { call: 'f(1)', got: '<0>', wanted: '1' } },
        { name: 'secret', passed: false, hidden: true },
      ],
    });
    const { get, choose, check, el } = await show();
    choose('b');
    check();
    await vi.waitFor(() => expect(get('.pb-tests').children).toHaveLength(3));
    expect(get('.pb-verdict-title').textContent).toBe('Partly correct · 1 of 3 tests passed');
    expect(get('.pb-tests pre').textContent).toBe('f(1)  →  <0>, but wanted 1');
    expect(get('.pb-tests li:nth-child(2)').textContent).toContain('not passed:');
    expect(get('.pb-tests li:nth-child(3) .pb-chip').textContent).toBe('hidden test');
    expect(el.querySelectorAll('.pb-tests pre')).toHaveLength(1);
    expect(get('.pb-chip').textContent).toBe('1 of 2 points');
  });

  describe('whose program runs', () => {
    const running = async () => {
      const stand = await show(nothing, { kind: 'code', starter: 'while True: pass' });
      vi.useFakeTimers();
      stand.get('.pb-run').click();
      const { hearing, end, stop } = runs.at(-1) ?? expect.fail('no run');
      return { ...stand, hearing, end, stop };
    };
    afterEach(() => void vi.useRealTimers());

    it('says what it waits for, and can be taken back', async () => {
      const { get, hearing, end, stop } = await running();
      hearing.state('waiting');
      expect(get('.pb-output').textContent).toContain('Waiting for the programs above');
      get('.pb-stop').click();
      expect(stop.pressed).toBe(true);
      end(new Stopped());
      await vi.advanceTimersByTimeAsync(0);
      expect([get('.pb-output').textContent, get('.pb-run').hidden]).toEqual(['The program was not run.', false]);
    });

    it('tells how to stop one that runs long, and takes that back when it has ended', async () => {
      const { get, hearing, end } = await running();
      hearing.state('running');
      await vi.advanceTimersByTimeAsync(14_500);
      expect(get('.pb-notice').hidden).toBe(true);
      await vi.advanceTimersByTimeAsync(1000);
      expect(get('.pb-notice').textContent).toContain('running for 15 seconds');
      expect(get('[role="status"]').textContent).toContain('press Stop');
      end();
      await vi.advanceTimersByTimeAsync(0);
      expect(get('.pb-notice').hidden).toBe(true);
    });

    it('which begins for a second time is warned of once, and not after its end', async () => {
      const { get, hearing, end } = await running();
      hearing.state('running');
      hearing.state('running');
      end();
      await vi.advanceTimersByTimeAsync(20_000);
      expect(get('.pb-notice').hidden).toBe(true);
    });

    it('says that one which does not let itself be stopped ends with the page', async () => {
      const { get, hearing } = await running();
      hearing.state('running');
      get('.pb-stop').click();
      await vi.advanceTimersByTimeAsync(5100);
      expect(get('.pb-notice').textContent).toContain('Reload the page');
    });

    it('takes what its user types, in place', async () => {
      const { get, hearing, end } = await running();
      hearing.state('running');
      const answer = hearing.ask('Who? ', false);
      const field = get('.pb-ask input') as HTMLInputElement;
      expect([document.activeElement, get('.pb-ask label').textContent]).toEqual([field, 'Who?']);
      hearing.piece({ kind: 'stream', name: 'stdout', text: 'Hello\n' }); // what was printed before may come later
      field.value = 'Ada';
      (get('.pb-ask') as HTMLFormElement).requestSubmit();
      await expect(answer).resolves.toBe('Ada');
      expect(get('.pb-output').textContent).toBe('Hello\nWho? Ada\n');
      void hearing.ask('Again? ', true);
      end();
      await vi.advanceTimersByTimeAsync(0);
      expect(get('.pb-output').querySelector('form')).toBeNull();
    });

    it('offers a new page where the kernel is gone', async () => {
      const { get, end } = await running();
      end(new Gone());
      await vi.advanceTimersByTimeAsync(0);
      expect(get('.pb-said-trouble').textContent).toContain('Checking works all the same. Reload the page');
    });
  });

  it('says when the answer lies here, and shows the verdict that comes later', async () => {
    let id = '';
    verdict = attempt => {
      id = attempt.id;
      return { state: 'saved', attempt: id, message: 'Saved here, will be checked when the platform is back.' };
    };
    const { get, choose, check, el, ref } = await show();
    choose('b');
    check();
    await vi.waitFor(() => expect(get('.pb-waiting').textContent).toContain('when the platform is back'));
    expect(el.dataset.saving).toBe('here');
    expect(get('.pb-main').getAttribute('aria-disabled')).toBe('true');
    tell({ type: 'verdict', verdict: { state: 'failed', attempt: id, exercise: ref, points: 0, max_points: 2 } });
    expect(get('.pb-verdict').textContent).toContain('Not yet');
    expect(get('.pb-main').getAttribute('aria-disabled')).toBeNull();
  });

  it('says that a draft which lay here has reached the platform', async () => {
    const draft = { response: { choice: 'a' }, revision: 1, saved_at: '' };
    const known: Known = { ...nothing, draft: { ...draft, where: 'here' } };
    const { el, get } = await show(known);
    expect([el.dataset.saving, get('.pb-note').textContent]).toEqual(['here', 'draft saved here']);
    known.draft = draft;
    vi.useFakeTimers();
    tell({ type: 'platform', up: true });
    await vi.advanceTimersByTimeAsync(2500);
    vi.useRealTimers();
    expect([el.dataset.saving, get('.pb-note').textContent]).toEqual(['saved', 'draft saved']);
  });

  it('says a refusal in the platform’s words', async () => {
    verdict = ({ id }) => ({ state: 'refused', attempt: id, message: 'The lesson was closed yesterday.', attempts_left: 0 });
    const { get, choose, check } = await show();
    choose('b');
    check();
    await vi.waitFor(() => expect(get('.pb-verdict').textContent).toContain('The lesson was closed yesterday.'));
    expect(get('.pb-note').textContent).toContain('No attempts left');
    expect(get('.pb-main').getAttribute('aria-disabled')).toBe('true');
  });

  it('comes back as it was: draft, verdict, hints, attempts', async () => {
    const { get, el } = await show({
      closed: null,
      draft: { response: { choice: 'c' }, revision: 7, saved_at: '' },
      verdict: { state: 'failed', attempt: 'x', points: 0, max_points: 2, message: 'Count again' },
      attempts_left: 3,
      hints_open: 1,
      order: 's',
    });
    expect(el.querySelector<HTMLInputElement>('input:checked')?.value).toBe('c');
    expect(get('.pb-verdict').textContent).toContain('Count again');
    expect(get('.pb-hints').children).toHaveLength(1);
    expect(get('.pb-note').textContent).toBe('3 attempts left · draft saved');
  });

  it('opens hints one by one and keeps count', async () => {
    const { get, el } = await show();
    const button = get('.pb-bare');
    expect(button.textContent).toBe('Hint (1 of 2)');
    button.click();
    expect(openHints).toHaveBeenLastCalledWith(1);
    expect(get('.pb-hints').textContent).toBe('Divide.');
    expect(button.textContent).toBe('Hint (2 of 2)');
    button.click();
    expect(openHints).toHaveBeenLastCalledWith(2);
    expect(button.hidden).toBe(true);
    expect(el.querySelectorAll('.pb-hints li')).toHaveLength(2);
  });

  it('offers another tab’s answer and never loses this one', async () => {
    const { el, get } = await show({ ...nothing, draft: { response: { choice: 'a' }, revision: 2, saved_at: '' }, older_draft: { response: { choice: 'b' }, revision: 1, saved_at: '2026-11-25T10:00:00Z' } });
    const chosen = () => el.querySelector<HTMLInputElement>('input:checked')?.value;
    expect(chosen()).toBe('a');
    get('.pb-offer button').click();
    expect(chosen()).toBe('b');
    get('.pb-offer button').click();
    expect(chosen()).toBe('a');
  });

  it('takes no answers when the lesson is closed, and says why', async () => {
    const { get, choose, check } = await show({ ...nothing, closed: 'Closed since 1 November.' });
    choose('a');
    check();
    expect(get('.pb-note').textContent).toContain('Closed since 1 November.');
    expect(get('.pb-main').getAttribute('aria-disabled')).toBe('true');
  });

  it('comes back with what was typed when its cell is run again', async () => {
    const { ref, choose } = await show();
    choose('b');
    stops.splice(0).forEach(stop => stop());
    expect(saveDraft).toHaveBeenCalledWith({ choice: 'b' }, 0, true);
    const { el } = await show({ ...nothing, draft: { response: { choice: 'a' }, revision: 1, saved_at: '' } }, {}, ref);
    expect(el.querySelector<HTMLInputElement>('input:checked')?.value).toBe('b');
  });

  it('shows the points that the platform counts', async () => {
    const { get, ref } = await show();
    document.dispatchEvent(new CustomEvent('pb:points', { detail: [{ id: 'e', ref, title: '', kind: 'choice', state: 'partial', points: 0.5, max_points: 2 }] }));
    expect(get('.pb-chip').textContent).toBe('0.5 of 2 points');
  });

  it('says that a kind is not known here', async () => {
    const { get } = await show(nothing, { kind: 'hologram' });
    expect(get('.pb-notice').textContent).toContain('hologram');
  });
});

describe('an exercise with values of one’s own', () => {
  const template: Partial<Spec> = { variants: true, title: '', prompt_html: '', options: [] };
  const drawn = { ...spec, prompt_html: '<p>What is <code>9 % 2</code>?</p>' };
  const variant = { state: 'ready' as const, revision: 3, values: { a: '9' }, spec: drawn as unknown as Record<string, unknown> };

  it('is shown as it was drawn, and its answer says for which values it is', async () => {
    const sent = vi.fn();
    verdict = attempt => {
      sent(attempt);
      return { state: 'passed', attempt: attempt.id };
    };
    const { get, choose, check } = await show({ ...nothing, variant }, template);
    expect(get('.pb-prompt').textContent).toContain('9 % 2');
    choose('b');
    check();
    await vi.waitFor(() => expect(sent).toHaveBeenCalledOnce());
    expect(sent.mock.calls[0]?.[0]).toMatchObject({ response: { choice: 'b' }, variant: 3 });
  });

  it('keeps what was drawn when the kernel’s widget comes', async () => {
    const { model } = await show({ ...nothing, variant }, template);
    model.attach({ get: name => ({ hash: 'h', id: 'e', ref: model.get('ref'), spec: template })[name], set: vi.fn(), save_changes: vi.fn(), send: vi.fn(), on: vi.fn(), off: vi.fn() });
    expect(model.get('spec')).toEqual(drawn);
  });

  it('waits for them and says so, however long that takes', async () => {
    vi.useFakeTimers();
    try {
      const known: Known = { ...nothing, variant: { ...variant, state: 'pending', spec: null } };
      const showing = show(known, template);
      await vi.advanceTimersByTimeAsync(10_000);
      expect(document.querySelector('.pb-notice')?.textContent).toContain('being drawn');
      expect(document.querySelector('fieldset')).toBeNull();
      known.variant = variant;
      await vi.advanceTimersByTimeAsync(20_000);
      expect((await showing).get('.pb-prompt').textContent).toContain('9 % 2');
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('an optional exercise', () => {
  it('says so beside its points', async () => {
    const optional = async (given: Partial<Spec>) => (await show(nothing, given)).get('.pb-optional');
    expect((await optional({ required: false })).hidden).toBe(false);
    expect((await optional({})).hidden).toBe(true);
  });
});
