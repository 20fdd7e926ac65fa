// What the panel says of a course: which lesson is where I am, its sign, its points; pure.
import type { CourseProgress, ExerciseProgress, LessonProgress, Progress } from '../../shared/api';
import { number, t } from '../../shared/i18n';

export type Sign = 'done' | 'half' | 'new' | 'locked';

export function lessonPath(course: CourseProgress, lesson: LessonProgress): string {
  return `${course.course}/${lesson.file}`;
}

export interface Here {
  course: CourseProgress;
  lesson: LessonProgress;
}

/** The lesson whose notebook lies at `path`; null when it is none of theirs. */
export function lessonAt(progress: Progress | null, path: string): Here | null {
  for (const course of progress?.courses ?? []) {
    const lesson = course.lessons.find(found => lessonPath(course, found) === path);
    if (lesson) return { course, lesson };
  }
  return null;
}

export function sign(lesson: Pick<LessonProgress, 'open' | 'state'>): Sign {
  return lesson.open ? lesson.state : lesson.state === 'done' ? 'done' : 'locked';
}

export function signName(of: Sign): string {
  return { done: t('done'), half: t('begun'), new: t('not begun'), locked: t('closed') }[of];
}

export function exerciseName(state: ExerciseProgress['state']): string {
  return {
    passed: t('Correct'),
    partial: t('Partly correct'),
    failed: t('Not yet'),
    pending: t('being checked'),
    manual: t('with a grader'),
    new: t('not begun'),
  }[state];
}

/** The mark before an exercise: a shape, so that colour is not the only sign. */
export function exerciseMark(state: ExerciseProgress['state']): string {
  return { passed: '✓', partial: '◐', failed: '✗', pending: '…', manual: '✎', new: '○' }[state];
}

/** "3/7"; nothing where there is nothing to earn. */
export function points({ points: earned, max_points: most }: { points: number; max_points: number }): string {
  return most > 0 ? `${number(earned)}/${number(most)}` : '';
}

/** What changed between two looks, said in a sentence for those who hear the page; empty when no points came or went. */
export function news(before: Progress | null, after: Progress): string {
  for (const course of after.courses) {
    const was = before?.courses.find(found => found.course === course.course);
    for (const lesson of course.lessons) {
      const old = was?.lessons.find(found => found.id === lesson.id);
      if (old && old.points !== lesson.points) return t('“{lesson}”: {earned} of {most}', { lesson: lesson.title, earned: lesson.points, most: lesson.max_points });
    }
  }
  return '';
}
