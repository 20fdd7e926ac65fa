import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { first, idle } from './idle';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function urgent() {
  let end: () => void = () => undefined;
  let fail: () => void = () => undefined;
  first(
    new Promise<void>((resolve, reject) => {
      end = resolve;
      fail = () => reject(new Error('lost'));
    }),
  );
  return { end: () => end(), fail: () => fail() };
}

it('what can wait begins when nobody waits for anything else', async () => {
  const then = vi.fn();
  idle(then, 100);
  const [one, other] = [urgent(), urgent()];
  await vi.advanceTimersByTimeAsync(500);
  expect(then).not.toHaveBeenCalled();
  one.end();
  await vi.advanceTimersByTimeAsync(100);
  expect(then).not.toHaveBeenCalled();
  other.fail(); // an end like any other
  await vi.advanceTimersByTimeAsync(100);
  expect(then).toHaveBeenCalledOnce();
});

it('it waits for a second, not for ever', async () => {
  const then = vi.fn();
  urgent();
  idle(then, 100);
  await vi.advanceTimersByTimeAsync(999);
  expect(then).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(101);
  expect(then).toHaveBeenCalledOnce();
});

it('and begins at once where nothing is urgent', async () => {
  const then = vi.fn();
  idle(then, 100);
  await vi.advanceTimersByTimeAsync(0);
  expect(then).toHaveBeenCalledOnce();
});
