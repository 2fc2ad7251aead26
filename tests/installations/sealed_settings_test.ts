/** The sealed setting: split from the others and put back, and what the migration does with an address that stands in clear. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { migrateDown, migrateUp } from "../../src/db/migrate.ts";
import { createKeyring, newKey } from "../../src/secrets/encryption.ts";
import { systemClock } from "../../src/base/clock.ts";
import { openSettings, sealSettings } from "../../src/installations/sealed_settings.ts";
import { readStoredSettings } from "../../src/installations/settings.ts";
import { addInstallation } from "../db/rows.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { textsHolding } from "../support/text_columns.ts";

Deno.test.afterAll(stopSharedDatabase);

const keyring = await createKeyring(newKey("test"));
const of = { installationId: 1, keyring };

Deno.test("openSettings() gives what sealSettings() took, which leaves no address in clear", async () => {
  for (const address of ["https://example.com/secret", "off", "", "nul \0"]) {
    const { plain, sealed } = await sealSettings({ mode: "a", forwarding_url: address }, of);
    assertEquals(plain, { mode: "a" });
    assertMatch(sealed!, /^v1\.test\./);
    const opened = await openSettings({ settings: plain, forwarding_url_sealed: sealed! }, of);
    assertEquals(opened, { mode: "a", forwarding_url: address });
  }
  const half = await sealSettings({ forwarding_url: "half \ud83d" }, of);
  const opened = await openSettings({ settings: {}, forwarding_url_sealed: half.sealed! }, of);
  assertEquals(opened.forwarding_url, "half \ufffd");
});

Deno.test("sealSettings() tells an address that is taken away from one that is not named; a value opens in its place only", async () => {
  assertEquals((await sealSettings({ mode: "a" }, of)).sealed, undefined);
  assertEquals((await sealSettings({ forwarding_url: null }, of)).sealed, null);
  const { sealed } = await sealSettings({ forwarding_url: "x" }, of);
  await assertRejectsLike(
    openSettings({ settings: {}, forwarding_url_sealed: sealed! }, { ...of, installationId: 2 }),
    {
      code: "ENCRYPTED_VALUE_INVALID",
    },
  );
});

Deno.test("the settings of 100 installations that are asked for at once are read in few transactions, each its own", async () => {
  const { db, stop } = await testDatabase();
  const ids: number[] = [];
  while (ids.length < 100) ids.push(await addInstallation(db));
  const [first] = ids;
  for (const id of ids) {
    await db.sql`update installation set settings = ${db.sql.json({ mode: `of ${id}` })} where id = ${id}`;
  }
  const [sealedId, spoiltId] = [ids[1]!, ids[2]!];
  const { sealed } = await sealSettings({ forwarding_url: "https://example.com/" }, {
    installationId: sealedId,
    keyring,
  });
  // An address that was sealed for another place opens here for none.
  await db.sql`update installation set forwarding_url_sealed = ${sealed!} where id in (${sealedId}, ${spoiltId})`;
  const gone = ids.at(-1)! + 1_000;
  let transactions = 0;
  const read = readStoredSettings({
    db: {
      scoped: (...given) => {
        transactions++;
        return db.scoped(...given);
      },
    },
    keyring,
    clock: systemClock,
  });
  const answers = await Promise.allSettled([...ids, gone, first!].map(read));
  assertEquals(answers.pop(), answers[0], "one asked for twice");
  assertEquals(answers.pop(), { status: "fulfilled", value: undefined }, "one that is gone");
  for (const [place, answer] of answers.entries()) {
    const id = ids[place]!;
    if (id === spoiltId) {
      assertMatch(String(answer.status === "rejected" && answer.reason.code), /^ENCRYPTED_VALUE_INVALID$/);
      continue;
    }
    const stored = { mode: `of ${id}`, ...(id === sealedId && { forwarding_url: "https://example.com/" }) };
    assertEquals(answer, { status: "fulfilled", value: { addon: "clockify_addon", stored } });
  }
  assert(transactions <= 2, `${transactions} transactions`);
  await stop();
});

Deno.test("migration 10 takes every address out of the clear and has it read again; taken back, it is read again too", async () => {
  const { db, stop } = await testDatabase();
  const { sql } = db;
  while (await migrateDown(db) !== 10);
  const url = "https://hooks.example.com/MARKER?token=MARKER";
  const [active, inactive] = [await addInstallation(db), await addInstallation(db, { status: "inactive" })];
  await sql`update installation set settings = ${sql.json({ forwarding_url: url, developer_mode: true })}`;
  const step = { kind: "action", action: "forward", input: { url, body: {} } };
  const [plan] = await sql<{ id: number }[]>`
    insert into plan (installation_id, body) values (${active}, ${sql.json({ root: { steps: [step] } })}) returning id`;
  await sql`
    insert into flow (installation_id, workspace_id, name, enabled, definition, plan_id, builtin)
    values (${active}, 'w', 'Forwarding', true, ${sql.json({ url })}, ${plan!.id}, 'forwarding')`;
  const run = crypto.randomUUID();
  await sql`
    insert into step (installation_id, run_id, path, action, state) values (${active}, ${run}, 'root/f', 'forward', 'running')`;
  await sql`
    insert into attempt (installation_id, run_id, path, number, state, request)
    values (${active}, ${run}, 'root/f', 1, 'started', ${sql.json({ url, method: "POST" })})`;

  await migrateUp(db);
  assertEquals(await textsHolding(db, ["MARKER"]), []);
  const rows = await sql<{ settings: unknown }[]>`select settings from installation`;
  assertEquals(rows.map(({ settings }) => settings), [{ developer_mode: true }, { developer_mode: true }]);
  const jobs = () => sql`select installation_id as id from job where kind = 'settings' order by id`;
  assertEquals((await jobs()).map(({ id }) => id), [active]);
  const [after] = await sql`select body, request from plan, attempt`;
  assertEquals(after, {
    body: { root: { steps: [{ ...step, input: { body: {} } }] } },
    request: { method: "POST" },
  });

  await sql`delete from job`;
  await sql`update installation set forwarding_url_sealed = 'v1.a.b.c'`;
  while (await migrateDown(db) !== 10);
  assertEquals((await jobs()).map(({ id }) => id), [active], `not of ${inactive}`);
  await migrateUp(db);
  await stop();
});
