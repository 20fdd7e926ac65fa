// Kind `code`: a program, in an editor. A chunk of its own: lessons without programs do not load it.
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { indentUnit } from '@codemirror/language';
import { Compartment, EditorState, Transaction } from '@codemirror/state';
import { drawSelection, EditorView, highlightSpecialChars, keymap, lineNumbers } from '@codemirror/view';
import type { Answer } from '../../shared/api';
import { h } from '../../shared/dom';
import { t } from '../../shared/i18n';
import { idle } from '../../shared/idle';
import type { Kind, KindView } from './kind';

const SOON = 200; // milliseconds after which an editor learns Python, however busy the page is

const starter = (spec: { starter?: string }) => (spec.starter ?? '').replace(/\n$/, '');
const code = (answer: Answer) => (typeof answer.code === 'string' ? answer.code : '');

export const program: Kind = {
  runs: true,
  blank: spec => ({ code: starter(spec) }),

  create({ spec, name, labelledBy, begin, changed, check, run }): KindView {
    const keys = h('p', { class: 'pb-sr', id: `${name}-keys` }, t('Tab indents. To leave the editor press Escape, then Tab. Ctrl+Enter checks, Shift+Enter runs.'));
    const element = h('div', { class: 'pb-editor' }, keys);
    const act = (what: () => void) => () => {
      what();
      return true;
    };
    const text = (answer: Answer) => (code(answer) === spec.starter ? starter(spec) : code(answer));
    const language = new Compartment();
    const state = (doc: string) =>
      EditorState.create({
        doc,
        extensions: [
          language.of([]),
          keymap.of([
            { key: 'Mod-Enter', run: act(check) },
            { key: 'Shift-Enter', run: act(run) },
            ...historyKeymap,
            indentWithTab,
            ...defaultKeymap,
          ]),
          lineNumbers(),
          highlightSpecialChars(),
          history(),
          drawSelection(),
          indentUnit.of('    '),
          EditorView.contentAttributes.of({ 'aria-labelledby': labelledBy, 'aria-describedby': `${name}-keys`, spellcheck: 'false', tabindex: '0', autocapitalize: 'off', autocorrect: 'off', translate: 'no' }),
          EditorView.updateListener.of(update => {
            if (update.docChanged && !update.transactions.some(one => one.annotation(Transaction.userEvent) === 'restore')) changed();
          }),
        ],
      });
    const view = new EditorView({ parent: element, state: state(begin ? text(begin) : starter(spec)) });
    let gone = false;
    const learn = async () => {
      const { python } = await import('./python');
      if (!gone) view.dispatch({ effects: language.reconfigure(python) });
    };
    idle(() => void learn().catch(() => undefined), SOON); // one can type before, and should it not come at all
    element.addEventListener('keydown', event => event.stopPropagation()); // JupyterLab's and Notebook's own keys
    return {
      element,
      read: () => ({ code: view.state.doc.toString() }),
      missing: () => (view.state.doc.toString().trim() ? null : t('Write a program first.')),
      write: answer => {
        const insert = text(answer);
        if (insert === view.state.doc.toString()) return;
        view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert }, annotations: Transaction.userEvent.of('restore') });
      },
      update: () => undefined, // the starter is where one began; what is written stays
      focus: () => view.focus(),
      destroy: () => {
        gone = true;
        view.destroy();
      },
    };
  },
};
