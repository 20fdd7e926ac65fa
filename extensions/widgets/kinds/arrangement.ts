// The state of an `order` exercise, without a page: which lines stand in the answer, in which order, how deep; the rest is the pool.
import type { Answer } from '../../shared/api';
import type { Option } from '../model';
import { shuffled } from '../shuffle';

export const DEEPEST = 12;

/** One line; equal ones share their item and have keys of their own. */
export interface Line {
  key: string;
  item: string;
  html: string;
}

export interface Placed {
  line: Line;
  level: number;
}

const between = (low: number, value: number, high: number) => Math.min(Math.max(value, low), high);

export class Arrangement {
  readonly lines: readonly Line[];
  #answer: Placed[] = [];

  constructor(options: readonly Option[], readonly indents: boolean, seed: string) {
    const met = new Map<string, number>();
    const lines = options.map(({ item, html }) => {
      const copy = met.get(item) ?? 0;
      met.set(item, copy + 1);
      return { item: copy > 0 ? `${item}#${copy}` : item, key: '', of: item, html };
    });
    this.lines = shuffled(lines, seed).map(({ item, of, html }) => ({ key: item, item: of, html }));
  }

  get answer(): readonly Placed[] {
    return this.#answer;
  }

  /** What is not in the answer, in the learner's own order. */
  get pool(): readonly Line[] {
    const used = new Set(this.#answer.map(({ line }) => line.key));
    return this.lines.filter(({ key }) => !used.has(key));
  }

  /** Where the line stands in the answer, from 0; -1 in the pool. */
  place(key: string): number {
    return this.#answer.findIndex(({ line }) => line.key === key);
  }

  level(key: string): number {
    return this.#answer[this.place(key)]?.level ?? 0;
  }

  /** Puts the line to a place of the answer, by default its end; as deep as it was, or as the line before it. */
  put(key: string, to = this.#answer.length, level?: number): void {
    const line = this.lines.find(one => one.key === key);
    if (!line) return;
    const before = this.place(key);
    const old = before < 0 ? null : (this.#answer.splice(before, 1)[0] ?? null);
    const at = between(0, to, this.#answer.length);
    const deep = level ?? old?.level ?? this.#answer[at - 1]?.level ?? 0;
    this.#answer.splice(at, 0, { line, level: this.indents ? between(0, deep, DEEPEST) : 0 });
  }

  takeOut(key: string): void {
    this.#answer = this.#answer.filter(({ line }) => line.key !== key);
  }

  /** Changes how deep a line of the answer is; whether it did. */
  indent(key: string, by: number): boolean {
    const placed = this.#answer[this.place(key)];
    if (!placed || !this.indents) return false;
    const before = placed.level;
    placed.level = between(0, before + by, DEEPEST);
    return placed.level !== before;
  }

  read(): Answer {
    return { lines: this.#answer.map(({ line, level }) => ({ item: line.item, indent: level })) };
  }

  /** Takes an answer as it was kept; lines that are gone since then are left out. */
  write(answer: Answer): void {
    this.#answer = [];
    for (const one of Array.isArray(answer.lines) ? (answer.lines as unknown[]) : []) {
      const { item, indent } = (one ?? {}) as { item?: unknown; indent?: unknown };
      const line = this.pool.find(free => free.item === item);
      if (line) this.put(line.key, undefined, typeof indent === 'number' ? Math.round(indent) : 0);
    }
  }
}
