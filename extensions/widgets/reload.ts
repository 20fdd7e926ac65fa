// The way on where only a new page helps.
import { h } from '../shared/dom';
import { t } from '../shared/i18n';

export function reload(): HTMLElement {
  return h('button', { type: 'button', class: 'pb-button pb-small', onclick: () => location.reload() }, t('Reload the page'));
}
