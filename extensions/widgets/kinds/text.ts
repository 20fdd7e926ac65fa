// Kind `text`: a few words to type.
import { h } from '../../shared/dom';
import { t } from '../../shared/i18n';
import { field, put } from './field';
import type { Kind } from './kind';

export const text: Kind = {
  create({ labelledBy, changed, check }) {
    const input = field({ 'aria-label': t('Your answer') }, changed, check);
    const element = h('div', { class: 'pb-typed', role: 'group', 'aria-labelledby': labelledBy }, input);
    return {
      element,
      read: () => (input.value ? { text: input.value } : {}),
      missing: () => (input.value.trim() ? null : t('Write an answer first.')),
      write: ({ text: given }) => put(input, given),
      update: () => undefined,
      focus: () => input.focus(),
    };
  },
};
