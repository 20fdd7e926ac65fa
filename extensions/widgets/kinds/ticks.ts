// Options to tick, one or several, in the learner's own order: what the kinds `choice` and `multiple` share.
import { h, prose } from '../../shared/dom';
import type { Option, Spec } from '../model';
import { shuffled } from '../shuffle';
import type { Host } from './kind';

export interface Ticks {
  element: HTMLFieldSetElement;
  /** Items, in the order in which they are shown. */
  ticked: () => string[];
  tick: (items: readonly string[]) => void;
  update: (spec: Spec) => void;
  focus: () => void;
}

/** `words` say to a screen reader what to do. */
export function ticks({ spec, name, seed, labelledBy, changed, check }: Host, type: 'radio' | 'checkbox', words: string): Ticks {
  const element = h('fieldset', { class: 'pb-options', 'aria-labelledby': `${labelledBy} ${name}-legend` }, h('legend', { class: 'pb-sr', id: `${name}-legend` }, words));
  const boxes = () => [...element.querySelectorAll<HTMLInputElement>('input')];
  const ticked = () => boxes().filter(box => box.checked).map(box => box.value);
  const tick = (items: readonly string[]) => {
    for (const box of boxes()) box.checked = items.includes(box.value);
  };
  const label = ({ item, html }: Option) => h('label', {}, h('input', { type, name: `${name}-ticks`, value: item }), prose('span', { class: 'pb-prose' }, html));
  let shown = '';
  const update = (drawn: Spec) => {
    const options = drawn.options ?? [];
    const key = JSON.stringify([options, drawn.shuffle]);
    if (key === shown) return;
    shown = key;
    const before = ticked();
    for (const old of element.querySelectorAll('label')) old.remove();
    element.append(...(drawn.shuffle === false ? options : shuffled(options, seed)).map(label));
    tick(before);
  };
  element.addEventListener('change', changed);
  element.addEventListener('keydown', event => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    check();
  });
  update(spec);
  return { element, ticked, tick, update, focus: () => boxes()[0]?.focus() };
}
