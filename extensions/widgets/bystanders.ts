// What a lesson's page says of its author's programs: one that does not end and how to stop it, and that its kernel is lost.
import { h } from '../shared/dom';
import { t } from '../shared/i18n';
import { lessonKernel, type Loss, whenLost } from './lessonkernel';
import { type Programs, programs } from './programs';
import { reload } from './reload';

export const SLOW = 10_000; // milliseconds after which one wants to know what a page waits for

/** Watches the kernel of this page from its first cell to the page's end. */
export function watchPrograms(): void {
  whenLost(lost);
  void lessonKernel().then(
    id => {
      const mine = programs(id);
      watchCells(mine);
      mine.prepare(); // what takes a moment is done before anybody wants to run anything
    },
    () => undefined,
  );
}

/** Below a cell of the author's that runs long stands that it does, and a way to stop it. */
export function watchCells(from: Pick<Programs, 'on' | 'cell' | 'stopCell'>): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let note: HTMLElement | null = null;
  const look = (cell: string | null) => {
    clearTimeout(timer);
    note?.remove();
    note = null;
    if (cell === null) return;
    timer = setTimeout(() => {
      note = slow(() => from.stopCell(cell));
      document.getElementById(`slot-${cell}`)?.before(note);
    }, SLOW);
  };
  look(from.cell);
  return from.on('cell', look);
}

function slow(stop: () => void): HTMLElement {
  const words = h('span', {}, t('This program of the lesson has been running for {n} seconds; what stands below waits for it.', { n: SLOW / 1000 }));
  const button = h('button', { type: 'button', class: 'pb-button pb-small' }, `■ ${t('Stop it')}`);
  button.addEventListener('click', () => {
    button.disabled = true;
    stop();
  });
  return h('div', { class: 'pb-ex pb-slow', role: 'status' }, words, ' ', button);
}

function lost(how: Loss): void {
  const why = {
    failed: () => t('Programs could not be started for this page.'),
    stopped: () => t('The lesson’s programs ended before their time; what stands below the last of them is missing.'),
    ended: () => t('The lesson’s programs have ended, and what they had computed is gone.'),
  }[how]();
  const bar = h('div', { class: 'pb-ex pb-lost', role: 'status' }, h('span', {}, `${why} ${t('Checking works all the same, and your answers are kept.')}`), ' ', reload());
  const put = () => (document.querySelector('main.read') ?? document.body).append(bar);
  if (document.readyState === 'loading') addEventListener('DOMContentLoaded', put, { once: true });
  put();
}
