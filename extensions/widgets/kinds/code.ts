// Kind `code`: a program, in an editor that knows Python. A chunk of its own: lessons without programs do not load it.
import { closeBrackets, closeBracketsKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { python } from '@codemirror/lang-python';
import { bracketMatching, HighlightStyle, indentOnInput, indentUnit, syntaxHighlighting } from '@codemirror/language';
import { EditorState, Transaction } from '@codemirror/state';
import { drawSelection, EditorView, highlightSpecialChars, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import type { Answer } from '../../shared/api';
import { h } from '../../shared/dom';
import { t } from '../../shared/i18n';
import type { Kind, KindView } from './kind';

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.bool, tags.null, tags.self], color: 'var(--pb-kw)' },
  { tag: [tags.function(tags.variableName), tags.function(tags.propertyName), tags.definition(tags.className), tags.meta], color: 'var(--pb-fn)' },
  { tag: [tags.number], color: 'var(--pb-num)' },
  { tag: [tags.string, tags.special(tags.string), tags.character], color: 'var(--pb-str)' },
  { tag: [tags.comment], color: 'var(--pb-com)', fontStyle: 'italic' },
]);

const starter = (spec: { starter?: string }) => (spec.starter ?? '').replace(/\n$/, '');
const code = (answer: Answer) => (typeof answer.code === 'string' ? answer.code : '');

export const program: Kind = {
  runs: true,
  blank: spec => ({ code: starter(spec) }),

  create({ spec, name, labelledBy, changed, check, run }): KindView {
    const keys = h('p', { class: 'pb-sr', id: `${name}-keys` }, t('Tab indents. To leave the editor press Escape, then Tab. Ctrl+Enter checks, Shift+Enter runs.'));
    const element = h('div', { class: 'pb-editor' }, keys);
    const act = (what: () => void) => () => {
      what();
      return true;
    };
    const state = (doc: string) =>
      EditorState.create({
        doc,
        extensions: [
          keymap.of([
            { key: 'Mod-Enter', run: act(check) },
            { key: 'Shift-Enter', run: act(run) },
            ...closeBracketsKeymap,
            ...historyKeymap,
            indentWithTab,
            ...defaultKeymap,
          ]),
          lineNumbers(),
          highlightSpecialChars(),
          history(),
          drawSelection(),
          indentOnInput(),
          indentUnit.of('    '),
          bracketMatching(),
          closeBrackets(),
          python(),
          syntaxHighlighting(colours),
          EditorView.contentAttributes.of({ 'aria-labelledby': labelledBy, 'aria-describedby': `${name}-keys`, spellcheck: 'false', tabindex: '0', autocapitalize: 'off', autocorrect: 'off', translate: 'no' }),
          EditorView.updateListener.of(update => {
            if (update.docChanged && !update.transactions.some(one => one.annotation(Transaction.userEvent) === 'restore')) changed();
          }),
        ],
      });
    const view = new EditorView({ parent: element, state: state(starter(spec)) });
    element.addEventListener('keydown', event => event.stopPropagation()); // JupyterLab's and Notebook's own keys
    return {
      element,
      read: () => ({ code: view.state.doc.toString() }),
      missing: () => (view.state.doc.toString().trim() ? null : t('Write a program first.')),
      write: answer => {
        const text = code(answer) === spec.starter ? starter(spec) : code(answer);
        if (text === view.state.doc.toString()) return;
        view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, annotations: Transaction.userEvent.of('restore') });
      },
      update: () => undefined, // the starter is where one began; what is written stays
      focus: () => view.focus(),
      destroy: () => view.destroy(),
    };
  },
};
