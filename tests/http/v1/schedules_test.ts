/** Tests of schedules of workflows at the door: made, changed, fired once for a slot, held back, paused, with what became of each slot. */

import { assertEquals, assertMatch } from "@std/assert";
import { fireWorkflowSlots } from "../../../src/workflows/schedule_firings.ts";
import { eventually } from "../../support/world.ts";
import { assertProblem, type Json } from "../door.ts";
import { apiWorldOfFile } from "./api_world.ts";

const world = apiWorldOfFile(async ({ addAgent }) => {
  await addAgent({ name: "echo" });
});
const { api, addWorkflow, ended } = world;

const agent = (input_mapping: Json = {}) => ({ type: "agent", agent_name: "echo", input_mapping });
let count = 0;

/** Once a year, so that no slot but those of a test comes. */
async function addSchedule(workflow: Json, more: Json = {}): Promise<Json> {
  const { status, body } = await api("/schedules", {
    body: { name: `schedule-${++count}`, workflow_id: workflow.id, cron: "0 0 1 1 *", ...more },
  });
  assertEquals(status, 201, JSON.stringify(body));
  return body;
}

/** The slot of so many minutes ago is the next that has not fired; gives what became of it. */
async function fire({ id }: Json, { minutesAgo = 0 } = {}): Promise<Json> {
  const { sql } = world.world().database.db;
  const [row] = await sql<{ at: Date }[]>`
    update schedule set next_at = date_trunc('minute', now()) - ${minutesAgo}::int * interval '1 minute'
    from workflow_schedule own where own.schedule_id = schedule.id and own.id = ${id} returning slot_at as at`;
  return await eventually(async () => {
    const { body } = await api(`/schedules/${id}/firings`);
    return body.items.find(({ scheduled_at }: Json) => scheduled_at >= row!.at.toISOString());
  });
}

Deno.test("a schedule is made with its next firings, read, changed at its ETag, listed and deleted", async () => {
  const workflow = await addWorkflow({ a: agent() });
  const made = await api("/schedules", {
    body: { name: "morning", workflow_id: workflow.id, cron: "0  7 * * MON-FRI", timezone: "Europe/Berlin" },
  });
  assertEquals(made.status, 201, JSON.stringify(made.body));
  const { id, next_firings, cron, max_concurrent_runs, on_failure, missed_policy, enabled } = made.body;
  assertEquals(made.headers.get("location"), `/api/v1/schedules/${id}`);
  assertEquals([cron, max_concurrent_runs, on_failure, missed_policy, enabled, next_firings.length], [
    "0 7 * * MON-FRI",
    1,
    "continue",
    "one",
    true,
    5,
  ]);
  const first = new Date(next_firings[0]);
  assertEquals(first.toLocaleTimeString("de", { timeZone: "Europe/Berlin", hour: "2-digit" }), "07 Uhr");
  const etag = made.headers.get("etag")!;
  const at = `/schedules/${id}`;
  const put = (body: Json, headers = {}) => api(at, { method: "PUT", body, headers });
  const changed = await put({ timezone: "Asia/Tokyo", description: "x" }, { "if-match": etag });
  assertEquals([changed.status, changed.body.description, changed.body.cron], [200, "x", "0 7 * * MON-FRI"]);
  assertEquals(changed.body.next_firings[0] === next_firings[0], false);
  assertProblem(await put({ enabled: false }, { "if-match": etag }), 412, "PRECONDITION_FAILED");
  assertEquals((await api(at)).headers.get("etag"), changed.headers.get("etag"));
  await addSchedule(workflow);
  const { body: page } = await api(`/schedules?workflow_id=${workflow.id}&page_size=1`);
  assertEquals([page.total, page.items.length, page.items[0].workflow_name], [2, 1, workflow.name]);
  assertEquals((await api("/schedules?name=morning&enabled=true")).body.total, 1);
  assertEquals((await api("/schedules?workflow_id=none")).body.total, 0);
  assertProblem(
    await api("/schedules", { body: { name: "morning", workflow_id: workflow.id, cron } }),
    409,
    "CONFLICT",
  );
  const other = await addSchedule(workflow);
  assertProblem(
    await api(`/schedules/${other.id}`, { method: "PUT", body: { name: "morning" } }),
    409,
    "CONFLICT",
  );
  assertEquals((await api(at, { method: "DELETE" })).body.data.name, "morning");
  for (const path of ["", "/runs", "/firings"]) assertProblem(await api(`${at}${path}`), 404, "NOT_FOUND");
  const { body: audit } = await api(`/audit?entity_type=schedule&entity_id=${id}`);
  assertEquals(audit.items.map(({ action }: Json) => action), ["delete", "update", "create"]);
});

Deno.test("a save names every fault at once: cron, zone, workflow, and the input by the workflow's schema", async () => {
  const input_schema = { type: "object", required: ["id"], properties: { id: { type: "integer" } } };
  const workflow = await addWorkflow({ a: agent() }, { input_schema });
  const save = async (body: Json) => {
    const answer = await api("/schedules", { body: { name: "wrong", cron: "0 7 * * *", ...body } });
    assertProblem(answer, 400, "REQUEST_INVALID");
    return answer.body.errors.map(({ field }: Json) => field);
  };
  const wrong = { cron: "61 7 * * *", timezone: "Mars/Base" };
  assertEquals(await save({ ...wrong, workflow_id: crypto.randomUUID() }), ["timezone", "cron", "workflow_id"]);
  assertEquals(await save({ ...wrong, workflow_id: workflow.id, input_data: { id: "x" } }), [
    "timezone",
    "cron",
    "input_data.id",
  ]);
  await api(`/workflows/${workflow.id}`, { method: "PUT", body: { status: "inactive" } });
  assertEquals(await save({ workflow_id: workflow.id, input_data: { id: 1 } }), ["workflow_id"]);
  for (const cron of ["@daily", "0 0 30 2 *", "* * * * * *", ""]) {
    assertEquals(await save({ cron, workflow_id: "none" }), ["cron", "workflow_id"], cron);
  }
  assertEquals(await save({ workflow_id: workflow.id, max_concurrent_runs: 0, on_failure: "stop", more: 1 }), [
    "max_concurrent_runs",
    "on_failure",
    "more",
  ]);
});

Deno.test("a slot starts one run, whoever fires it, with the schedule's input; its runs and firings are listed", async () => {
  const workflow = await addWorkflow({ a: agent({ text: "${workflow.input.text}" }) });
  const schedule = await addSchedule(workflow, { input_data: { text: "now" } });
  const fired = await fire(schedule);
  assertEquals([fired.outcome, fired.reason], ["started", null]);
  const run = await ended(fired.run_id.slice(4));
  assertEquals([run.status, run.input_data, run.triggered_by, run.output_data], [
    "COMPLETED",
    { text: "now" },
    `schedule:${schedule.name}`,
    { text: "now" },
  ]);
  const { db } = world.world().database;
  const [own] = await db.sql<{ schedule_id: number; flow_id: number; installation_id: number }[]>`
    select schedule_id, flow_id, workflow.installation_id from workflow_schedule
    join workflow on workflow.id = workflow_id where workflow_schedule.id = ${schedule.id}`;
  const { schedule_id: scheduleId, flow_id: flowId, installation_id: installationId } = own!;
  const slots = [{ scheduleId, flowId, slot: new Date(fired.scheduled_at), zone: "UTC" }];
  await db.scoped({ installationIds: [installationId] }, (sql) => fireWorkflowSlots(sql, { installationId, slots }));
  const { body: runs } = await api(`/schedules/${schedule.id}/runs`);
  assertEquals([runs.total, runs.items[0].run_id], [1, fired.run_id]);
  assertEquals((await api(`/schedules/${schedule.id}/runs?status=FAILED`)).body.total, 0);
  const { body: read } = await api(`/schedules/${schedule.id}`);
  assertEquals([read.last_firing.run_id, read.last_firing.run_status], [fired.run_id, "COMPLETED"]);
});

Deno.test("a slot beyond max_concurrent_runs, of a workflow that is not active, or with an input that no longer fits, says why it did not fire", async () => {
  const called = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  world.agent = async (data) => {
    called.resolve();
    await gate.promise;
    return data;
  };
  const workflow = await addWorkflow({ a: agent() });
  const schedule = await addSchedule(workflow);
  const large = await addSchedule(workflow, { input_data: { list: Array(60_000).fill(0) } });
  const first = await fire(schedule, { minutesAgo: 1 });
  await called.promise;
  const held = await fire(schedule);
  assertEquals([held.outcome, held.run_id, held.reason], [
    "held_back",
    null,
    "1 of its runs are in progress, 1 may be",
  ]);
  gate.resolve();
  await ended(first.run_id.slice(4));
  const { sql } = world.world().database.db;
  const forget = () => sql`delete from schedule_firing where workflow_schedule_id = ${schedule.id}`;
  const put = (body: Json) => api(`/workflows/${workflow.id}`, { method: "PUT", body });
  await put({ input_schema: { type: "object", required: ["id"] } });
  await forget();
  const unfit = await fire(schedule);
  assertEquals(unfit.outcome, "input_invalid");
  assertMatch(unfit.reason, /does not fit version 2: input_data/);
  const names = Array.from({ length: 100 }, (_, index) => [`p${index}`, { type: "integer" }]);
  await put({ input_schema: { type: "object", properties: Object.fromEntries(names) } });
  assertMatch((await fire(large)).reason, /^the input does not fit version 3: .* too large$/);
  await put({ status: "inactive" });
  await forget();
  assertEquals((await fire(schedule)).reason, `workflow "${workflow.name}" is inactive`);
  await api(`/workflows/${workflow.id}`, { method: "DELETE" });
  await forget();
  const gone = await fire(schedule);
  assertEquals([gone.outcome, gone.reason], ["not_executable", `workflow "${workflow.name}" is deleted`]);
  world.agent = (data) => data;
});

Deno.test("a run that failed pauses its schedule where on_failure says so; resume counts from the next slot on", async () => {
  world.agent = () => {
    throw new Response(null, { status: 400 });
  };
  const workflow = await addWorkflow({ a: agent() });
  const schedule = await addSchedule(workflow, { on_failure: "pause" });
  const goesOn = await addSchedule(workflow);
  const at = `/schedules/${schedule.id}`;
  const fired = await fire(schedule);
  const paused = await eventually(async () => {
    const { body } = await api(at);
    return !body.enabled && body;
  });
  assertEquals([paused.paused_by, paused.next_firings], [null, []]);
  assertMatch(paused.pause_reason, new RegExp(`^${fired.run_id} failed: `));
  await ended((await fire(goesOn)).run_id.slice(4));
  assertEquals((await api(`/schedules/${goesOn.id}`)).body.enabled, true);
  const resumed = await api(`${at}/resume`, { method: "POST" });
  assertEquals([resumed.status, resumed.body.enabled, resumed.body.pause_reason, resumed.body.next_firings.length], [
    200,
    true,
    null,
    5,
  ]);
  assertEquals(Date.parse(resumed.body.next_firings[0]) > Date.parse(fired.fired_at), true);
  // The job that pauses it, of that failure once more, as where it comes late.
  const { sql } = world.world().database.db;
  const [late] = await sql<{ id: number }[]>`
    insert into job (kind, installation_id, payload)
    select 'schedule_pause', installation_id, jsonb_build_object('run_id', run_id) from workflow_run
    where run_id = ${fired.run_id.slice(4)}::uuid returning id`;
  await eventually(async () => (await sql`select 1 from job where id = ${late!.id}`).length === 0);
  assertEquals((await api(at)).body.enabled, true);
  const again = await api(`${at}/pause`, { method: "POST" });
  assertEquals([again.body.enabled, again.body.paused_by], [false, "tests"]);
  assertEquals((await api(`${at}/pause`, { method: "POST" })).headers.get("etag"), again.headers.get("etag"));
  const { body: audit } = await api(`/audit?entity_type=schedule&entity_id=${schedule.id}`);
  assertEquals(audit.items.map(({ action, actor }: Json) => [action, actor]), [
    ["pause", "tests"],
    ["resume", "tests"],
    ["pause", "scheduler"],
    ["create", "tests"],
  ]);
  assertProblem(await api(`/schedules/${crypto.randomUUID()}/pause`, { method: "POST" }), 404, "NOT_FOUND");
  world.agent = (data) => data;
});

Deno.test("slots that were missed fire as the policy says, and are counted; of many firings the last 100 stay", async () => {
  const workflow = await addWorkflow({ a: agent() });
  const minutesAgo = 130;
  const outcomes: Record<string, number> = {};
  for (const missed_policy of ["skip", "one", "all"]) {
    const schedule = await addSchedule(workflow, { cron: "* * * * *", missed_policy, max_concurrent_runs: 100 });
    await fire(schedule, { minutesAgo });
    const { body } = await eventually(async () => {
      const { sql } = world.world().database.db;
      const due = await sql`
        select 1 from schedule join workflow_schedule own on own.schedule_id = schedule.id
        where own.id = ${schedule.id} and slot_at <= now()`;
      return due.length === 0 && await api(`/schedules/${schedule.id}/firings?page_size=1`);
    });
    outcomes[missed_policy] = body.total;
    const { missed_slots } = (await api(`/schedules/${schedule.id}`)).body;
    assertEquals(missed_slots >= (missed_policy === "all" ? 30 : 129), true, `${missed_policy} ${missed_slots}`);
  }
  // One more where a minute begins meanwhile.
  for (const policy of ["skip", "one"]) {
    assertEquals([1, 2].includes(outcomes[policy]!), true, JSON.stringify(outcomes));
  }
  assertEquals(outcomes.all! >= 100 && outcomes.all! <= 200, true, String(outcomes.all));
});
