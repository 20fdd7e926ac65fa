// Makes an exercise look like ours in a page that is not: brings the style sheets, and follows the page's light and dark.
import { h, shared } from '../shared/dom';
import { lessonPage } from '../shared/page';

const SHEETS = ['exercise.css', 'fonts.css'];

/** Adds our style sheets once, from where this module came; a lesson page has them already. */
export function bringStyles(module: string): void {
  if (lessonPage()) return;
  shared('styles', () => {
    const own = new URL(module);
    for (const name of SHEETS) {
      const url = new URL(name, own);
      url.search = own.search;
      if (own.protocol.startsWith('http')) document.head.append(h('link', { rel: 'stylesheet', href: url.href }));
    }
    return true;
  });
}

/** Keeps `data-theme` of an element as JupyterLab's theme is; returns the way to stop. A lesson page decides itself. */
export function followTheme(el: HTMLElement): () => void {
  if (lessonPage()) return () => undefined;
  const { body } = document;
  const follow = () => {
    const light = body.dataset.jpThemeLight;
    if (light !== undefined) el.dataset.theme = light === 'false' ? 'dark' : 'light';
  };
  follow();
  const observer = new MutationObserver(follow);
  observer.observe(body, { attributeFilter: ['data-jp-theme-light'] });
  return () => observer.disconnect();
}
