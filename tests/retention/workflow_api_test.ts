/** Tests of what retention deletes of workflows and agents: what was deleted long ago, and versions that nothing needs. */

import { assertEquals } from "@std/assert";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { addFlow, addRun, addTenant, retentionOver, SLOT } from "./rows.ts";

Deno.test.afterAll(stopSharedDatabase);

Deno.test("deleted workflows and agents go once they are old and no run needs them; of versions the newest, the current and those with runs stay", async () => {
  const { db, stop } = await testDatabase();
  const { sql } = db;
  const installationId = await addTenant(db, { addon: "workflow_api" as never });
  async function addWorkflow(
    name: string,
    { deletedDays, status = "active" }: { deletedDays?: number; status?: string },
  ) {
    const { flowId, planId } = await addFlow(db, { installationId, deletedDays });
    const id = crypto.randomUUID();
    await sql`
      insert into workflow (id, installation_id, flow_id, name, version, status, created_by)
      values (${id}, ${installationId}, ${flowId}, ${name}, 60, ${status}, 'u')`;
    await sql`
      insert into workflow_version (workflow_id, installation_id, version, definition, created_by, created_at)
      select ${id}, ${installationId}, version, '{}', 'u', now() - interval '400 days' from generate_series(1, 60) version`;
    return { id, flowId, planId };
  }
  const note = (runId: string, { id }: { id: string }, version: number) =>
    sql`
      insert into workflow_run (run_id, installation_id, workflow_id, version, triggered_by)
      values (${runId}, ${installationId}, ${id}, ${version}, 'u')`;
  const kept = await addWorkflow("kept", {});
  await note(await addRun(db, { installationId, daysOld: 1, ...kept, eventId: undefined }), kept, 3);
  await addWorkflow("gone", { deletedDays: 400, status: "deleted" });
  await addWorkflow("young", { deletedDays: 1, status: "deleted" });
  const used = await addWorkflow("used", { deletedDays: 400, status: "deleted" });
  await note(await addRun(db, { installationId, daysOld: 1, ...used, eventId: undefined }), used, 60);
  for (
    const [name, status, days] of [["old", "deleted", 400], ["new", "deleted", 1], ["live", "active", 400]] as const
  ) {
    await sql`
      insert into agent (id, installation_id, name, url, auth_type, timeout_ms, retry_config, status, updated_at)
      values (gen_random_uuid(), ${installationId}, ${name}, 'https://a.example', 'none', 1000, '{}', ${status},
        now() - ${days}::int * interval '1 day')`;
  }
  const result = await retentionOver(db).retention.sweep(SLOT);
  assertEquals([result?.state, result?.errors], ["completed", {}]);
  const names = async (table: string) =>
    (await sql<{ name: string }[]>`select name from ${sql(table)} order by name`).map(({ name }) => name);
  assertEquals([await names("workflow"), await names("agent")], [["kept", "used", "young"], ["live", "new"]]);
  const versions = await sql<{ version: number }[]>`
    select version from workflow_version where workflow_id = ${kept.id} order by version`;
  assertEquals(versions.map(({ version }) => version), [3, ...Array.from({ length: 50 }, (_, index) => 11 + index)]);
  await stop();
});
