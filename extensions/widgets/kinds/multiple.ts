// Kind `multiple`: several of several options, as a group of check boxes; that there may be several is written above them.
import { h } from '../../shared/dom';
import { t } from '../../shared/i18n';
import type { Kind } from './kind';
import { ticks } from './ticks';

export const multiple: Kind = {
  create(host) {
    const words = t('Choose all right answers');
    const { element: boxes, ticked, tick, update, focus } = ticks(host, 'checkbox', words);
    const element = h('div', {}, h('p', { class: 'pb-how', 'aria-hidden': 'true' }, words), boxes);
    return {
      element,
      read: () => {
        const items = ticked();
        return items.length > 0 ? { choices: items.sort() } : {}; // in no order that tells what was seen first
      },
      missing: () => (ticked().length > 0 ? null : t('Choose at least one answer.')),
      write: ({ choices }) => tick(Array.isArray(choices) ? choices.filter(item => typeof item === 'string') : []),
      update,
      focus,
    };
  },
};
