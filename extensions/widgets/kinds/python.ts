// What an editor knows of Python: colours, indentation, pairs of brackets. A chunk of its own: it comes once one can type.
import { closeBrackets, closeBracketsKeymap } from '@codemirror/autocomplete';
import { python as grammar } from '@codemirror/lang-python';
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { keymap } from '@codemirror/view';
import { tags } from '@lezer/highlight';

const colours = HighlightStyle.define([
  { tag: [tags.keyword, tags.operatorKeyword, tags.bool, tags.null, tags.self], color: 'var(--pb-kw)' },
  { tag: [tags.function(tags.variableName), tags.function(tags.propertyName), tags.definition(tags.className), tags.meta], color: 'var(--pb-fn)' },
  { tag: [tags.number], color: 'var(--pb-num)' },
  { tag: [tags.string, tags.special(tags.string), tags.character], color: 'var(--pb-str)' },
  { tag: [tags.comment], color: 'var(--pb-com)', fontStyle: 'italic' },
]);

/** Comes before an editor's own keys. */
export const python: Extension = [keymap.of(closeBracketsKeymap), indentOnInput(), bracketMatching(), closeBrackets(), grammar(), syntaxHighlighting(colours)];
