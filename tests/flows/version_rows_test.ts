/** Flows of the version before get the version that they have; the way back leaves them as they were. */

import { assertEquals } from "@std/assert";
import type { Database } from "../../src/db/db.ts";
import { listMigrations, migrateDown, migrateUp } from "../../src/db/migrate.ts";
import { createFlowStore } from "../../src/flows/store/store.ts";
import { createFlowVersions } from "../../src/flows/store/versions.ts";
import { addInstallation } from "../db/rows.ts";
import { blankDatabase, stopSharedDatabase } from "../support/database.ts";

Deno.test.afterAll(stopSharedDatabase);

const NUMBER = 31;

/** Flows that are on and off, one that was deleted, and the one that Timewire keeps. */
async function addFlows({ sql }: Database, installationId: number): Promise<void> {
  await sql`insert into plan (installation_id, body) values (${installationId}, '{"schema": 1}')`;
  await sql`
    insert into flow (installation_id, workspace_id, name, enabled, version, definition, plan_id, deleted_at, builtin, updated_at)
    select ${installationId}, 'w', name, enabled, version, jsonb_build_object('name', name, 'enabled', enabled),
      plan.id, deleted_at, builtin, '2026-11-01'
    from plan, (values ('On', true, 7, null::timestamptz, null), ('Off', false, 1, null, null),
      ('Deleted', false, 3, now(), null), ('Forwarding', true, 2, null, 'forwarding'))
      as one(name, enabled, version, deleted_at, builtin)`;
}

const flowRows = async ({ sql }: Database) =>
  (await sql<{ row: Record<string, unknown> }[]>`select to_jsonb(flow) as row from flow order by id`).map(({ row }) => {
    const { switched: _, ...others } = row;
    return others;
  });

Deno.test("flows of the version before have the version they were at, without whether they are on; there is a way back", async () => {
  const { db, stop } = await blankDatabase();
  const all = await listMigrations();
  await migrateUp(db, { migrations: all.filter(({ number }) => number < NUMBER) });
  const installationId = await addInstallation(db);
  await addFlows(db, installationId);
  const before = await flowRows(db);
  await migrateUp(db);
  let taken: number | undefined;
  while (taken !== NUMBER) taken = await migrateDown(db);
  assertEquals(await flowRows(db), before, "there and back");
  await migrateUp(db);
  assertEquals(await flowRows(db), before);

  const rows = await db.sql`
    select flow.name, v.version, v.definition, v.plan_id = flow.plan_id as of_plan, v.published_at, v.author
    from flow_version v join flow on flow.id = v.flow_id and flow.installation_id = v.installation_id order by flow.id`;
  const of = (name: string, version: number) => ({
    name,
    version,
    definition: { name },
    of_plan: true,
    published_at: new Date("2026-11-01"),
    author: null,
  });
  assertEquals<unknown>([...rows], [of("On", 7), of("Off", 1)]);

  const store = createFlowStore(db);
  const [on, off] = await store.list(installationId);
  assertEquals([on!.version, on!.switched, off!.version], [7, 0, 1]);
  const versions = createFlowVersions(db);
  assertEquals((await versions.list(installationId, on!.id, { limit: 10 })).versions.map(({ version }) => version), [
    7,
  ]);
  const turned = await store.turn(installationId, on!.id, { enabled: false, expected: on! });
  assertEquals([turned.version, turned.switched, turned.definition.enabled], [7, 1, false]);
  const definition = { ...on!.definition, name: "Next", ordered: false, trigger_event_types: [], actions: [] };
  const next = await store.update(installationId, on!.id, { definition, expectedVersion: 7 });
  assertEquals([next.version, next.switched], [8, 0]);
  const { versions: kept } = await versions.list(installationId, on!.id, { limit: 10 });
  assertEquals(kept.map(({ version, state }) => [version, state]), [[8, "published"], [7, "retired"]]);
  await stop();
});
