// The list of lessons beside the page, kept true while the learner works: states, points, what opens next.
import type { CourseProgress, LessonProgress } from '../shared/api';
import { h } from '../shared/dom';
import { language, number, t } from '../shared/i18n';
import { percent, summary } from '../shared/points';

export type Dot = 'done' | 'half' | 'new' | 'locked' | 'here';

/** The sign of a lesson; the one that is open shows where I am until it is done. */
export function dot(lesson: Pick<LessonProgress, 'open' | 'state'>, here: boolean): Dot {
  if (lesson.state === 'done') return 'done';
  if (here) return 'here';
  return lesson.open ? lesson.state : 'locked';
}

const spoken: Record<Dot, () => string> = {
  done: () => t('done'),
  half: () => t('begun'),
  new: () => t('not begun'),
  locked: () => t('closed'),
  here: () => t('open now'),
};

/** `due`: that of the lesson one reads, which is said in full below the list. `quiet`: why it is closed is heard, and not written. */
function line(lesson: LessonProgress, here: boolean, url: string, due: string | null, quiet: boolean): HTMLElement {
  const state = dot(lesson, here);
  const lang = language();
  const sign = h('span', { class: `dot ${state}`, 'aria-hidden': 'true' }, state === 'done' ? '✓' : '');
  const name = h('span', { class: 'name' }, lesson.title, h('span', { class: 'sr', lang }, ` (${spoken[state]()})`));
  if (state === 'locked') return h('span', { class: 'locked' }, sign, name, h('span', { class: `small muted${quiet ? ' sr' : ''}`, lang }, lesson.why || t('closed')));
  const points = lesson.max_points > 0 ? `${number(lesson.points)}/${number(lesson.max_points)}` : '';
  const until = state !== 'done' && lesson.due && lesson.due !== due ? h('span', { class: 'small muted until', lang }, t('due {date}', { date: written(lesson.due) })) : null;
  return h('a', { href: url, 'aria-current': here ? 'page' : null }, sign, name, h('span', { class: 'small muted num' }, points), until);
}

/** 30 ноября, 23:59 — in the time zone that the platform wrote it in, as the page itself writes it. */
function written(iso: string): string {
  const at = new Date(`${iso.slice(0, 16)}Z`);
  if (Number.isNaN(at.getTime())) return '';
  const day = new Intl.DateTimeFormat(language() === 'en' ? 'en-GB' : 'ru', { day: 'numeric', month: 'long', timeZone: 'UTC' }).format(at);
  return `${day}, ${iso.slice(11, 16)}`;
}

/** Brings the rail to what `course` says; lines that say the same stay as they are, so the focus does, and the contents of the lesson stay below theirs. */
export function update(rail: HTMLElement, course: CourseProgress, current: string, base: string): void {
  const bar = rail.querySelector('progress');
  if (bar) bar.value = percent(course);
  const words = rail.querySelector('[data-summary]');
  if (words) words.textContent = summary(course);
  const due = course.lessons.find(({ id }) => id === current)?.due ?? null;
  const next = course.lessons.find(({ open }) => !open); // what opens next says how, what opens on a day says when
  for (const lesson of course.lessons) {
    const item = [...rail.querySelectorAll<HTMLElement>('li[data-id]')].find(({ dataset }) => dataset.id === lesson.id);
    if (!item) continue;
    const made = line(lesson, lesson.id === current, `${base}proboost/lesson/${course.course}/${lesson.id}`, due, lesson !== next && !lesson.opens);
    const old = item.firstElementChild;
    if (!old || old.outerHTML === made.outerHTML) continue;
    const focused = old.contains(document.activeElement);
    item.dataset.state = dot(lesson, lesson.id === current);
    old.replaceWith(made);
    if (focused) made.focus();
  }
}

/** The button to the next lesson: a link as soon as that lesson opens. */
export function updateTurn(turn: HTMLElement, course: CourseProgress, current: string, base: string): void {
  const at = course.lessons.findIndex(({ id }) => id === current);
  const next = at < 0 ? undefined : course.lessons[at + 1];
  const closed = turn.querySelector<HTMLElement>('[data-next]');
  if (!next?.open || closed?.dataset.next !== next.id) return;
  closed.replaceWith(h('a', { class: 'btn btn-main', rel: 'next', href: `${base}proboost/lesson/${course.course}/${next.id}` }, `${next.title} →`));
}
