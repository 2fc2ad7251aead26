/** Tests of src/flows/dead_letter.ts: what a discarded job stood for ends with its reason, but for the claim that holds the job only. */

import assert from "node:assert/strict";
import { createDeadLetters } from "../../src/flows/dead_letter.ts";
import { addRun, makeDue, readRun, setUpEngine, step } from "../engine/setup.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";

Deno.test.afterAll(stopSharedDatabase);

Deno.test("close() ends the run and the event of a job with the reason, not for a claim that ended", async () => {
  const { db, stop } = await testDatabase();
  try {
    const close = createDeadLetters(db);
    const runId = await addRun(db, { steps: [step("one")] });
    const { claim } = setUpEngine(db, []);
    const old = await claim();
    await makeDue(db);
    const current = await claim("worker-2");
    assert.equal(current.id, old.id);

    await close(old, "too late");
    assert.equal((await readRun(db, runId)).state, "pending");
    await close(current, "broken \u0000 for good");
    const run = await readRun(db, runId);
    assert.equal(run.state, "failed");
    assert.equal(run.error_code, "INTERNAL");
    assert.match(run.error_message!, /^broken .* for good$/);

    const [event] = await db.sql<{ id: number }[]>`select id from event`;
    const of = (job: typeof old) => ({ ...job, kind: "event" as const, payload: { event_id: event!.id } });
    const outcome = async () => (await db.sql`select outcome, reason from event`).map((row) => ({ ...row }));
    await close(of(old), "too late");
    assert.deepEqual(await outcome(), [{ outcome: null, reason: null }]);
    await close(of(current), "broken");
    assert.deepEqual(await outcome(), [{ outcome: "dead", reason: "broken" }]);
  } finally {
    await stop();
  }
});
