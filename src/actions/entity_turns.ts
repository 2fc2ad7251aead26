/**
 * Turns per entity: of the writes of this process to one entity each waits for the one before, so that none overwrites
 * the other with what it read too early.
 */

export interface EntityTurns {
  /** Runs `work` once all earlier work with one of these keys has ended. Rejects with the signal's reason when it is aborted while it waits. */
  take<Result>(keys: readonly string[], signal: AbortSignal, work: () => Promise<Result>): Promise<Result>;
}

export function createEntityTurns(): EntityTurns {
  /** The end of the newest work of each key that has any. */
  const newest = new Map<string, Promise<void>>();
  return {
    async take(keys, signal, work) {
      const own = [...new Set(keys)];
      const before = own.flatMap((key) => newest.get(key) ?? []);
      const { promise: ended, resolve: end } = Promise.withResolvers<void>();
      // Also behind those before: who gives up while he waits must not let the next one through.
      const mine = Promise.all([...before, ended]).then(() => {});
      // Turns for all keys are queued at once, so that two of several keys never wait for each other.
      for (const key of own) newest.set(key, mine);
      mine.then(() => {
        for (const key of own) if (newest.get(key) === mine) newest.delete(key);
      });
      try {
        await abortable(Promise.all(before), signal);
        return await work();
      } finally {
        end();
      }
    },
  };
}

function abortable(waiting: Promise<unknown>, signal: AbortSignal): Promise<unknown> {
  if (signal.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    waiting.then((value) => {
      signal.removeEventListener("abort", stop);
      resolve(value);
    });
  });
}
