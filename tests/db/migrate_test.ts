/** Tests of src/db/migrate.ts: up, status, down, starts at the same time, and scripts that fail half-way. */

import assert from "node:assert/strict";
import type { Database } from "../../src/db/db.ts";
import { listMigrations, migrateDown, migrateUp, migrationStatus } from "../../src/db/migrate.ts";
import { openPostgres } from "../../src/db/postgres.ts";
import {
  createServerDatabase,
  SERVER_URL,
  stopSharedDatabase,
  type TestDatabase,
  testDatabase,
} from "../support/database.ts";

Deno.test.afterAll(stopSharedDatabase);

/** A database without any table. */
async function blankDatabase(): Promise<TestDatabase> {
  if (SERVER_URL) return await createServerDatabase(SERVER_URL);
  const database = await testDatabase();
  await database.db.sql.unsafe("drop schema public cascade; create schema public");
  return database;
}

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
  assert.ok((await migrationStatus(db)).every(({ appliedAt }) => appliedAt === null));
  assert.deepEqual(await migrateUp(db), numbers);
  assert.deepEqual(await migrateUp(db), []);
  const status = await migrationStatus(db);
  assert.deepEqual(status.map(({ number }) => number), numbers);
  assert.ok(status.every(({ appliedAt }) => appliedAt instanceof Date));
  await database.stop();
});

Deno.test("migrateDown() takes every migration back, newest first, and migrateUp() builds the same again", async () => {
  const database = await blankDatabase();
  const { db } = database;
  const numbers = await migrateUp(db);
  const built = await tables(db);
  const undone: number[] = [];
  for (let number; (number = await migrateDown(db)) !== undefined;) undone.push(number);
  assert.deepEqual(undone, numbers.toReversed());
  assert.deepEqual(await tables(db), ["timewire_migration"]);
  assert.equal(await migrateDown(db), undefined);
  assert.deepEqual(await migrateUp(db), numbers);
  assert.deepEqual(await tables(db), built);
  await database.stop();
});

Deno.test("what was remembered of deliveries goes on when heads are told by type too, and when that is taken back", async () => {
  const database = await blankDatabase();
  const { db } = database;
  const upTo = async (last: number) => (await listMigrations()).filter(({ number }) => number <= last);
  await migrateUp(db, await upTo(13));
  await db.sql`
    insert into entity_head (installation_id, entity_key, event_type, body_sha256, event_id, received_at) values
      (1, 'tag:1', 'NEW_TAG', '\\x01', 1, now()), (1, 'tag:2', 'NEW_TAG', '\\x02', 2, now() - interval '2 days'),
      (1, 'delivery:5:evt_1', 'custom:shop', '\\x03', 3, now()), (1, 'delivery:5:body:ab', 'custom:shop', '\\x04', 4, now())`;
  const heads = async () =>
    (await db.sql<Record<string, unknown>[]>`
      select entity_key, encode(body_sha256, 'hex') as hash, event_id, to_jsonb(entity_head)->'memory_seconds' as memory
      from entity_head order by event_id, entity_key`).map((row) => Object.values(row));
  const before = await heads();
  await migrateUp(db, await upTo(14));
  const plain = before.map(([key, hash, id]) => [key, hash, id, 86_400]);
  assert.deepEqual(await heads(), [
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
  await migrateDown(db, await upTo(14));
  const after = await heads();
  assert.deepEqual(after.map(([key]) => key).sort(), before.map(([key]) => key).sort());
  assert.deepEqual(after.find(([key]) => key === "tag:1"), ["tag:1", "05", 5, null]);
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
    assert.deepEqual(migrations.map(({ number, name }) => [number, name]), [[1, "first"], [2, "second"]]);
    const pools = [0, 1, 2].map(() =>
      database.url ? openPostgres({ url: database.url, poolSize: 2, applicationName: "timewire-tests" }) : database.db
    );
    const applied = await Promise.all(pools.map((pool) => migrateUp(pool, migrations)));
    assert.deepEqual(applied.flat().sort(), [1, 2]);
    assert.equal(await count(database.db, "first"), 1);
    assert.equal(await count(database.db, "second"), 1);
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
    await assert.rejects(migrateUp(db, migrations), { code: "22012" });
    assert.deepEqual(await tables(db), ["first", "timewire_migration"]);
    await Deno.writeTextFile(new URL("0002_broken.sql", folder), "create table half (id int);");
    assert.deepEqual(await migrateUp(db, migrations), [2, 3]);
    assert.deepEqual(await tables(db), ["first", "half", "third", "timewire_migration"]);
  });
  await database.stop();
});

Deno.test("migrateDown() refuses a newest migration that this version does not know", async () => {
  const database = await testDatabase();
  const { db } = database;
  const before = await tables(db);
  await db.sql`insert into timewire_migration (number, name) values (9999, 'from_the_future')`;
  await assert.rejects(migrateDown(db), { code: "CONFLICT", message: /migration 9999/ });
  assert.deepEqual(await tables(db), before);
  assert.deepEqual(await migrateUp(db), [], "a newer database is left as it is");
  await database.stop();
});
