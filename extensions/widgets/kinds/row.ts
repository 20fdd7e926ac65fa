// One line of an `order` exercise as elements: made once, then only moved and dressed as it stands.
import { h, prose } from '../../shared/dom';
import { t } from '../../shared/i18n';
import type { Line } from './arrangement';

/** What is done with a line, by its key; `indent` is null where depth is not asked for. */
export interface Acts {
  press: (key: string) => void;
  move: (key: string, by: number) => void;
  indent: ((key: string, by: number) => void) | null;
  takeOut: (key: string) => void;
}

export interface Row {
  line: Line;
  item: HTMLLIElement;
  button: HTMLButtonElement;
  where: HTMLElement;
  up: HTMLButtonElement;
  down: HTMLButtonElement;
  less: HTMLButtonElement;
}

/** Where a line stands: `at` from 0 in the answer, -1 in the pool; `where` says it to a screen reader. */
interface Standing {
  at: number;
  level: number;
  count: number;
  held: boolean;
  where: string;
}

export function makeRow(line: Line, keysId: string, { press, move, indent, takeOut }: Acts): Row {
  const tool = (sign: string, label: string, act: () => void) => h('button', { type: 'button', class: 'pb-tool', 'aria-label': label, title: label, tabindex: -1, onclick: act }, h('span', { 'aria-hidden': 'true' }, sign));
  const where = h('span', { class: 'pb-sr' });
  const button = h(
    'button',
    { type: 'button', class: 'pb-line', 'data-key': line.key, 'aria-describedby': keysId, onclick: () => press(line.key) },
    h('span', { class: 'pb-grip', 'aria-hidden': 'true' }, '⠿'),
    prose('span', { class: 'pb-prose' }, line.html),
    where,
  );
  const up = tool('↑', t('Up'), () => move(line.key, -1));
  const down = tool('↓', t('Down'), () => move(line.key, 1));
  const less = tool('⇤', t('Less deep'), () => indent?.(line.key, -1));
  const more = tool('⇥', t('Deeper'), () => indent?.(line.key, 1));
  const out = tool('✕', t('Take out of the answer'), () => takeOut(line.key));
  const tools = h('span', { class: 'pb-tools' }, up, down, indent && less, indent && more, out);
  return { line, item: h('li', {}, button, tools), button, where, up, down, less };
}

export function dress({ item, button, where, up, down, less }: Row, standing: Standing): void {
  item.style.setProperty('--pb-level', String(standing.level));
  item.dataset.held = String(standing.held);
  button.ariaPressed = standing.held ? 'true' : null; // else every line would be announced as a switch
  where.textContent = standing.where;
  up.disabled = standing.at <= 0;
  down.disabled = standing.at === standing.count - 1;
  less.disabled = standing.level === 0;
}
