/** Tests of an instance whose brokers never answer: what it accepts runs all the same. */

import { assertEquals, assertMatch } from "@std/assert";
import { createOutbox } from "../../src/kafka/outbox.ts";
import { ask } from "../http/door.ts";
import { apiWorldOfFile } from "../http/v1/api_world.ts";
import { eventually } from "../support/world.ts";

/** Nothing listens there: the port belongs to no program of this machine. */
const api = apiWorldOfFile(async (api) => {
  await api.addAgent({ name: "echo" });
}, { KAFKA_BROKERS: "127.0.0.1:1", KAFKA_FALLBACK_SECONDS: "1" });
const steps = { say: { agent_name: "echo", input_mapping: {} } };
const installation = async () => {
  const [row] = await api.world().database.db.sql<{ id: number }[]>`
    select id from installation where addon = 'workflow_api'`;
  return row!.id;
};

Deno.test("without brokers runs are accepted and begin after KAFKA_FALLBACK_SECONDS, and their messages are dropped", async () => {
  const workflow = await api.addWorkflow(steps);
  const runs = await Promise.all([api.execute(workflow), api.execute(workflow), api.execute(workflow)]);
  for (const id of runs) assertEquals((await api.ended(id)).status, "COMPLETED");
  assertEquals(api.sent().length, 3);
  const outbox = createOutbox(api.world().database.db);
  // An attempt to publish may have claimed them.
  await eventually(async () => (await outbox.tidy(await installation())).rows === 0);
});

Deno.test("a run whose message cannot be published says so while it is pending", async () => {
  const { id } = (await api.api(`/workflows/${(await api.addWorkflow(steps)).id}/execute`, { body: {} })).body;
  const { sql } = api.world().database.db;
  // It would begin by itself before it could be looked at.
  await sql`update job set due_at = now() + interval '1 hour' where run_id = ${id} and finished_at is null`;
  const waiting = await eventually(async () => {
    const { body } = await api.api(`/runs/${id}`);
    return body.error_message !== null && body;
  });
  assertEquals(
    [waiting.status, waiting.error_message],
    ["PENDING", "Its message is not published yet: no broker answers"],
  );
  await sql`update job set due_at = now() where run_id = ${id} and finished_at is null`;
  assertEquals((await api.ended(id)).error_message, null);
});

Deno.test("readiness names brokers that do not answer, and health stays", async () => {
  const at = `http://127.0.0.1:${api.world().serving.operatorPort}`;
  const ready = await ask(`${at}/health/ready`);
  assertEquals([ready.status, ready.body.status, ready.body.checks.database], [503, "not_ready", "connected"]);
  assertMatch(ready.body.checks.kafka, /^disconnected: no broker answers$/);
  assertEquals((await ask(`${at}/health`)).status, 200);
});

Deno.test("a run that waits for its message is cancelled at once, and one that is rolled back leaves no message", async () => {
  const workflow = await api.addWorkflow(steps);
  const { body } = await api.api(`/workflows/${workflow.id}/execute`, { body: {} });
  const cancelled = await api.api(`/runs/${body.id}/cancel`, { body: {} });
  assertEquals(cancelled.body.status, "CANCELLED");
  const [{ rows }] = await api.world().database.db.sql`
    select count(*)::int as rows from kafka_outbox where run_id = ${body.id} and kind = 'cancellation'` as [
    { rows: number },
  ];
  assertEquals(rows, 1);
  const { status } = await api.api(`/workflows/${crypto.randomUUID()}/execute`, { body: {} });
  assertEquals(status, 404);
});
