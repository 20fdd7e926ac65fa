// A dialog over the page: its frame, the ways to close it, and where the focus is afterwards.
import { type Child, h } from './dom';
import { t } from './i18n';

export interface Opened {
  close: () => void;
  /** Resolves when it is closed, by whichever way. */
  closed: Promise<void>;
}

/** `name` begins the id of its title; `more` is a class of its own; `theme` is for pages whose theme is not ours. */
export function openDialog({ name, title, more = '', theme }: { name: string; title: string; more?: string; theme?: 'light' | 'dark' | undefined }, ...content: Child[]): Opened {
  const before = document.activeElement;
  const close = () => dialog.close();
  const dialog = h(
    'dialog',
    { class: `pb-help ${more}`.trim(), 'aria-labelledby': `${name}-title`, 'data-theme': theme, 'data-lm-suppress-shortcuts': 'true' },
    h('header', {}, h('h2', { id: `${name}-title` }, title), h('button', { type: 'button', class: 'pb-close', 'aria-label': t('Close'), onclick: close }, '×')),
    ...content,
  );
  dialog.addEventListener('keydown', event => event.stopPropagation());
  dialog.addEventListener('click', event => {
    if (event.target === dialog) close();
  });
  document.body.append(dialog);
  dialog.showModal();
  const closed = new Promise<void>(resolve => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      // Browsers have brought the focus back when they say so, and what closed the dialog may have taken it further.
      if (document.activeElement === document.body && before instanceof HTMLElement) before.focus({ preventScroll: true });
      resolve();
    });
  });
  return { close, closed };
}
