/** Tests of src/db/migrate.ts: up, status, down, starts at the same time, and scripts that fail half-way. */

import { assert, assertEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { Database } from "../../src/db/db.ts";
import {
  changedMigrations,
  checksum,
  listMigrations,
  migrateDown,
  migrateUp,
  migrationStatus,
} from "../../src/db/migrate.ts";
import { openPostgres } from "../../src/db/postgres.ts";
import { blankDatabase, SERVER_URL, stopSharedDatabase, testDatabase } from "../support/database.ts";
import { eventually } from "../support/world.ts";

Deno.test.afterAll(stopSharedDatabase);

async function tables({ sql }: Database): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select table_name as name from information_schema.tables where table_schema = 'public' order by 1`;
  return rows.map(({ name }) => name);
}

async function count({ sql }: Database, table: string): Promise<number> {
  const [row] = await sql<{ count: number }[]>`select count(*)::int as count from ${sql(table)}`;
  return row!.count;
}

/** Migrations out of `files` (name to SQL) in a folder of their own. */
async function withFolder(files: Record<string, string>, test: (folder: URL) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempDir({ prefix: "timewire_migrations_" });
  try {
    for (const [name, sql] of Object.entries(files)) await Deno.writeTextFile(`${path}/${name}`, sql);
    await test(new URL(`file://${path}/`));
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

Deno.test("migrateUp() applies every migration once, and migrationStatus() tells which", async () => {
  const database = await blankDatabase();
  const { db } = database;
  const numbers = (await listMigrations()).map(({ number }) => number);
  assert((await migrationStatus(db)).every(({ appliedAt }) => appliedAt === null));
  assertEquals(await migrateUp(db), numbers);
  assertEquals(await migrateUp(db), []);
  const status = await migrationStatus(db);
  assertEquals(status.map(({ number }) => number), numbers);
  assert(status.every(({ appliedAt }) => appliedAt instanceof Date));
  await database.stop();
});

Deno.test("migrateDown() takes every migration back, newest first, and migrateUp() builds the same again", async () => {
  const database = await blankDatabase();
  const { db } = database;
  const numbers = await migrateUp(db);
  const built = await tables(db);
  const undone: number[] = [];
  for (let number; (number = await migrateDown(db)) !== undefined;) undone.push(number);
  assertEquals(undone, numbers.toReversed());
  assertEquals(await tables(db), ["timewire_migration"]);
  assertEquals(await migrateDown(db), undefined);
  assertEquals(await migrateUp(db), numbers);
  assertEquals(await tables(db), built);
  await database.stop();
});

Deno.test("what was remembered of deliveries goes on when heads are told by type too, and when that is taken back", async () => {
  const database = await blankDatabase();
  const { db } = database;
  const upTo = async (last: number) => (await listMigrations()).filter(({ number }) => number <= last);
  await migrateUp(db, { migrations: await upTo(13) });
  await db.sql`
    insert into entity_head (installation_id, entity_key, event_type, body_sha256, event_id, received_at) values
      (1, 'tag:1', 'NEW_TAG', '\\x01', 1, now()), (1, 'tag:2', 'NEW_TAG', '\\x02', 2, now() - interval '2 days'),
      (1, 'delivery:5:evt_1', 'custom:shop', '\\x03', 3, now()), (1, 'delivery:5:body:ab', 'custom:shop', '\\x04', 4, now())`;
  const heads = async () =>
    (await db.sql<Record<string, unknown>[]>`
      select entity_key, encode(body_sha256, 'hex') as hash, event_id, to_jsonb(entity_head)->'memory_seconds' as memory
      from entity_head order by event_id, entity_key`).map((row) => Object.values(row));
  const before = await heads();
  await migrateUp(db, { migrations: await upTo(14) });
  const plain = before.map(([key, hash, id]) => [key, hash, id, 86_400]);
  assertEquals(await heads(), [
    plain[0],
    ["tag:1 NEW_TAG", "01", 1, 86_400],
    plain[1],
    plain[2],
    ["delivery:5:evt_1 custom:shop", "", 3, 604_800],
    plain[3],
    ["delivery:5:body:ab custom:shop", "04", 4, 86_400],
  ]);
  await db.sql`delete from entity_head where entity_key = 'tag:1'`;
  await db.sql`
    insert into entity_head (installation_id, entity_key, event_type, body_sha256, event_id, received_at)
    values (1, 'tag:1 TAG_UPDATED', 'TAG_UPDATED', '\\x05', 5, now() + interval '1 second')`;
  await migrateDown(db, { migrations: await upTo(14) });
  const after = await heads();
  assertEquals(after.map(([key]) => key).sort(), before.map(([key]) => key).sort());
  assertEquals(after.find(([key]) => key === "tag:1"), ["tag:1", "05", 5, null]);
  await database.stop();
});

Deno.test("migrateUp() from three instances at once applies each migration once", async () => {
  const database = await blankDatabase();
  const files = {
    "0001_first.sql": "create table first (id int); insert into first values (1);",
    "0002_second.sql": "create table second (id int); insert into second values (1);",
    "0002_second.down.sql": "drop table second;",
    "readme.sql": "not a migration",
  };
  await withFolder(files, async (folder) => {
    const migrations = await listMigrations(folder);
    assertEquals(migrations.map(({ number, name }) => [number, name]), [[1, "first"], [2, "second"]]);
    const pools = [0, 1, 2].map(() =>
      database.url ? openPostgres({ url: database.url, poolSize: 2, applicationName: "timewire-tests" }) : database.db
    );
    const applied = await Promise.all(pools.map((pool) => migrateUp(pool, { migrations })));
    assertEquals(applied.flat().sort(), [1, 2]);
    assertEquals(await count(database.db, "first"), 1);
    assertEquals(await count(database.db, "second"), 1);
    if (database.url) await Promise.all(pools.map((pool) => pool.stop()));
  });
  await database.stop();
});

Deno.test("migrateUp() leaves nothing of a script that fails, and goes on once it is right", async () => {
  const database = await blankDatabase();
  const { db } = database;
  const files = {
    "0001_first.sql": "create table first (id int);",
    "0002_broken.sql": "create table half (id int); insert into half select 1 / 0;",
    "0003_third.sql": "create table third (id int);",
  };
  await withFolder(files, async (folder) => {
    const migrations = await listMigrations(folder);
    await assertRejectsLike(migrateUp(db, { migrations }), { code: "22012" });
    assertEquals(await tables(db), ["first", "timewire_migration"]);
    await Deno.writeTextFile(new URL("0002_broken.sql", folder), "create table half (id int);");
    assertEquals(await migrateUp(db, { migrations }), [2, 3]);
    assertEquals(await tables(db), ["first", "half", "third", "timewire_migration"]);
  });
  await database.stop();
});

Deno.test("migrateDown() refuses a newest migration that this version does not know", async () => {
  const database = await testDatabase();
  const { db } = database;
  const before = await tables(db);
  await db.sql`insert into timewire_migration (number, name) values (9999, 'from_the_future')`;
  await assertRejectsLike(migrateDown(db), { code: "CONFLICT", message: /migration 9999/ });
  assertEquals(await tables(db), before);
  assertEquals(await migrateUp(db), [], "a newer database is left as it is");
  await database.stop();
});

/** Files of the folder whose checksum is missing or another one, and checksums without a file. */
async function strangers(folder: URL): Promise<string[]> {
  const lines = (await Deno.readTextFile(new URL("checksums", folder))).trim().split("\n");
  const landed = new Map(lines.map((line) => line.split("  ").reverse() as [string, string]));
  const found: string[] = [];
  for (const { up } of await listMigrations(folder)) {
    const name = up.pathname.split("/").at(-1)!;
    if (landed.get(name) !== checksum(await Deno.readTextFile(up))) found.push(name);
    landed.delete(name);
  }
  return [...found, ...landed.keys()];
}

Deno.test("a landed migration stays as it is: migrations/checksums has each of them", async () => {
  const folder = new URL("../../migrations/", import.meta.url);
  assertEquals(await strangers(folder), [], "see docs/migrations.md");
  const files: Record<string, string> = { checksums: await Deno.readTextFile(new URL("checksums", folder)) };
  for (const { up } of await listMigrations()) files[up.pathname.split("/").at(-1)!] = await Deno.readTextFile(up);
  await withFolder(files, async (copy) => {
    assertEquals(await strangers(copy), []);
    await Deno.writeTextFile(new URL("0003_coverage.sql", copy), files["0003_coverage.sql"] + "\n");
    await Deno.writeTextFile(new URL("0999_new.sql", copy), "select 1;");
    await Deno.remove(new URL("0005_bootstrap.sql", copy));
    assertEquals(await strangers(copy), ["0003_coverage.sql", "0999_new.sql", "0005_bootstrap.sql"]);
  });
});

Deno.test("changedMigrations() names what was applied with another text, and nothing of a database of before", async () => {
  const database = await blankDatabase();
  const { db } = database;
  const files = {
    "0001_first.sql": "create table first (id int);",
    "0002_second.sql": "create table second (id int);",
  };
  await withFolder(files, async (folder) => {
    const migrations = await listMigrations(folder);
    assertEquals(await changedMigrations(db, migrations), []);
    await db.sql`
      create table timewire_migration (number int primary key, name text not null, applied_at timestamptz not null default now())`;
    await db.sql`insert into timewire_migration (number, name) values (1, 'first')`;
    assertEquals(await changedMigrations(db, migrations), []);
    assertEquals(await migrateUp(db, { migrations }), [2]);
    assertEquals(await changedMigrations(db, migrations), []);
    await Deno.writeTextFile(new URL("0001_first.sql", folder), "create table first (id bigint);");
    await Deno.writeTextFile(new URL("0002_second.sql", folder), "create table second (id bigint);");
    assertEquals(await changedMigrations(db, migrations), [2]);
  });
  await database.stop();
});

Deno.test({
  // The embedded database has one session: nothing can hold a lock beside a migration.
  name: "a migration waits for a table in use in short tries: readers go on, and it is applied once the table is free",
  ignore: SERVER_URL === undefined,
  fn: async () => {
    const database = await blankDatabase();
    const { db } = database;
    const files = {
      "0001_first.sql": "create table busy (id int); create table other (id int);",
      "0002_second.sql": "alter table other add column a int; alter table busy add column a int;",
    };
    await withFolder(files, async (folder) => {
      const [first, second] = await listMigrations(folder);
      await migrateUp(db, { migrations: [first!] });
      const holding = Promise.withResolvers<void>();
      const release = Promise.withResolvers<void>();
      // A report, or a backup: it reads, and stays open.
      const reader = db.transaction(async (sql) => {
        await sql`select from busy`;
        holding.resolve();
        await release.promise;
      });
      await holding.promise;
      let tries = 0;
      let hasWaited = false;
      const read = () => db.sql`select from busy union all select from other`;
      const migrating = migrateUp(db, {
        migrations: [first!, second!],
        // Between two tries, with the table still in use, readers are answered.
        clock: { ...systemClock, sleep: async () => void await read() },
        onBusy: () => void (++tries >= 2 && hasWaited && release.resolve()),
      });
      // A reader that comes while the migration waits for the table waits behind it, until the try ends.
      await eventually(async () => {
        const waiting = await db.sql`select from pg_locks where relation = 'busy'::regclass and not granted`;
        return waiting.length > 0;
      });
      await read();
      hasWaited = true;
      assertEquals(await migrating, [2]);
      await reader;
      assert(tries >= 2, `${tries}`);
      const columns = await db.sql`select from information_schema.columns where column_name = 'a'`;
      assertEquals(columns.length, 2);
      const [session] = await db.transaction((sql) => sql`select current_setting('lock_timeout') as lock`);
      assertEquals(session!.lock, "0", "of the migration's transaction alone");
    });
    await database.stop();
  },
});

Deno.test({
  // The embedded database has one session: nothing can hold a lock beside a migration.
  name: "a migration gives up after 10 minutes of a table in use, and leaves nothing",
  ignore: SERVER_URL === undefined,
  fn: async () => {
    const database = await blankDatabase();
    const { db } = database;
    const files = {
      "0001_first.sql": "create table busy (id int);",
      "0002_second.sql": "alter table busy add column a int;",
    };
    await withFolder(files, async (folder) => {
      const migrations = await listMigrations(folder);
      await migrateUp(db, { migrations: migrations.slice(0, 1) });
      const holding = Promise.withResolvers<void>();
      const release = Promise.withResolvers<void>();
      const reader = db.transaction(async (sql) => {
        await sql`select from busy`;
        holding.resolve();
        await release.promise;
      });
      await holding.promise;
      let nowMs = 0;
      const clock = { ...systemClock, monotonicMs: () => nowMs, sleep: () => Promise.resolve(void (nowMs += 400_000)) };
      await assertRejectsLike(migrateUp(db, { migrations, clock }), {
        code: "START_FAILED",
        message: /in use for 10 min/,
      });
      release.resolve();
      await reader;
      assertEquals((await db.sql`select number from timewire_migration`).map(({ number }) => number), [1]);
    });
    await database.stop();
  },
});
