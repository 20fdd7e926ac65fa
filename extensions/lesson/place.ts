// Where the reader stopped: kept in this browser for each lesson. Going back there is done by the page itself before it is painted (lesson.html).
import { h } from '../shared/dom';
import { t } from '../shared/i18n';

const PAUSE = 300; // milliseconds of rest after which a place is kept
const BEGUN = 300; // pixels from the top within which there is nothing to come back to
const AWAY = 400; // pixels of scrolling after which nobody wonders any more where they are
const BAR = 72; // pixels that the bar covers

/** `block`: the id of the part of the lesson at the window's top; `top`: where its upper edge stood there, in pixels. */
export interface Place {
  block: string;
  top: number;
}

const key = () => `proboost:place:${location.pathname}`;

/** The place that is being read; null at the beginning. */
export function here(lesson: HTMLElement): Place | null {
  if (scrollY < BEGUN) return null;
  for (const block of lesson.children) {
    const { top, bottom } = block.getBoundingClientRect();
    if (block.id && bottom > BAR) return { block: block.id, top: Math.round(top) };
  }
  return null;
}

function keep(place: Place | null): void {
  try {
    if (place) localStorage.setItem(key(), JSON.stringify(place));
    else localStorage.removeItem(key());
  } catch {
    // storage that is full or not allowed: then the lesson begins at its beginning
  }
}

/** Keeps the place from now on, and tells who was brought back to one how to get to the beginning. */
export function watchPlace(lesson: HTMLElement): void {
  const now = () => keep(here(lesson));
  let timer: ReturnType<typeof setTimeout> | undefined;
  addEventListener(
    'scroll',
    () => {
      clearTimeout(timer);
      timer = setTimeout(now, PAUSE);
    },
    { passive: true },
  );
  addEventListener('pagehide', now);
  if (document.documentElement.dataset.place !== undefined) say(lesson);
}

function say(lesson: HTMLElement): void {
  const from = scrollY;
  const bar = h(
    'div',
    { class: 'again' },
    h('span', { role: 'status' }, t('You stopped here last time.')),
    h('button', { type: 'button', onclick: () => back() }, t('To the beginning')),
    h('button', { type: 'button', class: 'close', 'aria-label': t('Close'), onclick: () => gone() }, '×'),
  );
  const gone = () => {
    bar.remove();
    removeEventListener('scroll', look);
  };
  const back = () => {
    gone();
    scrollTo({ top: 0 });
    lesson.focus({ preventScroll: true });
  };
  const look = () => {
    if (Math.abs(scrollY - from) > AWAY) gone();
  };
  addEventListener('scroll', look, { passive: true });
  document.body.append(bar);
}
