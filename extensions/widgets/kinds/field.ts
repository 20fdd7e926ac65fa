// One line to type in: what the kinds `number`, `text` and `blanks` share.
import { h } from '../../shared/dom';

export const MAX_TYPED = 2000; // characters, as the platform takes them

/** Enter checks, with or without Ctrl; no key of the field reaches JupyterLab's shortcuts. Nothing is corrected by the browser. */
export function field(attributes: Record<string, string | number | null>, changed: () => void, check: () => void): HTMLInputElement {
  const input = h('input', { type: 'text', class: 'pb-field', autocomplete: 'off', autocapitalize: 'off', autocorrect: 'off', spellcheck: 'false', maxlength: MAX_TYPED, translate: 'no', ...attributes });
  input.addEventListener('input', changed);
  input.addEventListener('keydown', event => {
    event.stopPropagation();
    if (event.key !== 'Enter' || event.isComposing) return;
    event.preventDefault();
    check();
  });
  return input;
}

/** Sets what is typed; a field that says it already keeps its cursor and its undo. */
export function put(input: HTMLInputElement, given: unknown): void {
  const text = typeof given === 'string' ? given : '';
  if (input.value !== text) input.value = text;
}
