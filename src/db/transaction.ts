/**
 * Transactions over the driver: the statements of one reach the connection that it began on, or none.
 *
 * The driver's own begin() gives a callback its connection for good. When the connection is lost while the callback waits
 * for something else, begin() rejects, the callback continues, and its next statement or its COMMIT is sent on whatever
 * that connection became: another transaction, of another installation (porsager/postgres issues 1204, 1216).
 */

import type { Sql, TransactionSql } from "./db.ts";

/** What we use of the driver's own objects (its src/query.js and src/connection.js); its types leave them out. */
export interface Statement extends PromiseLike<{ command: string | null }> {
  /** Takes the statement to a connection, once it is awaited. */
  handler: (statement: Statement) => void;
  options: { prepare?: boolean; onexecute?: (connection: DriverConnection) => unknown };
  /** Whether it was awaited. */
  executed: boolean;
  /** Null until a connection has taken the statement. */
  state: unknown;
  /** Set when it was withdrawn before that. */
  cancelled: unknown;
  resolve(result: unknown): void;
  reject(error: unknown): void;
}

export interface DriverConnection {
  /** Sends; false where the next statement must wait until this one is answered. */
  execute(statement: Statement): unknown;
  /** Called when all is answered, while a transaction is open; set, it keeps the pool from using the connection. */
  reserved: (() => void) | null;
  /** Called at the moment the connection is lost, before the pool makes another in its place. */
  onclose: ((error: Error) => void) | null;
  /** Where it stands: among those that rest, that are busy, and so on. */
  queue: DriverQueue;
  /** Started when it joins those that rest. */
  idleTimer: { start(): void };
}

interface DriverQueue {
  readonly length: number;
  push(connection: DriverConnection): DriverConnection;
  shift(): DriverConnection | undefined;
  remove(connection: DriverConnection): DriverConnection | null;
}

/** The driver's tag, whose own type of all its overloads is beyond the compiler when it is passed on. */
export type Make = (...args: unknown[]) => unknown;

/** `value` as a statement; identifiers and helpers, which only become part of one, are none. */
export function asStatement(value: unknown): Statement | undefined {
  return value instanceof Promise && "handler" in value ? value as unknown as Statement : undefined;
}

type Work = (sql: TransactionSql) => unknown;

/**
 * begin() for `driver`. It rejects with the driver's CONNECTION_CLOSED as soon as the connection is lost; so does every
 * later statement of the work. A statement after the end of its transaction is refused. Work that failed over a plan
 * that a change of the schema made stale was rolled back and runs once more, without prepared statements.
 */
export function createBegin(driver: Sql): Sql["begin"] {
  return (async (...args: [Work] | [string, Work]) => {
    const [options, work] = args.length === 1 ? ["", args[0]] : args;
    const first = openSession(driver, { prepare: true });
    try {
      return await transact(first, { options, work });
    } catch (error) {
      if (!first.stale() || first.lost()) throw error;
    }
    return await transact(openSession(driver, { prepare: false }), { options, work });
  }) as Sql["begin"];
}

async function transact(session: Session, { options, work }: { options: string; work: Work }): Promise<unknown> {
  const run = async () => {
    await session.begin(options.replace(/[^a-z ]/ig, ""));
    let result: unknown;
    try {
      result = await inScope(session, work, { atEnd: true });
    } catch (error) {
      if (!session.lost()) await session.end("rollback");
      throw error;
    }
    await session.end("commit");
    return result;
  };
  return await Promise.race([run(), session.loss]);
}

/**
 * Runs `work` with a `sql` of its own, in a savepoint where one is named; any failed statement of it fails it. `atEnd`:
 * nothing of the transaction comes after it, so that COMMIT travels with a statement that it returns unsent.
 */
async function inScope(
  session: Session,
  work: Work,
  { savepoint, atEnd = false }: { savepoint?: string; atEnd?: boolean },
): Promise<unknown> {
  const scope: Scope = { over: false };
  if (savepoint) await session.command(`savepoint ${savepoint}`);
  try {
    const made = work(createTransactionSql(session, scope));
    const last = atEnd ? asStatement(made) : undefined;
    if (last && !last.executed) last.handler = (statement) => session.sendLast(statement, scope);
    const result = await (Array.isArray(made) ? Promise.all(made) : made);
    if (scope.failure) throw scope.failure;
    return result;
  } catch (error) {
    if (savepoint && !session.lost()) await session.command(`rollback to ${savepoint}`);
    // "Current transaction is aborted" hides why.
    throw codeOf(error) === "25P02" ? scope.failure ?? error : error;
  } finally {
    scope.over = true;
  }
}

interface Scope {
  over: boolean;
  /** The error of the first statement that failed. */
  failure?: unknown;
}

function createTransactionSql(session: Session, scope: Scope): TransactionSql {
  const send = (statement: Statement) => session.send(statement, scope);
  function own<T>(made: T): T {
    const statement = asStatement(made);
    if (!statement) return made;
    statement.handler = send;
    if (!session.prepare) statement.options.prepare = false;
    return made;
  }
  const { driver } = session;
  const { types, typed, json, array } = driver;
  const make: Make = driver as never;
  return Object.assign((...args: unknown[]) => own(make(...args)), {
    types,
    typed,
    json,
    array,
    unsafe: (...args: Parameters<Sql["unsafe"]>) => own(driver.unsafe(...args)),
    savepoint: (...args: [Work] | [string, Work]) =>
      inScope(session, args.at(-1) as Work, { savepoint: session.nextSavepoint() }),
  }) as unknown as TransactionSql;
}

type Session = ReturnType<typeof openSession>;

/** One transaction on one connection. Every statement of it, COMMIT and ROLLBACK too, passes transmit(). */
function openSession(driver: Sql, { prepare }: { prepare: boolean }) {
  let connection: DriverConnection | undefined;
  let execute: DriverConnection["execute"] | undefined;
  let lost: Error | undefined;
  let ended = false;
  let stale = false;
  let savepoints = 0;
  /** Whether the connection takes nothing more until it has answered. */
  let full = false;
  const waiting: Statement[] = [];
  const unanswered = new Set<Statement>();
  const strangers: Statement[] = [];
  const isTaken = Promise.withResolvers<void>();
  const loss = Promise.withResolvers<never>();
  loss.promise.catch(() => {});
  let committing: Promise<{ command: string | null }> | undefined;

  /** The driver calls it as it sends BEGIN. */
  function take(taken: DriverConnection) {
    connection = taken;
    execute = taken.execute;
    taken.reserved = sendWaiting;
    taken.onclose = lose;
    taken.execute = fence;
    taken.idleTimer.start = () => lastFirst(taken.queue);
    isTaken.resolve();
  }
  /**
   * Stands in for the connection's execute() to others: after a large write the driver may take a connection that is
   * silent for an idle one, and give a statement of the pool to it, into our transaction.
   */
  function fence(stranger: Statement): unknown {
    if (connection!.reserved === sendWaiting) {
      strangers.push(stranger);
      return false;
    }
    leave();
    return execute!(stranger);
  }
  function leave() {
    if (!connection) return;
    if (connection.execute === fence) connection.execute = execute!;
    if (connection.onclose === lose) connection.onclose = null;
    // Not at once: the driver is in the middle of its own book-keeping here.
    if (strangers.length > 0) queueMicrotask(() => strangers.splice(0).forEach((one) => one.handler(one)));
  }
  /** The driver calls it at the moment of the loss, before any statement can meet the connection's next socket. */
  function lose(error: Error) {
    lost ??= error;
    waiting.length = 0;
    // The driver forgets some of them.
    for (const statement of unanswered) statement.reject(lost);
    unanswered.clear();
    loss.reject(lost);
    leave();
  }

  function sendWaiting() {
    full = false;
    while (!full && waiting.length > 0) transmit(waiting.shift()!);
  }
  function transmit(statement: Statement) {
    if (statement.cancelled) return;
    full = !execute!(statement);
    if (statement.state === null) lose(Object.assign(new Error("Connection ended"), { code: "CONNECTION_DESTROYED" }));
  }
  function enqueue(statement: Statement) {
    if (lost) return statement.reject(lost);
    unanswered.add(statement);
    if (full) waiting.push(statement);
    else transmit(statement);
  }
  async function command(text: string): Promise<{ command: string | null }> {
    const statement = asStatement(driver.unsafe(text))!;
    statement.handler = enqueue;
    try {
      return await statement;
    } finally {
      unanswered.delete(statement);
    }
  }

  function send(statement: Statement, scope: Scope) {
    statement.then(
      () => void unanswered.delete(statement),
      (error) => {
        unanswered.delete(statement);
        stale ||= isStalePlan(error);
        if (scope.failure === undefined || codeOf(scope.failure) === "25P02") scope.failure = error;
      },
    );
    if (ended || scope.over) statement.reject(new Error("Cannot run the statement: its transaction is over"));
    else enqueue(statement);
  }

  return {
    driver,
    prepare,
    /** Rejects when the connection is lost. */
    loss: loss.promise,
    lost: () => lost !== undefined,
    stale: () => stale,
    nextSavepoint: () => `s${savepoints++}`,
    command,
    /**
     * Ends as BEGIN is sent, so that the first statement travels with it: the three trips of a short transaction are one
     * or two. Where BEGIN is refused, which only a cancellation that meets it by chance can do, the first statement may have
     * taken effect, as when the connection is lost at COMMIT; the transaction fails, and nothing further is sent.
     */
    begin: async (options: string) => {
      const statement = asStatement(driver.unsafe(`begin ${options}`, [], { onexecute: take } as object))!;
      unanswered.add(statement);
      const begun = statement.then(() => void unanswered.delete(statement));
      await Promise.race([isTaken.promise, begun]);
      if (!connection) throw new Error("Cannot begin the transaction: the driver gave it no connection");
      begun.then(undefined, lose);
    },
    send,
    /** The transaction has no further statement: COMMIT travels behind it, and is a rollback where it fails. */
    sendLast: (statement: Statement, scope: Scope) => {
      endAtRetry(statement);
      send(statement, scope);
      if (ended || lost) return;
      ended = true;
      committing = command("commit");
      committing.catch(() => {});
    },
    end: async (how: "commit" | "rollback") => {
      ended = true;
      const { command: done } = await (committing ?? command(how));
      leave();
      if (how === "commit" && done !== "COMMIT") {
        throw new Error("Cannot commit the transaction: a statement that its work did not wait for failed");
      }
    },
  };
}

const areLastFirst = new WeakSet<DriverQueue>();

/**
 * Of the connections that rest the driver takes the one that rested longest, so that few statements are spread over all
 * sessions, each of which reads the catalogue and plans a statement five times before it keeps the plan: 40 steps of a run
 * took a fifth longer. From now on it takes the one that rested last.
 */
function lastFirst(resting: DriverQueue) {
  if (areLastFirst.has(resting)) return;
  areLastFirst.add(resting);
  const stack: DriverConnection[] = [];
  while (resting.length > 0) stack.push(resting.shift()!);
  Object.defineProperty(resting, "length", { get: () => stack.length });
  Object.assign(resting, {
    push: (connection: DriverConnection) => {
      stack.push(connection);
      return connection;
    },
    shift: () => stack.pop(),
    remove: (connection: DriverConnection) => {
      const place = stack.indexOf(connection);
      return place === -1 ? null : stack.splice(place, 1)[0]!;
    },
  });
}

/**
 * The driver sends a statement whose plan a change of the schema made stale a second time, behind what was sent
 * meanwhile: behind COMMIT it would be outside of the transaction. `statement` rejects instead.
 */
function endAtRetry(statement: Statement) {
  Object.defineProperty(statement, "retried", {
    get: () => undefined,
    set(reason: unknown) {
      // The driver sends no cancelled one.
      statement.cancelled = true;
      statement.reject(reason);
    },
  });
}

/** The server's routines that refuse a prepared statement after a change of the schema; their names are in no language. */
const STALE_PLAN = new Set(["RevalidateCachedQuery", "FetchPreparedStatement", "transformAssignedExpr"]);

/** "Cached plan must not change result type" (0A000) and its like. */
function isStalePlan(error: unknown): boolean {
  return STALE_PLAN.has((error as { routine?: string } | undefined)?.routine ?? "");
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown } | undefined)?.code;
}
