import { afterEach, expect, it, vi } from 'vitest';
import { keepHeights } from './heights';

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  localStorage.clear();
  document.body.replaceChildren();
});

it('keeps the place that an output took when it was last seen, until what comes is drawn', () => {
  vi.useFakeTimers();
  document.body.innerHTML = '<div class="pb-slot" id="slot-a"></div>';
  document.documentElement.dataset.kernel = 'done';
  const slot = document.querySelector<HTMLElement>('.pb-slot') ?? expect.fail('no slot');
  const place = vi.spyOn(slot, 'getBoundingClientRect').mockReturnValue({ height: 120.4 } as DOMRect);
  keepHeights('/lesson/one');
  expect(slot.style.minHeight).toBe('');
  dispatchEvent(new Event('load'));
  vi.advanceTimersByTime(2000);
  keepHeights('/lesson/one');
  expect(slot.style.minHeight).toBe('120px');
  keepHeights('/lesson/two');
  place.mockReturnValue({ height: 60 } as DOMRect);
  dispatchEvent(new Event('load'));
  vi.advanceTimersByTime(2000);
  expect(slot.style.minHeight).toBe('');
});
