// What a kind of exercise brings to the frame that all kinds share.
import type { Answer } from '../../shared/api';
import type { Spec } from '../model';

export interface Host {
  spec: Spec;
  /** Unique on the page; ids of inner elements start with it. */
  name: string;
  /** Draws the learner's own order of items. */
  seed: string;
  /** Id of the element that names the exercise. */
  labelledBy: string;
  changed: () => void;
  check: () => void;
  run: () => void;
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
  destroy(): void;
}

export interface Kind {
  create(host: Host): KindView;
  /** The answer of somebody who has not touched it. */
  blank(spec: Spec): Answer;
  /** Has a program to run. */
  runs?: boolean;
}
