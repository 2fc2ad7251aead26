/** What every Database does (src/db/db.ts), whichever adapter is behind it. */

import { assert, assertEquals, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import type { Database, Scope, Sql, TransactionSql } from "../../src/db/db.ts";
import { alsoSee } from "../../src/db/scope.ts";
import { type Adapter, contractTests } from "../support/contract.ts";
import type { TestDatabase } from "../support/database.ts";
import { addInstallation } from "./rows.ts";
import { within } from "./within.ts";

export interface DatabaseAdapter extends Adapter {
  /** An empty, migrated database. */
  open(): Promise<TestDatabase>;
  /** Another connection to it, as another process has; undefined where one process alone may have it open. */
  openAgain(database: TestDatabase): Database | undefined;
}

export function databaseContract(adapter: DatabaseAdapter): void {
  const { test, done } = contractTests(adapter);
  let database: TestDatabase;
  if (adapter.missing === undefined) {
    Deno.test.beforeAll(async () => {
      database = await adapter.open();
      await database.db.sql`create table noted (id int, flag boolean, bytes bytea, body jsonb)`;
    });
    Deno.test.afterAll(() => database.stop());
  }

  const note = (sql: Sql | TransactionSql, id: number) => sql`insert into noted (id) values (${id})`;

  /** The ids that are there, which go with it. */
  async function noted(): Promise<number[]> {
    const rows = await database.db.sql<{ id: number }[]>`delete from noted returning id`;
    return rows.map(({ id }) => id).sort((a, b) => a - b);
  }

  test("transaction() commits what its work wrote, and nothing when the work throws", async () => {
    const { db } = database;
    const insert = (id: number) =>
      db.transaction(async (sql) => (await sql`insert into noted (id) values (${id}) returning id`)[0]!.id);
    assertEquals(await insert(1), 1);
    await assertRejectsLike(
      db.transaction(async (sql) => {
        await note(sql, 2);
        throw new Error("changed its mind");
      }),
      /changed its mind/,
    );
    await assertRejectsLike(db.transaction(async (sql) => await sql`select 1 / 0`), { code: "22012" });
    await Promise.all([3, 4, 5].map(insert));
    assertEquals(await noted(), [1, 3, 4, 5]);
  });

  test("transaction() refuses a statement after its end, and one of a branch that goes on after another failed", async () => {
    const { db } = database;
    const kept: TransactionSql[] = [];
    await db.transaction(async (sql) => {
      kept.push(sql);
      await sql.savepoint(async (inner) => {
        kept.push(inner);
        await note(inner, 1);
      });
      await note(sql, 2);
    });
    for (const sql of kept) await assertRejectsLike(note(sql, 3) as Promise<unknown>, /its transaction is over/);

    const goOn = Promise.withResolvers<void>();
    let branch: Promise<unknown> | undefined;
    await assertRejectsLike(
      db.transaction((sql) => {
        branch = goOn.promise.then(() => note(sql, 4));
        return Promise.all([branch, Promise.reject(new Error("changed its mind"))]);
      }),
      /changed its mind/,
    );
    goOn.resolve();
    await assertRejectsLike(branch!, /its transaction is over/);
    assertEquals(await noted(), [1, 2]);
  });

  test("savepoint() takes back what failed in it and nothing else", async () => {
    const result = await database.db.transaction(async (sql) => {
      await note(sql, 1);
      const fault = await sql.savepoint("named", async (inner) => {
        await note(inner, 2);
        await inner`select 1 / 0`;
      }).catch((error) => error.code);
      const [made] = await sql.savepoint((inner) => [note(inner, 3), inner.unsafe("select 7 as seven")]);
      return [fault, made!.count, await sql.savepoint(async (inner) => (await inner`select 8 as eight`)[0]!.eight)];
    });
    assertEquals(result, ["22012", 1, 8]);
    assertEquals(await noted(), [1, 3]);
  });

  test("transaction() fails for a failed statement that its work did not wait for, and names the first fault", async () => {
    await assertRejectsLike(
      database.db.transaction(async (sql) => {
        await note(sql, 1);
        sql`select 1 / 0`.catch(() => {});
        await note(sql, 2).catch(() => {});
      }),
      { code: "22012" },
    );
    assertEquals(await noted(), []);
  });

  test("transactions side by side see nothing of each other before they commit", async () => {
    const { db } = database;
    const begun = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const writing = db.transaction(async (sql) => {
      await note(sql, 1);
      begun.resolve();
      await goOn.promise;
    });
    await begun.promise;
    const seen = db.transaction((sql) => sql`select from noted`);
    // Where there is one session it waits for its turn.
    if (db.kind === "embedded") goOn.resolve();
    assertEquals((await within(seen, "the second transaction")).length, db.kind === "embedded" ? 1 : 0);
    goOn.resolve();
    await writing;
    assertEquals(await noted(), [1]);
  });

  test("a single statement that a change of the schema made stale is sent again with the values it was given", async () => {
    const { sql } = database.db;
    const put = () =>
      sql`insert into noted (id, flag, bytes, body)
      values (${1}, ${true}, ${new Uint8Array([1, 2])}, ${sql.json({ a: 1 })}) returning *`;
    const [before] = await put();
    await sql`alter table noted add column more int`;
    const [after] = await put();
    assertEquals({ ...after }, { ...before, more: null });
    assertEquals(after!.flag, true);
    await noted();
  });

  test("transaction() of statements that are sent together is one, also when a change of the schema made the last stale", async () => {
    const { db } = database;
    const put = (id: number, divisor = 1) =>
      db.transaction((sql) => {
        sql`select set_config('timewire.mark', ${String(id)}, true)`.catch(() => {});
        note(sql, id).catch(() => {});
        // It is returned unsent: COMMIT travels with it.
        return sql<{ id: number; mark: string }[]>`
          insert into noted (id, bytes) values (${100 + id / divisor}, ${new Uint8Array([1, 2])})
          returning *, current_setting('timewire.mark', true) as mark`;
      });
    for (const id of [1, 2]) assertEquals((await put(id))[0]!.mark, String(id));
    await db.sql`alter table noted add column later int`;
    const [after] = await put(3);
    assertEquals({ ...after, bytes: undefined }, { ...after, mark: "3", later: null, bytes: undefined });
    await assertRejectsLike(put(4, 0), { code: "22P02" });
    assertEquals(await noted(), [1, 2, 3, 101, 102, 103]);
  });

  test("transaction() whose COMMIT is refused rejects, though its last statement was done", async () => {
    const { db } = database;
    await db.sql`create table once (id int unique deferrable initially deferred)`;
    const put = () => db.transaction((sql) => sql`insert into once (id) values (1) returning id`);
    await put();
    await assertRejectsLike(put(), { code: "23505" });
    await db.sql`drop table once`;
  });

  test("sql reads bigint columns as numbers", async () => {
    const [row] = await database.db.sql`select ${2 ** 53 - 1}::bigint as id`;
    assertEquals(row!.id, 2 ** 53 - 1);
  });

  test("a plan that was made while a table was small does not read all of it once it is large", async () => {
    const { db } = database;
    await db.sql`create table grown (id int primary key, text text)`;
    const find = async (sql: Sql | TransactionSql) => {
      const rows = await sql<Record<string, string>[]>`
        explain (costs off) select text from grown where id in (select id from json_to_recordset('[]') as wanted(id int))`;
      return rows.map((row) => Object.values(row)[0]).join("\n");
    };
    const ways = [
      find(db.sql),
      db.transaction(find),
      db.scoped("all", async (sql) => {
        await sql`set local role none`;
        return await find(sql);
      }),
    ];
    for (const plan of await Promise.all(ways)) assert(!plan.includes("Seq Scan on grown"), plan);
    const [jit] = await db.sql`show jit`;
    if (db.kind === "postgres") assertEquals(jit!.jit, "off");
    // What a frozen process has locked is free again once the server ends its session.
    const [idle] = await db.sql<{ timeout: string }[]>`
      select current_setting('idle_in_transaction_session_timeout') as timeout`;
    if (db.kind === "postgres") assertEquals(idle!.timeout, "1min");
    await db.sql`drop table grown`;
  });

  test("notify() reaches each listener of its channel until it stops", async () => {
    const { db } = database;
    let ring = () => {};
    const heard = () => new Promise<void>((resolve) => ring = resolve);
    let stopped = 0;
    const first = await db.listen("work", () => stopped++);
    const texts: string[] = [];
    const second = await db.listen("work", (text) => {
      if (text !== "") texts.push(text);
      ring();
    });
    await first.stop();
    const before = stopped;
    for (let count = 0; count < 3; count++) {
      const hint = heard();
      db.notify("work");
      await within(hint, "the hint");
    }
    for (const text of ["7 2", "8 1"]) {
      const hint = heard();
      db.notify("work", text);
      await within(hint, "the hint");
    }
    assertEquals(texts, ["7 2", "8 1"]);
    assertStrictEquals(stopped, before);
    await second.stop();
  });

  test("notify() reaches the listeners of other processes", async () => {
    const { db } = database;
    const other = adapter.openAgain(database)!;
    const hint = Promise.withResolvers<void>();
    const listening = await db.listen("work", (text) => text === "7 2" && hint.resolve());
    other.notify("work", "7 2");
    await within(hint.promise, "the hint");
    await listening.stop();
    await other.stop();
  });

  /** Runs the test on a database whose tenant rows are its own. */
  const ofTenants = (name: string, work: (db: Database) => Promise<void>) =>
    test(name, async () => {
      const { db } = database;
      await db.sql`truncate installation, job cascade`;
      await work(db);
    });

  const jobsOf = (db: Database, scope: Scope) =>
    db.scoped(scope, async (sql) => {
      const rows = await sql<{ id: number }[]>`select installation_id as id from job order by 1`;
      return rows.map(({ id }) => id);
    });

  ofTenants(
    "scoped() sees the rows of its installations only, of its workspace's installations, or all",
    async (db) => {
      const one = await addInstallation(db, { workspaceId: "w1" });
      const two = await addInstallation(db, { workspaceId: "w2" });
      for (const id of [one, two]) {
        await db.sql`insert into job (kind, installation_id, payload) values ('run', ${id}, '{}')`;
      }
      const installations = (scope: Scope) =>
        db.scoped(scope, async (sql) => {
          const rows = await sql<{ id: number }[]>`select id from installation order by 1`;
          return rows.map(({ id }) => id);
        });

      assertEquals(await jobsOf(db, {}), []);
      assertEquals(await jobsOf(db, { installationIds: [one] }), [one]);
      assertEquals(await jobsOf(db, { installationIds: [one, two] }), [one, two]);
      assertEquals(await jobsOf(db, "all"), [one, two]);
      assertEquals(
        await jobsOf(db, { workspaceId: "w1" }),
        [],
        "a workspace alone opens its installation, not its data",
      );
      assertEquals(await installations({ workspaceId: "w1" }), [one]);
      assertEquals(await installations({}), []);
      assertEquals(await installations({ workspaceId: "" }), []);
    },
  );

  ofTenants("scoped() can neither write rows of another installation nor move its own there", async (db) => {
    const one = await addInstallation(db);
    const two = await addInstallation(db);
    const scope = { installationIds: [one] };
    const insert = (id: number) =>
      db.scoped(scope, (sql) => sql`insert into job (kind, installation_id, payload) values ('run', ${id}, '{}')`);
    await insert(one);
    await assertRejectsLike(insert(two), { code: "42501" });
    await assertRejectsLike(db.scoped(scope, (sql) => sql`update job set installation_id = ${two}`), { code: "42501" });
    await db.sql`insert into job (kind, installation_id, payload) values ('run', ${two}, '{}')`;
    const gone = await db.scoped(scope, (sql) => sql`delete from job returning installation_id`);
    assertEquals([...gone], [{ installation_id: one }]);
  });

  ofTenants(
    "scoped() leaves nothing behind on its connection, after success, failure and a caught fault",
    async (db) => {
      const id = await addInstallation(db);
      for (let i = 0; i < 20; i++) {
        await db.scoped({ installationIds: [id] }, (sql) => sql`select 1`);
        await db.scoped("all", (sql) => sql`select 1 / 0`).catch(() => {});
        await db.scoped({ workspaceId: "w" }, () => Promise.reject(new Error("given up"))).catch(() => {});
      }
      const states = await Promise.all(Array.from({ length: 10 }, () =>
        db.sql<{ user: string; seen: string | null }[]>`
        select current_user as user, current_setting('timewire.installations', true) as seen`));
      for (const [state] of states) assert(!state!.seen, `left ${state!.seen}`);
      assertEquals(new Set(states.map(([state]) => state!.user)).size, 1);
      assertNotStrictEquals(states[0]![0]!.user, "timewire_app");
    },
  );

  ofTenants("scoped() takes a role that is neither superuser nor owner nor above row-level security", async (db) => {
    const [role] = await db.scoped({}, (sql) =>
      sql<{ rolsuper: boolean; rolbypassrls: boolean; owns: number }[]>`
        select rolsuper, rolbypassrls, (select count(*)::int from pg_tables where tableowner = current_user) as owns
        from pg_roles where rolname = current_user`);
    assertEquals({ ...role }, { rolsuper: false, rolbypassrls: false, owns: 0 });
    await assertRejectsLike(db.scoped("all", (sql) => sql`drop table job`), { code: "42501" });
    await assertRejectsLike(db.scoped("all", (sql) => sql`delete from timewire_migration`), { code: "42501" });
  });

  ofTenants("scoped() begins no statement past its deadline, and takes back what was done", async (db) => {
    const id = await addInstallation(db);
    let leftMs = 5_000;
    const deadline = { ms: 5_000, leftMs: () => leftMs };
    const scope = { installationIds: [id] };
    const add = (sql: TransactionSql) =>
      sql`insert into job (kind, installation_id, payload) values ('run', ${id}, '{}')`;
    await db.scoped(scope, add, { deadline });
    await assertRejectsLike(
      db.scoped(scope, async (sql) => {
        await add(sql);
        leftMs = 0;
        await add(sql);
      }, { deadline }),
      { code: "OVERLOADED", retryable: true },
    );
    await assertRejectsLike(db.scoped(scope, add, { deadline }), { code: "OVERLOADED" });
    assertEquals(await jobsOf(db, "all"), [id]);
  });

  ofTenants("scoped() ends a statement that is under way at its deadline", async (db) => {
    const endsAt = performance.now() + 300;
    const deadline = { ms: 300, leftMs: () => Math.ceil(endsAt - performance.now()) };
    const asked = db.scoped("all", (sql) => sql`select pg_sleep(20)`, { deadline });
    await assertRejectsLike(within(asked, "the end of the statement"), { code: "OVERLOADED" });
  });

  ofTenants("scopedStatement() gives what its statement gives, for the installations that it names", async (db) => {
    const id = await addInstallation(db);
    await db.sql`insert into job (kind, installation_id, payload) values ('run', ${id}, '{}')`;
    const rows = await db.scopedStatement({ installationIds: [id] }, (sql, installations) =>
      sql<{ id: number }[]>`
        with scope as materialized (select set_config('timewire.installations', ${installations}, true) as set)
        select job.installation_id as id from scope, job where scope.set is not null and job.installation_id = ${id}`);
    assertEquals([...rows], [{ id }]);
  });

  ofTenants("scopedStatement() that does not narrow itself sees no row", async (db) => {
    const id = await addInstallation(db);
    await db.sql`insert into job (kind, installation_id, payload) values ('run', ${id}, '{}')`;
    const rows = await db.scopedStatement("all", (sql) => sql`select from job`);
    assertEquals(rows.length, 0);
  });

  ofTenants("alsoSee() adds an installation to a transaction that began with its workspace", async (db) => {
    const id = await addInstallation(db, { workspaceId: "w1" });
    await db.scoped({ workspaceId: "w1" }, async (sql) => {
      await alsoSee(sql, id);
      await sql`insert into job (kind, installation_id, payload) values ('run', ${id}, '{}')`;
      assertEquals((await sql`select 1 from installation where workspace_id = 'w1'`).length, 1);
    });
  });

  done();
}
