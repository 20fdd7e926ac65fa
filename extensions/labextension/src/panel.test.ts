// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CourseProgress, ExerciseProgress, LessonProgress, Progress, Ticket } from '../../shared/api';
import { setLanguage } from '../../shared/i18n';
import { summary } from '../../shared/points';
import { lessonAt, news } from './course';
import { errorText, lastError } from './errors';
import { lessonOf } from './lesson';
import { type Around, Panel } from './panel';
import { exerciseId, gradeId } from './source';
import { Steady } from './steady';

const exercise = (id: string, more: Partial<ExerciseProgress> = {}): ExerciseProgress => ({
  id, ref: `python/loops#${id}`, title: `Exercise ${id}`, kind: 'code', state: 'new', points: 0, max_points: 3, ...more,
});
const lesson = (id: string, more: Partial<LessonProgress> = {}): LessonProgress => ({
  id, title: `Lesson ${id}`, file: `01-${id}.ipynb`, open: true, why: null, opens: null, due: null, state: 'new', points: 0, max_points: 3, exercises: [exercise('sum')], ...more,
});
const course = (...lessons: LessonProgress[]): CourseProgress => ({ course: 'python', title: 'Python', language: 'en', points: 0, max_points: 6, next_lesson: null, lessons });
const progress = (...lessons: LessonProgress[]): Progress => ({ courses: [course(...lessons)] });
const ticket = (state: Ticket['state']): Ticket => ({ number: 1, kind: 'problem', text: 'x', state, created_at: '2026-11-25T12:00:00Z', url: '/tickets/1', messages: [] });

function made(): { panel: Panel; around: { [K in keyof Around]: ReturnType<typeof vi.fn> } } {
  const around = { open: vi.fn(), help: vi.fn(), retry: vi.fn(), restore: vi.fn(), handIn: vi.fn(), lessonUrl: vi.fn(() => '/lesson') };
  const panel = new Panel(around);
  document.body.append(panel.node);
  return { panel, around };
}
const row = (panel: Panel, key: string) => {
  const found = panel.node.querySelector<HTMLElement>(`[data-key="${key}"]`);
  if (!found) throw new Error(`no row ${key}`);
  return found;
};
const press = (on: Element, key: string) => on.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));

beforeEach(() => setLanguage('en'));
afterEach(() => {
  document.body.replaceChildren();
  setLanguage(null);
});

describe('panel', () => {
  it('shows courses, lessons and points, and opens a lesson on a click', () => {
    const { panel, around } = made();
    const data = progress(lesson('loops', { state: 'half', points: 1 }), lesson('files'));
    panel.show(data);
    expect(panel.node.querySelector('h2')?.textContent).toBe('Python');
    const loops = row(panel, 'python/01-loops.ipynb');
    expect(loops.textContent).toContain('Lesson loops');
    expect(loops.textContent).toContain('begun');
    expect(loops.textContent).toContain('1/3');
    loops.click();
    expect(around.open).toHaveBeenCalledWith(data.courses[0], data.courses[0]?.lessons[0], undefined);
  });

  it('restores the lesson that is open, and no other', () => {
    const { panel, around } = made();
    panel.show(progress(lesson('loops'), lesson('files')));
    expect(panel.node.querySelector('.pb-restore')).toBeNull();
    panel.at('python/02-other.ipynb');
    expect(panel.node.querySelector('.pb-restore')).toBeNull();
    panel.at('python/01-loops.ipynb');
    expect(panel.node.querySelectorAll('.pb-restore')).toHaveLength(1);
    panel.node.querySelector<HTMLElement>('.pb-restore')?.click();
    expect(around.restore).toHaveBeenCalledOnce();
  });

  it('unfolds the exercises of the lesson that is open, and marks it', () => {
    const { panel, around } = made();
    panel.show(progress(lesson('loops'), lesson('files')));
    expect(panel.node.querySelector('.pb-exercise')).toBeNull();
    panel.at('python/01-loops.ipynb');
    expect(row(panel, 'python/01-loops.ipynb').getAttribute('aria-current')).toBe('page');
    expect(panel.node.querySelectorAll('.pb-exercise')).toHaveLength(1);
    row(panel, 'python/loops#sum').click();
    expect(around.open.mock.lastCall?.[2]).toMatchObject({ id: 'sum' });
  });

  it('says why a lesson is closed and does not open it', () => {
    const { panel, around } = made();
    panel.show(progress(lesson('loops', { open: false, state: 'locked', why: 'Opens on 30 November' })));
    const closed = row(panel, 'python/01-loops.ipynb');
    expect(closed.textContent).toContain('Opens on 30 November');
    closed.click();
    expect(around.open).not.toHaveBeenCalled();
  });

  it('moves with a verdict, says so, and keeps focus and folds', () => {
    const { panel } = made();
    panel.show(progress(lesson('loops')));
    panel.at('python/01-loops.ipynb');
    row(panel, 'python/loops#sum').focus();
    panel.show(progress(lesson('loops', { state: 'done', points: 3, exercises: [exercise('sum', { state: 'passed', points: 3 })] })));
    expect(document.activeElement).toBe(row(panel, 'python/loops#sum'));
    expect(row(panel, 'python/loops#sum').textContent).toContain('Correct');
    expect(panel.node.querySelector('[role=status]:last-child')?.textContent).toBe('“Lesson loops”: 3 of 3');
  });

  it('is worked by keys', () => {
    const { panel } = made();
    panel.show(progress(lesson('loops'), lesson('files')));
    const loops = row(panel, 'python/01-loops.ipynb');
    loops.focus();
    press(loops, 'ArrowRight');
    press(row(panel, 'python/01-loops.ipynb'), 'ArrowDown');
    expect(document.activeElement).toBe(row(panel, 'python/loops#sum'));
    press(row(panel, 'python/loops#sum'), 'ArrowUp');
    press(row(panel, 'python/01-loops.ipynb'), 'ArrowLeft');
    expect(panel.node.querySelector('.pb-exercise')).toBeNull();
  });

  it('has designed states: waiting, failed, empty, platform away', () => {
    const { panel, around } = made();
    expect(panel.node.querySelector('.pb-skeleton')).not.toBeNull();
    panel.failed('No connection.');
    expect(panel.node.textContent).toContain('No connection.');
    panel.node.querySelector<HTMLElement>('.pb-panel-empty button')?.click();
    expect(around.retry).toHaveBeenCalled();
    panel.show({ courses: [] });
    expect(panel.node.textContent).toContain('You are in no course yet');
    panel.failed('later');
    expect(panel.node.textContent).not.toContain('later');
    panel.platform(false);
    expect(panel.node.querySelector<HTMLElement>('.pb-panel-away')?.hidden).toBe(false);
  });

  it('counts answered requests and speaks Russian', () => {
    const { panel, around } = made();
    const mine = panel.node.querySelector<HTMLElement>('.pb-panel-mine');
    expect(mine?.hidden).toBe(true);
    panel.requests([ticket('answered'), ticket('open')]);
    expect(mine?.textContent).toBe('My requests1 answer');
    mine?.click();
    expect(around.help).toHaveBeenCalledWith('mine');
    setLanguage('ru');
    panel.translate([ticket('answered')]);
    expect(mine?.textContent).toBe('Мои обращения1 ответ');
  });

  it('treats titles as text', () => {
    const { panel } = made();
    panel.show(progress(lesson('loops', { title: '<img src=x onerror=alert(1)>' })));
    expect(panel.node.querySelector('img')).toBeNull();
  });
});

describe('course', () => {
  it('knows the lesson of a notebook', () => {
    const data = progress(lesson('loops'));
    expect(lessonAt(data, 'python/01-loops.ipynb')?.lesson.id).toBe('loops');
    expect(lessonAt(data, 'other.ipynb')).toBeNull();
    expect(lessonAt(null, 'x')).toBeNull();
  });

  it('says points in words', () => {
    expect(summary({ points: 1.5, max_points: 3 })).toBe('50 % · 1.5 of 3 points');
    expect(summary({ points: 0, max_points: 0 })).toBe('0 % · 0 of 0 points');
    expect(news(null, progress(lesson('loops', { points: 2 })))).toBe('');
  });
});

describe('last error', () => {
  const error = (ename: string) => ({ output_type: 'error', ename, evalue: 'bad', traceback: [`\u001b[31m${ename}\u001b[0m: bad`] });

  it('is the one of the cell run last, without colours', () => {
    const notebook = { cells: [{ execution_count: 7, outputs: [error('TypeError')] }, { execution_count: 2, outputs: [error('NameError')] }, { source: 'x' }] };
    expect(lastError(notebook)).toBe('TypeError: bad');
  });

  it('is cut, and absent where there is none', () => {
    expect(errorText({ output_type: 'error', ename: 'E', evalue: 'x'.repeat(9000), traceback: [] })).toHaveLength(4001);
    for (const nothing of [null, 1, {}, { cells: 'x' }, { cells: [null, { outputs: [{ output_type: 'stream' }] }] }]) expect(lastError(nothing)).toBeNull();
  });
});

describe('source', () => {
  it('names the exercise of a cell', () => {
    expect(exerciseId('%%exercise sum-even\nkind: code')).toBe('sum-even');
    expect([gradeId({ grade_id: 'test-1' }), gradeId({}), gradeId('x'), gradeId(undefined)]).toEqual(['test-1', null, null, null]);
    for (const other of ['print(1)', '# %%exercise x', '%%exercises x', '%%exercise', '']) expect(exerciseId(other)).toBeNull();
  });
});

describe('steady', () => {
  it('makes many wishes one more run', async () => {
    let runs = 0;
    const waiting: (() => void)[] = [];
    const steady = new Steady(() => {
      runs += 1;
      return new Promise(resolve => waiting.push(resolve));
    });
    for (let wish = 0; wish < 5; wish += 1) steady.ask();
    expect(runs).toBe(1);
    waiting.shift()?.();
    await vi.waitFor(() => expect(runs).toBe(2));
    waiting.shift()?.();
    await Promise.resolve();
    expect(runs).toBe(2);
  });
});

describe('lessons', () => {
  const open = (about: unknown) => ({ context: { model: { getMetadata: () => about } } });

  it('are known by their notebook', () => {
    expect(lessonOf(open({ course: 'python', lesson: 'loops', title: 'Loops' }))).toEqual({ course: 'python', lesson: 'loops', title: 'Loops' });
    expect(lessonOf(open({ course: 'python', lesson: 'loops' }))?.title).toBe('loops');
    for (const none of [undefined, null, 'python', {}, { course: '../x', lesson: 'loops' }]) expect(lessonOf(open(none))).toBeNull();
  });
});
