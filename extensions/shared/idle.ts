// Work that can wait until the page has nothing more urgent to do.
import { shared } from './dom';

const HELD = 1000; // milliseconds that it waits for what is urgent

const urgent = () => shared('urgent', () => new Set<Promise<unknown>>());

/** Until `work` has ended, at most for a second, what can wait does not begin: somebody waits for this. */
export function first(work: Promise<unknown>): void {
  const all = urgent();
  const ended = () => void all.delete(end);
  const end: Promise<unknown> = Promise.race([work, new Promise(resolve => setTimeout(resolve, HELD))]).then(ended, ended);
  all.add(end);
}

/** Calls `then` when the page is idle and nobody waits for it, at the latest after so many milliseconds without either. */
export function idle(then: () => void, timeout: number): void {
  const soon = () => {
    if ('requestIdleCallback' in window) requestIdleCallback(go, { timeout });
    else setTimeout(go); // Safari
  };
  const go = () => {
    if (urgent().size > 0) void Promise.all(urgent()).then(soon);
    else then();
  };
  soon();
}
