/** The end of what a transaction may take, here and in the server. */

import { AppError } from "../base/errors.ts";
import type { TransactionSql } from "./db.ts";

/** How long a transaction may still take. */
export interface Deadline {
  /** What was given in all, for sentences. */
  ms: number;
  /** What is left, in whole milliseconds; 0 or less once it is over. */
  leftMs(): number;
}

/** OVERLOADED: the answer is 503 with Retry-After. */
export function tooLong({ ms }: Deadline, cause?: unknown): AppError {
  return new AppError(
    "OVERLOADED",
    `Cannot finish in ${ms} ms what was asked of the database: it was stopped there; ask again later, or for less`,
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
