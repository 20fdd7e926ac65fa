import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { HandIn, HandInReply, Outlook } from './api';
import { type Desk, missing, openHandIn, receiptLine } from './handin';

const part = (id: string, more: Partial<Outlook['exercises'][number]> = {}) => ({ id, title: `Task ${id}`, kind: 'essay', points: 2, required: true, by_submission: true, answered: false, ...more });

const outlook: Outlook = {
  course: 'c',
  lesson: 'l',
  title: 'Letters',
  release: 1,
  due: null,
  closed: null,
  rule: 'Due on Monday.',
  late: false,
  factor: 1,
  exercises: [part('a'), part('b', { answered: true }), part('c', { required: false }), part('d', { answered: null })],
  last: null,
  notebook: true,
  files: [{ path: 'data.csv', size: 2048 }],
};
const given = { number: 12, course: 'c', lesson: 'l', sha256: 'ab'.repeat(32), received_at: '2026-11-25T10:00:00Z', late: true, state: 'grading' as const };

// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- as querySelector's own
const get = <T extends Element>(selector: string): T => document.querySelector<T>(selector) ?? expect.fail(selector);
const desk = (more: Partial<Desk> = {}): Desk => ({ look: () => Promise.resolve(outlook), send: () => Promise.resolve(given), before: () => Promise.resolve(), surface: 'voila', ...more });
const opened = async (at: Desk) => {
  const closed = openHandIn(at);
  await vi.waitFor(() => get('.pb-help-form, .pb-help-empty'));
  return closed;
};
const submit = () => get<HTMLFormElement>('.pb-help-form').dispatchEvent(new Event('submit', { cancelable: true }));

beforeEach(() => {
  document.body.replaceChildren();
  HTMLDialogElement.prototype.showModal = function () {
    this.open = true;
  };
  HTMLDialogElement.prototype.close = function () {
    this.open = false;
    this.dispatchEvent(new Event('close'));
  };
});

describe('handing in', () => {
  it('tells what is missing: required first, what only the notebook knows not at all', () => {
    const found = missing(outlook);
    expect([found.required.map(({ id }) => id), found.others.map(({ id }) => id)]).toEqual([['a'], ['c']]);
  });

  it('says what is missing and the late rule, sends the ticked files, then shows the receipt', async () => {
    const send = vi.fn<(what: HandIn) => Promise<HandInReply>>(() => Promise.resolve(given));
    const before = vi.fn(() => Promise.resolve());
    const closed = openHandIn(desk({ send, before, receipts: '/submissions' }));
    await vi.waitFor(() => get('.pb-help-form'));
    expect(get('.pb-handin-missing').textContent).toContain('Task a');
    expect(get('.pb-handin-rule').textContent).toBe('Due on Monday.');
    get<HTMLInputElement>('input[value="data.csv"]').click();
    submit();
    await vi.waitFor(() => get('.pb-help-sent'));
    expect(send.mock.calls[0]?.[0]).toMatchObject({ surface: 'voila', files: ['data.csv'] });
    expect(before).toHaveBeenCalledTimes(2);
    expect(get('.pb-help-sent').textContent).toContain('12');
    expect(get('.pb-handin-hash code').textContent).toBe(given.sha256);
    expect(get<HTMLAnchorElement>('.pb-help-sent a').getAttribute('href')).toBe('/submissions/12');
    get<HTMLDialogElement>('dialog').close();
    expect(await closed).toBe(true);
  });

  it('goes to an exercise that is missing, and leaves the focus there', async () => {
    const [opener, exercise] = [document.createElement('button'), document.createElement('button')];
    document.body.append(opener, exercise);
    opener.focus();
    let ended = () => undefined as unknown;
    HTMLDialogElement.prototype.close = function () {
      this.open = false;
      opener.focus(); // as browsers do, at once; the event comes later
      ended = () => this.dispatchEvent(new Event('close'));
    };
    const closed = opened(desk({ show: () => exercise.focus() }));
    await vi.waitFor(() => get('.pb-handin-go'));
    get<HTMLButtonElement>('.pb-handin-go').click();
    ended();
    expect(await closed).toBe(false);
    expect(document.activeElement).toBe(exercise);
  });

  it('keeps the id when it is sent again', async () => {
    const send = vi.fn<(what: HandIn) => Promise<HandInReply>>().mockRejectedValueOnce(new Error('No connection.')).mockResolvedValueOnce({ state: 'saved', message: 'Kept here.' });
    void opened(desk({ send }));
    await vi.waitFor(() => get('.pb-help-form'));
    submit();
    await vi.waitFor(() => expect(get('.pb-help-trouble').textContent).toBe('No connection.'));
    submit();
    await vi.waitFor(() => expect(get('.pb-help-sent').textContent).toContain('Kept here.'));
    expect(send.mock.calls[0]?.[0].id).toBe(send.mock.calls[1]?.[0].id);
  });

  it('takes nothing when the lesson is closed', async () => {
    void opened(desk({ look: () => Promise.resolve({ ...outlook, closed: 'It was taken until Monday.' }) }));
    await vi.waitFor(() => get('.pb-help-form'));
    expect(get('.pb-handin-rule').textContent).toBe('It was taken until Monday.');
    expect(document.querySelector('.pb-main')).toBeNull();
  });

  it('writes a receipt in one line', () => {
    expect(receiptLine(given)).toMatch(/^№ 12 · .+ · late · being checked$/);
  });
});
