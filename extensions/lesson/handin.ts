// Handing the lesson in from its page: the buttons, what was handed in last, and saving what is typed before it goes.
import type { HandedIn } from '../shared/api';
import { events } from '../shared/events';
import { openHandIn, receiptLine, receiptsBeside } from '../shared/handin';
import { t } from '../shared/i18n';
import type { LessonPage } from '../shared/page';
import type { Server } from '../shared/server';

const SAVED = 6000; // milliseconds that the dialog waits for drafts on their way

/** Until nothing on the page is being saved any more; what cannot be saved now is kept by the page and said there. */
function saved(): Promise<void> {
  document.dispatchEvent(new CustomEvent('pb:flush'));
  const still = () => document.querySelector('.pb-ex[data-saving="saving"]') !== null;
  if (!still()) return Promise.resolve();
  return new Promise(resolve => {
    const end = () => {
      clearTimeout(timer);
      document.removeEventListener('pb:saving', look);
      resolve();
    };
    const look = () => {
      if (!still()) end();
    };
    const timer = setTimeout(end, SAVED);
    document.addEventListener('pb:saving', look);
  });
}

/** Where an exercise stands on the page. */
function show(id: string): void {
  const place = document.getElementById(`ex-${id}`);
  place?.scrollIntoView({ block: 'start' });
  place?.querySelector<HTMLElement>('input, textarea, button, a')?.focus({ preventScroll: true });
}

/** Wires the buttons of a lesson that is handed in. */
export function watchHandIn(server: Server, page: LessonPage): void {
  const buttons = [...document.querySelectorAll<HTMLButtonElement>('[data-action="hand-in"]')];
  const section = document.getElementById('hand-in');
  if (!section || buttons.length === 0) return;
  const receipts = receiptsBeside(page.urls?.tickets);
  const said = section.querySelector<HTMLElement>('[data-said]');
  const tell = (last: HandedIn | null | undefined) => {
    if (!last || !said) return;
    said.textContent = t('Handed in: {receipt}', { receipt: receiptLine(last) });
    const link = section.querySelector<HTMLAnchorElement>('a[data-receipt]');
    if (link && receipts) {
      link.href = `${receipts}/${last.number}`;
      link.hidden = false;
    }
  };
  const look = () => void server.outlook(page.course, page.lesson).then(({ last }) => tell(last)).catch(() => undefined);
  const desk = {
    look: () => server.outlook(page.course, page.lesson),
    send: (what: Parameters<typeof server.handIn>[2]) => server.handIn(page.course, page.lesson, what),
    before: saved,
    surface: 'voila' as const,
    show,
    ...(receipts ? { receipts } : {}),
  };
  for (const button of buttons) {
    button.hidden = false;
    button.addEventListener('click', () => void openHandIn(desk).then(done => done && look()));
  }
  events(server.base).listen(news => {
    if (news.type === 'submission' || news.type === 'progress') look();
  });
  look();
}
