// The panel beside the notebook: courses, lessons and exercises with their states and points; help. Knows the DOM, not JupyterLab.
import type { CourseProgress, ExerciseProgress, LessonProgress, Progress, Ticket } from '../../shared/api';
import { type Child, h } from '../../shared/dom';
import { t, tn } from '../../shared/i18n';
import { exerciseMark, exerciseName, lessonPath, news, points, sign, signName } from './course';
import { percent, summary } from '../../shared/points';

/** What the panel asks of the page around it. */
export interface Around {
  open(course: CourseProgress, lesson: LessonProgress, exercise?: ExerciseProgress): void;
  help(tab: 'new' | 'mine'): void;
  retry(): void;
  restore(): void;
  lessonUrl(course: CourseProgress, lesson: LessonProgress): string;
  handIn(course: CourseProgress, lesson: LessonProgress): void;
}

export class Panel {
  readonly node = h('div', { class: 'pb-panel' });
  readonly #body = h('div', { class: 'pb-panel-body' });
  readonly #said = h('p', { class: 'pb-sr', role: 'status' });
  readonly #away = h('p', { class: 'pb-panel-away', hidden: true });
  readonly #mine = h('button', { type: 'button', class: 'pb-panel-mine' });
  readonly #help = h('button', { type: 'button', class: 'pb-panel-help' });
  readonly #unfolded = new Set<string>();
  #progress: Progress | null = null;
  #path = '';

  constructor(private readonly around: Around) {
    this.#help.addEventListener('click', () => around.help('new'));
    this.#mine.addEventListener('click', () => around.help('mine'));
    this.node.addEventListener('keydown', event => this.#key(event));
    this.node.append(this.#away, this.#body, h('div', { class: 'pb-panel-foot' }, this.#help, this.#mine), this.#said);
    this.requests([]);
    this.waiting();
  }

  get progress(): Progress | null {
    return this.#progress;
  }

  /** Before the first answer. */
  waiting(): void {
    this.#words();
    this.#body.replaceChildren(h('div', { class: 'pb-skeleton', role: 'status', 'aria-label': t('Loading…') }, ...Array.from({ length: 6 }, () => h('i', {}))));
  }

  /** The platform or the server did not answer; what was shown before stays. */
  failed(message: string): void {
    if (this.#progress) return;
    this.#body.replaceChildren(
      h('div', { class: 'pb-panel-empty' }, h('p', {}, t('Your courses cannot be shown now.'), ' ', message), h('button', { type: 'button', onclick: () => this.around.retry() }, t('Try again'))),
    );
  }

  show(progress: Progress): void {
    const said = news(this.#progress, progress);
    this.#progress = progress;
    if (said) this.#said.textContent = said;
    this.#render();
  }

  /** The notebook that is open now. */
  at(path: string): void {
    if (path === this.#path) return;
    this.#path = path;
    for (const course of this.#progress?.courses ?? []) {
      for (const lesson of course.lessons) if (lessonPath(course, lesson) === path) this.#unfolded.add(path);
    }
    if (this.#progress) this.#render();
  }

  /** Whether the platform answers the learner's server. */
  platform(up: boolean): void {
    this.#away.hidden = up;
    this.#away.textContent = t('The platform does not answer. What you do is saved here and will be checked.');
  }

  requests(tickets: readonly Ticket[]): void {
    const answered = tickets.filter(({ state }) => state === 'answered').length;
    this.#mine.replaceChildren(t('My requests'), answered > 0 ? h('span', { class: 'pb-chip pb-good' }, tn('{n} answer', '{n} answers', answered)) : '');
    this.#mine.hidden = tickets.length === 0;
  }

  /** The words once more, after the language has changed. */
  translate(tickets: readonly Ticket[]): void {
    this.#words();
    this.requests(tickets);
    if (this.#progress) this.#render();
  }

  #words(): void {
    this.node.setAttribute('aria-label', t('Course'));
    this.node.setAttribute('role', 'region');
    this.#help.textContent = t('Ask for help');
  }

  #render(): void {
    const courses = this.#progress?.courses ?? [];
    const focused = this.#body.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset.key : undefined;
    const top = this.#body.scrollTop;
    if (courses.length === 0) {
      return this.#body.replaceChildren(h('div', { class: 'pb-panel-empty' }, h('p', {}, t('You are in no course yet. When you are enrolled, its lessons will be here.'))));
    }
    this.#body.replaceChildren(...courses.map(course => this.#course(course)));
    this.#body.scrollTop = top;
    if (focused) this.#body.querySelector<HTMLElement>(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  #course(course: CourseProgress): HTMLElement {
    return h(
      'section',
      { class: 'pb-course', lang: course.language },
      h('h2', {}, course.title),
      h('progress', { max: 100, value: percent(course), 'aria-label': t('Points earned') }),
      h('p', { class: 'pb-panel-soft', lang: document.documentElement.lang }, summary(course)),
      h('ol', {}, ...course.lessons.map(lesson => this.#lesson(course, lesson))),
    );
  }

  #lesson(course: CourseProgress, lesson: LessonProgress): HTMLElement {
    const path = lessonPath(course, lesson);
    const of = sign(lesson);
    const here = path === this.#path;
    const name: Child[] = [
      h('span', { class: `pb-dot ${of}`, 'aria-hidden': 'true' }, of === 'done' ? '✓' : ''),
      h('span', { class: 'pb-name' }, lesson.title, h('span', { class: 'pb-sr' }, `, ${signName(of)}`), of === 'locked' && h('small', {}, lesson.why ?? t('closed'))),
      h('span', { class: 'pb-points' }, points(lesson)),
    ];
    if (of === 'locked') return h('li', {}, h('div', { class: 'pb-row pb-locked', tabindex: 0, 'data-key': path }, ...name));
    const open = this.#unfolded.has(path) || here;
    const fold = () => this.#fold(path, !open);
    return h(
      'li',
      {},
      h(
        'div',
        { class: 'pb-line', 'data-here': here },
        h('button', { type: 'button', class: 'pb-row', 'data-key': path, 'aria-current': here ? 'page' : null, title: t('Open this lesson'), onclick: () => this.#go(course, lesson) }, ...name),
        lesson.exercises.length > 0 && h('button', { type: 'button', class: 'pb-fold', 'data-key': `${path} fold`, 'aria-expanded': String(open), 'aria-label': t('Exercises of “{lesson}”', { lesson: lesson.title }), onclick: fold }),
      ),
      open && lesson.exercises.length > 0 && h('ul', {}, ...lesson.exercises.map(exercise => this.#exercise(course, lesson, exercise))),
      open && lesson.exercises.length > 0 && h('button', { type: 'button', class: 'pb-hand-in', 'data-key': `${path} hand-in`, onclick: () => this.around.handIn(course, lesson) }, t('Hand in')),
      open && h('a', { class: 'pb-as-page', href: this.around.lessonUrl(course, lesson), target: '_blank', rel: 'noopener' }, t('Open as a page')),
      here && h('button', { type: 'button', class: 'pb-restore', 'data-key': `${path} restore`, onclick: () => this.around.restore() }, t('Restore this lesson')),
    );
  }

  #exercise(course: CourseProgress, lesson: LessonProgress, exercise: ExerciseProgress): HTMLElement {
    const words = exercise.title || exercise.id;
    return h(
      'li',
      {},
      h(
        'button',
        { type: 'button', class: `pb-row pb-exercise ${exercise.state}`, 'data-key': exercise.ref, onclick: () => this.#go(course, lesson, exercise) },
        h('span', { class: 'pb-mark', 'aria-hidden': 'true' }, exerciseMark(exercise.state)),
        h('span', { class: 'pb-name' }, words, h('span', { class: 'pb-sr' }, `, ${exerciseName(exercise.state)}`)),
        h('span', { class: 'pb-points', title: exerciseName(exercise.state) }, points(exercise)),
      ),
    );
  }

  #go(course: CourseProgress, lesson: LessonProgress, exercise?: ExerciseProgress): void {
    this.#unfolded.add(lessonPath(course, lesson));
    this.around.open(course, lesson, exercise);
    this.#render();
  }

  #fold(path: string, open: boolean): void {
    if (open) this.#unfolded.add(path);
    else this.#unfolded.delete(path);
    this.#render();
  }

  /** Arrows move between rows; right and left unfold and fold the lesson. */
  #key(event: KeyboardEvent): void {
    const rows = [...this.#body.querySelectorAll<HTMLElement>('.pb-row')];
    const at = rows.findIndex(row => row === document.activeElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && at >= 0) {
      rows[at + step]?.focus();
      event.preventDefault();
    } else if ((event.key === 'ArrowRight' || event.key === 'ArrowLeft') && at >= 0) {
      const fold = rows[at]?.parentElement?.querySelector<HTMLElement>('.pb-fold');
      if (fold && (fold.getAttribute('aria-expanded') === 'true') !== (event.key === 'ArrowRight')) fold.click();
      event.preventDefault();
    }
  }
}
