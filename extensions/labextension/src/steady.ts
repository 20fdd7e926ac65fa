// Work that is asked for often and done in turn: while one run is under way, any number of wishes become one more run.

export class Steady {
  #running = false;
  #again = false;

  constructor(private readonly work: () => Promise<void>) {}

  ask(): void {
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#running = true;
    void this.work().finally(() => {
      this.#running = false;
      if (!this.#again) return;
      this.#again = false;
      this.ask();
    });
  }
}
