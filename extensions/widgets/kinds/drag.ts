// Follows a mouse, pen or finger that drags something; whoever uses it brings a way by keyboard and by tapping too.

export interface Drag {
  /** The pointer has gone far enough to be no click. */
  start(): void;
  move(x: number, y: number): void;
  drop(x: number, y: number): void;
  cancel(): void;
}

const FAR = 5; // pixels
const EDGE = 48; // pixels from the window's edge in which what lies behind it scrolls
const STEP = 14; // pixels

function scroller(from: HTMLElement): Element {
  for (let at = from.parentElement; at; at = at.parentElement) {
    if (at.scrollHeight > at.clientHeight && /auto|scroll/.test(getComputedStyle(at).overflowY)) return at;
  }
  return document.scrollingElement ?? document.documentElement;
}

/** `begin` says what a press there would drag, or null. Returns the way to stop. */
export function drags(root: HTMLElement, begin: (target: HTMLElement, event: PointerEvent) => Drag | null): () => void {
  let drag: Drag | null = null;
  let started = false;
  let from = { x: 0, y: 0, id: 0 };
  let frame = 0;

  const end = () => {
    drag = null;
    started = false;
    cancelAnimationFrame(frame);
    removeEventListener('keydown', escape, true);
    if (root.hasPointerCapture(from.id)) root.releasePointerCapture(from.id);
  };
  const escape = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') return;
    event.preventDefault();
    event.stopPropagation();
    drag?.cancel();
    end();
  };
  const scroll = (x: number, y: number) => {
    cancelAnimationFrame(frame);
    const way = y < EDGE ? -STEP : y > innerHeight - EDGE ? STEP : 0;
    if (!way || !drag) return;
    const area = scroller(root);
    const before = area.scrollTop;
    area.scrollTop += way;
    if (area.scrollTop === before) return;
    drag.move(x, y);
    frame = requestAnimationFrame(() => scroll(x, y));
  };
  const down = (event: PointerEvent) => {
    if (drag || !event.isPrimary || event.button !== 0 || !(event.target instanceof HTMLElement || event.target instanceof SVGElement)) return;
    drag = begin(event.target as HTMLElement, event);
    from = { x: event.clientX, y: event.clientY, id: event.pointerId };
  };
  const move = (event: PointerEvent) => {
    if (!drag || event.pointerId !== from.id) return;
    if (!started) {
      if (Math.hypot(event.clientX - from.x, event.clientY - from.y) < FAR) return;
      started = true;
      root.setPointerCapture(from.id); // from here on every movement is ours
      addEventListener('keydown', escape, true);
      drag.start();
    }
    event.preventDefault();
    drag.move(event.clientX, event.clientY);
    scroll(event.clientX, event.clientY);
  };
  const up = (event: PointerEvent) => {
    if (!drag || event.pointerId !== from.id) return;
    const dropped = drag;
    const moved = started;
    end();
    if (!moved) return;
    const click = (after: Event) => {
      after.stopPropagation();
      after.preventDefault();
    };
    addEventListener('click', click, { capture: true, once: true }); // the press was no click
    setTimeout(() => removeEventListener('click', click, true));
    dropped.drop(event.clientX, event.clientY);
  };
  const lost = (event: PointerEvent) => {
    if (!drag || event.pointerId !== from.id) return;
    if (started) drag.cancel(); // the browser took the finger for scrolling, or the window went away
    end();
  };
  root.addEventListener('pointerdown', down);
  root.addEventListener('pointermove', move);
  root.addEventListener('pointerup', up);
  root.addEventListener('pointercancel', lost);
  return () => {
    if (drag && started) drag.cancel();
    end();
    root.removeEventListener('pointerdown', down);
    root.removeEventListener('pointermove', move);
    root.removeEventListener('pointerup', up);
    root.removeEventListener('pointercancel', lost);
  };
}

/** Whether a finger is what people point with here: then nobody is told of keys and dropped files. */
export function byFinger(): boolean {
  return typeof matchMedia === 'function' && matchMedia('(pointer: coarse)').matches;
}

export function inside({ left, right, top, bottom }: DOMRect, x: number, y: number): boolean {
  return x >= left && x <= right && y >= top && y <= bottom;
}

/** Lays an element that keeps its place in the page under the pointer, `grab` from its corner. */
export function float(element: HTMLElement, x: number, y: number, grab: { x: number; y: number }): void {
  element.style.transform = '';
  const { left, top } = element.getBoundingClientRect();
  element.style.transform = `translate(${x - grab.x - left}px, ${y - grab.y - top}px)`;
}
