// The learner's copy of a lesson: a new version comes in when they say so, and the author's can be brought back.
import { Dialog, Notification, showDialog } from '@jupyterlab/apputils';
import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { Lesson } from './lesson';
import { lessonOf } from './lesson';
import { t, tn } from '../../shared/i18n';
import type { Server } from '../../shared/server';

export class Copies {
  readonly #offered = new Set<string>();

  constructor(
    private readonly server: Server,
    private readonly app: JupyterFrontEnd,
    private readonly notebooks: INotebookTracker,
  ) {
    notebooks.widgetAdded.connect((_, panel) => void this.#opened(panel));
  }

  /** The lesson whose notebook is in front; null when it is none. */
  get current(): NotebookPanel | null {
    const panel = this.notebooks.currentWidget;
    return panel && lessonOf(panel) ? panel : null;
  }

  /** News of the server: a version came in for a lesson that is open. */
  hear(course: string, lesson: string): void {
    const panel = this.notebooks.find(found => {
      const about = lessonOf(found);
      return about?.course === course && about.lesson === lesson;
    });
    if (panel) this.#offer(panel);
  }

  /** Asks the platform for what is new, now that the lesson is read; what is open is not changed by that. */
  async #opened(panel: NotebookPanel): Promise<void> {
    await panel.context.ready;
    const about = lessonOf(panel);
    if (!about) return;
    panel.disposed.connect(() => this.#offered.delete(panel.context.path));
    const open: string[] = [];
    this.notebooks.forEach(({ context }) => open.push(context.path));
    await this.server.pull(about.course, open).catch(() => undefined);
    if (await this.server.waits(about.course, about.lesson).catch(() => false)) this.#offer(panel);
  }

  #offer(panel: NotebookPanel): void {
    const about = lessonOf(panel);
    const { path } = panel.context;
    if (!about || panel.isDisposed || this.#offered.has(path)) return;
    this.#offered.add(path);
    Notification.info(t('A new version of “{lesson}” is here. What you wrote stays.', { lesson: about.title }), {
      autoClose: false,
      actions: [{ label: t('Bring it in'), callback: () => void this.update(panel), displayType: 'accent' }],
    });
  }

  /** The new version, merged into the learner's copy; the copy as it was is kept. */
  async update(panel: NotebookPanel): Promise<void> {
    const about = lessonOf(panel);
    if (!about) return;
    const fresh = await this.#exchanged(panel, about, 'update');
    if (!fresh) return;
    const kept = fresh.opened ? marked(fresh.opened.context.model.toJSON()) : 0;
    const more = kept > 0 ? ` ${tn('{n} cell that you both changed is yours still.', '{n} cells that you both changed are yours still.', kept)}` : '';
    Notification.success(t('“{lesson}” is up to date.', { lesson: about.title }) + more, { autoClose: 8000 });
  }

  /** The author's version, after a word of the learner's; their own copy lies beside. */
  async restore(panel: NotebookPanel): Promise<void> {
    const about = lessonOf(panel);
    if (!about) return;
    const said = await showDialog({
      title: t('Restore “{lesson}”?', { lesson: about.title }),
      body: t('The notebook will be as its author wrote it. Your copy stays beside it under another name, and your answers to exercises are kept.'),
      buttons: [Dialog.cancelButton({ label: t('Cancel') }), Dialog.okButton({ label: t('Restore this lesson') })],
    });
    if (!said.button.accept) return;
    const fresh = await this.#exchanged(panel, about, 'restore');
    if (!fresh) return;
    const text = fresh.kept ? t('The lesson is restored. Your copy is “{name}”.', { name: fresh.kept }) : t('The lesson is as its author wrote it already.');
    Notification.success(text, { autoClose: 8000 });
  }

  /** Saves, lets the server change the file, and opens it anew. Null when it could not be done, which has been said. */
  async #exchanged(panel: NotebookPanel, { course, lesson }: Lesson, how: 'restore' | 'update'): Promise<{ kept: string | null; opened: NotebookPanel | null } | null> {
    if (panel.isDisposed) return null;
    if (panel.context.model.dirty) await panel.context.save();
    const said = await this.server.exchange(course, lesson, how).catch(() => null);
    if (!said) {
      Notification.error(t('This could not be done now. Your copy is as it was; try again later.'));
      return null;
    }
    panel.dispose();
    await this.app.commands.execute('docmanager:open', { path: said.file });
    const opened = this.notebooks.find(({ context }) => context.path === said.file) ?? null;
    await opened?.context.ready;
    return { kept: said.kept ?? null, opened };
  }
}

/** Cells that the merge marked: the learner's text stands where the author has another one now. */
export function marked(notebook: unknown): number {
  const { cells } = (notebook ?? {}) as { cells?: { metadata?: { proboost?: { update_available?: unknown } } }[] };
  return (cells ?? []).filter(cell => cell.metadata?.proboost?.update_available === true).length;
}
