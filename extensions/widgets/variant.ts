// A learner's own values of an exercise: asked for until they are there, then the exercise is shown with them.
import { h } from '../shared/dom';
import { t } from '../shared/i18n';
import type { Desk, Known } from './desk';
import type { Model, Spec } from './model';
import { pause, pauses } from './patience';

const AGAIN = [3500, 20_000] as const; // milliseconds; a lesson's state is fresh for three seconds

/** Puts the learner's exercise in the template's place as soon as the platform has drawn it; `say` hears why it is not there yet. Null when `el` is gone meanwhile. */
export async function drawn(model: Model, el: HTMLElement, desk: Desk, say: (words: string) => void): Promise<Known | null> {
  const waits = pauses(...AGAIN);
  for (;;) {
    const known = await desk.known().catch(() => null);
    const variant = known?.variant;
    if (variant?.state === 'ready' && variant.spec) {
      model.draw(variant.spec as unknown as Spec, variant.revision);
      return known;
    }
    say(words(known));
    await pause(waits.next().value, new AbortController().signal);
    if (!el.isConnected) return null;
  }
}

function words(known: Known | null): string {
  if (known?.closed && !known.variant) return known.closed;
  if (known?.variant?.state === 'broken') return t('The values of this exercise cannot be made: its author made a mistake. Please tell the support.');
  return known?.variant ? t('Your own values of this exercise are being drawn…') : t('This exercise has values of your own: they will be here as soon as the platform can be reached.');
}

/** What stands in the exercise's place meanwhile. */
export function waiting(title: string): { view: HTMLElement; say: (words: string) => void } {
  const note = h('p', { class: 'pb-notice', role: 'status' });
  const view = h('div', { class: 'pb-view' }, h('div', { class: 'pb-body' }, title && h('p', {}, h('b', {}, title)), note));
  return { view, say: said => void (note.textContent = said) };
}
