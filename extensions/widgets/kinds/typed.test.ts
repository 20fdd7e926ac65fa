import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Spec } from '../model';
import { blanks } from './blanks';
import { choice } from './choice';
import type { Kind } from './kind';
import { multiple } from './multiple';
import { isNumber, number } from './number';
import { text } from './text';

const plain: Spec = { kind: '', title: 'T', points: 1, prompt_html: '' };
const options = ['a', 'b', 'c'].map(item => ({ item, html: item.toUpperCase() }));
const [one, two] = ['blank0123n0z', 'blank0123n1z'];
const text_html = `<p>x ${one} y <b>${two}</b></p><pre><code><span class="n">z</span></code></pre>`;
const two_blanks = { text_html, blanks: [{ name: 'p', word: one }, { name: 'q', word: two }] };

function show(kind: Kind, given: Partial<Spec> = {}) {
  const host = { spec: { ...plain, ...given }, name: 'x', seed: 'seed', labelledBy: 'x-title', changed: vi.fn(), check: vi.fn(), run: vi.fn(), say: vi.fn(), upload: () => Promise.reject(new Error()) };
  const view = kind.create(host);
  document.body.append(h1(), view.element);
  const inputs = [...view.element.querySelectorAll('input')];
  const type = (at: number, words: string) => {
    const input = inputs[at] ?? expect.fail('no such field');
    input.value = words;
    input.dispatchEvent(new Event('input', { bubbles: true }));
  };
  return { view, host, inputs, type };
}

function h1(): HTMLElement {
  const title = document.createElement('h1');
  title.id = 'x-title';
  return title;
}

afterEach(() => document.body.replaceChildren());

describe('ticks', () => {
  it('are read by item, in no telling order, and come back', () => {
    const { view, host, inputs } = show(multiple, { options });
    expect(view.missing()).toMatch(/at least one/);
    expect(view.read()).toEqual({});
    for (const box of inputs.filter(({ value }) => value !== 'b').reverse()) box.click();
    expect(host.changed).toHaveBeenCalledTimes(2);
    expect(view.read()).toEqual({ choices: ['a', 'c'] });
    view.write({ choices: ['b', 'gone', 7] });
    expect(view.read()).toEqual({ choices: ['b'] });
    view.write({});
    expect(view.missing()).not.toBeNull();
  });

  it('stay when other options come', () => {
    for (const [kind, answer] of [[multiple, { choices: ['b'] }], [choice, { choice: 'b' }]] as const) {
      const { view } = show(kind, { options });
      view.write(answer);
      view.update({ ...plain, options: [...options, { item: 'd', html: 'D' }] });
      expect(view.read()).toEqual(answer);
    }
  });
});

describe('a number', () => {
  it.each(['12', '-0.5', '+3,14', '\u22127', '1 000', '1\u00a0000,5', '.5', '6.02e23', '\u22125e\u22123', '5 kg', '9'.repeat(40)])('is %s', typed => expect(isNumber(typed, 'kg')).toBe(true));
  it.each(['', 'x', '1/2', '1,000.5', '1 2', '1e9999', 'Infinity', '0x10', '9'.repeat(41), '5 m'])('is not %s', typed => expect(isNumber(typed, 'kg')).toBe(false));

  it('is asked for in words, and sent as it was typed', () => {
    const { view, type, host, inputs } = show(number, { unit: 'kg' });
    expect(view.missing()).toMatch(/Write a number first/);
    type(0, 'three');
    expect(view.missing()).toMatch(/like 12/);
    type(0, '3,14');
    expect(view.missing()).toBeNull();
    expect(view.read()).toEqual({ number: '3,14' });
    inputs[0]?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
    expect(host.check).toHaveBeenCalledOnce();
  });
});

describe('words', () => {
  it('are kept with their spaces, and keys stay in the field', () => {
    const { view, type, inputs } = show(text);
    const outside = vi.fn();
    document.body.addEventListener('keydown', outside);
    type(0, ' Paris ');
    expect(view.read()).toEqual({ text: ' Paris ' });
    inputs[0]?.dispatchEvent(new KeyboardEvent('keydown', { key: 'b', bubbles: true }));
    expect(outside).not.toHaveBeenCalled();
    type(0, '  ');
    expect(view.missing()).toMatch(/first/);
    view.write({ text: 4 });
    expect(view.read()).toEqual({});
  });
});

describe('blanks', () => {
  it('stand where their words stood, named by their number', () => {
    const { view, inputs } = show(blanks, two_blanks);
    expect(inputs.map(input => input.getAttribute('aria-label'))).toEqual(['Blank 1 of 2', 'Blank 2 of 2']);
    expect(view.element.textContent).toBe('x  y z');
    expect(inputs[1]?.parentElement?.tagName).toBe('B');
  });

  it('are read by name, the filled ones only', () => {
    const { view, type } = show(blanks, two_blanks);
    type(1, 'w');
    expect(view.read()).toEqual({ blanks: { q: 'w' } });
    expect(view.missing()).toBe('1 blank is still empty.');
    type(0, 'v');
    expect(view.missing()).toBeNull();
    view.write({ blanks: { p: '1', gone: '2', q: 3 } });
    expect(view.read()).toEqual({ blanks: { p: '1' } });
    view.update({ ...plain, ...two_blanks, text_html: `${text_html}<p>more</p>` });
    expect(view.read()).toEqual({ blanks: { p: '1' } });
  });

  it('are there even where their place is in no text', () => {
    const { inputs } = show(blanks, { ...two_blanks, text_html: `<a href="${one}">link</a> ${two}` });
    expect(inputs).toHaveLength(2);
    expect(document.querySelector('a')?.getAttribute('href')).toBe(one);
  });
});
