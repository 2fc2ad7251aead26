/** One and the same work on every connection of a pool. */

import type { Database, TransactionSql } from "./db.ts";

/**
 * Runs `work` once on each connection of the pool, or on `most` of a larger one, all at once, in a transaction that sees
 * everything; opens those that are not open yet. It begins when each has one: else the first to open would take the turns of all. Must be called while
 * nothing else uses the pool. Past `giveUp` it waits for no further connection. Rejects with the first failure, when all
 * have ended.
 */
export async function onEachConnection(
  db: Pick<Database, "scoped" | "pool">,
  { work, most = Infinity, giveUp }: {
    work: (sql: TransactionSql) => Promise<unknown>;
    most?: number;
    giveUp: AbortSignal;
  },
): Promise<void> {
  const { inUse, free } = db.pool?.() ?? { inUse: 0, free: 1 };
  const size = Math.min(inUse + free, most);
  const opened = Promise.withResolvers<void>();
  giveUp.addEventListener("abort", () => opened.resolve());
  let open = 0;
  const ends = Array.from({ length: size }, async () => {
    try {
      await db.scoped("all", async (sql) => {
        await sql`select 1`;
        if (++open === size) opened.resolve();
        await opened.promise;
        if (!giveUp.aborted) await work(sql);
      });
    } catch (error) {
      // A server that has no further connection: the others go on without it.
      opened.resolve();
      throw error;
    }
  });
  const failed = (await Promise.allSettled(ends)).find((end) => end.status === "rejected");
  if (failed) throw failed.reason;
}
