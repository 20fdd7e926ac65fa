// The kinds that this front end can show, by name; programs, whose editor is ten times all the others, come when a lesson has one.
import { blanks } from './blanks';
import { choice } from './choice';
import { essay } from './essay';
import type { Kind } from './kind';
import { match } from './match';
import { multiple } from './multiple';
import { number } from './number';
import { order } from './order';
import { text } from './text';
import { upload } from './upload';

const kinds: Record<string, () => Promise<Kind>> = {
  blanks: () => Promise.resolve(blanks),
  choice: () => Promise.resolve(choice),
  code: () => import('./code').then(({ program }) => program),
  essay: () => Promise.resolve(essay),
  match: () => Promise.resolve(match),
  multiple: () => Promise.resolve(multiple),
  number: () => Promise.resolve(number),
  order: () => Promise.resolve(order),
  text: () => Promise.resolve(text),
  upload: () => Promise.resolve(upload),
};

/** Null for a kind that this version does not know. */
export function kind(name: string): Promise<Kind> | null {
  return kinds[name]?.() ?? null;
}
