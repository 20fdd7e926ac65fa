// A button at every block of code that copies it: of prose, of the author's programs, and of cells that are answered elsewhere.
import { h, prose } from '../shared/dom';
import { t } from '../shared/i18n';

const BLOCKS = '#lesson > .prose .highlight, #lesson .pb-native .highlight';
const SHOWN = 2000; // milliseconds that "Copied" stands there
const ICON = '<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.5"><rect x="5.5" y="5.5" width="8" height="8" rx="1.5"/><path d="M3.5 10.5h-.5a1 1 0 0 1-1-1V3.500a1 1 0 0 1 1-1h6a1 1 0 0 1 1 1v.5"/></svg>';

/** Puts text on the clipboard; also on a page over plain http, where browsers have no `navigator.clipboard`. */
async function put(text: string, source: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    getSelection()?.selectAllChildren(source);
    return document.execCommand('copy'); // eslint-disable-line @typescript-eslint/no-deprecated -- the one way that needs no secure origin
  }
}

/** Adds the buttons; `say` is heard by those who do not see them. */
export function copyButtons(say: (words: string) => void): void {
  for (const block of document.querySelectorAll<HTMLElement>(BLOCKS)) {
    const code = block.querySelector('pre');
    if (!code || block.querySelector('.copy')) continue;
    const words = h('span', { class: 'copied', hidden: true }, t('Copied'));
    const button = h('button', { type: 'button', class: 'copy', 'aria-label': t('Copy the code'), title: t('Copy the code') }, words, prose('span', { class: 'icon' }, ICON));
    let timer: ReturnType<typeof setTimeout> | undefined;
    button.addEventListener('click', () => {
      void put(code.textContent.replace(/\n$/, ''), code).then(done => {
        if (!done) return;
        words.hidden = false;
        say(t('Copied'));
        clearTimeout(timer);
        timer = setTimeout(() => (words.hidden = true), SHOWN);
      });
    });
    block.append(button);
  }
}
