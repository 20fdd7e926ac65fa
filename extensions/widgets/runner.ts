// An exercise's way to its kernel: runs its programs there, and asks the widget's other half in an author's kernel.
import { uuid } from '../shared/dom';
import { lessonPage } from '../shared/page';
import { lessonKernel } from './lessonkernel';
import type { Message, Model } from './model';
import { Gone, HEARD, type Hearing, type Programs, programs, Stopped } from './programs';
import type { Stop } from './stop';

/** A kernel as the widget manager of JupyterLab, Notebook and Voilà shows it. */
interface Kernel {
  id: string;
  status: string;
}

/** The kernel behind a model; null where the widget manager does not show it. */
export function kernelOf(manager: unknown): Kernel | null {
  const kernel = (manager as { kernel?: unknown } | null | undefined)?.kernel as Partial<Kernel> | null | undefined;
  return typeof kernel?.id === 'string' ? (kernel as Kernel) : null;
}

export class Runner {
  constructor(
    private readonly model: Model,
    private readonly to: (kernel: string) => Pick<Programs, 'run'> = programs,
  ) {}

  /** Runs a program with the exercise's set-up before it; see Programs.run. */
  async run(code: string, hearing: Hearing, stop: Stop): Promise<void> {
    const id = await stoppable(this.#kernel(hearing), stop);
    const setup = this.model.get('spec').setup ?? '';
    const gone = new AbortController();
    // A kernel restarted by hand tells nobody but its notebook. A lesson's page has none, and its kernel is not its widgets'.
    const unlive = this.model.on('live', (here, away) => !here && away && !lessonPage() && gone.abort());
    await this.to(id).run({ code, setup, cell: this.model.cell }, hearing, stop, gone.signal).finally(unlive);
  }

  /** A lesson's page knows its kernel before the widget does; elsewhere the widget says which it is, once it lives. */
  async #kernel(hearing: Hearing): Promise<string> {
    if (lessonPage()) {
      const wait = setTimeout(() => hearing.state('waiting'));
      return lessonKernel().finally(() => clearTimeout(wait));
    }
    if (!this.model.live && !this.model.gone) {
      hearing.state('waiting');
      await new Promise<void>(resolve => {
        const unhear = this.model.on('live', () => {
          unhear();
          resolve();
        });
      });
    }
    const id = kernelOf(this.model.live?.widget_manager)?.id;
    if (!id) throw new Gone();
    return id;
  }

  /** Asks the widget's half in the kernel one thing; rejects with Gone when nobody will answer. */
  ask(question: Omit<Message, 'n'> & { type: string }, last: string): Promise<Message> {
    const n = uuid();
    return new Promise((resolve, reject) => {
      let silent: ReturnType<typeof setTimeout> | undefined;
      const listen = () => {
        clearTimeout(silent);
        silent = setTimeout(() => (kernelOf(this.model.live?.widget_manager)?.status === 'busy' ? listen() : end(() => reject(new Gone()))), HEARD);
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
}

function stoppable<T>(work: Promise<T>, stop: Stop): Promise<T> {
  return new Promise((resolve, reject) => {
    const halt = () => reject(new Stopped());
    if (stop.pressed) halt();
    const unstop = stop.on(halt);
    work.then(resolve, reject).finally(unstop);
  });
}
