// An exercise as a sheet of paper: what is asked, and room for an answer. Made of its public part alone, so nothing that was answered is on it.
import { h, prose } from '../shared/dom';
import { lessonPage, stateHere } from '../shared/page';
import { stand } from '../widgets/kinds/blanks';
import type { Option, Spec } from '../widgets/model';
import { shuffled } from '../widgets/shuffle';
import { points } from '../widgets/verdict';

const room = (lines: number) => h('div', { class: 'pb-room' }, ...Array.from({ length: lines }, () => h('i')));
const letter = (at: number) => String.fromCharCode(65 + (at % 26));

function ticks(options: readonly Option[], sign: 'circle' | 'box'): HTMLElement {
  return h('ul', { class: 'pb-paper-list' }, ...options.map(({ html }) => h('li', {}, h('span', { class: `pb-${sign}` }), prose('div', { class: 'pb-prose' }, html))));
}

function gaps(spec: Spec): HTMLElement {
  const text = prose('div', { class: 'pb-prose' }, spec.text_html ?? '');
  for (const { word } of spec.blanks ?? []) stand(text, word, h('span', { class: 'pb-gap' }));
  return text;
}

function pairs(left: readonly Option[], right: readonly Option[]): HTMLElement {
  const lettered = right.map(({ html }, at) => h('li', {}, h('b', {}, letter(at)), prose('div', { class: 'pb-prose' }, html)));
  return h('div', { class: 'pb-paper-pairs' }, ticks(left, 'box'), h('ul', { class: 'pb-paper-list' }, ...lettered));
}

function answer(spec: Spec, seed: string): (HTMLElement | string)[] {
  const mixed = (items: readonly Option[] = []) => (spec.shuffle === false ? [...items] : shuffled(items, seed));
  switch (spec.kind) {
    case 'choice':
      return [ticks(mixed(spec.options), 'circle')];
    case 'multiple':
      return [ticks(mixed(spec.options), 'box')];
    case 'order':
      return [ticks(shuffled(spec.lines ?? [], seed), 'box')];
    case 'match':
      return [pairs(shuffled(spec.left ?? [], seed), shuffled(spec.right ?? [], seed))];
    case 'blanks':
      return [gaps(spec)];
    case 'number':
    case 'text':
      return [h('p', {}, h('span', { class: 'pb-gap pb-gap-long' }), spec.unit ? ` ${spec.unit}` : '')];
    case 'code':
      return [spec.starter?.trim() ? h('pre', {}, spec.starter.replace(/\s+$/, '')) : '', room(6)];
    case 'essay':
      return [room(10)];
    default:
      return [];
  }
}

/** The sheet of the exercise that `el` holds; of one whose values are not drawn yet the title only. */
export function paper(spec: Spec, el: HTMLElement): HTMLElement {
  const { id = '', ref = '' } = el.dataset;
  const seed = stateHere(lessonPage())?.exercises[id]?.order || ref;
  const head = h('div', { class: 'pb-head' }, h('p', { class: 'pb-title' }, spec.title || id), h('span', { class: 'pb-chip' }, points(spec.points, null)));
  const body = spec.variants ? [] : [prose('div', { class: 'pb-prompt pb-prose' }, spec.prompt_html), ...answer(spec, seed)];
  return h('div', { class: 'pb-paper' }, head, h('div', { class: 'pb-body' }, ...body));
}
