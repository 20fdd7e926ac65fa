// A lesson's notebook opens with its exercises ready to be answered: their cells are run, and only what they show is shown.
import { type Cell, NotebookActions, type Notebook, type NotebookPanel } from '@jupyterlab/notebook';
import { lessonOf } from './lesson';
import { exerciseId, gradeId } from './source';

const CLASS = 'pb-exercise-cell';

function exercises(notebook: Notebook): Cell[] {
  return notebook.widgets.filter(({ model }) => model.type === 'code' && exerciseId(model.sharedModel.getSource()) !== null);
}

/** Shows the exercises of a lesson that has just been opened, and again whenever its kernel was started anew. */
export async function bringToLife(panel: NotebookPanel): Promise<void> {
  await panel.context.ready;
  if (!lessonOf(panel)) return;
  await panel.revealed;
  const { content, sessionContext } = panel;
  for (const cell of exercises(content)) {
    cell.addClass(CLASS);
    cell.inputHidden = true;
  }
  const run = async () => {
    if (!panel.isDisposed) await NotebookActions.runCells(content, exercises(content), sessionContext);
  };
  let restarted = false;
  sessionContext.statusChanged.connect((_, status) => {
    if (status === 'restarting' || status === 'autorestarting') restarted = true;
    if (status !== 'idle' || !restarted) return;
    restarted = false;
    void run();
  });
  await sessionContext.ready;
  await run();
}

/** Brings the exercise into view. */
export function reveal({ content }: NotebookPanel, id: string): void {
  const at = content.widgets.findIndex(({ model }) => (exerciseId(model.sharedModel.getSource()) ?? gradeId(model.getMetadata('nbgrader'))) === id);
  if (at < 0) return;
  content.activeCellIndex = at;
  void content.scrollToItem(at, 'center');
}
