// The lesson page around its exercises: the rail that moves with verdicts, the drawer, the saving chip, help, language.
import type { ExerciseProgress, Progress } from '../shared/api';
import { events } from '../shared/events';
import { t } from '../shared/i18n';
import { baseUrl, type LessonPage, lessonPage } from '../shared/page';
import { Server } from '../shared/server';
import { drawer } from './drawer';
import { watchHandIn } from './handin';
import { help } from './help';
import { watchNative } from './native';
import { update, updateTurn } from './rail';
import { watchSaving } from './saving';

const SETTLE = 250; // milliseconds in which several pieces of news make one question

function start(page: LessonPage): void {
  const server = new Server(baseUrl());
  const bar = document.querySelector<HTMLElement>('header.top');
  const rail = document.querySelector<HTMLElement>('nav.rail');
  const chip = document.getElementById('proboost-saved');
  if (bar && rail) drawer(bar, rail);
  if (chip) watchSaving(chip);
  watchNative();
  if (page.course) watchProgress(server, page, rail);
  if (page.course) watchHandIn(server, page);
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-action="help"]')) {
    button.hidden = false;
    button.addEventListener('click', () => void help(server, page));
  }
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-action="language"]')) {
    button.addEventListener('click', () => void speak(server, button));
  }
}

async function speak(server: Server, button: HTMLButtonElement): Promise<void> {
  button.disabled = true;
  try {
    await server.setLanguage(button.dataset.language ?? 'en');
    location.reload();
  } catch {
    button.disabled = false;
    button.title = t('The language cannot be changed now: there is no connection.');
  }
}

/** After a verdict, from wherever it came, the platform's own count is shown: in the rail and in each exercise. */
function watchProgress(server: Server, page: LessonPage, rail: HTMLElement | null): void {
  const show = (progress: Progress) => {
    const course = progress.courses.find(found => found.course === page.course);
    if (!course) return;
    if (rail) update(rail, course, page.lesson, page.base);
    const turn = document.querySelector<HTMLElement>('nav.turn');
    if (turn) updateTurn(turn, course, page.lesson, page.base);
    const exercises = course.lessons.find(({ id }) => id === page.lesson)?.exercises ?? [];
    document.dispatchEvent(new CustomEvent<ExerciseProgress[]>('pb:points', { detail: exercises }));
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    clearTimeout(timer);
    timer = setTimeout(() => void server.progress().then(show).catch(() => undefined), SETTLE);
  };
  events(server.base).listen(news => {
    if (news.type === 'progress' || news.type === 'verdict' || (news.type === 'platform' && news.up)) look();
  });
  if (page.progress) addEventListener('pb:ready', () => page.progress && show(page.progress), { once: true });
  else look();
}

function begin(): void {
  const page = lessonPage();
  if (page) start(page);
}

// The page streams: this module may run before the parser has reached the bar, the rail and the button to the next lesson.
if (document.querySelector('nav.turn, [data-kernel]') || document.readyState !== 'loading') begin();
else {
  const observer = new MutationObserver(() => {
    if (!document.querySelector('main.read')) return;
    observer.disconnect();
    begin();
  });
  observer.observe(document, { childList: true, subtree: true });
}
