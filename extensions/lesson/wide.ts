// What is wider than the page scrolls in a place of its own, which the keyboard reaches and a screen reader names, while it is wider.
import { h } from '../shared/dom';
import { t } from '../shared/i18n';

const BOXES = '#lesson .pb-wide, #lesson > .pb-slot';

/** Makes `box` reachable while something in it is cut off, and only then: nobody wants to tab through what scrolls nowhere. */
export function reach(box: HTMLElement): void {
  const cut = box.scrollWidth > box.clientWidth + 1;
  if (cut === (box.dataset.cut !== undefined)) return;
  if (cut) {
    box.dataset.cut = '';
    box.tabIndex = 0;
    box.setAttribute('role', 'group'); // no landmark: a lesson may have dozens of tables
    const table = box.querySelector('table');
    box.setAttribute('aria-label', table?.caption?.textContent.trim() || (table ? t('Table, scrolls sideways') : t('Output, scrolls sideways')));
  } else {
    delete box.dataset.cut;
    for (const name of ['tabindex', 'role', 'aria-label']) box.removeAttribute(name);
  }
}

/** Tables of outputs get a box, as those of prose have from the server. */
function boxed(root: ParentNode): void {
  for (const table of root.querySelectorAll<HTMLTableElement>('#lesson .pb-slot table')) {
    if (table.parentElement?.closest('table, .pb-wide')) continue;
    const box = h('div', { class: 'pb-wide' });
    // pandas' Styler colours cells for a white page: on a dark one they would not be legible
    if (/background|color/.test(table.closest('.pb-slot')?.querySelector('style')?.textContent ?? '')) box.classList.add('pb-plate');
    for (const empty of table.querySelectorAll('th')) if (!empty.textContent.trim()) empty.replaceWith(h('td', { colspan: empty.colSpan, rowspan: empty.rowSpan })); // pandas' corner heads nothing
    table.replaceWith(box);
    box.append(table);
  }
}

/** Looks after all boxes of the lesson, those of outputs included that are still to come. */
export function watchWide(lesson: HTMLElement): void {
  const sizes = new ResizeObserver(entries => {
    for (const { target } of entries) if (target instanceof HTMLElement) reach(target.matches(BOXES) ? target : (target.closest<HTMLElement>(BOXES) ?? target));
  });
  const seen = new WeakSet<Element>();
  const look = () => {
    boxed(document);
    for (const box of lesson.querySelectorAll<HTMLElement>(BOXES)) {
      for (const one of [box, ...box.children]) {
        if (seen.has(one)) continue;
        seen.add(one);
        sizes.observe(one);
      }
    }
  };
  look();
  let frame = 0;
  new MutationObserver(found => {
    if (!found.some(({ target }) => target instanceof Element && target.closest('.pb-slot'))) return;
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(look);
  }).observe(lesson, { childList: true, subtree: true });
}
