// The lesson page around its exercises: the rail that moves with verdicts, the drawer, the saving chip, help, language; what
// makes it a page to read: contents, copying, tables that scroll, the place where one stopped, printing.
import type { ExerciseProgress, Progress } from '../shared/api';
import { h } from '../shared/dom';
import { events } from '../shared/events';
import { t } from '../shared/i18n';
import { idle } from '../shared/idle';
import { baseUrl, type LessonPage, lessonPage } from '../shared/page';
import { Server } from '../shared/server';
import { copyButtons } from './copy';
import { drawer } from './drawer';
import { watchHandIn } from './handin';
import { help } from './help';
import { watchNative } from './native';
import { watchPlace } from './place';
import { watchPrint } from './print';
import { update, updateTurn } from './rail';
import { watchSaving } from './saving';
import { toc } from './toc';
import { watchWide } from './wide';

const BEGUN = 3000; // milliseconds after which a lesson whose programs still run asks how far one is
const LATE = 1000; // milliseconds after which the page around the exercises waits for them no longer
const NEXT = 250; // milliseconds after which it comes behind the first of them, however busy the page is
const SETTLE = 250; // milliseconds in which several pieces of news make one question

function start(page: LessonPage, server: Server): void {
  const bar = document.querySelector<HTMLElement>('header.top');
  const rail = document.querySelector<HTMLElement>('nav.rail');
  const chip = document.getElementById('proboost-saved');
  const shut = bar && rail ? drawer(bar, rail) : () => undefined;
  if (chip) watchSaving(chip);
  watchNative();
  if (page.course) watchHandIn(server, page);
  whole(lesson => idle(() => read(lesson, page, rail, shut), 1000)); // exercises come first
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-action="help"]')) {
    button.hidden = false;
    button.addEventListener('click', () => void help(server, page));
  }
  for (const button of document.querySelectorAll<HTMLButtonElement>('[data-action="language"]')) {
    button.addEventListener('click', () => void speak(server, button));
  }
}

/** What one reads by; it looks at the text of the whole lesson. */
function read(lesson: HTMLElement, page: LessonPage, rail: HTMLElement | null, shut: () => void): void {
  const live = h('div', { class: 'sr', role: 'status' });
  document.body.append(live);
  if (page.lesson) watchPlace(lesson);
  if (rail) toc(rail, shut);
  copyButtons(words => (live.textContent = words));
  watchWide(lesson);
  watchPrint();
}

/** Whether the parser is past the lesson's text. */
const past = () => document.readyState !== 'loading' || !!document.querySelector('div.lesson')?.nextSibling;

/** Once the parser is past the lesson's text; what its kernel shows may still be on its way. */
function whole(then: (lesson: HTMLElement) => void): void {
  const look = () => {
    const lesson = document.getElementById('lesson');
    if (!lesson || !past()) return false;
    then(lesson);
    return true;
  };
  if (look()) return;
  const observer = new MutationObserver(() => {
    if (look()) observer.disconnect();
  });
  observer.observe(document, { childList: true, subtree: true });
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
  let newest = page.progress; // as it was remembered when the page was made
  const show = (progress: Progress) => {
    newest = progress;
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
    const earned = news.type === 'progress' || news.type === 'verdict';
    if (earned) newest = null; // what is remembered is older than this
    if (earned || (news.type === 'platform' && news.up && !news.first)) look();
  });
  const begun = setTimeout(look, BEGUN);
  const ready = () => {
    clearTimeout(begun);
    if (newest) show(newest); // to exercises that were not there yet
    look();
  };
  if (document.documentElement.dataset.exercises) ready();
  else addEventListener('pb:ready', ready, { once: true });
}

/** Exercises come first: until one can be answered, they are not held up by the page around them. */
function begin(): void {
  const page = lessonPage();
  if (!page) return;
  const server = new Server(baseUrl());
  if (page.course) watchProgress(server, page, document.querySelector<HTMLElement>('nav.rail')); // what is earned meanwhile counts
  let begun = false;
  const once = () => {
    if (!begun) start(page, server);
    begun = true;
  };
  const without = past() && !document.querySelector('.pb-ex[data-id]');
  if (without || document.querySelector('.pb-ex[data-ready]')) return once();
  addEventListener('pb:mounted', () => idle(once, NEXT), { once: true });
  setTimeout(() => idle(once, NEXT), LATE);
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
