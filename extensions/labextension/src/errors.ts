// The last error that the open notebook shows, as plain text: offered as an attachment when its reader asks for help.

const LONGEST = 4000; // characters; the end of a traceback says most
// eslint-disable-next-line no-control-regex -- terminals' colours begin with ESC
const COLOURS = /\u001b\[[0-9;]*[A-Za-z]/g;

const record = (value: unknown): Record<string, unknown> | null => (typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null);

/** The text of one output of nbformat, when it is an error. */
export function errorText(output: unknown): string | null {
  const found = record(output);
  if (found?.output_type !== 'error') return null;
  const traceback = Array.isArray(found.traceback) ? found.traceback.filter(line => typeof line === 'string').join('\n') : '';
  const text = (traceback || `${String(found.ename)}: ${String(found.evalue)}`).replace(COLOURS, '');
  return text.length > LONGEST ? `…${text.slice(-LONGEST)}` : text;
}

/** The error of the cell that was run last (highest execution count) in a notebook, as nbformat has it. */
export function lastError(notebook: unknown): string | null {
  const cells = record(notebook)?.cells;
  let best: { count: number; text: string } | null = null;
  for (const cell of Array.isArray(cells) ? cells : []) {
    const { outputs, execution_count: count } = record(cell) ?? {};
    const text = (Array.isArray(outputs) ? outputs : []).map(errorText).find(found => found !== null);
    const at = typeof count === 'number' ? count : 0;
    if (text && (!best || at >= best.count)) best = { count: at, text };
  }
  return best?.text ?? null;
}
