// Kind `number`: a number to type, with its unit; a decimal comma is as good as a point.
import { h } from '../../shared/dom';
import { t } from '../../shared/i18n';
import { field, put } from './field';
import type { Kind } from './kind';

const NUMBER = /^[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:e[+-]?\d{1,3})?$/i;
const GROUPS = /(?<!\d)\d{1,3}(?:[ \u00a0\u2009\u202f]\d{3})+(?!\d)/g;
const MAX_DIGITS = 40;
const MAX_LENGTH = 80;

/** Whether the platform takes it for a number (proboost_kernel.exercises.numeric). */
export function isNumber(text: string, unit = ''): boolean {
  let typed = text.trim();
  if (unit && typed.endsWith(unit)) typed = typed.slice(0, -unit.length).trimEnd();
  if (typed.length > MAX_LENGTH) return false;
  typed = typed.replaceAll('\u2212', '-').replace(GROUPS, group => group.replace(/\s/g, ''));
  return NUMBER.test(typed) && typed.replace(/\D/g, '').length <= MAX_DIGITS;
}

export const number: Kind = {
  create({ spec, name, labelledBy, changed, check }) {
    let unit = '';
    // No numeric keyboard is asked for: on many telephones that has no minus.
    const input = field({ 'aria-label': t('Your answer, a number'), 'aria-describedby': `${name}-unit`, maxlength: MAX_LENGTH }, changed, check);
    const beside = h('span', { class: 'pb-unit', id: `${name}-unit` });
    const element = h('div', { class: 'pb-typed pb-number', role: 'group', 'aria-labelledby': labelledBy }, input, beside);
    const update = (drawn: typeof spec) => {
      unit = drawn.unit ?? '';
      beside.textContent = unit;
      beside.hidden = !unit;
    };
    update(spec);
    return {
      element,
      read: () => (input.value ? { number: input.value } : {}),
      missing: () => (!input.value.trim() ? t('Write a number first.') : isNumber(input.value, unit) ? null : t('Write a number, like 12, −0.5 or 3,14.')),
      write: ({ number: given }) => put(input, given),
      update,
      focus: () => input.focus(),
    };
  },
};
