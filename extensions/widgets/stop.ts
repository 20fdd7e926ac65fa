// How a run is stopped: by a button that may be pressed again, since a program may swallow what stops it.

/** The button of one run. */
export class Stop {
  #pressed = false;
  #listeners = new Set<() => void>();

  get pressed(): boolean {
    return this.#pressed;
  }

  press(): void {
    this.#pressed = true;
    for (const listener of [...this.#listeners]) listener();
  }

  on(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
