// Waiting: growing pauses that end early when the browser is online again, and that stop with their owner.

/** Pauses from `first` to `last` milliseconds, each 1.6 times the one before. */
export function* pauses(first: number, last: number): Generator<number, never> {
  for (let pause = first; ; pause = Math.min(pause * 1.6, last)) yield pause;
}

/** Resolves after `ms`, or as soon as the browser says that it is online again; rejects when `signal` aborts. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const clear = () => {
      clearTimeout(timer);
      removeEventListener('online', done);
      signal.removeEventListener('abort', stop);
    };
    const done = () => {
      clear();
      resolve();
    };
    const stop = () => {
      clear();
      reject(new DOMException('stopped', 'AbortError'));
    };
    const timer = setTimeout(done, ms);
    addEventListener('online', done);
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
  });
}
