// The kinds that this front end can show, by name; a heavy one is loaded when a lesson has it.
import { choice } from './choice';
import { essay } from './essay';
import type { Kind } from './kind';

const kinds: Record<string, () => Promise<Kind>> = {
  choice: () => Promise.resolve(choice),
  code: () => import('./code').then(({ program }) => program),
  essay: () => Promise.resolve(essay),
  match: () => import('./match').then(({ match }) => match),
  order: () => import('./order').then(({ order }) => order),
  upload: () => import('./upload').then(({ upload }) => upload),
};

/** Null for a kind that this version does not know. */
export function kind(name: string): Promise<Kind> | null {
  return kinds[name]?.() ?? null;
}
