// Kind `choice`: one of several options, as a group of radio buttons.
import { t } from '../../shared/i18n';
import type { Kind } from './kind';
import { ticks } from './ticks';

export const choice: Kind = {
  create(host) {
    const { element, ticked, tick, update, focus } = ticks(host, 'radio', t('Choose one answer'));
    return {
      element,
      read: () => {
        const [item] = ticked();
        return item === undefined ? {} : { choice: item };
      },
      missing: () => (ticked().length > 0 ? null : t('Choose an answer first.')),
      write: ({ choice: given }) => tick(typeof given === 'string' ? [given] : []),
      update,
      focus,
    };
  },
};
