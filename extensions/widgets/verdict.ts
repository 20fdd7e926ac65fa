// A verdict in words: right or not first, then the tests, then the first failing case as call → got, wanted.
import type { TestResult, Verdict } from '../shared/api';
import { h, prose } from '../shared/dom';
import { t, tn } from '../shared/i18n';

export type Tone = 'good' | 'part' | 'bad' | 'info';

export function tone({ state }: Verdict): Tone {
  if (state === 'passed') return 'good';
  if (state === 'partial') return 'part';
  return state === 'failed' ? 'bad' : 'info';
}

/** The first words: what the answer is. */
export function title({ state }: Verdict): string {
  switch (state) {
    case 'passed':
      return t('Correct');
    case 'partial':
      return t('Partly correct');
    case 'failed':
      return t('Not yet');
    case 'manual':
      return t('The answer is kept');
    case 'refused':
      return t('The answer was not accepted');
    case 'error':
      return t('We could not check the answer');
    case 'saved':
      return t('Saved here, will be checked');
    default:
      return t('Checking…');
  }
}

/** How many tests passed; empty for exercises without tests. */
export function tally(tests: readonly TestResult[]): string {
  const passed = tests.filter(test => test.passed).length;
  return tests.length === 0 ? '' : tn('{passed} of {n} test passed', '{passed} of {n} tests passed', tests.length, { passed });
}

/** Points as a chip says them: what can be earned, then what was. */
export function points(max: number, earned: number | null, done = false): string {
  if (earned === null) return tn('{n} point', '{n} points', max);
  return done ? '✓ ' + t('{earned} of {max}', { earned, max }) : tn('{earned} of {n} point', '{earned} of {n} points', max, { earned });
}

function test(result: TestResult, open: boolean): HTMLElement {
  const { name, passed, hidden, message } = result;
  const sign = h('span', { class: passed ? 'pb-ok' : 'pb-no', 'aria-hidden': 'true' }, passed ? '✓' : '✗');
  const word = h('span', { class: 'pb-sr' }, passed ? t('passed:') : t('not passed:'));
  const item = h('li', {}, sign, h('span', {}, word, ' ', name), hidden && h('span', { class: 'pb-chip' }, t('hidden test')));
  if (passed || !open) return item;
  const found = result.case;
  if (found) item.append(h('pre', { tabindex: 0 }, found.call, h('span', { class: 'pb-arrow' }, '  →  '), found.got, h('span', { class: 'pb-wanted' }, `, ${t('but wanted')} `), found.wanted));
  else if (message) item.append(h('p', {}, message));
  return item;
}

/** The whole block. `message` is plain text; the explanation is HTML that the platform has sanitised. */
export function block(verdict: Verdict): HTMLElement {
  const tests = verdict.tests ?? [];
  const box = h('div', { class: `pb-verdict pb-${tone(verdict)}`, 'data-state': verdict.state });
  const count = tally(tests);
  box.append(h('p', { class: 'pb-verdict-title' }, h('b', {}, title(verdict)), count && verdict.state !== 'passed' ? ` · ${count}` : ''));
  if (verdict.message_html) box.append(prose('div', { class: 'pb-prose' }, verdict.message_html));
  else if (verdict.message) box.append(h('p', {}, verdict.message));
  if (verdict.state === 'error' && !verdict.message) box.append(h('p', {}, t('This is our fault, and the attempt is not counted. Check again in a minute.')));
  if (verdict.explanation && verdict.explanation !== verdict.message_html) box.append(prose('div', { class: 'pb-prose pb-explanation' }, verdict.explanation));
  if (tests.length > 0) {
    const first = tests.find(result => !result.passed && (result.case ?? result.message));
    box.append(h('ul', { class: 'pb-tests' }, ...tests.map(result => test(result, result === first || Boolean(result.message)))));
  }
  if (verdict.isolated === false) box.append(h('p', { class: 'pb-provisional' }, t('This result is provisional until a grader confirms it.')));
  return box;
}

/** One sentence for the live region. */
export function spoken(verdict: Verdict): string {
  return [title(verdict), tally(verdict.tests ?? []), verdict.message].filter(Boolean).join('. ');
}
