/** What a process that can be killed does its work through: everything it waits for, and everything that has an effect. */
export interface Passage {
  /** The process is dead: nothing it does has an effect, and nothing it waits for comes. */
  readonly over: boolean;
  /** Something is about to happen that nobody waits for, such as a timer: it may be what the process dies at. */
  point(name: string): void;
  /** Does `work` and gives what becomes of it; never settles once the process is dead. */
  pass<T>(name: string, work: () => Promise<T>): Promise<T>;
}

/** What a dead process waits for. */
export function never<T>(): Promise<T> {
  return new Promise(() => {});
}

/** A process that runs undisturbed until it is killed. */
export class Lifetime implements Passage {
  over = false;

  kill(): void {
    this.over = true;
  }

  point(): void {}

  async pass<T>(_name: string, work: () => Promise<T>): Promise<T> {
    if (this.over) return never();
    try {
      const result = await work();
      return this.over ? never() : result;
    } catch (thrown) {
      if (this.over) return never();
      throw thrown;
    }
  }
}
