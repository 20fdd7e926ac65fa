// The kinds that this front end can show, by name; a heavy one is loaded when a lesson has it.
import { blanks } from './blanks';
import { choice } from './choice';
import { essay } from './essay';
import type { Kind } from './kind';
import { multiple } from './multiple';
import { number } from './number';
import { text } from './text';

const kinds: Record<string, () => Promise<Kind>> = {
  blanks: () => Promise.resolve(blanks),
  choice: () => Promise.resolve(choice),
  code: () => import('./code').then(({ program }) => program),
  essay: () => Promise.resolve(essay),
  match: () => import('./match').then(({ match }) => match),
  multiple: () => Promise.resolve(multiple),
  number: () => Promise.resolve(number),
  order: () => import('./order').then(({ order }) => order),
  text: () => Promise.resolve(text),
  upload: () => import('./upload').then(({ upload }) => upload),
};

/** Null for a kind that this version does not know. */
export function kind(name: string): Promise<Kind> | null {
  return kinds[name]?.() ?? null;
}
