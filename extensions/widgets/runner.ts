// Runs a learner's code in the lesson's kernel and tells what it writes; knows when nobody will answer any more.
import { uuid } from '../shared/dom';
import { jupyterConfig } from '../shared/page';
import type { Server } from '../shared/server';
import type { Message, Model } from './model';

export type Piece =
  | { kind: 'stream'; name: 'stdout' | 'stderr'; text: string }
  | { kind: 'error'; name: string; value: string; traceback: string; explanation: string }
  | { kind: 'data'; data: Record<string, unknown> }
  | { kind: 'clear' };

/** The kernel is away, or a new one that knows nothing of this page: only a reload helps. */
export class Gone extends Error {}

/** A kernel as the widget manager of JupyterLab, Notebook and Voilà shows it. */
interface Kernel {
  id: string;
  status: string;
  interrupt(): Promise<void>;
}

const HEARD = 4000; // milliseconds after which silence means something

function isKernel(value: unknown): value is Kernel {
  const kernel = value as Partial<Kernel> | null | undefined;
  return typeof kernel?.id === 'string' && typeof kernel.interrupt === 'function';
}

/** The kernel behind a model; null where the widget manager does not show it. */
export function kernelOf(manager: unknown): Kernel | null {
  const kernel = (manager as { kernel?: unknown } | null | undefined)?.kernel;
  return isKernel(kernel) ? kernel : null;
}

const text = (value: unknown) => (typeof value === 'string' ? value : '');

/** What one `output` message of the kernel's widget says (proboost_kernel.widgets.running). */
export function piece(message: Message): Piece | null {
  const { stream, error, data, clear } = message;
  if (clear === true) return { kind: 'clear' };
  if (stream === 'stdout' || stream === 'stderr') return { kind: 'stream', name: stream, text: text(message.text) };
  if (typeof error === 'object' && error !== null) {
    const { name, message: value, traceback, explanation } = error as Record<string, unknown>;
    const lines = Array.isArray(traceback) ? traceback.join('\n') : text(traceback);
    return { kind: 'error', name: text(name), value: text(value), traceback: lines, explanation: text(explanation) };
  }
  if (typeof data === 'object' && data !== null) return { kind: 'data', data: data as Record<string, unknown> };
  return null;
}

export class Runner {
  constructor(
    private readonly model: Model,
    private readonly server: Pick<Server, 'kernelState' | 'interrupt'>,
  ) {}

  /** Asks the kernel one thing; `hear` gets what comes before the last message. Rejects with Gone when nobody will answer. */
  ask(question: Omit<Message, 'n'> & { type: string }, last: string, hear: (message: Message) => void = () => undefined): Promise<Message> {
    const n = uuid();
    return new Promise((resolve, reject) => {
      let silent: ReturnType<typeof setTimeout> | undefined;
      const listen = () => {
        clearTimeout(silent);
        silent = setTimeout(() => void this.#alive().then(alive => (alive ? listen() : end(() => reject(new Gone())))), HEARD);
      };
      const end = (how: () => void) => {
        clearTimeout(silent);
        unhear();
        unlive();
        how();
      };
      const unhear = this.model.on('message', message => {
        if (message.n !== n) return;
        if (message.type === last) return end(() => resolve(message));
        listen();
        hear(message);
      });
      const unlive = this.model.on('live', here => {
        if (!here) end(() => reject(new Gone()));
      });
      listen();
      try {
        this.model.send({ ...question, n });
      } catch {
        end(() => reject(new Gone()));
      }
    });
  }

  /** Runs a program; resolves when it has ended, also by an error of its own or an interrupt. */
  async run(code: string, hear: (piece: Piece) => void): Promise<void> {
    await this.ask({ type: 'run', code }, 'ran', message => {
      const found = message.type === 'output' ? piece(message) : null;
      if (found) hear(found);
    });
  }

  async stop(): Promise<void> {
    const kernel = kernelOf(this.model.live?.widget_manager);
    const id = kernel?.id ?? text(jupyterConfig().kernelId);
    if (kernel) await kernel.interrupt();
    else if (id) await this.server.interrupt(id);
  }

  /** A kernel that answers nothing may be busy with something else; an idle one has lost us. */
  async #alive(): Promise<boolean> {
    if (!this.model.live) return false;
    const kernel = kernelOf(this.model.live.widget_manager);
    const id = kernel?.id ?? text(jupyterConfig().kernelId);
    if (!id) return kernel?.status === 'busy';
    const state = await this.server.kernelState(id).catch(() => '');
    return state === 'busy' || state === 'starting';
  }
}
