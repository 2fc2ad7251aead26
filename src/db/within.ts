/**
 * Timeouts of database work, on both sides: the server cancels the statement that is in progress, and the caller gets
 * the error; where the server does not answer at all, as a frozen one, the caller is answered here.
 */

import type { Clock } from "../base/clock.ts";
import { AppError } from "../base/errors.ts";
import type { Database, Deadline, TransactionSql } from "./db.ts";

/** For a server that is there to say that it stopped the statement, before it counts as gone. */
const GRACE_MS = 200;

/** `db` with within(), which gives handles of `db` whose scoped transactions have an end. */
export function withDeadlines(db: Omit<Database, "within">, clock: Clock): Database {
  const database: Database = {
    ...db,
    within: (ms) => ({
      ...database,
      scoped: (scope, work) => endWithin((deadline) => db.scoped(scope, work, { deadline }), { ms, clock }),
    }),
  };
  return database;
}

/**
 * What `work` gives. Past `ms` it rejects: with what `work` rejects with, which is OVERLOADED where its deadline did that,
 * or a moment later with DATABASE_UNAVAILABLE, though `work` may continue.
 */
export function endWithin<T>(
  work: (deadline: Deadline) => Promise<T>,
  { ms, clock }: { ms: number; clock: Clock },
): Promise<T> {
  const endsAtMs = clock.monotonicMs() + ms;
  const deadline: Deadline = { ms, leftMs: () => Math.floor(endsAtMs - clock.monotonicMs()) };
  return answerWithin(() => work(deadline), { ms: ms + GRACE_MS, clock })();
}

/** `ask` whose callers get DATABASE_UNAVAILABLE after `ms`, though what they asked for may still be done. */
export function answerWithin<Args extends unknown[], Answer>(
  ask: (...args: Args) => Promise<Answer>,
  { ms, clock }: { ms: number; clock: Clock },
): (...args: Args) => Promise<Answer> {
  return async (...args) => {
    const end = new AbortController();
    const late = clock.sleep(ms, end.signal).then(() => {
      throw new AppError("DATABASE_UNAVAILABLE", `Cannot reach the database: timeout, no answer in ${ms} ms`, {
        retryable: true,
      });
    });
    late.catch(() => {});
    try {
      return await Promise.race([ask(...args), late]);
    } finally {
      end.abort();
    }
  };
}

/** OVERLOADED: the answer is 503 with Retry-After. */
export function tooLong({ ms }: Deadline, cause?: unknown): AppError {
  return new AppError(
    "OVERLOADED",
    `Cannot finish the statements within their timeout of ${ms} ms: they were stopped; try again later, or ask for less`,
    { retryable: true, cause },
  );
}

/** `sql` that begins no further statement once the deadline is over: what was asked for is not waited for any more. */
export function untilDeadline(sql: TransactionSql, deadline: Deadline): TransactionSql {
  return new Proxy(sql, {
    apply(target, self, args) {
      if (deadline.leftMs() <= 0) throw tooLong(deadline);
      return Reflect.apply(target as never, self, args);
    },
  });
}

/** True for what statement_timeout ended in the server. */
export function isCancelled(error: unknown): boolean {
  return (error as { code?: unknown } | undefined)?.code === "57014";
}
