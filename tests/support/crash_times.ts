/** How often tests of kill -9, SIGSTOP and restarts try each of their points: 20 times by CRASH_TIMES=20. */

export const CRASH_TIMES = Number(Deno.env.get("CRASH_TIMES") ?? 1);

/** The work of a test, so many times, one after another. */
export function eachTime(work: () => Promise<unknown>): () => Promise<void> {
  return async () => {
    for (let time = 0; time < CRASH_TIMES; time++) await work();
  };
}
