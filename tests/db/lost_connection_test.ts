/** Tests of src/db/transaction.ts: the connection of a transaction is lost while its work waits for something else. */

import { assert, assertEquals } from "@std/assert";
import { type Database, isUnavailable, type TransactionSql } from "../../src/db/db.ts";
import { openPostgres } from "../../src/db/postgres.ts";
import { SERVER_URL, testDatabase } from "../support/database.ts";
import { within } from "./within.ts";

const POOL_SIZE = 3;
const ROUNDS = 50;
const QUEUED = 30;
/** The transaction that is lost; the others are installations 1 and up. */
const VICTIM = 0;

type Statement = (sql: TransactionSql, installation: number) => PromiseLike<unknown>;

/** A row that says who wrote it and whose scope it was written in. */
const write: Statement = (sql, installation) =>
  sql`insert into written (installation, scope) values (${installation}, current_setting('timewire.installations'))`;

/** What a work may do after it has waited. */
const WAYS: Record<string, Statement> = {
  "a statement": write,
  "a statement as text": (sql, installation) =>
    sql.unsafe(
      `insert into written (installation, scope) values (${installation}, current_setting('timewire.installations'))`,
    ),
  "a savepoint": (sql, installation) => sql.savepoint((inner) => write(inner, installation) as Promise<unknown>),
  "several statements": (sql, installation) =>
    Promise.all([write(sql, installation), write(sql, installation), sql`select 1`]),
  "no statement, only COMMIT": () => Promise.resolve(),
  "its own fault, which means ROLLBACK": () => Promise.reject(new Error("changed its mind")),
};

const WITHOUT_STATEMENT = new Set([WAYS["no statement, only COMMIT"], WAYS["its own fault, which means ROLLBACK"]]);

/** Ends the backend of the first of many queued transactions, and lets its work go on inside those that come after it. */
async function loseOne(db: Database, killer: Database, last: Statement) {
  const begun = Promise.withResolvers<number>();
  const gate = Promise.withResolvers<void>();
  const goneOn = Promise.withResolvers<unknown>();
  const known = new Set<number>();
  let lost = false;

  const victim = db.scoped({ installationIds: [VICTIM] }, async (sql) => {
    await write(sql, VICTIM);
    const [row] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
    begun.resolve(row!.pid);
    await gate.promise;
    const end = Promise.resolve(last(sql, VICTIM));
    end.then(() => goneOn.resolve("it was sent"), goneOn.resolve);
    await end;
  });
  const outcome = victim.then(() => "committed", (error) => error).then((end) => {
    // At once: the next connection may be there before the killer has its answer.
    lost = true;
    return end;
  });
  const others = Array.from(
    { length: QUEUED - 1 },
    (_, index) =>
      db.scoped({ installationIds: [index + 1] }, async (sql) => {
        await write(sql, index + 1);
        const [row] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
        if (!lost) {
          known.add(row!.pid);
          // Those that the loss must find in line stay there.
          await outcome;
        } else if (!known.has(row!.pid)) {
          // On the connection that was made in place of the lost one.
          gate.resolve();
          await goneOn.promise;
        }
        await write(sql, index + 1);
      }),
  );
  const pid = await begun.promise;
  known.add(pid);
  await killer.sql`select pg_terminate_backend(${pid})`;
  const error = await within(outcome, "the transaction whose backend was ended");
  const settled = await within(Promise.allSettled(others), "the transactions after it");
  return { error, late: await within(goneOn.promise, "the work that went on"), settled };
}

Deno.test({
  name:
    `a lost transaction sends nothing more: ${ROUNDS} backends ended under ${QUEUED} transactions on ${POOL_SIZE} connections`,
  // The embedded database serves all connections from one backend, which cannot end alone.
  ignore: !SERVER_URL,
  fn: async () => {
    const { db: admin, url, stop } = await testDatabase();
    const db = openPostgres({ url: url!, poolSize: POOL_SIZE, applicationName: "timewire-tests" });
    try {
      await admin.sql`create table written (installation int, scope text)`;
      await admin.bind();
      const ways = Object.entries(WAYS);
      for (let round = 0; round < ROUNDS; round++) {
        const [way, last] = ways[round % ways.length]!;
        const { error, late, settled } = await loseOne(db, admin, last);
        const mixed = await admin.sql`
          select * from written where installation = ${VICTIM} or installation::text <> scope`;
        assertEquals([...mixed], [], `${way}: rows of a lost transaction, or in the scope of another`);
        assert(isUnavailable(error), `${way}: ${error}`);
        if (!WITHOUT_STATEMENT.has(last)) assert(isUnavailable(late), `${way}: ${late}`);
        assertEquals(settled.filter(({ status }) => status === "rejected"), [], way);
      }
      const rows = await admin.sql<{ installation: number; scope: string; rows: number }[]>`
        select installation, scope, count(*)::int as rows from written group by 1, 2 order by 1, 2`;
      assertEquals(
        [...rows],
        Array.from({ length: QUEUED - 1 }, (_, index) => ({
          installation: index + 1,
          scope: String(index + 1),
          rows: 2 * ROUNDS,
        })),
      );
      const asked = await Promise.all(
        Array.from(
          { length: POOL_SIZE },
          () => db.transaction(async (sql) => (await sql`select pg_backend_pid() as pid, pg_sleep(0.1)`)[0]!.pid),
        ),
      );
      assertEquals(new Set(asked).size, POOL_SIZE, "connections in use afterwards");
    } finally {
      await db.stop();
      await stop();
    }
  },
});
