// What a grader judges by, as its learner reads it before and while writing.
import { h, prose } from '../../shared/dom';
import { t, tn } from '../../shared/i18n';
import type { Criterion } from '../model';

/** Null where the author gave no criteria. */
export function rubric(criteria: readonly Criterion[] | undefined): HTMLElement | null {
  if (!criteria?.length) return null;
  const row = ({ criterion, points, html }: Criterion) =>
    h(
      'li',
      {},
      h('p', { class: 'pb-criterion' }, h('b', {}, criterion), points > 0 && h('span', { class: 'pb-chip' }, tn('{n} point', '{n} points', points))),
      html ? prose('div', { class: 'pb-prose' }, html) : null,
    );
  return h('details', { class: 'pb-rubric', open: true }, h('summary', {}, t('How it is graded')), h('ul', {}, ...criteria.map(row)));
}
