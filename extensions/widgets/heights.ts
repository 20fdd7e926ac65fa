// How high the outputs of a lesson were when they were last seen: the page keeps their places, so that nothing jumps when they come.
const SETTLED = 1500; // milliseconds after the page has loaded in which its outputs are drawn

type Heights = Record<string, number>;

/** Keeps places for the outputs of the lesson with that address, and remembers how high they become. */
export function keepHeights(lesson: string): void {
  const name = `proboost.heights.${lesson}`;
  let known: Heights;
  try {
    known = JSON.parse(localStorage.getItem(name) ?? '{}') as Heights;
  } catch {
    return; // no storage here, or not ours
  }
  const width = String(Math.round(innerWidth / 100)); // of another width, another height
  const slots = () => document.querySelectorAll<HTMLElement>('.pb-slot[id^="slot-"]');
  const place = (slot: HTMLElement) => {
    const height = known[`${width} ${slot.id}`];
    if (height && !slot.style.minHeight) slot.style.minHeight = `${String(height)}px`;
  };
  const placed = new MutationObserver(() => slots().forEach(place));
  slots().forEach(place);
  if (document.readyState === 'loading') placed.observe(document, { childList: true, subtree: true });
  const settle = () => {
    placed.disconnect();
    if (document.documentElement.dataset.kernel !== 'done') return slots().forEach(slot => slot.style.removeProperty('min-height'));
    const now: Heights = Object.fromEntries(Object.entries(known).filter(([key]) => !key.startsWith(`${width} `)));
    for (const slot of slots()) {
      slot.style.removeProperty('min-height');
      const height = Math.round(slot.getBoundingClientRect().height);
      if (height > 0) now[`${width} ${slot.id}`] = height;
    }
    try {
      localStorage.setItem(name, JSON.stringify(now));
    } catch {
      return; // full: nothing depends on it
    }
  };
  addEventListener('load', () => setTimeout(settle, SETTLED));
}
