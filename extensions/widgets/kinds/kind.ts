// What a kind of exercise brings to the frame that all kinds share.
import type { Answer } from '../../shared/api';
import type { Brought } from '../../shared/server';
import type { Spec } from '../model';

export interface Host {
  spec: Spec;
  /** Unique on the page; ids of inner elements start with it. */
  name: string;
  /** Draws the learner's own order of items. */
  seed: string;
  /** Id of the element that names the exercise. */
  labelledBy: string;
  /** The answer that will be written at once; a kind that is slow to change what it shows begins with it. */
  begin?: Answer;
  changed: () => void;
  check: () => void;
  run: () => void;
  /** Tells a screen reader what has just happened. */
  say: (words: string) => void;
  /** Brings a file of the learner's; `progress` hears which share has left. Throws Away, Refusal, or an AbortError. */
  upload: (file: File, progress: (share: number) => void, stop: AbortSignal) => Promise<Brought>;
}

export interface KindView {
  element: HTMLElement;
  /** The answer as it stands, to be kept as a draft. */
  read(): Answer;
  /** Whether there is anything to check; else a sentence that says what is missing. */
  missing(): string | null;
  write(answer: Answer): void;
  /** The author changed the public part (another release, or a new run of the cell). */
  update(spec: Spec): void;
  focus(): void;
  destroy?(): void;
}

export interface Kind {
  create(host: Host): KindView;
  /** The answer of somebody who has not touched it; none where this is missing. */
  blank?(spec: Spec): Answer;
  /** Has a program to run. */
  runs?: boolean;
  /** Is not checked: its answer is kept, and counts when the lesson is handed in. */
  kept?: boolean;
}
