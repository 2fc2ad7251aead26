/** Contract suites: tests of a port that every adapter runs. What one cannot do is skipped, with its reason in the name. */

export interface Adapter {
  /** Begins the names of its tests. */
  name: string;
  /** Why none of them can run here, if so. */
  missing?: string;
  /** Tests that this adapter cannot pass by its nature, by name, and why. */
  cannot?: Readonly<Record<string, string>>;
}

export type ContractTest = (name: string, work: () => Promise<void>) => void;

/**
 * Makes the `test` of one adapter's run of a suite. `done` is called after the suite: it throws for an exception that names
 * none of its tests, so that none outlives its test.
 */
export function contractTests({ name: adapter, missing, cannot = {} }: Adapter): { test: ContractTest; done(): void } {
  const unused = new Set(Object.keys(cannot));
  return {
    test(name, work) {
      unused.delete(name);
      if (missing === undefined) testUnless(cannot[name], `${adapter}: ${name}`, work);
    },
    done() {
      if (missing !== undefined) testUnless(missing, `${adapter}: the whole contract`, () => Promise.resolve());
      if (unused.size > 0) throw new Error(`No test of the contract is named ${[...unused].join(", ")}`);
    },
  };
}

function testUnless(reason: string | undefined, name: string, work: () => Promise<void>) {
  const ignore = reason !== undefined;
  Deno.test({ name: ignore ? `${name} (ignored: ${reason})` : name, ignore, fn: work });
}
