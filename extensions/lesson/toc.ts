// The table of contents in the rail: marks the section that is being read, and takes the focus along to the one that is chosen.

const LINE = 96; // pixels below the window's top at which a section counts as reached: the bar and a little air

/** Of sections, given by their tops from the window's edge in order, the one being read: -1 above all of them. */
export function reading(tops: readonly number[], atEnd: boolean): number {
  return atEnd ? tops.length - 1 : tops.findLastIndex(top => top <= LINE);
}

/** Scrolls only `box` itself so far that `child` is seen in it. */
export function within(box: HTMLElement, child: HTMLElement): void {
  const [outer, inner] = [box.getBoundingClientRect(), child.getBoundingClientRect()];
  if (inner.top < outer.top + 8) box.scrollTop += inner.top - outer.top - 48;
  else if (inner.bottom > outer.bottom - 8) box.scrollTop += inner.bottom - outer.bottom + 48;
}

/** `chosen` hears that a section was chosen from the list. */
export function toc(rail: HTMLElement, chosen: () => void): void {
  const links = [...rail.querySelectorAll<HTMLAnchorElement>('.toc a')];
  const sections = links.map(link => ({ link, heading: document.getElementById(decodeURIComponent(link.hash.slice(1))) })).filter((one): one is { link: HTMLAnchorElement; heading: HTMLElement } => one.heading !== null);
  const current = rail.querySelector<HTMLElement>('[aria-current="page"]');
  if (current) within(rail, current);
  if (sections.length === 0) return;
  let marked: HTMLAnchorElement | undefined;
  const mark = () => {
    const { scrollHeight, clientHeight } = document.documentElement;
    const atEnd = scrollY > 0 && scrollY + clientHeight >= scrollHeight - 4;
    const link = sections[reading(sections.map(({ heading }) => heading.getBoundingClientRect().top), atEnd)]?.link;
    if (link === marked) return;
    marked?.removeAttribute('aria-current');
    link?.setAttribute('aria-current', 'location');
    if (link) within(rail, link);
    marked = link;
  };
  let frame = 0;
  const soon = () => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(mark);
  };
  addEventListener('scroll', soon, { passive: true });
  addEventListener('resize', soon);
  for (const { link, heading } of sections) {
    link.addEventListener('click', () => {
      chosen();
      heading.tabIndex = -1;
      setTimeout(() => heading.focus({ preventScroll: true })); // once the browser has gone there
    });
  }
  mark();
}
