// Kind `blanks`: a text or program with fields to type in where its blanks are.
import type { Answer } from '../../shared/api';
import { h, prose } from '../../shared/dom';
import { t, tn } from '../../shared/i18n';
import type { Spec } from '../model';
import { field, put } from './field';
import type { Kind } from './kind';

const NARROW = 6; // characters
const WIDE = 40;

export const blanks: Kind = {
  create({ spec, labelledBy, changed, check }) {
    const element = h('div', { class: 'pb-blanks pb-prose', role: 'group', 'aria-labelledby': labelledBy });
    const fields = new Map<string, HTMLInputElement>();
    let shown = '';

    const fit = (input: HTMLInputElement) => {
      input.style.width = `calc(${String(Math.min(Math.max(input.value.length + 1, NARROW), WIDE))}ch + 1.25em)`;
    };
    const write = (answer: Answer) => {
      const given = answer.blanks !== null && typeof answer.blanks === 'object' ? (answer.blanks as Record<string, unknown>) : {};
      for (const [name, input] of fields) {
        put(input, Object.hasOwn(given, name) ? given[name] : '');
        fit(input);
      }
    };
    const read = (): Answer => {
      const typed = [...fields].filter(([, { value }]) => value).map(([name, { value }]) => [name, value] as const);
      return typed.length > 0 ? { blanks: Object.fromEntries(typed) } : {};
    };
    const update = (drawn: Spec) => {
      const key = JSON.stringify([drawn.text_html, drawn.blanks]);
      if (key === shown) return;
      shown = key;
      const before = read();
      const all = drawn.blanks ?? [];
      fields.clear();
      element.replaceChildren(...prose('div', {}, drawn.text_html ?? '').childNodes);
      for (const [at, { name, word }] of all.entries()) {
        const input = field({ 'aria-label': t('Blank {n} of {total}', { n: at + 1, total: all.length }), class: 'pb-field pb-blank' }, () => {
          fit(input);
          changed();
        }, check);
        fields.set(name, input);
        if (!stand(element, word, input)) element.append(h('p', {}, `${String(at + 1)}: `, input)); // its place was in no text
      }
      write(before);
    };
    update(spec);
    return {
      element,
      read,
      missing: () => {
        const empty = [...fields.values()].filter(({ value }) => !value.trim()).length;
        return empty > 0 ? tn('{n} blank is still empty.', '{n} blanks are still empty.', empty) : null;
      },
      write,
      update,
      focus: () => ([...fields.values()].find(({ value }) => !value.trim()) ?? fields.values().next().value)?.focus(),
    };
  },
};

/** Puts the field where `word` stands in the text under `element`; whether it does. Attributes and tags are never touched. */
export function stand(element: HTMLElement, word: string, input: HTMLElement): boolean {
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const text = texts.currentNode as Text;
    const at = text.data.indexOf(word);
    if (at < 0) continue;
    const rest = text.splitText(at);
    rest.deleteData(0, word.length);
    rest.before(input);
    return true;
  }
  return false;
}
