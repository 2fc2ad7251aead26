/** Tests of src/flows/dead_letter.ts: a job and what it stood for end together, and by the claim that holds the job only. */

import { assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { createDeadLetters } from "../../src/flows/dead_letter.ts";
import { readJobs } from "../db/rows.ts";
import { addRun, makeDue, readRun, setUpEngine, step } from "../engine/setup.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";

Deno.test.afterAll(stopSharedDatabase);

Deno.test("discard() ends a job and its run, or its event, with the reason, not for a claim that ended", async () => {
  const { db, stop } = await testDatabase();
  try {
    const discard = createDeadLetters(db);
    const failure = (reason: string) => ({ code: "RUN_LIMIT_REACHED" as const, reason });
    const runId = await addRun(db, { steps: [step("one")] });
    const { claim } = setUpEngine(db, []);
    const old = await claim();
    await makeDue(db);
    const current = await claim("worker-2");
    assertStrictEquals(current.id, old.id);

    await assertRejectsLike(discard(old, failure("too late")), { code: "LEASE_LOST" });
    assertEquals((await readRun(db, runId)).state, "pending");
    await discard(current, failure("broken \u0000 for good"));
    const run = await readRun(db, runId);
    assertEquals([run.state, run.error_code], ["failed", "RUN_LIMIT_REACHED"]);
    assertMatch(run.error_message!, /^broken .* for good$/);
    const [job] = await readJobs(db);
    assertEquals([job!.state, job!.reason, job!.leased_by, job!.finished], [
      "discarded",
      run.error_message,
      null,
      true,
    ]);
    await assertRejectsLike(discard(current, failure("again")), { code: "LEASE_LOST" });

    const [event] = await db.sql<{ id: number }[]>`select id from event`;
    await db.sql`
      insert into job (kind, installation_id, payload)
      select 'event', installation_id, jsonb_build_object('event_id', ${event!.id}::bigint) from event`;
    const outcome = async () => (await db.sql`select outcome, reason from event`).map((row) => ({ ...row }));
    const stale = await claim();
    await makeDue(db);
    const held = await claim("worker-2");
    await assertRejectsLike(discard(stale, failure("too late")), { code: "LEASE_LOST" });
    assertEquals(await outcome(), [{ outcome: null, reason: null }]);
    await db.sql`
      with made as (
        insert into flow (installation_id, workspace_id, name, enabled, definition, plan_id)
        select event.installation_id, event.workspace_id, name, true, '{}', (select max(id) from plan)
        from event, unnest(array['Loop', 'Else']) name returning id, installation_id, name)
      insert into flow_trigger (installation_id, event_type, flow_id, ordered)
      select installation_id, case name when 'Loop' then 'NEW_TAG' else 'NEW_TASK' end, id, false from made`;
    await discard(held, failure("broken"));
    const reason = 'broken. Flows that listen for it: "Loop"; switch off the one that is the cause before a replay';
    assertEquals(await outcome(), [{ outcome: "dead", reason }]);
  } finally {
    await stop();
  }
});
