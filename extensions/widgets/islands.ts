// Exercises that a lesson page holds before any kernel: mounted as the page arrives, handed to the kernel's widgets later.
import { shared } from '../shared/dom';
import { idle } from '../shared/idle';
import { Model, type Spec } from './model';
import { mount } from './session';

const NEXT = 150; // milliseconds after which a busy page mounts its next exercise all the same

export interface Island {
  model: Model;
  el: HTMLElement;
  kind: string;
}

export const islands = () => shared('islands', () => new Map<string, Island>());

function adopt(el: HTMLElement): Promise<unknown> | null {
  const data = el.querySelector(':scope > script[type="application/json"]');
  if (!data || !(el.nextElementSibling || document.readyState !== 'loading')) return null; // the parser is still inside, or before its slot
  el.dataset.mounted = '';
  const spec = JSON.parse(data.textContent) as Spec;
  const { id = '', ref = '', hash = '' } = el.dataset;
  const model = new Model({ id, ref, hash, spec, mode: 'learn', response: {}, verdict: null });
  model.cell = /^slot-(.*)$/.exec(el.nextElementSibling?.id ?? '')?.[1] ?? '';
  islands().set(id, { model, el, kind: spec.kind });
  return mount(model, el, undefined, () => turn(el));
}

let last = Promise.resolve();

/** What is in view comes first, and what is above it, whose size moves the view; the rest one by one or when it is scrolled to. */
function turn(el: HTMLElement): Promise<void> {
  if (el.getBoundingClientRect().top < innerHeight) return Promise.resolve();
  last = last.then(() => new Promise(go => idle(go, NEXT)));
  return Promise.race([last, seen(el)]);
}

function seen(el: HTMLElement): Promise<void> {
  return new Promise(go => {
    const observer = new IntersectionObserver(entries => {
      if (!entries.some(entry => entry.isIntersecting)) return;
      observer.disconnect();
      go();
    });
    observer.observe(el);
  });
}

/** Mounts every island, those included that the parser has not reached. The page hears `pb:mounted` after each, and in the end
 * `pb:ready` once. */
export function watch(): void {
  let under = 0;
  let parsed = document.readyState !== 'loading';
  let told = false;
  const ready = () => {
    if (told || !parsed || under > 0) return;
    told = true;
    document.documentElement.dataset.exercises = 'ready';
    dispatchEvent(new Event('pb:ready'));
  };
  const look = () => {
    for (const el of document.querySelectorAll<HTMLElement>('.pb-ex[data-id]:not([data-mounted])')) {
      const mounting = adopt(el);
      if (!mounting) continue;
      under++;
      void mounting.catch((error: unknown) => console.error(error)).finally(() => {
        under--;
        dispatchEvent(new Event('pb:mounted'));
        ready();
      });
    }
    ready();
  };
  look();
  if (parsed) return;
  const observer = new MutationObserver(look);
  observer.observe(document, { childList: true, subtree: true });
  addEventListener('DOMContentLoaded', () => {
    observer.disconnect();
    parsed = true;
    look();
  });
}
