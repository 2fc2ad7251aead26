/** Tests of the names of cached entities: by id, by text, and of one installation only. */

import { assertEquals } from "@std/assert";
import { createEntityNames } from "../../src/entities/names.ts";
import type { Database } from "../../src/db/db.ts";
import { jsonText } from "../../src/base/json_text.ts";
import { addInstallation } from "../db/rows.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";

Deno.test.afterAll(stopSharedDatabase);

async function cache(
  { sql }: Database,
  installationId: number,
  entities: readonly [type: string, id: string, body: Record<string, unknown>][],
) {
  for (const [type, id, body] of entities) {
    await sql`
      insert into entity_cache (installation_id, workspace_id, entity_type, entity_id, operation_id, body, read_number)
      values (${installationId}, 'w', ${type}, ${id}, 'op', ${jsonText({ id, ...body })}::text::json, 1)`;
  }
}

Deno.test("names are found by id over all types that have them, and nothing of another installation is", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addInstallation(db);
  const other = await addInstallation(db);
  await cache(db, installationId, [
    ["tag", "t1", { name: "needs-project" }],
    ["user", "u1", { name: "Dana \u0000 Ruiz" }],
    ["project", "p1", { name: "" }],
    ["time_entry", "e1", { name: "no name of its own" }],
  ]);
  await cache(db, other, [["tag", "t2", { name: "theirs" }]]);
  const found = await createEntityNames(db).find(installationId, ["t1", "u1", "p1", "e1", "t2", "'; --"]);
  assertEquals(
    [...found.values()],
    [
      { id: "t1", type: "tag", name: "needs-project", archived: false, deleted: false },
      { id: "u1", type: "user", name: "Dana \ufffd Ruiz", archived: false, deleted: false },
    ].filter(({ id }) => found.has(id)),
  );
  assertEquals(found.size, 2);
  await stop();
});

Deno.test("search() takes any case and any place, beginnings first, at most so many, and no pattern", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addInstallation(db);
  await cache(db, installationId, [
    ["tag", "1", { name: "Harbour 100%" }],
    ["project", "2", { name: "Old harbour" }],
    ["project", "3", { name: "harbour office" }],
    ["time_entry", "4", { name: "harbour" }],
    ["client", "5", { name: "Müller" }],
  ]);
  await cache(db, await addInstallation(db), [["tag", "6", { name: "Harbour" }]]);
  const names = createEntityNames(db);
  const ids = async (q: string, type?: "project", limit = 20) =>
    (await names.search(installationId, { q, type, limit, withAddresses: true })).map(({ id }) => id);
  assertEquals(await ids("HARB"), ["1", "3", "2"]);
  assertEquals(await ids("harb", "project"), ["3", "2"]);
  assertEquals(await ids("harb", undefined, 1), ["1"]);
  assertEquals(await ids("0%"), ["1"]);
  assertEquals(await ids("%"), ["1"]);
  assertEquals(await ids("_"), []);
  assertEquals(await ids("Müll"), ["5"]);
  await stop();
});

Deno.test("facts() are the workspace's name, and the person's name and time zone", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addInstallation(db);
  const names = createEntityNames(db);
  const of = { workspaceId: "w1", userId: "u1" };
  const nothing = { workspaceName: null, userName: null, timeZone: null };
  assertEquals(await names.facts(installationId, of), nothing);
  await cache(db, installationId, [
    ["workspace", "w1", { name: "Harbour Studio" }],
    ["user", "u1", { name: "Dana", settings: { timeZone: "Europe/Madrid" } }],
  ]);
  assertEquals(await names.facts(installationId, of), {
    workspaceName: "Harbour Studio",
    userName: "Dana",
    timeZone: "Europe/Madrid",
  });
  assertEquals(await names.facts(installationId, { workspaceId: "w1" }), {
    ...nothing,
    workspaceName: "Harbour Studio",
  });
  assertEquals(await names.facts(await addInstallation(db), of), nothing);
  await stop();
});
