// Printing a lesson, or saving it as PDF: each exercise as it was given, with room for an answer, and nothing that was answered.
import { shared } from '../shared/dom';
import { paper } from './paper';
import type { Island } from '../widgets/islands';

/** Lays the sheets beside the exercises; they are seen in print only, where the exercises themselves are not (print.css). */
export function lay(): void {
  const islands = shared('islands', () => new Map<string, Island>());
  for (const { model, el } of islands.values()) {
    el.querySelector(':scope > .pb-paper')?.remove();
    el.append(paper(model.get('spec'), el));
  }
}

export function watchPrint(): void {
  addEventListener('beforeprint', lay);
  matchMedia('print').addEventListener('change', ({ matches }) => {
    if (matches) lay();
  });
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-action="print"]')) {
    button.hidden = false;
    button.addEventListener('click', () => print());
  }
}
