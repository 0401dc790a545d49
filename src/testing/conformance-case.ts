/** One thing that every connector of a kind must do. `run` rejects with what it did instead. For any test framework. */
export interface ConformanceCase {
  readonly name: string;
  run(): Promise<void>;
}

/** Cases of which each makes what it looks at and clears it away, whatever comes of it. */
export function casesOf<F extends { dispose?(): Promise<void> }>(
  subject: string,
  make: () => Promise<F> | F,
  checks: Readonly<Record<string, (fixture: F) => Promise<void>>>,
): ConformanceCase[] {
  return Object.entries(checks).map(([name, check]) => ({
    name: `${subject}: ${name}`,
    run: async () => {
      const fixture = await make();
      try {
        await check(fixture);
      } finally {
        await fixture.dispose?.();
      }
    },
  }));
}
