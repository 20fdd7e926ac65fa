// "Help" on the lesson page: what is attached is this lesson, the exercise last worked at, the last error, and what runs here.
import type { Me, Support } from '../shared/api';
import { attention } from '../shared/attention';
import { type Attachment, openHelp } from '../shared/help';
import { t } from '../shared/i18n';
import type { LessonPage } from '../shared/page';
import type { Server } from '../shared/server';

export function attachments(page: LessonPage, title: string): Attachment[] {
  const { exercise, error } = attention();
  const versions = { ...page.versions, browser: navigator.userAgent };
  return [
    page.lesson ? { label: t('Lesson'), value: title, data: { course: page.course, lesson: page.lesson } } : null,
    exercise ? { label: t('Exercise'), value: exercise.title || exercise.id, data: { exercise: exercise.id } } : null,
    error ? { label: t('Last error'), value: error, data: { error } } : null,
    { label: t('Browser and versions'), value: Object.entries(versions).map(([name, value]) => `${name}: ${value}`).join(' · '), data: { versions } },
  ].filter(item => item !== null);
}

/** Opens the dialog of this page. */
export async function help(server: Server, page: LessonPage): Promise<void> {
  const me: Me | null = page.me ?? (await server.me().catch(() => null));
  const support: Support | null = me?.support ?? null;
  const title = document.querySelector('#lesson h1')?.textContent ?? document.title;
  await openHelp({
    send: server.send,
    list: server.tickets,
    reply: server.reply,
    support,
    attachments: attachments(page, title),
    ...(page.urls?.tickets ? { ticketsUrl: page.urls.tickets } : {}),
  });
}
