// On a narrow screen the list of lessons is a drawer: a button opens it, Escape, the shade and a choice close it.
import { h } from '../shared/dom';
import { t } from '../shared/i18n';

/** Puts the button into the bar; on a wide screen neither is to be seen (lesson.css). Returns how to close it and leave the focus alone. */
export function drawer(bar: HTMLElement, rail: HTMLElement): () => void {
  rail.id ||= 'lessons';
  const shade = h('div', { class: 'shade', hidden: true, onclick: () => close() });
  const button = h('button', { type: 'button', class: 'btn-bare menu', 'aria-label': rail.getAttribute('aria-label') ?? t('Lessons of the course'), 'aria-controls': rail.id, 'aria-expanded': 'false', onclick: () => (rail.classList.contains('open') ? close() : open()) });
  button.append(h('span', { class: 'bars', 'aria-hidden': 'true' }));
  const shut = () => {
    rail.classList.remove('open');
    shade.hidden = true;
    button.setAttribute('aria-expanded', 'false');
  };
  const close = () => {
    if (!rail.classList.contains('open')) return;
    shut();
    button.focus();
  };
  const open = () => {
    rail.classList.add('open');
    shade.hidden = false;
    button.setAttribute('aria-expanded', 'true');
    (rail.querySelector<HTMLElement>('[aria-current]') ?? rail.querySelector<HTMLElement>('a'))?.focus();
  };
  document.addEventListener('keydown', event => {
    if (event.key === 'Escape') close();
  });
  rail.addEventListener('focusout', event => {
    if (event.relatedTarget instanceof Node && !rail.contains(event.relatedTarget) && event.relatedTarget !== button) close();
  });
  bar.prepend(button);
  rail.after(shade);
  return shut;
}
