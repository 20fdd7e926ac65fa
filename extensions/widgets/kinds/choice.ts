// Kind `choice`: one of several options, as a group of radio buttons in the learner's own order.
import type { Answer } from '../../shared/api';
import { h, prose } from '../../shared/dom';
import { t } from '../../shared/i18n';
import type { Option, Spec } from '../model';
import { shuffled } from '../shuffle';
import type { Kind, KindView } from './kind';

export const choice: Kind = {
  blank: () => ({}),

  create({ spec, name, seed, labelledBy, changed, check }): KindView {
    const element = h('fieldset', { class: 'pb-options', 'aria-labelledby': `${labelledBy} ${name}-legend` }, h('legend', { class: 'pb-sr', id: `${name}-legend` }, t('Choose one answer')));
    const radios = () => [...element.querySelectorAll<HTMLInputElement>('input')];
    let shown = '';
    let chosen = '';

    const label = ({ item, html }: Option) => {
      const radio = h('input', { type: 'radio', name: `${name}-choice`, value: item });
      return h('label', {}, radio, prose('span', { class: 'pb-prose' }, html));
    };
    const draw = (drawn: Spec) => {
      const options = drawn.options ?? [];
      const key = JSON.stringify([options, drawn.shuffle]);
      if (key === shown) return;
      shown = key;
      for (const old of element.querySelectorAll('label')) old.remove();
      element.append(...(drawn.shuffle === false ? options : shuffled(options, seed)).map(label));
      write({ choice: chosen });
    };
    const write = (answer: Answer) => {
      chosen = typeof answer.choice === 'string' ? answer.choice : '';
      for (const radio of radios()) radio.checked = radio.value === chosen;
    };

    element.addEventListener('change', () => {
      chosen = radios().find(radio => radio.checked)?.value ?? '';
      changed();
    });
    element.addEventListener('keydown', event => {
      if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        check();
      }
    });
    draw(spec);
    return {
      element,
      read: () => (radios().some(radio => radio.checked) ? { choice: chosen } : {}),
      missing: () => (radios().some(radio => radio.checked) ? null : t('Choose an answer first.')),
      write,
      update: draw,
      focus: () => radios()[0]?.focus(),
      destroy: () => undefined,
    };
  },
};
