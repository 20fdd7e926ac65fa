// One chip for the whole page: saved, saving, saved here and waiting for the platform, or not saved.
import { t } from '../shared/i18n';

export type Saving = 'saved' | 'saving' | 'here' | 'offline';

const WORST: Saving[] = ['offline', 'here', 'saving', 'saved'];

/** Of all exercises' states the one that matters most. */
export function worst(states: readonly (string | undefined)[]): Saving {
  return WORST.find(state => states.includes(state)) ?? 'saved';
}

export function words(state: Saving): string {
  switch (state) {
    case 'saved':
      return t('saved');
    case 'saving':
      return t('saving');
    case 'here':
      return t('saved here, will be checked');
    case 'offline':
      return t('not saved: no connection');
  }
}

const TONE: Record<Saving, string> = { saved: 'good', saving: '', here: 'info', offline: 'bad' };

/** Keeps the chip as the exercises on the page are. Shown from the first thing that there is to save. */
export function watchSaving(chip: HTMLElement): void {
  const show = () => {
    const state = worst([...document.querySelectorAll<HTMLElement>('.pb-ex')].map(({ dataset }) => dataset.saving));
    if (chip.dataset.state === state) return;
    chip.dataset.state = state;
    chip.className = `chip ${TONE[state]}`.trim();
    chip.textContent = words(state);
    chip.title = words(state); // a narrow screen cuts it
    chip.hidden = false;
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(show, 150); // "saving" of a fast connection is not worth a flicker
  };
  document.addEventListener('pb:saving', soon);
  if (document.querySelector('.pb-ex[data-saving]')) show();
}
