// One module for both lives of an exercise: a lesson page imports it and gets islands; anywidget imports the same URL and gets render().
import { watchPrograms } from './bystanders';
import { bringStyles, followTheme } from './dress';
import { keepHeights } from './heights';
import { type Island, islands, watch } from './islands';
import { type Live, Model, traits } from './model';
import { kernelOf } from './runner';
import { mount } from './session';

interface Statuses {
  statusChanged?: { connect(listener: (sender: unknown, status: string) => void): void; disconnect(listener: (sender: unknown, status: string) => void): void };
}

/** A restarted kernel knows nothing of this page's widgets: from then on they are gone. */
function watchRestart(live: Live, model: Model): () => void {
  const kernel = kernelOf(live.widget_manager) as (Statuses & object) | null;
  const changed = (_: unknown, status: string) => {
    if (['dead', 'restarting', 'autorestarting', 'terminating'].includes(status)) model.detach(true, live);
  };
  kernel?.statusChanged?.connect(changed);
  return () => kernel?.statusChanged?.disconnect(changed);
}

function adopt(island: Island, live: Live, el: HTMLElement): () => void {
  el.style.display = 'none'; // the island is the view
  island.model.attach(live);
  const unwatch = watchRestart(live, island.model);
  return () => {
    unwatch();
    island.model.detach(true, live);
  };
}

/** anywidget's render(): with an island of this exercise its node stays where it is, and only the model behind it changes. */
async function render({ model: live, el }: { model: Live; el: HTMLElement }): Promise<() => void> {
  const given = traits(live);
  const island = islands().get(given.id);
  if (island?.kind === given.spec.kind) return adopt(island, live, el);
  if (island) {
    island.el.remove(); // another kind: nothing that was answered can be kept
    islands().delete(given.id);
    requestAnimationFrame(() => el.closest('.pb-live')?.classList.add('shown'));
  }
  bringStyles(import.meta.url);
  const unfollow = followTheme(el);
  el.classList.add('pb-ex');
  el.dataset.kind = given.spec.kind;
  el.dataset.ref = given.ref;
  const model = new Model(given);
  const unmount = await mount(model, el);
  model.attach(live);
  const unwatch = watchRestart(live, model);
  return () => {
    unwatch();
    unfollow();
    model.detach(false, live);
    unmount();
  };
}

if (!document.getElementById('jupyter-config-data') || document.getElementById('proboost-page') || document.querySelector('.pb-ex[data-id]')) {
  watch();
  watchPrograms();
  keepHeights(location.pathname);
}

export default { render };
