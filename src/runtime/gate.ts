/** What holds the sources back: closed while any step or sink that is full asks for it. */
export class Gate {
  #holds = 0;
  #waiting: (() => void)[] = [];

  get closed(): boolean {
    return this.#holds > 0;
  }

  hold(): void {
    this.#holds += 1;
  }

  release(): void {
    this.#holds -= 1;
    if (this.#holds === 0) this.wake();
  }

  /** Resolves when the gate is open, or when somebody wakes those who wait. */
  opened(): Promise<void> {
    if (!this.closed) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Lets those who wait look again, open or not: the pipeline stops or has failed. */
  wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
