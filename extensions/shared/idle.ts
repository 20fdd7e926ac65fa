// Work that can wait until the page has nothing more urgent to do.

/** Calls `then` when the page is idle, at the latest after so many milliseconds. */
export function idle(then: () => void, timeout: number): void {
  if ('requestIdleCallback' in window) requestIdleCallback(then, { timeout });
  else setTimeout(then); // Safari
}
