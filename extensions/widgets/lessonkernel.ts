// The kernel of a lesson's page: which one, as soon as the page's second half says it, and whether it is lost.
import { shared } from '../shared/dom';
import { jupyterConfig } from '../shared/page';
import { Gone, programs } from './programs';

export type Loss = 'failed' | 'stopped' | 'ended'; // did not start; died in mid-lesson; died or was restarted later

interface State {
  id: Promise<string>;
  loss: Loss | null;
}

const LOSSES: readonly string[] = ['failed', 'stopped'];
const told = (): string => document.documentElement.dataset.kernel ?? '';
const known = (): string => {
  const { kernelId } = jupyterConfig();
  return typeof kernelId === 'string' ? kernelId : '';
};

function watch(): State {
  const state: State = { id: Promise.resolve(''), loss: null };
  const lose = (loss: Loss) => {
    if (state.loss) return;
    state.loss = loss;
    dispatchEvent(new CustomEvent<Loss>('proboost:lost', { detail: loss }));
  };
  state.id = new Promise((resolve, reject) => {
    const found = () => {
      const id = known();
      if (id) {
        programs(id).on('gone', () => lose('ended'));
        resolve(id);
      }
      return id !== '';
    };
    const heard = () => {
      if (!LOSSES.includes(told())) return;
      lose(told() as Loss);
      reject(new Gone());
    };
    addEventListener('proboost:kernel', heard);
    heard();
    if (found() || state.loss) return;
    addEventListener('proboost:starting', found, { once: true });
    const end = () => found() || (lose('failed'), reject(new Gone())); // the page ended without its second half
    if (document.readyState === 'complete') end();
    else addEventListener('load', end, { once: true });
  });
  state.id.catch(() => undefined);
  return state;
}

const state = () => shared('lessonkernel', watch);

/** Its id, when there is one. Rejects with Gone when there will be none, and once it is lost. */
export async function lessonKernel(): Promise<string> {
  const id = await state().id;
  if (state().loss) throw new Gone();
  return id;
}

/** Calls the listener once, when the kernel is lost, or at once when it is. */
export function whenLost(listener: (loss: Loss) => void): void {
  const { loss } = state();
  if (loss) listener(loss);
  else addEventListener('proboost:lost', event => listener((event as CustomEvent<Loss>).detail), { once: true });
}
