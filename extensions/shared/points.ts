// How far one is in a course, as the lesson's rail and JupyterLab's panel say it.
import type { CourseProgress } from './api';
import { tn } from './i18n';

type Points = Pick<CourseProgress, 'points' | 'max_points'>;

export function percent({ points, max_points: max }: Points): number {
  return max > 0 ? Math.round((100 * points) / max) : 0;
}

/** "58 % · 41 of 70 points" */
export function summary(course: Points): string {
  return tn('{percent} % · {earned} of {n} point', '{percent} % · {earned} of {n} points', course.max_points, { percent: percent(course), earned: course.points });
}
