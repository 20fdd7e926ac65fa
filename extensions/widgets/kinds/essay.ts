// Kind `essay`: a text for a grader, with its length in words and the criteria that it is read by.
import type { Answer } from '../../shared/api';
import { h } from '../../shared/dom';
import { t, tn } from '../../shared/i18n';
import type { Spec } from '../model';
import type { Kind, KindView } from './kind';
import { rubric } from './rubric';

const MOST = 60 * 1024; // bytes; the platform takes 64 KiB with everything around the text
const NEAR = 0.9; // of which the learner is told how much room is left
const WORD = /[\p{L}\p{N}]+(?:[-’'.,_][\p{L}\p{N}]+)*/gu;

export function words(text: string): number {
  return text.match(WORD)?.length ?? 0;
}

const bytes = (text: string) => new TextEncoder().encode(JSON.stringify(text)).length;

export const essay: Kind = {
  kept: true,

  create({ spec, name, labelledBy, changed, check }): KindView {
    const text = h('textarea', { class: 'pb-text', rows: 8, spellcheck: 'true', 'aria-label': t('Your answer'), 'aria-describedby': `${name}-length` });
    const length = h('p', { class: 'pb-length', id: `${name}-length` });
    const criteria = h('div', {});
    const element = h('div', { class: 'pb-essay', role: 'group', 'aria-labelledby': labelledBy }, criteria, text, length);

    const tell = () => {
      const used = bytes(text.value) / MOST;
      const full = used > 1 ? t('too long: shorten it') : used > NEAR ? t('almost too long') : '';
      length.textContent = [tn('{n} word', '{n} words', words(text.value)), full].filter(Boolean).join(' · ');
      length.classList.toggle('pb-trouble', used > 1);
    };
    const draw = (drawn: Spec) => criteria.replaceChildren(...[rubric(drawn.rubric)].filter(one => one !== null));
    text.addEventListener('input', () => {
      tell();
      changed();
    });
    text.addEventListener('keydown', event => {
      event.stopPropagation(); // JupyterLab's and Notebook's own keys
      if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      check();
    });
    draw(spec);
    tell();
    return {
      element,
      read: () => ({ text: text.value }),
      missing: () => (!text.value.trim() ? t('Write something first.') : bytes(text.value) > MOST ? t('The text is too long to be taken: shorten it.') : null),
      write: ({ text: given }: Answer) => {
        const written = typeof given === 'string' ? given : '';
        if (written !== text.value) text.value = written; // else its cursor and its undo stay
        tell();
      },
      update: draw,
      focus: () => text.focus(),
    };
  },
};
