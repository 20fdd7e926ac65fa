import { afterEach, describe, expect, it, vi } from 'vitest';
import type { CourseProgress, LessonProgress } from '../shared/api';
import type { Spec } from '../widgets/model';
import { drawer } from './drawer';
import { paper } from './paper';
import { dot, update, updateTurn } from './rail';
import { watchSaving, worst } from './saving';
import { reading } from './toc';
import { reach } from './wide';

const lesson = (id: string, more: Partial<LessonProgress> = {}): LessonProgress => ({ id, title: id, file: '', open: true, why: null, opens: null, due: null, state: 'new', points: 0, max_points: 4, exercises: [], ...more });
const course = (...lessons: LessonProgress[]): CourseProgress => ({ course: 'c', title: 'C', language: 'en', next_lesson: null, points: 3, max_points: 8, lessons });
const get = (selector: string) => document.querySelector<HTMLElement>(selector) ?? expect.fail(selector);

afterEach(() => {
  vi.useRealTimers();
  document.body.replaceChildren();
});

describe('the rail', () => {
  const stage = () => {
    document.body.innerHTML = `<nav class="rail"><progress max="100" value="0"></progress><p data-summary></p><ol>
      <li data-id="one"><a href="/one">one</a></li><li data-id="two"><span class="locked">two</span></li></ol></nav>
      <nav class="turn"><span class="btn" aria-disabled="true" data-next="two">two</span></nav>`;
    return get('.rail');
  };

  it('moves with a verdict: points, share, states, and what opens next', () => {
    const now = course(lesson('one', { state: 'done', points: 3 }), lesson('two'));
    update(stage(), now, 'one', '/user/lea/');
    expect(document.querySelector('progress')?.value).toBe(38);
    expect(get('[data-summary]').textContent).toBe('38 % · 3 of 8 points');
    expect(get('li[data-id="one"] .dot').className).toBe('dot done');
    expect(get('li[data-id="one"] a').getAttribute('aria-current')).toBe('page');
    expect(get('li[data-id="two"] a').getAttribute('href')).toBe('/user/lea/proboost/lesson/c/two');
    updateTurn(get('.turn'), now, 'one', '/user/lea/');
    expect(get('.turn a').getAttribute('href')).toBe('/user/lea/proboost/lesson/c/two');
  });

  it('keeps the contents of the lesson, and says when others are due', () => {
    const rail = stage();
    get('li[data-id="one"]').insertAdjacentHTML('beforeend', '<ol class="toc"><li><a href="#a">A</a></li></ol>');
    update(rail, course(lesson('one', { due: '2026-11-30T23:59:00+03:00' }), lesson('two', { due: '2026-12-07T18:00:00+03:00' })), 'one', '/');
    expect(get('li[data-id="one"] .toc a').textContent).toBe('A');
    expect([...rail.querySelectorAll('.until')].map(({ textContent }) => textContent)).toEqual(['due 7 December, 18:00']);
  });

  it('writes once why what comes later is closed', () => {
    const rail = stage();
    const closed = (id: string) => lesson(id, { open: false, state: 'locked', why: `before ${id}` });
    update(rail, course(closed('one'), closed('two')), 'zero', '/');
    expect([...rail.querySelectorAll('.locked > .small')].map(({ className }) => className)).toEqual(['small muted', 'small muted sr']);
  });

  it('keeps the focus, and leaves alone what has not changed', () => {
    const rail = stage();
    const before = course(lesson('one'), lesson('two', { open: false, state: 'locked', why: 'after one' }));
    update(rail, before, 'one', '/');
    const [one, two] = [get('li[data-id="one"] a'), get('li[data-id="two"] .locked')];
    one.focus();
    update(rail, before, 'one', '/');
    expect(get('li[data-id="one"] a')).toBe(one);
    expect(two.textContent).toContain('after one');
    update(rail, course(lesson('one', { points: 1 }), lesson('two')), 'one', '/');
    expect(document.activeElement).toBe(get('li[data-id="one"] a'));
  });

  it('marks where I am until it is done', () => {
    expect([dot(lesson('x', { state: 'half' }), true), dot(lesson('x', { state: 'done' }), true), dot(lesson('x', { open: false, state: 'new' }), false)]).toEqual(['here', 'done', 'locked']);
  });
});

describe('the saving chip', () => {
  it('says the worst of all exercises', () => {
    expect([worst([]), worst(['saved', undefined]), worst(['saved', 'saving']), worst(['here', 'saving']), worst(['here', 'offline'])]).toEqual(['saved', 'saved', 'saving', 'here', 'offline']);
  });

  it('follows them, without a flicker', () => {
    vi.useFakeTimers();
    document.body.innerHTML = '<span id="chip" hidden></span><section class="pb-ex" data-saving="saved"></section>';
    const chip = get('#chip');
    watchSaving(chip);
    expect([chip.hidden, chip.textContent]).toEqual([false, 'saved']);
    const exercise = get('.pb-ex');
    const turn = (state: string) => {
      exercise.dataset.saving = state;
      exercise.dispatchEvent(new CustomEvent('pb:saving', { bubbles: true }));
    };
    turn('saving');
    turn('here');
    expect(chip.textContent).toBe('saved');
    vi.advanceTimersByTime(200);
    expect(chip.textContent).toBe('saved here, will be checked');
  });
});

describe('reading', () => {
  it('is in the last section that the top of the window has passed', () => {
    expect([reading([300, 900], false), reading([-200, 90, 500], false), reading([-900, -400, 500], true)]).toEqual([-1, 1, 2]);
  });

  it('comes by keyboard to what is cut off, and passes by what is not', () => {
    document.body.innerHTML = '<div class="pb-wide"><table><caption>Sales</caption></table></div>';
    const box = get('.pb-wide');
    const width = vi.spyOn(box, 'scrollWidth', 'get').mockReturnValue(900);
    reach(box);
    expect([box.tabIndex, box.getAttribute('role'), box.getAttribute('aria-label')]).toEqual([0, 'group', 'Sales']);
    width.mockReturnValue(0);
    reach(box);
    expect([...box.attributes].map(({ name }) => name)).toEqual(['class']);
  });
});

describe('an exercise on paper', () => {
  const spec = (kind: string, more: Partial<Spec> = {}): Spec => ({ kind, title: 'T', points: 2, prompt_html: '<p>What?</p>', ...more });
  const options = ['a', 'b'].map(item => ({ item, html: `<p>${item}</p>` }));
  const sheet = (made: Spec) => paper(made, get('section'));

  it('has what is asked, and room for the answer', () => {
    document.body.innerHTML = '<section data-id="x" data-ref="c/l#x"></section>';
    expect(sheet(spec('choice', { options, shuffle: false })).textContent).toBe('T2 pointsWhat?ab');
    expect(sheet(spec('multiple', { options })).querySelectorAll('.pb-box')).toHaveLength(2);
    expect(sheet(spec('match', { left: options, right: options })).querySelectorAll('b')).toHaveLength(2);
    expect(sheet(spec('blanks', { text_html: 'a <a href="/w1">w1</a> c', blanks: [{ name: 'n', word: 'w1' }] })).querySelector('a .pb-gap')).not.toBeNull();
    expect(sheet(spec('code', { starter: 'x = 1\n' })).querySelector('pre')?.textContent).toBe('x = 1');
    expect(sheet(spec('essay')).querySelector('.pb-room')).not.toBeNull();
  });

  it('shows no template', () => {
    document.body.innerHTML = '<section data-id="x"></section>';
    expect(sheet(spec('number', { variants: true, prompt_html: '{{r}}' })).textContent).toBe('T2 points');
  });
});

describe('the drawer', () => {
  it('opens with the current lesson in focus and closes by Escape', () => {
    document.body.innerHTML = '<header></header><nav><a href="/1">1</a><a href="/2" aria-current="page">2</a></nav>';
    drawer(get('header'), get('nav'));
    const button = get('header button');
    button.click();
    expect([button.getAttribute('aria-expanded'), document.activeElement?.textContent]).toEqual(['true', '2']);
    document.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' }));
    expect([button.getAttribute('aria-expanded'), document.activeElement]).toEqual(['false', button]);
  });
});
