// Kind `text`: a few words to type.
import { h } from '../../shared/dom';
import { t } from '../../shared/i18n';
import { field, put } from './field';
import type { Kind } from './kind';

export const text: Kind = {
  blank: () => ({}),

  create({ name, labelledBy, changed, check }) {
    const input = field({ 'aria-labelledby': `${labelledBy} ${name}-label` }, changed, check);
    const element = h('div', { class: 'pb-typed' }, h('span', { class: 'pb-sr', id: `${name}-label` }, t('Your answer')), input);
    return {
      element,
      read: () => (input.value ? { text: input.value } : {}),
      missing: () => (input.value.trim() ? null : t('Write an answer first.')),
      write: ({ text: given }) => put(input, given),
      update: () => undefined,
      focus: () => input.focus(),
      destroy: () => undefined,
    };
  },
};
