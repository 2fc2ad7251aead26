/** Tests of doctor: what it finds in a running program, in a database alone, and what each check says of what is wrong. */

import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { systemClock } from "../../src/base/clock.ts";
import { examine } from "../../src/app/doctor.ts";
import { AppError } from "../../src/base/errors.ts";
import { parseAllowedDomains } from "../../src/clockify/hosts.ts";
import { buildManifest } from "../../src/clockify/manifest.ts";
import type { Database } from "../../src/db/db.ts";
import { listMigrations } from "../../src/db/migrate.ts";
import { checkAddress } from "../../src/doctor/address_checks.ts";
import type { Check } from "../../src/doctor/check.ts";
import { checkClock } from "../../src/doctor/clock_check.ts";
import { checkDatabase } from "../../src/doctor/database_checks.ts";
import { expectedIndexes } from "../../src/doctor/expected_indexes.ts";
import { checkKeys } from "../../src/doctor/key_checks.ts";
import { checkWorkspaces } from "../../src/doctor/workspace_checks.ts";
import { profileOf } from "../../src/profiles/profiles.ts";
import { createKeyring, newKey } from "../../src/secrets/encryption.ts";
import { closedPort, commandLineOf, environmentOf } from "../support/command_line.ts";
import { configOf, OPERATOR_KEY, type World } from "../support/world.ts";
import { worldOfFile } from "../support/world_of_file.ts";

const ENCRYPTION_KEYS = newKey("test");

let world: World;
let db: Database;
let installationId: number;

worldOfFile({ env: { API_RATE_LIMIT_RPS: "1000", ENCRYPTION_KEYS } }, async (made) => {
  world = made;
  db = world.database.db;
  ({ installationId } = await world.enter("universal_webhook"));
});

async function doctor(environment = environmentOf(world)) {
  const ran = await commandLineOf(environment)(["doctor", "--json"]);
  return { ...ran, found: ran.json() as { ok: boolean; faults: number; warnings: number; checks: Check[] } };
}

const linesOf = (checks: readonly Check[], state: Check["state"]) =>
  checks.filter((check) => check.state === state).map(({ area, detail }) => `${area}: ${detail}`).join("\n");

Deno.test("of a program that runs: each area has its line, once; what is missing for real use is a warning; no secret is in it", async () => {
  const { code, found, out } = await doctor();
  const faults = linesOf(found.checks, "fault").split("\n").filter((line) => line !== "");
  // The server of the tests awaits no disk, which is a fault for whoever keeps data on it.
  assertEquals(faults.filter((line) => !/^database: fsync or full_page_writes is off/.test(line)), []);
  assertEquals([code, found.ok, found.faults], [faults.length > 0 ? 1 : 0, faults.length === 0, faults.length]);
  assertEquals(
    [...new Set(found.checks.map(({ area }) => area))],
    ["program", "configuration", "permissions", "database", "keys", "clock", "address", "clockify", "webhooks"],
  );
  const once = found.checks.map(({ area, about, detail }) => `${area} ${about} ${detail}`);
  assertEquals(once.length, new Set(once).size);
  const well = linesOf(found.checks, "ok");
  assertMatch(well, /^program: It serves, version /m);
  assertMatch(well, /^database: All \d+ migrations are applied$/m);
  assertMatch(well, /^database: All \d+ indexes are there and valid$/m);
  assertMatch(well, /^keys: [1-9]\d* samples of \d+ sealed values open$/m);
  assertMatch(well, /^clockify: http:\S+ answers \(workspace /m);
  const warned = linesOf(found.checks, "warning");
  assertMatch(warned, /^address: It has no public address/m);
  assertMatch(warned, /^permissions: It has --allow-run, /m);
  for (const secret of [OPERATOR_KEY, ENCRYPTION_KEYS.split(":")[1]!]) assert(!out.join().includes(secret));
  const { out: lines } = await commandLineOf(environmentOf(world))(["doctor"]);
  assertMatch(lines.join("\n"), /^warning +address +Universal Webhook.*: .*\n +To do: set PUBLIC_BASE_URL/m);
});

Deno.test("webhooks that are switched off, add-ons that are, and hosts that may not be called, each by its workspace", async () => {
  await inUndone(async (within) => {
    const { sql } = within;
    await sql`
      insert into coverage (installation_id, event_type, way, state, reason, next_step)
      values (${installationId}, 'NEW_TASK', 'manifest', 'delivery_disabled', 'stopped', 'Switch its deliveries on.')
      on conflict (installation_id, event_type) do update set way = excluded.way, state = excluded.state,
        next_step = excluded.next_step`;
    const claims = JSON.stringify({ backendUrl: world.simulator.url, reportsUrl: "https://reports.example.com" });
    await sql`update installation set hosts = ${claims}::text::jsonb where id = ${installationId}`;
    const facts = {
      db: within,
      addon: { key: "universal_webhook", name: "It" } as const,
      allowed: parseAllowedDomains(world.simulator.url),
      apiBaseUrl: undefined,
      fetch: () => Promise.resolve({ status: 503, headers: new Headers(), body: new Uint8Array() }),
    };
    const checks = await checkWorkspaces(facts);
    assertMatch(linesOf(checks, "fault"), /^clockify: Workspace \S+: Cannot call https:\/\/reports\.example\.com/m);
    const warned = linesOf(checks, "warning");
    assertMatch(warned, /^clockify: http:\S+ answers 503 \(workspace /m);
    assertMatch(warned, /^webhooks: Workspace \S+: .*\bNEW_TASK\b.* are stopped after too many failures$/m);
    await sql`update installation set status = 'inactive' where id = ${installationId}`;
    assertMatch(linesOf(await checkWorkspaces(facts), "warning"), /^webhooks: It is switched off in workspace /m);
  });
});

Deno.test("a program that cannot be asked: elsewhere a fault, here the databases are opened without it", async () => {
  const elsewhere = await doctor({ ...environmentOf(world), TIMEWIRE_URL: `http://127.0.0.1:${closedPort()}` });
  assertEquals([elsewhere.code, elsewhere.found.checks.length, elsewhere.found.checks[0]!.area], [1, 1, "program"]);
  const here = await doctor({
    API_PORT: closedPort(),
    DATA_DIR: "./data/none-of-doctor",
    TIMEWIRE_API_KEY: OPERATOR_KEY,
  });
  assertEquals(here.code, 0);
  assertMatch(
    linesOf(here.found.checks, "warning"),
    /^program: No program answers[^]*^database: There is no embedded database yet/m,
  );
  await Deno.stat("./data/none-of-doctor").then(() => assert(false, "a look makes no folder"), () => {});
  const faulty = await doctor({ LOG_LEVEL: "CHATTY" });
  assertEquals([faulty.code, faulty.found.checks.map(({ about }) => about)], [1, ["LOG_LEVEL"]]);
});

Deno.test("a database that the Workflow Management API has to itself is looked at too, and one that it shares once", async () => {
  const keyring = await createKeyring(ENCRYPTION_KEYS);
  const config = configOf({ ...environmentOf(world), ENCRYPTION_KEYS });
  const look = (ofApi: Database) =>
    examine([], { config, clock: systemClock, db, keyring, ofApi: { db: ofApi, keyring } });
  const areasOf = (checks: Check[], place: string) =>
    new Set(checks.filter(({ about }) => about === place).map(({ area }) => area));
  const apart = await look({ ...db, place: "db:5432/workflow_db" });
  assertEquals(areasOf(apart, "db:5432/workflow_db"), new Set(["database", "keys", "clock"]));
  if (db.kind === "postgres") {
    const many = await checkDatabase({ db, poolSize: 10, databases: 1_000 });
    assertMatch(linesOf(many, "fault"), /^database: An instance may open 14000 connections, and \d+ are allowed$/m);
  }
  const shared = await look(db);
  const { length } = shared.filter(({ detail }) => /migrations are applied$/.test(detail));
  assertEquals([length, areasOf(shared, db.place).has("keys")], [1, true]);
});

Deno.test("an index that is gone or invalid, and a migration that is missing or unknown, are named with what to do", async () => {
  await inUndone(async (within) => {
    const { sql } = within;
    await sql`drop index run_failed`;
    await sql`update pg_index set indisvalid = false where indexrelid = 'job_head'::regclass`;
    await sql`insert into timewire_migration (number, name) values (9998, 'later')`;
    const checks = await checkDatabase({ db: within, poolSize: 10 });
    const faults = linesOf(checks, "fault");
    assertMatch(faults, /^database: Index job_head is invalid/m);
    assertMatch(faults, /^database: Index run_failed is missing/m);
    assertMatch(linesOf(checks, "warning"), /^database: A newer version has applied migrations 9998$/m);
    await sql`delete from timewire_migration where number = 17`;
    assertMatch(
      linesOf(await checkDatabase({ db: within, poolSize: 10 }), "fault"),
      /^database: Migrations are missing: 17$/m,
    );
  });
});

/** Works on the database in a transaction that is taken back. */
async function inUndone(work: (within: Database) => Promise<void>): Promise<void> {
  const done = db.sql.begin(async (sql) => {
    await sql`select set_config('timewire.installations', 'all', true)`;
    await work(
      {
        ...db,
        sql,
        scoped: (_scope: unknown, ask: (within: typeof sql) => unknown) => ask(sql),
      } as unknown as Database,
    );
    throw new Undone();
  });
  await done.catch((error: unknown) => {
    if (!(error instanceof Undone)) throw error;
  });
}

class Undone extends Error {}

Deno.test("expectedIndexes() is what migrations leave in a database", async () => {
  const there = await db.sql<{ name: string }[]>`
    select relname as name from pg_index join pg_class on pg_class.oid = indexrelid
    where relnamespace = 'public'::regnamespace
      and not exists (select from pg_constraint where conindid = indexrelid and contype in ('p', 'u', 'x'))`;
  assertEquals([...await expectedIndexes(await listMigrations())].sort(), there.map(({ name }) => name).sort());
});

Deno.test("another key of the same name, a key that is missing, and a clock that is ahead are faults without any value", async () => {
  const other = await createKeyring(newKey("test"));
  const wrong = await checkKeys({ db, keyring: other });
  assertMatch(
    linesOf(wrong, "fault"),
    /^keys: A value of installation\.token_sealed is not opened by key "test" \(ENCRYPTED_VALUE_INVALID\)$/m,
  );
  const missing = await checkKeys({ db, keyring: await createKeyring(newKey("new")) });
  assertMatch(linesOf(missing, "fault"), /^keys: Key "test" is missing: \d+ values need it$/m);
  assertNotMatch(JSON.stringify([wrong, missing]), /v1\.test\./);
  const clock = { ...systemClock, now: () => Date.now() - 60_000 };
  const [late] = await checkClock({ db, clock });
  assertEquals(late!.state, "fault");
  assertMatch(late!.detail, /^The database's clock is (59|60|61)\.\d s ahead of this machine's$/);
});

Deno.test("the public address: ours, another version's, another add-on's, not https, and not reached", async () => {
  const profile = profileOf("universal_webhook");
  const baseUrl = "https://timewire.example.com";
  const manifest = () => buildManifest({ profile, addonKey: profile.addonKey, baseUrl, webhookLimit: 10 });
  const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const look = async (body: unknown, { status = 200, url = baseUrl } = {}) => {
    const [check] = await checkAddress({ name: "It", baseUrl: url, variable: "PUBLIC_BASE_URL", manifest }, {
      fetch: ({ url: asked }) => {
        assertEquals(asked, `${baseUrl}/manifest`);
        if (body instanceof Error) return Promise.reject(body);
        return Promise.resolve({ status, headers: new Headers(), body: bytes(body) });
      },
    });
    return [check!.state, check!.detail.replace(/^\S+ /, "")];
  };
  assertEquals(await look(manifest()), ["ok", "is valid, and as this version and configuration make it"]);
  assertEquals(await look({ ...manifest(), name: "Old" }), ["warning", "is of another version or configuration"]);
  assertEquals(await look({ ...manifest(), key: "another" }), ["fault", "is not that of this add-on"]);
  assertEquals(await look({}, { status: 502 }), ["fault", "answers 502"]);
  assertEquals((await look({}, { url: "http://timewire.example.com" }))[0], "fault");
  const down = new AppError("UPSTREAM_UNREACHABLE", "Cannot reach timewire.example.com: DNS");
  assertEquals(await look(down), ["fault", "Cannot reach timewire.example.com: DNS"]);
});
