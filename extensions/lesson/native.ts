// Cells of nbgrader's sort on the page: they are only read here, and say what was found of them once the lesson is handed in.
import type { ExerciseProgress } from '../shared/api';
import { t } from '../shared/i18n';
import { points } from '../widgets/verdict';

function words({ state, points: earned, max_points: max }: ExerciseProgress): string {
  if (state === 'manual') return t('handed in');
  if (state === 'pending') return t('being graded');
  return state === 'new' ? points(max, null) : points(max, earned, state === 'passed');
}

/** Keeps the chips of native cells as the platform counts; returns the way to stop. */
export function watchNative(): () => void {
  const show = (event: Event) => {
    for (const exercise of (event as CustomEvent<ExerciseProgress[]>).detail) {
      const chip = document.querySelector<HTMLElement>(`.pb-native[data-ref="${CSS.escape(exercise.ref)}"] .pb-chip`);
      if (!chip) continue;
      chip.textContent = words(exercise);
      chip.className = `pb-chip ${exercise.state === 'passed' ? 'pb-good' : exercise.state === 'partial' ? 'pb-part' : ''}`.trim();
    }
  };
  document.addEventListener('pb:points', show);
  return () => document.removeEventListener('pb:points', show);
}
