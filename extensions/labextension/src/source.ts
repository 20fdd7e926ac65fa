// How an exercise is written in a cell: `%%exercise ID` on its first line, YAML below; or an ordinary cell with nbgrader's metadata.

/** The id of one of nbgrader's cells, by its metadata; null when it is none. */
export function gradeId(nbgrader: unknown): string | null {
  const id = typeof nbgrader === 'object' && nbgrader !== null && 'grade_id' in nbgrader ? nbgrader.grade_id : null;
  return typeof id === 'string' && id ? id : null;
}

/** The exercise's id; null when the cell is none. */
export function exerciseId(source: string): string | null {
  return /^\s*%%exercise[ \t]+([A-Za-z0-9][\w.-]*)/.exec(source)?.[1] ?? null;
}
