/** Tests of key rotation: every sealed value moves to the first key while others read it, also when it is killed on the way. */

import { assert, assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import type { Database } from "../../src/db/db.ts";
import { migrateDown, migrateUp } from "../../src/db/migrate.ts";
import {
  agentContext,
  BOUND_LATER,
  explorerCallContext,
  explorerSavedContext,
  flowSecretContext,
  guardRequestContext,
  idempotencyContext,
  installationSecretContext,
  planSecretContext,
  runWebhookContext,
  sourceSecretContext,
  tokenContext,
} from "../../src/secrets/contexts.ts";
import { createKeyring, type Keyring, newKey, type SealContext } from "../../src/secrets/encryption.ts";
import { requireFittingKeys } from "../../src/secrets/key_check.ts";
import { rotateKeys } from "../../src/secrets/rotate_keys.ts";
import { bindToRows } from "../../src/secrets/row_binding.ts";
import { readKeyUse, SEALED_COLUMNS } from "../../src/secrets/sealed_columns.ts";
import { addInstallation } from "../db/rows.ts";
import { SERVER_URL, stopSharedDatabase, testDatabase } from "../support/database.ts";
import { makeDataDir, runProgram, startCommand, startProgram } from "../support/program.ts";
import { eventually } from "../support/world.ts";

Deno.test.afterAll(stopSharedDatabase);

const ANY_PORTS = { APP_PORT: "0", UNIVERSAL_WEBHOOK_PORT: "0", CLOCKIFY_ADDON_PORT: "0", API_PORT: "0" };
const DAY_MS = 86_400_000;
/** 128 and the number of SIGKILL. */
const KILLED = 137;
const OLD = newKey("old");
const NEW = newKey("new");
const before = await createKeyring(OLD);
const during = await createKeyring(`${NEW},${OLD}`);
const after = await createKeyring(NEW);

/** As a version before sealed in this place: not bound to the row. */
const ofBefore = (context: SealContext): SealContext => ({ ...context, row: undefined });

/** Installations with sealed tokens, and a secret of each other kind; the key check as a first start leaves it. */
async function fill(db: Database, { keyring, count }: { keyring: Keyring; count: number }): Promise<number[]> {
  const ids: number[] = [];
  for (let number = 0; number < count; number++) {
    const id = await addInstallation(db);
    const sealed = await keyring.seal(`token of ${id}`, tokenContext(id));
    await db.sql`update installation set token_sealed = ${sealed} where id = ${id}`;
    ids.push(id);
  }
  const [id] = ids as [number];
  await db.sql`
    insert into installation_secret (installation_id, name, sealed, generation)
    values (${id}, 'a', ${await keyring.seal("a", installationSecretContext(id, "a"))}, 1),
      (${id}, 'b', ${await keyring.seal("b", installationSecretContext(id, "b"))}, 1)`;
  const [source] = await db.sql<{ id: number }[]>`
    insert into custom_source (installation_id, workspace_id, name, key, scheme, options, enabled, rate_per_second)
    values (${id}, 'w', 's', 'k', 'none', '{}', true, 1) returning id`;
  await db.sql`
    insert into custom_source_secret (source_id, installation_id, sealed)
    values (${source!.id}, ${id}, ${await keyring.seal("source", sourceSecretContext(id, source!.id))})`;
  await requireFittingKeys(db, keyring);
  return ids;
}

/** Opens the token of an installation as a running instance does. */
async function openToken(db: Database, { id, keyring }: { id: number; keyring: Keyring }): Promise<string> {
  const [row] = await db.scoped(
    { installationIds: [id] },
    (sql) => sql<{ token_sealed: string }[]>`select token_sealed from installation where id = ${id}`,
  );
  return await keyring.open(row!.token_sealed, tokenContext(id));
}

async function valuesUnder(db: Database, keyId: string): Promise<number> {
  const uses = await readKeyUse(db);
  return uses.filter((use) => use.keyId === keyId).reduce((sum, { values }) => sum + values, 0);
}

Deno.test("every column whose name says that it is sealed is in the table of sealed columns", async () => {
  const { db, stop } = await testDatabase();
  const rows = await db.sql<{ place: string }[]>`
    select table_name || '.' || column_name as place from information_schema.columns
    where table_schema = 'public' and column_name like '%sealed%' order by 1`;
  const listed = new Set(SEALED_COLUMNS.map(({ table, column }) => `${table}.${column}`));
  assert(rows.length >= 3);
  for (const { place } of rows) assert(listed.has(place), `${place} would be lost with its key`);
  await stop();
});

Deno.test("rotateKeys() moves every value of every column to the first key; then the old key is not needed", async () => {
  const { db, stop } = await testDatabase();
  const ids = await fill(db, { keyring: before, count: 120 });
  const keySha256 = "0123456789abcdef".repeat(4);
  await db.sql`
    insert into idempotency_key (installation_id, key_sha256, claim, sealed)
    values (${ids[0]!}, ${keySha256}, gen_random_uuid(),
      ${await before.seal("answer", idempotencyContext(ids[0]!, keySha256))})`;
  await db.sql`
    insert into guard_request (installation_id, kind, person, grade, title, request_sha256, sealed, state, expires_at)
    values (${ids[0]!}, 'call', 'p', 'business', 't', ${keySha256},
      ${await before.seal("request", guardRequestContext(ids[0]!, keySha256))}, 'waiting', now())`;
  await db.sql`
    insert into explorer_call (installation_id, person, via, operation, method, path, acted_as, outcome, duration_ms, sealed)
    values (${ids[0]!}, 'u', 'explorer', 'getTags', 'GET', '/v1/x', 'addon', 'success', 1,
      ${await before.seal("call", ofBefore(explorerCallContext(ids[0]!, 1)))})`;
  await db.sql`
    insert into explorer_saved (installation_id, person, name, shared, sealed)
    values (${ids[0]!}, 'u', 'n', true, ${await before.seal("saved", ofBefore(explorerSavedContext(ids[0]!, 1)))})`;
  const agentId = crypto.randomUUID();
  await db.sql`
    insert into agent (id, installation_id, name, url, auth_type, secret_sealed, timeout_ms, retry_config, status)
    values (${agentId}, ${ids[0]!}, 'a', 'https://a.example', 'bearer',
      ${await before.seal("token", agentContext(ids[0]!, agentId))}, 1000, '{}', 'active')`;
  const hookId = crypto.randomUUID();
  await db.sql`
    insert into run_webhook (id, installation_id, url, statuses, secret_sealed, created_by)
    values (${hookId}, ${ids[0]!}, 'https://a.example', '{}',
      ${await before.seal("signing", runWebhookContext(ids[0]!, hookId))}, 'u')`;
  await assertRejectsLike(requireFittingKeys(db, after), {
    code: "START_FAILED",
    message: /has no key "old", which 130 values need \(installation\.token_sealed, .*\); put it back/,
  });
  const results = await rotateKeys({ db, keyring: during });
  assertEquals(results.map(({ place, rewrapped }) => [place, rewrapped]), [
    ["installation.token_sealed", 120],
    ["installation.forwarding_url_sealed", 0],
    ["flow.definition", 0],
    ["plan.body", 0],
    ["flow_version.definition", 0],
    ["new_flow_draft.definition", 0],
    ["installation_secret.sealed", 2],
    ["custom_source_secret.sealed", 1],
    ["idempotency_key.sealed", 1],
    ["guard_request.sealed", 1],
    ["explorer_call.sealed", 1],
    ["explorer_saved.sealed", 1],
    ["agent.secret_sealed", 1],
    ["run_webhook.secret_sealed", 1],
    ["meta.value", 1],
  ]);
  assertEquals([await valuesUnder(db, "old"), await valuesUnder(db, "new")], [0, 130]);
  await requireFittingKeys(db, after);
  for (const id of ids) assertEquals(await openToken(db, { id, keyring: after }), `token of ${id}`);
  const [id] = ids as [number];
  const secrets = await db.sql<{ name: string; sealed: string }[]>`select name, sealed from installation_secret`;
  for (const { name, sealed } of secrets) {
    assertStrictEquals(await after.open(sealed, installationSecretContext(id, name)), name);
  }
  const [source] = await db.sql<
    { sealed: string; source_id: number }[]
  >`select sealed, source_id from custom_source_secret`;
  assertEquals(await after.open(source!.sealed, sourceSecretContext(id, source!.source_id)), "source");
  const [answer] = await db.sql<{ sealed: string }[]>`select sealed from idempotency_key`;
  assertEquals(await after.open(answer!.sealed, idempotencyContext(id, keySha256)), "answer");
  const [request] = await db.sql<{ sealed: string }[]>`select sealed from guard_request`;
  assertEquals(await after.open(request!.sealed, guardRequestContext(id, keySha256)), "request");
  const again = await rotateKeys({ db, keyring: during });
  assert(again.every(({ rewrapped }) => rewrapped === 0));
  await stop();
});

Deno.test("a token that is sealed anew meanwhile wins, also under the old key by an instance that knows no other order", async () => {
  const { db, stop } = await testDatabase();
  const [id] = await fill(db, { keyring: before, count: 1 }) as [number];
  const reinstalled = await before.seal("token of the reinstall", tokenContext(id));
  let asked = 0;
  const racing: Keyring = {
    ...during,
    open: async (sealed, context) => {
      if (context.column === "installation.token_sealed" && asked++ === 0) {
        await db.sql`update installation set token_sealed = ${reinstalled} where id = ${id}`;
      }
      return await during.open(sealed, context);
    },
  };
  const [tokens] = await rotateKeys({ db, keyring: racing });
  assertEquals(tokens?.rewrapped, 1, "the second pass found the new value");
  assertEquals(await openToken(db, { id, keyring: after }), "token of the reinstall");
  await stop();
});

Deno.test("a value that no key opens stays as it is, is counted, and does not keep the others", async () => {
  const { db, stop } = await testDatabase();
  const ids = await fill(db, { keyring: before, count: 3 });
  const stranger = await (await createKeyring(newKey("stranger"))).seal("x", tokenContext(ids[1]!));
  await db.sql`update installation set token_sealed = ${stranger} where id = ${ids[1]!}`;
  const [tokens] = await rotateKeys({ db, keyring: during });
  assertEquals(tokens, {
    place: "installation.token_sealed",
    rewrapped: 2,
    unopened: { ENCRYPTION_KEY_UNKNOWN: 1 },
  });
  assertEquals(await valuesUnder(db, "stranger"), 1);
  await assertRejectsLike(requireFittingKeys(db, after), { message: /has no key "stranger", which 1 value needs/ });
  await stop();
});

Deno.test("values within JSON are moved one by one, in each row, and a text that only looks like one is left alone", async () => {
  const { db, stop } = await testDatabase();
  const [id, other] = await fill(db, { keyring: before, count: 2 }) as [number, number];
  // Of no flow that is known.
  const context = planSecretContext(id, null);
  const seal = (keyring: Keyring, text: string) => keyring.seal(text, context);
  const [a, b] = [await seal(before, "a"), await seal(before, "b")];
  const fresh = await seal(during, "fresh");
  const stranger = await seal(await createKeyring(newKey("stranger")), "x");
  const body = { a: { $sealed: a }, list: [{ $sealed: b }, { $sealed: fresh }], twice: { $sealed: a }, note: "kept" };
  const quoted = { note: `{"$sealed": "${a}"}` };
  // The last one belongs to another installation: its key opens it nowhere else.
  const rows = [body, { x: { $sealed: stranger }, a: { $sealed: a } }, quoted, { a: { $sealed: a } }];
  for (const [index, row] of rows.entries()) {
    await db.sql`insert into plan (installation_id, body) values (${index === 3 ? other : id}, ${db.sql.json(row)})`;
  }
  const plans = async (keyring: Keyring) =>
    (await rotateKeys({ db, keyring })).find(({ place }) => place === "plan.body");
  assertEquals(await plans(during), {
    place: "plan.body",
    rewrapped: 3,
    unopened: { ENCRYPTION_KEY_UNKNOWN: 1, ENCRYPTED_VALUE_INVALID: 1 },
  });
  const uses = (await readKeyUse(db)).filter(({ place }) => place === "plan.body");
  assertEquals(uses.map(({ keyId, values }) => [keyId, values]), [["new", 5], ["old", 1], ["stranger", 1]]);
  const stored = await db.sql<{ body: typeof body }[]>`select body from plan order by id`;
  const [first, , third] = stored.map((row) => row.body);
  assertEquals([first!.list[1]!.$sealed, first!.note, third], [fresh, "kept", quoted]);
  assertStrictEquals(first!.a.$sealed, first!.twice.$sealed);
  for (const [sealed, text] of [[first!.a.$sealed, "a"], [first!.list[0]!.$sealed, "b"]] as const) {
    assertStrictEquals(await after.open(sealed, context), text);
  }
  await stop();
});

Deno.test("a rotation binds values of the version before to their rows: each opens in its own alone, also those of a run's old plan", async () => {
  const { db, stop } = await testDatabase();
  const [installationId] = await fill(db, { keyring: before, count: 1 }) as [number];
  const sealed = (text: string, context: SealContext) => before.seal(text, ofBefore(context));
  const secret = { actions: [{ x: { $sealed: await sealed("flow", planSecretContext(installationId, 1)) } }] };
  const body = db.sql.json(secret);
  const [flow] = await db.sql<{ id: number }[]>`
    with old as (insert into plan (installation_id, body) values (${installationId}, ${body}) returning id),
      now as (insert into plan (installation_id, body) values (${installationId}, ${body}) returning id),
      made as (
        insert into flow (installation_id, workspace_id, name, enabled, definition, plan_id)
        select ${installationId}, 'w', 'n', true, ${body}, id from now returning id
      ),
      ran as (
        insert into run (id, installation_id, workspace_id, flow_id, flow_version, plan_id, event_id, state)
        select gen_random_uuid(), ${installationId}, 'w', made.id, 1, old.id, 1, 'completed' from made, old
      )
    select id from made`;
  const draft = flow!.id + 100;
  await db.sql`
    insert into flow_version (installation_id, flow_id, version, definition, published_at)
    values (${installationId}, ${flow!.id}, 1, ${body}, now())`;
  await db.sql`
    insert into new_flow_draft (id, installation_id, definition) overriding system value
    values (${draft}, ${installationId}, ${body})`;
  await db.sql`
    insert into explorer_call
      (id, installation_id, person, via, operation, method, path, acted_as, outcome, duration_ms, sealed)
    overriding system value
    values (7, ${installationId}, 'u', 'explorer', 'getTags', 'GET', '/v1/x', 'addon', 'success', 1,
      ${await sealed("call", explorerCallContext(installationId, 7))})`;
  await db.sql`
    insert into explorer_saved (id, installation_id, person, name, shared, sealed) overriding system value
    values (8, ${installationId}, 'u', 'n', true, ${await sealed("saved", explorerSavedContext(installationId, 8))})`;

  await rotateKeys({ db, keyring: during });
  const found: Record<string, string[]> = {};
  for (const column of SEALED_COLUMNS) {
    if (!BOUND_LATER.has(column.context({ installation_id: installationId, id: 1 }).column)) continue;
    const place = `${column.table}.${column.column}`;
    const rows = await db.sql<Record<string, number>[]>`
      select *, ${db.sql(column.column)}::text as text from ${db.sql(column.table)}
      where ${db.sql(column.column)}::text like '%v1.%'`;
    for (const row of rows) {
      const value = /v1\.new\.[\w.-]+/.exec(String(row.text))![0];
      const own = column.context(row);
      (found[place] ??= []).push(await after.open(value, own));
      const others = [
        column.context({ ...row, id: row.id! + 1, flow_id: row.flow_id! + 1 }),
        ofBefore(own),
        flowSecretContext({ installationId, flowId: draft }),
      ];
      for (const other of others) {
        await assertRejectsLike(after.open(value, other), { code: "ENCRYPTED_VALUE_INVALID" }, `${place} moved`);
      }
    }
  }
  assertEquals(found, {
    "flow.definition": ["flow"],
    "plan.body": ["flow", "flow"],
    "flow_version.definition": ["flow"],
    "new_flow_draft.definition": ["flow"],
    "explorer_call.sealed": ["call"],
    "explorer_saved.sealed": ["saved"],
  });
  await stop();
});

Deno.test("values are bound to their rows in a new database at once, in one that was in use a week after the migration", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addInstallation(db);
  const [flow] = await db.sql<{ id: number }[]>`
    with plan as (insert into plan (installation_id, body) values (${installationId}, '{}') returning id)
    insert into flow (installation_id, workspace_id, name, enabled, definition, plan_id)
    select ${installationId}, 'w', 'n', true, '{}', id from plan returning id`;
  const context = flowSecretContext({ installationId, flowId: flow!.id });
  let nowMs = Date.now();
  const keyring = () => bindToRows(db, { keyring: before, clock: { now: () => nowMs } });
  const isBound = async (used: Keyring) => {
    const value = await used.seal("x", context);
    assertEquals(await used.open(value, context), "x");
    return await before.open(value, ofBefore(context)).then(() => false, () => true);
  };
  assert(await isBound(await keyring()));
  const bound = await before.seal("bound", context);
  await db.sql`update plan set flow_id = ${flow!.id}, body = ${db.sql.json({ $sealed: bound })}`;

  let reverted: number | undefined;
  do reverted = await migrateDown(db); while (reverted !== 82);
  const ofOldSchema = await keyring();
  assert(!await isBound(ofOldSchema));
  await requireFittingKeys(db, before);
  await fill(db, { keyring: before, count: 1 });
  const rotated = await rotateKeys({ db, keyring: during });
  const { unopened } = rotated.find(({ place }) => place === "plan.body")!;
  assertEquals(unopened, { ENCRYPTED_VALUE_INVALID: 1 }, "the flow of the plan is not known without the migration");
  await migrateUp(db);
  const again = await rotateKeys({ db, keyring: during });
  const rewrapped = again.find(({ place }) => place === "plan.body");
  assertEquals(rewrapped, { place: "plan.body", rewrapped: 1, unopened: {} }, "found again after the revert");
  const used = await keyring();
  nowMs += 6 * DAY_MS;
  assert(!await isBound(used), "instances of the version before may still serve");
  assertEquals(await used.open(bound, context), "bound");
  const agent = agentContext(1, "a");
  await assertRejectsLike(before.open(await used.seal("x", agent), ofBefore(agent)), {
    code: "ENCRYPTED_VALUE_INVALID",
  });
  nowMs += 2 * DAY_MS;
  assert(await isBound(used), "without a restart");
  await stop();
});

Deno.test({
  name: "keys:rotate killed five times while tokens are opened: no open fails, and the old key can be removed",
  // The embedded database allows one process.
  ignore: !SERVER_URL,
  fn: async () => {
    const { db, url, stop } = await testDatabase();
    const folder = await makeDataDir();
    const ids = await fill(db, { keyring: before, count: 800 });
    const env = { DATABASE_URL: url!, DATA_DIR: folder.path, HOST: "127.0.0.1", LOG_LEVEL: "ERROR" };
    const keys = (command: string, list: string) => runProgram({ ...env, ENCRYPTION_KEYS: list }, ["keys", command]);

    let opening = true;
    let opened = 0;
    const opens = (async () => {
      for (; opening; opened++) {
        const id = ids[opened % ids.length]!;
        assertEquals(await openToken(db, { id, keyring: during }), `token of ${id}`);
      }
    })();
    // A row that is held at each of five places keeps the rotation there until it is killed.
    for (const place of [100, 250, 400, 550, 700]) {
      await db.sql.begin(async (sql) => {
        await sql`select 1 from installation where id = ${ids[place]!} for update`;
        const rotation = startCommand({ ...env, ENCRYPTION_KEYS: `${NEW},${OLD}` }, ["keys", "rotate"]);
        await eventually(async () => {
          const [held] = await db.sql<{ waits: boolean }[]>`
            select exists (select from pg_stat_activity
              where datname = current_database() and wait_event_type = 'Lock') as waits`;
          return held!.waits;
        });
        rotation.kill("SIGKILL");
        assertEquals((await rotation.ended).code, KILLED);
      });
    }
    assert(await valuesUnder(db, "old") > 0 && await valuesUnder(db, "new") > 0, "killed on the way");

    const status = await keys("status", `${NEW},${OLD}`);
    assertEquals(status.code, 0, status.stderr);
    assertMatch(status.stdout, /^ {2}installation\.token_sealed: \d+ under "old"$/m);
    assertMatch(status.stdout, /^Key "old" is still needed by \d+ values: run keys:rotate$/m);
    const refused = await runProgram({ ...env, ...ANY_PORTS, ENCRYPTION_KEYS: NEW });
    assertEquals(refused.code, 4);
    assertMatch(
      refused.stderr,
      /^Cannot open what .* holds: ENCRYPTION_KEYS has no key "old", which \d+ values need /,
    );
    const missing = await keys("status", NEW);
    assertEquals(missing.code, 1);
    assertMatch(missing.stdout, /^Key "old" is missing: \d+ values need it; put it back$/m);

    const rotated = await keys("rotate", `${NEW},${OLD}`);
    assertEquals(rotated.code, 0, rotated.stderr);
    assertMatch(rotated.stdout, /^ {2}installation\.token_sealed: \d+ rewrapped$/m);
    assertMatch(rotated.stdout, /^Key "old" is needed by no value: it may be removed from ENCRYPTION_KEYS$/m);
    opening = false;
    await opens;
    assert(opened >= 500, `${opened} opens`);
    assertEquals(await valuesUnder(db, "old"), 0);
    await requireFittingKeys(db, after);
    for (const id of ids) assertEquals(await openToken(db, { id, keyring: after }), `token of ${id}`);
    const program = await startProgram({ ...env, ...ANY_PORTS, LOG_LEVEL: "INFO", ENCRYPTION_KEYS: NEW });
    program.kill("SIGTERM");
    assertEquals((await program.ended).code, 0, "it starts without the old key");
    const printed = [status, missing, rotated].map(({ stdout, stderr }) => stdout + stderr).join();
    for (const key of [OLD, NEW]) assert(!printed.includes(key.split(":")[1]!), "no key is printed");
    await folder.remove();
    await stop();
  },
});

Deno.test({
  name: "keys:rotate on the embedded database asks to stop the program that uses it",
  // The same on either run: it is about the embedded database.
  ignore: SERVER_URL !== undefined,
  fn: async () => {
    const folder = await makeDataDir();
    const env = { HOST: "127.0.0.1", ...ANY_PORTS, DATA_DIR: folder.path };
    const program = await startProgram({ ...env, ENCRYPTION_KEYS: OLD });
    const keys = { ...env, ENCRYPTION_KEYS: `${NEW},${OLD}` };
    try {
      const { code, stderr } = await runProgram(keys, ["keys", "rotate"]);
      assertEquals(code, 4);
      assertMatch(
        stderr,
        new RegExp(`^Cannot open the data folder ".*": process ${program.pid} uses it; stop that process`),
      );
    } finally {
      program.kill("SIGTERM");
      await program.ended;
    }
    const { code, stdout } = await runProgram(keys, ["keys", "rotate"]);
    assertEquals(code, 0);
    assertMatch(stdout, /^ {2}meta\.value: 1 rewrapped$/m);
    await folder.remove();
  },
});
