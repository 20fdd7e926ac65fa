// How an exercise is written in a cell: `%%exercise ID` on its first line, YAML below.

/** The exercise's id; null when the cell is none. */
export function exerciseId(source: string): string | null {
  return /^\s*%%exercise[ \t]+([A-Za-z0-9][\w.-]*)/.exec(source)?.[1] ?? null;
}
