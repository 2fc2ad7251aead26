/** An end to waiting, for tests of what a fault would leave hanging. */

import { systemClock } from "../../src/base/clock.ts";

/** Fails instead of hanging: for what the test waits for and a fault would never bring. The driver tries again after 20 s at most. */
export async function within<T>(promise: Promise<T>, what: string): Promise<T> {
  const over = new AbortController();
  const late = systemClock.sleep(120_000, over.signal).then(() => {
    throw new Error(`Waited in vain: ${what}`);
  });
  late.catch(() => {});
  try {
    return await Promise.race([promise, late]);
  } finally {
    over.abort();
  }
}
