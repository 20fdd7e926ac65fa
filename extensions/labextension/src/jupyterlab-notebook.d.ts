// The part of @jupyterlab/notebook 4.6 that we use. Lab gives the package at run time; installing it for its types alone
// would cost a quarter of a gigabyte at every build.
declare module '@jupyterlab/notebook' {
  import type { ISessionContext } from '@jupyterlab/apputils';
  import type { Token } from '@lumino/coreutils';
  import type { ISignal } from '@lumino/signaling';
  import type { Widget } from '@lumino/widgets';

  export interface Cell extends Widget {
    readonly model: { readonly type: string; readonly sharedModel: { getSource(): string }; getMetadata(key: string): unknown };
    inputHidden: boolean;
  }

  export interface Notebook extends Widget {
    readonly widgets: readonly Cell[];
    activeCellIndex: number;
    scrollToItem(index: number, align?: 'auto' | 'smart' | 'center'): Promise<void>;
  }

  export interface NotebookPanel extends Widget {
    readonly content: Notebook;
    readonly context: {
      readonly path: string;
      readonly ready: Promise<void>;
      readonly model: { readonly dirty: boolean; getMetadata(key: string): unknown; toJSON(): unknown };
      save(): Promise<void>;
    };
    readonly revealed: Promise<void>;
    readonly sessionContext: ISessionContext;
  }

  export interface INotebookTracker {
    readonly currentWidget: NotebookPanel | null;
    readonly widgetAdded: ISignal<this, NotebookPanel>;
    find(test: (panel: NotebookPanel) => boolean): NotebookPanel | undefined;
    forEach(each: (panel: NotebookPanel) => void): void;
  }
  export const INotebookTracker: Token<INotebookTracker>;

  export const NotebookActions: {
    runCells(notebook: Notebook, cells: readonly Cell[], session?: ISessionContext): Promise<boolean>;
  };
}
