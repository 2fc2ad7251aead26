/**
 * Tests of backup, verify, restore and move as an operator runs them, on a folder of backups. They need a server: that of
 * DATABASE_URL; tests/e2e/readme_test.ts backs an embedded database up and restores it.
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { newKey } from "../../src/secrets/encryption.ts";
import { backupName } from "../../src/backup/keep.ts";
import { makeBackup } from "../../src/app/make_backup.ts";
import { readBackups, readLastBackup } from "../../src/backup/last.ts";
import { systemClock } from "../../src/base/clock.ts";
import { listMigrations, migrateDown, migrateUp } from "../../src/db/migrate.ts";
import { assertRejectsLike } from "../support/assert_like.ts";
import { embeddedPlace, fill, holds, runVerb } from "../support/backup_place.ts";
import { configOf } from "../support/world.ts";
import { createServerDatabase, migratedOnServer, SERVER_URL, type TestDatabase } from "../support/database.ts";

const KEYS = newKey("k1");
const ignore = SERVER_URL === undefined;
const backups = ignore ? "" : await Deno.makeTempDir({ prefix: "tw-backups-" });
const settings = { BACKUP_TARGET: backups, BACKUP_KEYS: newKey("b1"), ENCRYPTION_KEYS: KEYS };
let source: TestDatabase & { url: string };
let target: TestDatabase & { url: string };
let ofSource: Record<string, string>;
let ofTarget: Record<string, string>;

Deno.test.beforeAll(async () => {
  if (ignore) return;
  [source, target] = [(await migratedOnServer())!, (await migratedOnServer())!];
  ofSource = { ...settings, DATABASE_URL: source.url };
  ofTarget = { ...settings, DATABASE_URL: target.url };
  for (const { db } of [source, target]) await db.bind();
  await fill(source.db, KEYS);
});
Deno.test.afterAll(async () => {
  if (ignore) return;
  await source.stop();
  await target.stop();
  await Deno.remove(backups, { recursive: true });
});

function testOnServer(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore, fn });
}

async function names(): Promise<string[]> {
  return (await Array.fromAsync(Deno.readDir(backups))).map(({ name }) => name).filter((name) => name !== ".lock")
    .sort();
}

testOnServer(
  "backup writes one file that no other user reads, records that it did, and removes what is too old",
  async () => {
    const old = ["2020-01-01", "2020-01-02"].map((day) => backupName(new Date(day)));
    for (const name of [...old, `${old[0]}.part`, "notes.txt"]) await Deno.writeTextFile(`${backups}/${name}`, "x");
    const policy = { BACKUP_KEEP_DAILY: "2", BACKUP_KEEP_WEEKLY: "0", BACKUP_KEEP_MONTHLY: "0" };
    const { code, lines, error } = await runVerb({ ...ofSource, ...policy }, ["backup"]);
    assertEquals([code, error], [0, ""]);
    assertMatch(lines[0]!, /^Database \S+: \d+ tables, 2,\d\d\d rows$/);
    assertMatch(lines[1]!, /^Backup timewire-\S+\.backup in \S+: [\d,]+ bytes in [\d.]+ s$/);
    assertEquals(lines[2], `Backups kept: 2, removed ${old[0]}`);
    const [first, second, third] = await names();
    assertEquals([first, second], ["notes.txt", old[1]], "a part of a killed backup goes too");
    await Deno.remove(`${backups}/${old[1]}`);
    const { size, mode } = await Deno.stat(`${backups}/${third}`);
    assertEquals(mode! & 0o777, 0o600);
    const last = await readLastBackup(source.db);
    assertEquals(last!.bytes, size);
  },
);

testOnServer("a backup that is ended leaves nothing behind, and one that fails says when", async () => {
  const before = await names();
  const signal = AbortSignal.abort(new Error("the program stops"));
  await assertRejectsLike(makeBackup({ config: configOf(ofSource), clock: systemClock, signal }), /the program stops/);
  assertEquals([await names(), (await readBackups(source.db)).failedAt], [before, undefined]);
  const failed = await runVerb({ ...ofSource, BACKUP_TARGET: `${backups}/notes.txt/below` }, ["backup"]);
  assertEquals(failed.code, 4);
  assertMatch(failed.error, /^Cannot write to the folder of backups/);
  assert((await readBackups(source.db)).failedAt! > 1_000_000_000);
});

testOnServer("verify reads all of it without a database, and says whether the secrets open", async () => {
  const { code, lines } = await runVerb({ ...settings, DATA_DIR: "/nowhere" }, ["backup", "verify", "latest"]);
  assertEquals(code, 0);
  assertMatch(lines.at(-1)!, /^ {2}2 secrets open; 2,\d\d\d rows in all are as they were written$/);
  const { ENCRYPTION_KEYS: _, ...without } = settings;
  assertMatch((await runVerb(without, ["backup", "verify"])).lines.at(-1)!, /^ {2}secrets were not tried/);
  const asked = async (...args: string[]) =>
    JSON.parse((await runVerb(settings, ["backup", ...args])).lines.join("\n"));
  const { place, backups: [listed] } = await asked("list", "--json");
  const verified = await asked("--json", "verify");
  const ofSecond = (time: string) => time.slice(0, "2026-11-30T03:15:00".length);
  assertEquals([place, listed.name], [backups, (await names()).at(-1)]);
  assertEquals(ofSecond(listed.made_at), ofSecond(verified.made_at));
  const [{ uses, rows }] = verified.databases;
  assertEquals([verified.name, verified.secrets_opened, uses.length, rows > 2_000], [listed.name, 2, 4, true]);
  const other = await runVerb({ ...settings, ENCRYPTION_KEYS: newKey("k1") }, ["backup", "verify"]);
  assertEquals([other.code, other.error], [
    1,
    `Backup ${(await names()).at(-1)} is whole, but ENCRYPTION_KEYS do not open all of it: ` +
    "1 of 1 values of installation.token_sealed, 1 of 1 values of meta.value",
  ]);
});

testOnServer(
  "restore refuses wrong keys, a damaged file and a database with rows, and leaves the target as it was",
  async () => {
    const before = await holds(target.db);
    const restore = async (env: Record<string, string>, ...more: string[]) => {
      const { code, error } = await runVerb({ ...ofTarget, ...env }, ["restore", "latest", ...more]);
      assertEquals(code, 1);
      assertEquals(await holds(target.db), before);
      return error;
    };
    assertEquals(
      await restore({ BACKUP_KEYS: newKey("b1") }),
      'Cannot open the backup: BACKUP_KEYS has another key under "b1" than the one it was made with',
    );
    assertMatch(await restore({ ENCRYPTION_KEYS: newKey("k1") }), /ENCRYPTION_KEYS do not open what is in it/);
    const damaged = backupName(new Date("2100-01-01"));
    const bytes = await Deno.readFile(`${backups}/${(await names()).at(-1)}`);
    bytes[bytes.length - 100]! ^= 1;
    await Deno.writeFile(`${backups}/${damaged}`, bytes);
    assertMatch(await restore({}), /^Cannot read the backup: part \d+ is not as it was written/);
    assertMatch(await restore({}, "--force"), /^Cannot read the backup: part/);
    await Deno.remove(`${backups}/${damaged}`);
    assertEquals(
      (await runVerb(ofTarget, ["restore", backupName(new Date(0))])).error.replace(/".*"/, "NAME"),
      `Cannot read the backup: ${backups} has no NAME`,
    );
  },
);

testOnServer(
  "restore writes the same rows into an empty database, releases claims, and asks before it replaces any",
  async () => {
    const { code, error, lines } = await runVerb(ofTarget, ["restore", "latest"]);
    assertEquals([code, error], [0, ""]);
    assertMatch(lines.join("\n"), /2,\d\d\d rows, all counts as in the backup/);
    const rows = await holds(source.db);
    assert(rows.length > 2_000);
    assertEquals(await holds(target.db), rows);
    const [job] = await target.db.sql`select state, leased_by from job where installation_id = 1`;
    assertEquals({ ...job }, { state: "available", leased_by: null });

    await target.db.sql`delete from event where entity_key = 'many'`;
    const again = await runVerb(ofTarget, ["restore", "latest"]);
    assertEquals(again.code, 1);
    assertMatch(
      again.error,
      /is not empty: its rows \(\d+ of event, .*\) would be deleted; name an empty database, or add --force$/,
    );
    const forced = await runVerb(ofTarget, ["restore", "latest", "--force"]);
    assertEquals([forced.code, forced.error], [0, ""]);
    assertEquals(await holds(target.db), rows);
  },
);

testOnServer(
  "a backup of an older schema is loaded as it is, and then migrated; one of a newer version is refused",
  async () => {
    const newest = (await listMigrations()).at(-1)!;
    await migrateDown(source.db);
    try {
      assertEquals((await runVerb(ofSource, ["backup"])).code, 0);
      const { code, lines, error } = await runVerb(ofTarget, ["restore", "latest", "--force"]);
      assertEquals([code, error], [0, ""]);
      assertMatch(lines.join("\n"), new RegExp(`applied migrations ${newest.number}$`, "m"));
      assertEquals((await holds(target.db)).length, (await holds(source.db)).length);
      await source.db.sql`insert into timewire_migration (number, name, sha256) values (9999, 'later', 'x')`;
      assertEquals((await runVerb(ofSource, ["backup"])).code, 0);
      const later = await runVerb(ofTarget, ["restore", "latest", "--force"]);
      assertEquals(
        later.error,
        "Cannot load the dump: it was made by a newer version: this one does not know its migration 9999 (later)",
      );
    } finally {
      await source.db.sql`delete from timewire_migration where number = 9999`;
      await migrateUp(source.db);
    }
  },
);

testOnServer("an embedded database is backed up while it serves, and moved to a server once it does not", async () => {
  const place = await embeddedPlace();
  const moved = await createServerDatabase(SERVER_URL!);
  try {
    const env = { ...settings, ...place.env };
    let rows: string[] = [];
    await place.serve(async (db) => {
      await fill(db, KEYS);
      rows = await holds(db);
      const made = await runVerb(env, ["backup"]);
      assertEquals([made.code, made.error], [0, ""]);
      assert((await readLastBackup(db))!.bytes > 1_000, "the program writes the row");
      assertMatch((await runVerb(env, ["backup", "verify"])).lines.at(-1)!, /^ {2}2 secrets open; 2,\d\d\d rows/);
      const early = await runVerb({ ...env, DATABASE_URL: moved.url }, ["move"]);
      assertMatch(early.error, /^Cannot open the data folder .* uses it; stop that process/);
    });
    const left = [...Deno.readDirSync(place.env.DATA_DIR!)].map(({ name }) => name).sort();
    assertEquals(left, ["postgres", "run", "timewire.lock"], "the copy is removed");

    const done = await runVerb({ ...env, DATABASE_URL: moved.url }, ["move"]);
    assertEquals([done.code, done.error], [0, ""]);
    assertMatch(done.lines[0]!, /^Moved \S+ to \S+: \d+ tables, 2,\d\d\d rows, all counts compared, all secrets open$/);
    assertEquals(await holds(moved.db), rows);
  } finally {
    await moved.stop();
    await place.remove();
  }
});

testOnServer("several databases are one backup, and are restored where each has a place, or not at all", async () => {
  const [first, second] = [await createServerDatabase(SERVER_URL!), await createServerDatabase(SERVER_URL!)];
  try {
    const made = await runVerb({ ...ofSource, WORKFLOW_DB_URL: target.url }, ["backup"]);
    assertEquals([made.code, made.lines.length], [0, 4]);
    const restore = (env: Record<string, string>) => runVerb({ ...settings, ...env }, ["restore", "latest"]);
    const fewer = await restore({ DATABASE_URL: first.url });
    assertMatch(fewer.error, /^Cannot restore: the backup has 2 databases, and the configuration names fewer/);
    const apart = await restore({ DATABASE_URL: second.url, API_STUDIO_DB_URL: first.url });
    assertMatch(apart.error, /^Cannot restore: api_studio, universal_webhook, clockify_addon were in one database/);
    const used = await restore({ DATABASE_URL: first.url, WORKFLOW_DB_URL: target.url });
    assertMatch(used.error, /is not empty/);
    assertEquals([...await first.db.sql`select to_regclass('event') as event`], [{ event: null }], "nor is the other");
    const { code, error } = await restore({ DATABASE_URL: first.url, WORKFLOW_DB_URL: second.url });
    assertEquals([code, error], [0, ""]);
    assertEquals(await holds(second.db), await holds(target.db));
  } finally {
    await first.stop();
    await second.stop();
  }
});
