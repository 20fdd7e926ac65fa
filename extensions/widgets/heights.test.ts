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
  vi.spyOn(slot, 'getBoundingClientRect').mockReturnValue({ height: 120.4 } as DOMRect);
  keepHeights('/lesson/one');
  expect(slot.style.minHeight).toBe('');
  dispatchEvent(new Event('load'));
  vi.advanceTimersByTime(2000);
  keepHeights('/lesson/one');
  expect(slot.style.minHeight).toBe('120px');
  slot.style.minHeight = '';
  keepHeights('/lesson/two');
  expect(slot.style.minHeight).toBe('');
});

it('keeps no place for what is not shown any more, nor for buttons of exercises', () => {
  vi.useFakeTimers();
  document.body.innerHTML = '<div class="pb-slot" id="slot-a"></div><button class="pb-slot" id="pb-3-0-slot"></button>';
  document.documentElement.dataset.kernel = 'done';
  const slot = document.querySelector<HTMLElement>('.pb-slot') ?? expect.fail('no slot');
  const place = vi.spyOn(slot, 'getBoundingClientRect').mockReturnValue({ height: 60 } as DOMRect);
  const seen = () => {
    keepHeights('/lesson/one');
    const kept = slot.style.minHeight;
    dispatchEvent(new Event('load'));
    vi.advanceTimersByTime(2000);
    return kept;
  };
  expect(seen()).toBe('');
  expect(seen()).toBe('60px');
  expect(Object.values(localStorage).join()).not.toContain('pb-3-0-slot');
  place.mockReturnValue({ height: 0 } as DOMRect);
  seen();
  expect(seen()).toBe('');
});
