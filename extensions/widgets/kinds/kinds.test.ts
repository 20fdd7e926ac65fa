import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Answer } from '../../shared/api';
import { Away, Refusal } from '../../shared/server';
import type { Spec } from '../model';
import { Arrangement } from './arrangement';
import { essay, words } from './essay';
import type { Host, Kind } from './kind';
import { match } from './match';
import { order } from './order';
import { accepted, size, upload } from './upload';

const plain: Spec = { kind: '', title: 'T', points: 1, prompt_html: '' };
const lines = ['a', 'b', 'c', 'b'].map(item => ({ item, html: item.toUpperCase() }));

function show(kind: Kind, given: Partial<Spec>, bring: Host['upload'] = () => Promise.reject(new Away())) {
  const host = { spec: { ...plain, ...given }, name: 'x', seed: 'seed', labelledBy: 'x-title', changed: vi.fn(), check: vi.fn(), run: vi.fn(), say: vi.fn(), upload: bring };
  const view = kind.create(host);
  document.body.append(view.element);
  const get = (selector: string) => view.element.querySelector<HTMLElement>(selector) ?? expect.fail(selector);
  const all = (selector: string) => [...view.element.querySelectorAll<HTMLElement>(selector)];
  const press = (key: string, more: KeyboardEventInit = {}) => document.activeElement?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more }));
  return { view, host, get, all, press };
}

afterEach(() => document.body.replaceChildren());

describe('an arrangement', () => {
  const placed = (state: Arrangement) => state.answer.map(({ line, level }) => `${line.item}${level}`).join(' ');

  it('moves lines between the pool and the answer, equal ones each by itself', () => {
    const state = new Arrangement(lines, true, 'seed');
    const [first, second] = state.lines.filter(({ item }) => item === 'b');
    state.put(first?.key ?? '', 0, 2);
    state.put(second?.key ?? '');
    expect(placed(state)).toBe('b2 b2'); // as deep as the line before
    expect(state.pool.map(({ item }) => item).sort().join('')).toBe('ac');
    state.takeOut(first?.key ?? '');
    expect(placed(state)).toBe('b2');
    expect(state.indent(second?.key ?? '', -9)).toBe(true);
    expect(state.indent(second?.key ?? '', -1)).toBe(false);
    expect(state.read()).toEqual({ lines: [{ item: 'b', indent: 0 }] });
  });

  it('comes back as it was kept, without lines that are gone', () => {
    const state = new Arrangement(lines, true, 'seed');
    state.write({ lines: [{ item: 'c', indent: 1 }, { item: 'gone', indent: 0 }, { item: 'b', indent: 99 }, null, { item: 'c', indent: 0 }] });
    expect(placed(state)).toBe('c1 b12');
    state.write({ lines: 'nonsense' });
    expect(placed(state)).toBe('');
    expect(new Arrangement(lines, false, 's').indent('a', 1)).toBe(false);
  });

  it('keeps the learner’s own order of lines', () => {
    const drawn = (seed: string) => new Arrangement(lines, false, seed).lines.map(({ key }) => key).join();
    expect(drawn('one')).toBe(drawn('one'));
    expect(new Set(Array.from({ length: 20 }, (_, n) => drawn(String(n)))).size).toBeGreaterThan(5);
  });
});

describe('lines to be put in order', () => {
  const of = (answer: Answer) => (answer.lines as { item: string; indent: number }[]).map(({ item, indent }) => `${item}${indent}`).join(' ');

  it('are put, moved, indented and taken out by keyboard, and every step is told', () => {
    const { view, host, press, get } = show(order, { lines, indent: true });
    expect(view.missing()).toMatch(/at least one line/);
    view.focus();
    press('Enter');
    press('Enter');
    press('Enter');
    const [one, two, three] = of(view.read()).split(' ');
    get('[data-list="answer"] .pb-line').focus();
    press('ArrowRight');
    expect(host.say).toHaveBeenLastCalledWith('line 1 of 3, depth 1');
    press(' ');
    expect(get('[data-held="true"]')).not.toBeNull();
    press('ArrowDown');
    expect(of(view.read())).toBe(`${two ?? ''} ${one?.replace('0', '1') ?? ''} ${three ?? ''}`);
    press('Escape');
    expect(of(view.read())).toBe(`${one?.replace('0', '1') ?? ''} ${two ?? ''} ${three ?? ''}`);
    press('ArrowDown', { altKey: true });
    expect(of(view.read()).startsWith(two ?? '')).toBe(true);
    press('Delete');
    expect(of(view.read())).toBe(`${two ?? ''} ${three ?? ''}`);
    expect(host.say).toHaveBeenLastCalledWith('Taken out of the answer.');
    expect(view.missing()).toBeNull();
    press('Enter', { ctrlKey: true });
    expect(host.check).toHaveBeenCalledOnce();
  });

  it('are put and arranged by tapping alone', () => {
    const { view, all, get } = show(order, { lines, indent: true });
    for (const line of all('[data-list="pool"] .pb-line').slice(0, 2)) line.click();
    const tool = (label: string) => get(`[data-list="answer"] li:first-child .pb-tool[aria-label="${label}"]`);
    const before = of(view.read());
    tool('Down').click();
    expect(of(view.read())).toBe(before.split(' ').reverse().join(' '));
    tool('Deeper').click();
    expect(of(view.read())).toContain('1');
    tool('Take out of the answer').click();
    expect(all('[data-list="answer"] li')).toHaveLength(1);
  });

  it('come back, keep what is typed when the exercise changes, and stay one stop for Tab', () => {
    const { view, all } = show(order, { lines });
    view.write({ lines: [{ item: 'c', indent: 0 }, { item: 'a', indent: 0 }] });
    expect(all('[data-list="answer"] .pb-line .pb-prose').map(line => line.textContent)).toEqual(['C', 'A']);
    expect(all('.pb-line[tabindex="0"]')).toHaveLength(2);
    view.update({ ...plain, lines: [...lines.slice(0, 2), { item: 'd', html: 'D' }] });
    expect(of(view.read())).toBe('a0');
  });
});

describe('halves to be put together', () => {
  const halves = { left: ['l1', 'l2'].map(item => ({ item, html: item })), right: ['r1', 'r2', 'r3'].map(item => ({ item, html: item })) };

  it('are chosen from a list by keyboard', () => {
    const { view, host, press, get } = show(match, halves);
    expect(view.missing()).toBe('2 places are still empty.');
    view.focus();
    get('.pb-slot').click();
    expect(get('.pb-list:not([hidden])').getAttribute('aria-activedescendant')).toBe(get('.pb-active').id);
    press('End');
    press('Enter');
    const chosen = Object.values(view.read().pairs as object);
    expect(chosen).toHaveLength(1);
    expect(document.activeElement).toBe(get('.pb-pair[data-filled="true"] .pb-slot'));
    press('ArrowUp');
    expect(Object.values(view.read().pairs as object)).not.toEqual(chosen);
    press('Delete');
    expect(view.read()).toEqual({ pairs: {} });
    expect(host.changed).toHaveBeenCalledTimes(3);
  });

  it('are picked and placed by tapping, and come back', () => {
    const { view, get, all } = show(match, halves);
    get('.pb-half[data-item="r2"]').click();
    all('.pb-slot')[1]?.click();
    const [pair] = Object.entries(view.read().pairs as object);
    expect(pair?.[1]).toBe('r2');
    expect(get('.pb-half[data-item="r2"]').dataset.used).toBe('true');
    view.write({ pairs: { l1: 'r3', l2: 'gone', other: 'r1' } });
    expect(view.read()).toEqual({ pairs: { l1: 'r3' } });
    view.write({ pairs: { l1: 'r3', l2: 'r3' } });
    expect(view.missing()).toBeNull();
  });
});

describe('an essay', () => {
  it('counts words, shows its criteria, and says when it is too long', () => {
    expect(words('Кто-то сказал: “it’s 3.14”.')).toBe(4);
    const { view, get, host } = show(essay, { rubric: [{ criterion: 'Idea', points: 2, html: '<p>clear</p>' }] });
    expect(get('.pb-rubric').textContent).toContain('Idea2 points');
    expect(view.missing()).toBe('Write something first.');
    const text = get('textarea') as HTMLTextAreaElement;
    text.value = 'two words';
    text.dispatchEvent(new Event('input'));
    expect(get('.pb-length').textContent).toBe('2 words');
    expect(host.changed).toHaveBeenCalledOnce();
    view.write({ text: 'я'.repeat(40_000) });
    expect(view.missing()).toMatch(/too long/);
    expect(view.read()).toEqual({ text: 'я'.repeat(40_000) });
  });
});

describe('an upload', () => {
  const file = (name: string, type = '', bytes = 'x') => new File([bytes], name, { type });
  const choose = (input: HTMLInputElement, ...files: File[]) => {
    Object.defineProperty(input, 'files', { value: files, configurable: true });
    input.dispatchEvent(new Event('change'));
  };

  it('knows what is accepted and how large things are', () => {
    expect(accepted(file('A.PDF'), ['.pdf'])).toBe(true);
    expect(accepted(file('a.png', 'image/png'), ['.pdf', 'image/*'])).toBe(true);
    expect(accepted(file('a.exe', 'application/x-dosexec'), ['.pdf', 'image/*'])).toBe(false);
    expect([size(10), size(20_400), size(5_240_000)]).toEqual(['10 bytes', '20 KB', '5.2 MB']);
  });

  it('sends a file with its progress and answers with what the platform has', async () => {
    const { view, get, host } = show(upload, { accept: ['.pdf'], max_size: 100 }, async ({ name, size: bytes }, progress) => {
      progress(0.5);
      expect(get('.pb-file').textContent).toBe('Sending “a.pdf”: 50 %');
      expect(view.missing()).toBe('Wait until the file is sent.');
      return Promise.resolve({ id: 'id-12345', name, size: bytes, here: false });
    });
    choose(get('input') as HTMLInputElement, file('a.pdf'));
    await vi.waitFor(() => expect(view.read()).toEqual({ file: 'id-12345', name: 'a.pdf', size: 1 }));
    expect(host.changed).toHaveBeenCalledOnce();
    expect(get('.pb-file').textContent).toBe('✓ a.pdf · 1 byte');
    view.write({});
    expect(view.missing()).toBe('Choose a file first.');
    view.write({ file: 'id-12345', name: 'b.pdf', size: 3 });
    expect(get('.pb-file').textContent).toContain('b.pdf');
  });

  it('says plainly why a file is not taken, and keeps the one before', async () => {
    const { view, get } = show(upload, { accept: ['.pdf'], max_size: 3 }, () => Promise.reject(new Refusal(422, 'no', 'The lesson is closed.')));
    view.write({ file: 'id-12345', name: 'a.pdf', size: 3 });
    const input = get('input') as HTMLInputElement;
    const trouble = () => get('.pb-upload > .pb-trouble, .pb-trouble').textContent;
    choose(input, file('a.txt'));
    expect(trouble()).toMatch(/another type. Taken are: .pdf/);
    choose(input, file('a.pdf', '', 'xxxx'));
    expect(trouble()).toMatch(/at most 3 bytes/);
    choose(input, file('a.pdf', '', ''));
    expect(trouble()).toMatch(/is empty/);
    choose(input, file('a.pdf'), file('b.pdf'));
    expect(trouble()).toMatch(/Only one file/);
    choose(input, file('a.pdf'));
    await vi.waitFor(() => expect(trouble()).toBe('The lesson is closed.'));
    expect(view.read()).toEqual({ file: 'id-12345', name: 'a.pdf', size: 3 });
  });
});
