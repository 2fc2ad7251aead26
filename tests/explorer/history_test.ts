/** Tests of what is kept of calls by hand: how many, of whom, for how long, and how many may be saved. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Database } from "../../src/db/db.ts";
import { createExplorerHistory, MAX_CALLS, MAX_CALLS_OF_PERSON } from "../../src/explorer/history.ts";
import { createSavedCalls, MAX_SAVED, MAX_SAVED_OF_PERSON } from "../../src/explorer/saved.ts";
import { createKeyring, newKey } from "../../src/secrets/encryption.ts";
import { addInstallation } from "../db/rows.ts";
import { retentionOver, SLOT } from "../retention/rows.ts";
import { assertRejectsLike } from "../support/assert_like.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";

Deno.test.afterAll(stopSharedDatabase);

const keyring = await createKeyring(newKey("test"));

const call = (person: string) => ({
  person,
  via: "explorer" as const,
  operation: "getTags",
  method: "GET",
  path: "/v1/workspaces/w/tags",
  actedAs: "addon" as const,
  outcome: "success",
  statusCode: 200,
  errorCode: null,
  durationMs: 1,
  size: 2,
  content: { request: { path_params: {}, query_params: {}, body: null }, answer: [] },
});

async function addCalls(
  db: Database,
  rows: { installationId: number; person: string; count: number; daysOld?: number },
) {
  const { installationId, person, count, daysOld = 0 } = rows;
  await db.sql`
    insert into explorer_call (installation_id, at, person, via, operation, method, path, acted_as, outcome, duration_ms, sealed)
    select ${installationId}, now() - ${daysOld}::int * interval '1 day', ${person}, 'explorer', 'getTags', 'GET', '/v1/x',
      'addon', 'success', 1, 's' from generate_series(1, ${count}::int)`;
}

const countOf = async (db: Database, installationId: number, person?: string) =>
  (await db.sql<{ count: number }[]>`
    select count(*)::int as count from explorer_call where installation_id = ${installationId}
      and (${person ?? null}::text is null or person = ${person ?? null})`)[0]!.count;

Deno.test("the newest calls are kept, and of one person fewer: whoever reads much does not push out what others did", async () => {
  const { db, stop } = await testDatabase();
  const [installationId, other] = [await addInstallation(db), await addInstallation(db)];
  const history = createExplorerHistory({ db, keyring });
  const first = await history.add(installationId, call("writer"));
  await addCalls(db, { installationId, person: "reader", count: MAX_CALLS_OF_PERSON + 50 });
  await addCalls(db, { installationId: other, person: "reader", count: 3 });
  await history.add(installationId, call("reader"));
  assertEquals(await countOf(db, installationId, "reader"), MAX_CALLS_OF_PERSON);
  assert(await history.find(installationId, first, {}), "the other's call is still there");
  for (const person of ["a", "b", "c"]) await addCalls(db, { installationId, person, count: 390 });
  const last = await history.add(installationId, call("a"));
  assertEquals([await countOf(db, installationId), await countOf(db, other)], [MAX_CALLS, 3]);
  assertEquals(await history.find(installationId, first, {}), undefined);
  const { calls, next } = await history.list(installationId, { limit: 2 });
  assertEquals([calls[0]!.id, next], [last, calls[1]!.id]);
  assertEquals(await history.find(other, last, {}), undefined);
  assertEquals(await history.find(installationId, last, { person: "b" }), undefined);
  await stop();
});

Deno.test("a call and a saved call open in their own rows alone; those of the version before open, and are bound by a save", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addInstallation(db);
  const history = createExplorerHistory({ db, keyring });
  const saved = createSavedCalls({ db, keyring });
  const reader = { installationId, person: "a", isAdmin: false };
  const input = (n: number) => ({ name: "n", shared: true, request: { n } });
  const ofBefore = { installation: String(installationId) };

  const [first, second] = [await history.add(installationId, call("a")), await history.add(installationId, call("a"))];
  const [one, other] = [await saved.create(reader, input(1)), await saved.create(reader, input(2))];
  assertEquals([(await history.find(installationId, first, {}))!.answer, one.request], [[], { n: 1 }]);
  await db.sql`
    update explorer_call set sealed = (select sealed from explorer_call where id = ${first}) where id = ${second}`;
  await db.sql`
    update explorer_saved set sealed = (select sealed from explorer_saved where id = ${one.id}) where id = ${other.id}`;
  await assertRejectsLike(history.find(installationId, second, {}), { code: "ENCRYPTED_VALUE_INVALID" });
  // One that does not open hides no other, and is there to be saved again.
  const listed = await saved.list(reader);
  assertEquals(listed.map(({ request }) => request), [{ n: 1 }, null]);
  assertEquals(listed[0]!.fault, null);
  assertMatch(listed[1]!.fault!, /does not open it here; save the call again, or delete it$/);
  assertEquals(await saved.find(reader, other.id), listed[1]);
  const elsewhere = createSavedCalls({ db, keyring: await createKeyring(newKey("other")) });
  assertMatch((await elsewhere.list(reader))[0]!.fault!, /ENCRYPTION_KEYS has no key "test"/);
  assertEquals((await saved.update(reader, other.id, input(2)))!.fault, null);

  const [content, request] = await Promise.all([
    keyring.seal(JSON.stringify(call("a").content), { ...ofBefore, column: "explorer_call.sealed" }),
    keyring.seal(JSON.stringify({ n: 3 }), { ...ofBefore, column: "explorer_saved.sealed" }),
  ]);
  await db.sql`update explorer_call set sealed = ${content} where id = ${second}`;
  await db.sql`update explorer_saved set sealed = ${request} where id = ${other.id}`;
  assertEquals((await history.find(installationId, second, {}))!.answer, []);
  assertEquals((await saved.find(reader, other.id))!.request, { n: 3 });
  await saved.update(reader, other.id, input(4));
  const [row] = await db.sql<{ sealed: string }[]>`select sealed from explorer_saved where id = ${other.id}`;
  await assertRejectsLike(keyring.open(row!.sealed, { ...ofBefore, column: "explorer_saved.sealed" }), {
    code: "ENCRYPTED_VALUE_INVALID",
  });
  assertEquals((await saved.find(reader, other.id))!.request, { n: 4 });
  await stop();
});

Deno.test("retention deletes calls by hand with the other records of calls", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addInstallation(db);
  await addCalls(db, { installationId, person: "a", count: 700, daysOld: 31 });
  await addCalls(db, { installationId, person: "a", count: 5, daysOld: 29 });
  await retentionOver(db).retention.sweep(SLOT);
  assertEquals(await countOf(db, installationId), 5);
  await stop();
});

Deno.test("a person saves so many calls, and a workspace so many in all", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addInstallation(db);
  const saved = createSavedCalls({ db, keyring });
  const input = { name: "n", shared: true, request: { operation_id: "getTags" } };
  const reader = (person: string) => ({ installationId, person, isAdmin: false });
  const fill = (person: string, count: number) =>
    db.sql`
      insert into explorer_saved (installation_id, person, name, shared, sealed)
      select ${installationId}, ${person}, 'n', true, 's' from generate_series(1, ${count}::int)`;
  await fill("a", MAX_SAVED_OF_PERSON);
  await assertRejectsLike(saved.create(reader("a"), input), { code: "CONFLICT", message: /you have 100 saved calls/ });
  const { id } = await saved.create(reader("b"), input);
  assertEquals((await saved.find(reader("a"), id))!.request, input.request);
  assertEquals(await saved.update(reader("a"), id, input), undefined);
  await fill("c", MAX_SAVED);
  await assertRejectsLike(saved.create(reader("b"), input), { code: "CONFLICT", message: /the workspace has 500/ });
  await stop();
});
