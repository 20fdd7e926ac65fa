// The list of lessons beside the page, kept true while the learner works: states, points, what opens next.
import type { CourseProgress, LessonProgress } from '../shared/api';
import { h } from '../shared/dom';
import { number, t, tn } from '../shared/i18n';

export type Dot = 'done' | 'half' | 'new' | 'locked' | 'here';

/** The sign of a lesson; the one that is open shows where I am until it is done. */
export function dot(lesson: Pick<LessonProgress, 'open' | 'state'>, here: boolean): Dot {
  if (lesson.state === 'done') return 'done';
  if (here) return 'here';
  return lesson.open ? lesson.state : 'locked';
}

export function percent({ points, max_points: max }: Pick<CourseProgress, 'points' | 'max_points'>): number {
  return max > 0 ? Math.round((100 * points) / max) : 0;
}

/** "58 % · 41 of 70 points" */
export function summary(course: Pick<CourseProgress, 'points' | 'max_points'>): string {
  return tn('{percent} % · {earned} of {n} point', '{percent} % · {earned} of {n} points', course.max_points, { percent: percent(course), earned: course.points });
}

const spoken: Record<Dot, () => string> = {
  done: () => t('done'),
  half: () => t('begun'),
  new: () => t('not begun'),
  locked: () => t('closed'),
  here: () => t('open now'),
};

function line(lesson: LessonProgress, here: boolean, url: string): HTMLElement {
  const state = dot(lesson, here);
  const sign = h('span', { class: `dot ${state}`, 'aria-hidden': 'true' }, state === 'done' ? '✓' : '');
  const name = h('span', { class: 'name' }, lesson.title, h('span', { class: 'sr' }, ` (${spoken[state]()})`));
  if (state === 'locked') return h('span', { class: 'locked' }, sign, name, h('span', { class: 'small muted' }, lesson.why ?? t('closed')));
  const points = lesson.max_points > 0 ? `${number(lesson.points)}/${number(lesson.max_points)}` : '';
  return h('a', { href: url, 'aria-current': here ? 'page' : null }, sign, name, h('span', { class: 'small muted num' }, points));
}

/** Brings the rail to what `course` says; lines that say the same stay as they are, so the focus does. */
export function update(rail: HTMLElement, course: CourseProgress, current: string, base: string): void {
  const bar = rail.querySelector('progress');
  if (bar) bar.value = percent(course);
  const words = rail.querySelector('[data-summary]');
  if (words) words.textContent = summary(course);
  for (const lesson of course.lessons) {
    const item = [...rail.querySelectorAll<HTMLElement>('li[data-id]')].find(({ dataset }) => dataset.id === lesson.id);
    if (!item) continue;
    const made = line(lesson, lesson.id === current, `${base}proboost/lesson/${course.course}/${lesson.id}`);
    if (item.firstElementChild?.outerHTML === made.outerHTML) continue;
    const focused = item.contains(document.activeElement);
    item.dataset.state = dot(lesson, lesson.id === current);
    item.replaceChildren(made);
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
