/** Tests of /ui/runs: pages and filters of the list, one run in all its steps, and a failed run that is asked to go on. */

import { assert, assertEquals, assertMatch, assertNotMatch, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { passDelays } from "../../db/rows.ts";
import { type RunView, shownOutput } from "../../../src/http/api/run_view.ts";
import { eventually, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { type Answer, ask, assertProblem, type Json } from "../door.ts";

const EVENT = "TIMER_STOPPED";
const HOUR_MS = 3_600_000;
const LIST_TAGS = { id: "list_tags", operation_id: "getTags" };
const ONCE = { max_attempts: 1, initial_delay_ms: 0, max_delay_ms: 0 };
const NEW_TAG = { id: "new_tag", operation_id: "createNewTag", body: { name: "{{ $.webhook.id }}" }, retry: ONCE };
const UUID = /^[0-9a-f-]{36}$/;

let world: World;
let admin: Record<string, string>;

worldOfFile({ env: { API_RATE_LIMIT_RPS: "100000", POLL_MINUTES: "0" } }, async (made) => {
  world = made;
  ({ admin } = await world.enter("universal_webhook"));
  // Its own reads would be counted as those of runs.
  await eventually(async () => (await door("/bootstrap")).body.status === "COMPLETE");
});

function door(path: string, options: Parameters<typeof ask>[1] = {}): Promise<Answer> {
  return ask(`${world.url("universal_webhook")}/ui${path}`, { headers: admin, ...options });
}

async function runs(query = ""): Promise<Json> {
  const { status, body } = await door(`/runs${query}`);
  assertEquals(status, 200, JSON.stringify(body));
  return body;
}

async function inspect(id: string, headers = admin): Promise<Json> {
  const { status, body } = await door(`/runs/${id}`, { headers });
  assertEquals(status, 200, JSON.stringify(body));
  return body;
}

const retry = (id: string) => door(`/runs/${id}/retry`, { body: {} });

async function createFlow(actions: unknown[], fields: Record<string, unknown> = {}): Promise<Json> {
  const { status, body } = await door("/flows", {
    body: { name: "A flow", trigger_event_types: [EVENT], actions, ...fields },
  });
  assertEquals(status, 201, JSON.stringify(body));
  return body;
}

async function removeFlow({ id }: Json) {
  assertEquals((await door(`/flows/${id}`, { method: "DELETE" })).status, 200);
}

/** Sends `count` different events. */
async function send(count = 1) {
  const { simulator, workspaceId } = world;
  for (let i = 0; i < count; i++) {
    const payload = { id: crypto.randomUUID(), workspaceId, description: "Homepage copy" };
    await simulator.deliver({ workspaceId, event: EVENT, payload });
  }
}

/** Waits until the flow has `count` runs in the state; newest first. */
function inState({ id }: Json, state: string, count = 1): Promise<Json[]> {
  return eventually(async () => {
    const { runs: found } = await runs(`?flow_id=${id}&state=${state}&limit=100`);
    return found.length === count && found;
  });
}

async function pages(query: string, onPage = async () => {}): Promise<Json[]> {
  const all: Json[] = [];
  let cursor = "";
  while (true) {
    const { pagination, runs: page } = await runs(`?${query}${cursor}`);
    all.push(...page);
    assertEquals(pagination.has_more, pagination.next_cursor !== null);
    if (!pagination.has_more) return all;
    cursor = `&cursor=${pagination.next_cursor}`;
    await onPage();
  }
}

Deno.test("runs of all flows come newest first, deleted ones too, and no row is lost or doubled while more come", async () => {
  const [one, two] = [await createFlow([LIST_TAGS], { name: "One" }), await createFlow([LIST_TAGS], { name: "Two" })];
  await send(7);
  await inState(one, "completed", 7);
  await inState(two, "completed", 7);
  const all = (await runs("?limit=100")).runs;
  assertEquals(all.length, 14);
  const created = all.map((run: Json) => run.created_at);
  assertEquals(created, created.toSorted().reverse());
  const { id, event_id, created_at, started_at, finished_at, duration_ms, ...row } = all[0];
  assertMatch(id, UUID);
  assertEquals(row, {
    flow_id: all[0].flow_name === "One" ? one.id : two.id,
    flow_name: all[0].flow_name,
    flow_version: 1,
    event_type: EVENT,
    trigger: "event",
    state: "completed",
    status: "COMPLETED",
    replay: 0,
    paused_at: null,
    error: null,
    failed_step: null,
    failed_step_number: null,
    failed_step_name: null,
  });
  for (const time of [created_at, started_at, finished_at]) assertStrictEquals(new Date(time).toISOString(), time);
  assertEquals(duration_ms, Date.parse(finished_at) - Date.parse(started_at));

  await removeFlow(two);
  const walked = await pages("limit=3", () => send());
  assertEquals(walked, all, "what came meanwhile stands before the first page");
  assertEquals(new Set(walked.map((run) => run.flow_name)), new Set(["One", "Two"]));

  const ofOne = await pages(`limit=2&flow_id=${one.id}&to=${encodeURIComponent(created_at)}`);
  assert(ofOne.every((run) => run.flow_id === one.id && run.created_at < created_at));
  const ofEvent = (await runs(`?event_id=${event_id}`)).runs;
  assertEquals(ofEvent, all.filter((run: Json) => run.event_id === event_id));
  assertEquals((await runs(`?event_id=${event_id}&flow_id=${one.id}&state=failed`)).runs, []);
  assertEquals(await pages(`limit=3&state=completed&flow_id=${two.id}`), await pages(`flow_id=${two.id}`));
  assertEquals((await runs(`?from=2100-01-01`)).runs, []);
  assertEquals((await runs("?flow_id=999999999")).runs, []);
  await inState(one, "completed", 7 + 4);
  await removeFlow(one);
});

Deno.test("rows that were created in one instant are told apart by the cursor", async () => {
  const flow = await createFlow([LIST_TAGS]);
  await send(5);
  await inState(flow, "completed", 5);
  await world.database.db.sql`update run set created_at = '2026-01-02T03:04:05.678901Z' where flow_id = ${
    Number(flow.id)
  }`;
  const all = (await runs(`?flow_id=${flow.id}`)).runs;
  assertEquals(all.length, 5);
  for (const limit of [1, 2, 3]) assertEquals(await pages(`flow_id=${flow.id}&limit=${limit}`), all);
  await removeFlow(flow);
});

Deno.test("a state that no index knows is found behind runs of others, in pages that may be short", async () => {
  const flow = await createFlow([LIST_TAGS]);
  await send(1);
  const [{ id }] = await inState(flow, "completed") as [Json];
  // A long history of runs that were cancelled, the completed one behind them.
  await world.database.db.sql`
    insert into run (id, installation_id, workspace_id, flow_id, flow_version, plan_id, event_id, state, replay, created_at)
    select gen_random_uuid(), installation_id, workspace_id, flow_id, 1, plan_id, event_id, 'cancelled', number,
      created_at + number * interval '1 millisecond'
    from run, generate_series(1, 2500) number where run.id = ${id}`;
  const first = await runs(`?flow_id=${flow.id}&state=completed`);
  assertEquals([first.runs, first.pagination.has_more], [[], true]);
  assertEquals((await pages(`flow_id=${flow.id}&state=completed`)).map((run) => run.id), [id]);
  assertEquals((await pages(`flow_id=${flow.id}&state=cancelled&limit=100`)).length, 2500);
  await world.database.db.sql`delete from run where state = 'cancelled'`;
  await removeFlow(flow);
});

Deno.test("a wrong filter is refused with its name, and any other text as cursor", async () => {
  const wrong = [
    "limit=0",
    "limit=101",
    "flow_id=x",
    "flow_id=0",
    "event_id=-1",
    "state=done",
    "from=yesterday",
    "to=",
  ];
  for (const query of wrong) {
    const answer = await door(`/runs?${query}`);
    assertProblem(answer, 400, "REQUEST_INVALID");
    assertMatch(answer.body.detail, new RegExp(query.split("=")[0]!));
  }
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "grapheme" }), async (text) => {
      assertProblem(await door(`/runs?cursor=${encodeURIComponent(text)}`), 400, "REQUEST_INVALID");
    }),
    { numRuns: 50 },
  );
});

Deno.test("a failed run shows where it ended and goes on there with the same key, its finished steps kept", async () => {
  const { simulator } = world;
  const flow = await createFlow([LIST_TAGS, NEW_TAG, { ...LIST_TAGS, id: "after" }], { name: "Makes a tag" });
  await simulator.clearRequests();
  await simulator.addFault({ kind: "status", status: 500, method: "POST", path: "*/tags" });
  await send();
  const [row] = await inState(flow, "failed") as [Json];
  assertEquals([row.failed_step, row.failed_step_number, row.failed_step_name], ["new_tag", 2, "new_tag"]);
  assertEquals([row.status, row.error.code], ["FAILED", "UPSTREAM_FAILED"]);

  const failed = await inspect(row.id);
  assertEquals([failed.can_retry, failed.retry_reason, failed.next_attempt_at], [true, null, null]);
  assertEquals({ ...row }, Object.fromEntries(Object.keys(row).map((name) => [name, failed[name]])));
  assertEquals(failed.event, {
    id: row.event_id,
    event_type: EVENT,
    received_at: failed.event.received_at,
    subject: "Homepage copy",
  });
  assertEquals(failed.flow, { id: flow.id, name: "Makes a tag", version: 1, current_version: 1, enabled: true });
  assertEquals(failed.definition, {
    name: flow.name,
    trigger_event_types: flow.trigger_event_types,
    conditions: null,
    actions: flow.actions,
  });
  assertEquals(failed.queued_ms, Date.parse(failed.started_at) - Date.parse(failed.event.received_at));
  assertEquals(
    failed.steps.map((step: Json) => [step.number, step.id, step.path, step.action, step.title, step.state]),
    [
      [1, "list_tags", "root/list_tags", "clockify", "GET /workspaces/{workspaceId}/tags", "completed"],
      [2, "new_tag", "root/new_tag", "clockify", "POST /workspaces/{workspaceId}/tags", "failed"],
      [3, "after", "root/after", "clockify", "GET /workspaces/{workspaceId}/tags", "not_started"],
    ],
  );
  const [list, made, after] = failed.steps;
  assert(Array.isArray(list.output) && list.output_truncated === false);
  assertEquals(made.input.method, "POST");
  assertEquals(made.error.code, "UPSTREAM_FAILED");
  assertEquals(made.attempts.map((one: Json) => [one.number, one.state, one.http_status, one.error.code]), [
    [1, "failed", 500, "UPSTREAM_FAILED"],
  ]);
  assertEquals(made.attempts[0].request, made.input);
  assertEquals([after.input, after.output, after.started_at, after.attempts], [null, null, null, []]);

  const answers = await Promise.all([retry(row.id), retry(row.id)]);
  assertEquals(answers.map(({ status }) => status).toSorted(), [202, 409]);
  assertEquals(answers.find(({ status }) => status === 202)!.body, {
    run_id: row.id,
    state: "pending",
    version: 1,
    kept: 1,
    from_step: 2,
  });
  assertProblem(answers.find(({ status }) => status === 409)!, 409, "CONFLICT");

  await inState(flow, "completed");
  const done = await inspect(row.id);
  assertEquals([done.state, done.error, done.failed_step, done.can_retry], ["completed", null, null, false]);
  assertMatch(done.retry_reason, /the run is completed, only a failed one can be retried/);
  assertEquals(done.steps[1].attempts.map((one: Json) => [one.number, one.state]), [[1, "failed"], [
    2,
    "succeeded",
  ]]);
  const { description, ...kept } = done.steps[0];
  assertEquals({ ...kept, description }, { ...list, description }, "a finished step stays as it was");
  const sent = await simulator.listRequests({ method: "POST", path: "/tags" });
  assertEquals(sent.map(({ status }) => status), [500, 201]);
  assertEquals(sent.map(({ headers }) => headers["idempotency-key"]), [made.idempotency_key, made.idempotency_key]);
  const reads = await simulator.listRequests({ method: "GET", path: "/tags" });
  assertEquals(reads.length, 2, "one of the first step, one of the last");

  const again = await retry(row.id);
  assertProblem(again, 409, "CONFLICT");
  assertMatch(again.body.detail, /the run is completed/);
  const { body: audit } = await door(`/audit?action=${encodeURIComponent("POST /ui/runs/:id/retry")}`);
  assertEquals(audit.entries.map(({ target, outcome }: Json) => [target, outcome]), [[row.id, "done"]]);
  const metrics = await (await fetch(`${world.url("universal_webhook")}/metrics`)).text();
  assertMatch(metrics, /^runs_retried_total\{service="universal-webhook"\} 1\b/m);
  await removeFlow(flow);
  const deleted = await inspect(row.id);
  assertEquals([deleted.flow.current_version, deleted.flow.enabled, deleted.flow.name], [
    null,
    false,
    "Makes a tag",
  ]);
});

Deno.test("steps that were moved are called by their place and what they do, in the list as in the run", async () => {
  const { simulator } = world;
  // As the editor leaves them after one move.
  const tag = { id: "step_2", operation_id: "createNewTag", body: { name: "{{ $.webhook.id }}" }, retry: ONCE };
  const flow = await createFlow([{ ...LIST_TAGS, id: "step_3" }, tag, { ...LIST_TAGS, id: "given" }, {
    ...LIST_TAGS,
    id: "step_1",
  }]);
  await simulator.addFault({ kind: "status", status: 500, method: "POST", path: "*/tags" });
  await send();
  const [row] = await inState(flow, "failed") as [Json];
  assertEquals([row.failed_step, row.failed_step_number, row.failed_step_name], ["step_2", 2, "Create new tag"]);
  const run = await inspect(row.id);
  assertEquals({ ...row }, Object.fromEntries(Object.keys(row).map((name) => [name, run[name]])));
  assertEquals(run.steps.map(({ number, id, name, path }: Json) => [number, id, name, path]), [
    [1, "step_3", "Get tags", "root/step_3"],
    [2, "step_2", "Create new tag", "root/step_2"],
    [3, "given", "given", "root/given"],
    [4, "step_1", "Get tags", "root/step_1"],
  ]);
  // Moved again since: the run keeps the places of its version.
  await door(`/flows/${flow.id}`, { method: "PUT", body: { actions: [tag, { ...LIST_TAGS, id: "step_3" }] } });
  assertEquals((await inspect(row.id)).steps, run.steps);
  assertEquals((await runs(`?flow_id=${flow.id}`)).runs, [row]);
  await removeFlow(flow);
});

Deno.test("a waiting run says when it goes on, a running one what it does, and both are active", async () => {
  const { simulator } = world;
  const patient = { max_attempts: 3, initial_delay_ms: HOUR_MS, max_delay_ms: HOUR_MS };
  const waits = await createFlow([{ ...LIST_TAGS, retry: patient }], { name: "Waits" });
  await simulator.addFault({ kind: "status", status: 500, path: "*/tags", count: null });
  await send();
  const [row] = await inState(waits, "waiting") as [Json];
  const waiting = await inspect(row.id);
  assert(Date.parse(waiting.next_attempt_at) > Date.parse(waiting.steps[0].attempts[0].finished_at));
  assertEquals(waiting.steps[0].state, "running");
  assertEquals(waiting.can_retry, false);
  assertProblem(await retry(row.id), 409, "CONFLICT");
  await door(`/flows/${waits.id}`, { method: "PUT", body: { name: "Waits no longer" } });
  const changed = await inspect(row.id);
  assertEquals([changed.definition, changed.flow.version, changed.flow.current_version], [null, 1, 2]);
  await door(`/flows/${waits.id}`, { method: "PUT", body: { enabled: false } });

  await simulator.clearFaults();

  const runsLong = await createFlow([LIST_TAGS], { name: "Runs" });
  const fault = await simulator.addFault({ kind: "hang", path: "*/tags", count: null });
  await send();
  const [long] = await eventually(async () => {
    const { runs: found } = await runs(`?state=running`);
    return found.length === 1 && found;
  });
  assertStrictEquals(long.flow_id, runsLong.id);
  const running = await inspect(long.id);
  assertEquals([running.finished_at, running.duration_ms, running.steps[0].state], [null, null, "running"]);
  assertEquals(running.steps[0].attempts.map((one: Json) => [one.state, one.finished_at]), [["started", null]]);
  assertEquals((await runs("?state=active")).runs.map((run: Json) => run.id), [long.id, row.id]);
  assertEquals((await pages("state=active&limit=1")).map((run) => run.state), ["running", "waiting"]);
  await simulator.releaseFaults({ id: fault.id });
  await inState(runsLong, "completed");
  await passDelays(world.database.db, "run");
  await inState(waits, "completed");
  assertEquals((await runs("?state=active")).runs, []);
  await removeFlow(waits);
  await removeFlow(runsLong);
});

Deno.test("members read runs without mail addresses and may not retry; long outputs are cut", async () => {
  const flow = await createFlow([{ id: "list_users", operation_id: "getUsersOfWorkspace" }]);
  await send();
  const [row] = await inState(flow, "completed") as [Json];
  const member = await world.viewer("universal_webhook", { userId: world.memberId });
  assertMatch(JSON.stringify(await inspect(row.id)), /@/);
  const hidden = await inspect(row.id, member);
  assertNotMatch(JSON.stringify(hidden), /@/);
  assertMatch(JSON.stringify(hidden.steps[0].output), /\[redacted\]/);
  assertEquals([hidden.can_retry, hidden.retry_reason], [
    false,
    "Cannot retry: only owners and admins of the workspace may",
  ]);
  assertProblem(await door(`/runs/${row.id}/retry`, { headers: member, body: {} }), 403, "ROLE_INSUFFICIENT");

  const large = JSON.stringify({ text: "x".repeat(6_000) });
  await world.database.db.sql`update step set output = ${large}::text::jsonb where run_id = ${row.id}`;
  const [step] = (await inspect(row.id)).steps;
  assertEquals([step.output_truncated, step.output], [true, large.slice(0, 5_000)]);
  const { executions: [execution] } = (await door(`/flows/${flow.id}/executions`)).body;
  assertEquals(execution.actions[0].result, { truncated: true, text: large.slice(0, 5_000) });
  await removeFlow(flow);
});

/** Puts the output of the run's first step where a large one is kept. */
async function keepApart({ id }: Json, output: unknown) {
  const { sql } = world.database.db;
  const json = JSON.stringify(output);
  const bytes = new TextEncoder().encode(json).length;
  await sql`
    with changed as (
      update step set output = null, output_ref = path || '@1', output_bytes = ${bytes} where run_id = ${id}
      returning installation_id, output_ref
    )
    insert into output (installation_id, run_id, id, bytes, body)
    select installation_id, ${id}, output_ref, ${bytes}, ${json} from changed
    on conflict (run_id, id) do update set bytes = excluded.bytes, body = excluded.body`;
  return { json, bytes };
}

Deno.test("a kept output is shown as any other up to 1 MB, above that its beginning, with how large the whole is", async () => {
  const flow = await createFlow([LIST_TAGS]);
  await send();
  const [row] = await inState(flow, "completed") as [Json];
  const [before] = (await inspect(row.id)).steps;
  assertStrictEquals(before.output_bytes, JSON.stringify(before.output).length);
  const member = await world.viewer("universal_webhook", { userId: world.memberId });
  const result = async () => (await door(`/flows/${flow.id}/executions`)).body.executions[0].actions[0].result;
  const ofSize = (size: number) => ({
    id: "u1",
    email: "quay@example.com",
    password: "p4ss",
    rows: ["x".repeat(size)],
  });
  for (const size of [40_000, 1_000_000, 1_048_576, 5_000_000]) {
    const { json, bytes } = await keepApart(row, ofSize(size));
    const [step] = (await inspect(row.id)).steps;
    assertEquals([step.output_truncated, step.output_bytes], [true, bytes]);
    assertStrictEquals(step.output, json.slice(0, 5_000));
    assertEquals(await result(), { truncated: true, text: json.slice(0, 5_000) });
    const [hidden] = (await inspect(row.id, member)).steps;
    assertEquals([hidden.output_truncated, hidden.output_bytes], [true, bytes]);
    assertMatch(hidden.output, /^\{"id":"u1","email":"\[redacted\]","password":"\[redacted\]","rows":\["x{4000}/);
  }

  await removeFlow(flow);
});

Deno.test("developer mode shows whole outputs, but never more than the beginning of one above 1 MB", () => {
  const view: RunView = { whole: true, redacted: false, show: (value) => value, showText: (text) => text };
  const output = "x".repeat(19_000);
  assertEquals(shownOutput({ output, outputIsCut: false }, view), { value: output, cut: false });
  assertEquals(shownOutput({ output, outputIsCut: true }, view), { value: `"${output}`.slice(0, 5_000), cut: true });
  assertEquals(shownOutput({ output: null, outputIsCut: false }, view), { value: null, cut: false });
});

Deno.test("of kept outputs that come to more than 8 MB the first are read, the others say that they are not, of what size", async () => {
  const flow = await createFlow([
    LIST_TAGS,
    ...Array.from({ length: 7 }, (_, n) => ({ ...LIST_TAGS, id: `again_${n}` })),
  ]);
  await send();
  const [row] = await inState(flow, "completed") as [Json];
  const { sql } = world.database.db;
  const json = JSON.stringify("x".repeat(1_000_000));
  await sql`
    insert into output (installation_id, run_id, id, bytes, body)
    select installation_id, id, 'kept', ${json.length}, ${json} from run where id = ${row.id}`;
  await sql`update step set output = null, output_ref = 'kept', output_bytes = ${json.length} where run_id = ${row.id}`;
  // Those of the items of a loop, as many as it has, take nothing from what is shown.
  await sql`
    insert into step (installation_id, run_id, path, action, state, attempts, output_ref, output_bytes, started_at)
    select installation_id, run_id, 'root/each#' || n || '/list', action, state, attempts, output_ref, output_bytes,
      started_at - interval '1 minute'
    from step, generate_series(1, 6) n where run_id = ${row.id} and path = 'root/list_tags'`;
  const { steps } = await inspect(row.id);
  for (const step of steps) assertStrictEquals(step.output_bytes, json.length);
  for (const { output } of steps.slice(0, 7)) assertStrictEquals(output, json.slice(0, 5_000));
  assertStrictEquals(steps.length, 8);
  assertMatch(steps[7].output, /^\[not read: .* 8 MB\]$/);
  await removeFlow(flow);
});

Deno.test("of outputs that come to more than 8 MB the first are read, the others say that they are not", async () => {
  const flow = await createFlow([NEW_TAG]);
  await send();
  const [row] = await inState(flow, "completed") as [Json];
  const { sql } = world.database.db;
  await sql`
    update step set output = to_jsonb(repeat('x', 5000000)) where run_id = ${row.id}`;
  await sql`
    insert into step (installation_id, run_id, path, action, state, attempts, output, started_at, finished_at)
    select installation_id, run_id, path || '/later', action, state, attempts, output, now(), now()
    from step where run_id = ${row.id}`;
  const { executions: [execution] } = (await door(`/flows/${flow.id}/executions`)).body;
  assertEquals(execution.actions[0].result.text.length, 5_000);
  assertMatch(execution.actions[1].result, /^\[not read: .* 8 MB\]$/);
  // A run in loops has tens of thousands: a page of such runs is bounded.
  await sql`
    insert into step (installation_id, run_id, path, action, state, attempts, started_at, finished_at)
    select installation_id, run_id, 'root/each#' || n || '/tag', action, state, attempts, now(), now()
    from step, generate_series(1, 300) n where run_id = ${row.id} and path not like '%/later'`;
  const { executions: [bounded] } = (await door(`/flows/${flow.id}/executions`)).body;
  assertStrictEquals(bounded.actions.length, 200);
  await removeFlow(flow);
});

Deno.test("a run whose event is gone is still shown, and cannot go on", async () => {
  const flow = await createFlow([NEW_TAG]);
  await world.simulator.addFault({ kind: "status", status: 500, method: "POST", path: "*/tags" });
  await send();
  const [row] = await inState(flow, "failed") as [Json];
  await world.database.db.sql`delete from event where id = ${Number(row.event_id)}`;
  const [listed] = (await runs(`?flow_id=${flow.id}`)).runs;
  assertEquals([listed.id, listed.event_type], [row.id, null]);
  const shown = await inspect(row.id);
  assertEquals([shown.event, shown.queued_ms, shown.can_retry], [null, null, false]);
  assertMatch(shown.retry_reason, /event of the run was deleted/);
  assertProblem(await retry(row.id), 409, "CONFLICT");
  await removeFlow(flow);
});

Deno.test("a run of another workspace, or of none, is not found", async () => {
  const flow = await createFlow([LIST_TAGS]);
  await send();
  const [row] = await inState(flow, "completed") as [Json];
  const [, other] = await world.simulator.workspaces();
  await world.install("universal_webhook", other!.id);
  const strange = await world.viewer("universal_webhook", { workspaceId: other!.id, userId: other!.users[0]!.id });
  assertProblem(await door(`/runs/${row.id}`, { headers: strange }), 404, "NOT_FOUND");
  assertProblem(await door(`/runs/${row.id}/retry`, { headers: strange, body: {} }), 404, "NOT_FOUND");
  assertEquals((await door("/runs", { headers: strange })).body.runs, []);
  assertEquals((await door(`/runs?event_id=${row.event_id}`, { headers: strange })).body.runs, []);
  for (const id of ["1", "x", crypto.randomUUID(), `${row.id}0`]) {
    assertProblem(await door(`/runs/${id}`), 404, "NOT_FOUND");
    assertProblem(await retry(id), 404, "NOT_FOUND");
  }
  await removeFlow(flow);
});

Deno.test("a retried run of an add-on that is switched off waits with the reason, and goes on when it is on again", async () => {
  const { simulator } = world;
  const flow = await createFlow([NEW_TAG]);
  await simulator.addFault({ kind: "status", status: 500, method: "POST", path: "*/tags" });
  await send();
  const [row] = await inState(flow, "failed") as [Json];
  const { addonId } = (await simulator.listInstallations()).find((one) => one.workspaceId === world.workspaceId)!;
  await simulator.setStatus({ addonId, status: "INACTIVE" });
  assertEquals((await retry(row.id)).status, 202);
  await inState(flow, "waiting");
  const waiting = await inspect(row.id);
  assertMatch(waiting.waiting_reason, /active|switched off/);
  assertEquals(waiting.steps[0].attempts.map((one: Json) => [one.number, one.state]), [
    [1, "failed"],
    [2, "snoozed"],
  ]);
  assertProblem(await retry(row.id), 409, "CONFLICT");
  await simulator.setStatus({ addonId, status: "ACTIVE" });
  // Its wait is over, whatever it was.
  await passDelays(world.database.db, "run");
  await inState(flow, "completed");
  await removeFlow(flow);
});

Deno.test("the list of flows says how each did lately", async () => {
  const flow = await createFlow([NEW_TAG]);
  await send(2);
  await inState(flow, "completed", 2);
  await world.simulator.addFault({ kind: "status", status: 500, method: "POST", path: "*/tags" });
  await send();
  const [failed] = await inState(flow, "failed") as [Json];
  const { flows } = (await door("/flows")).body;
  assertEquals(flows.find(({ id }: Json) => id === flow.id).stats, {
    runs_24h: 3,
    failed_24h: 1,
    last_run: { id: failed.id, state: "failed", created_at: failed.created_at },
    recent: ["failed", "completed", "completed"],
  });
  await world.database.db.sql`
    update run set created_at = created_at - interval '25 hours' where flow_id = ${Number(flow.id)}`;
  const [old] = (await door("/flows")).body.flows.filter(({ id }: Json) => id === flow.id);
  assertEquals([old.stats.runs_24h, old.stats.failed_24h, old.stats.recent.length], [0, 0, 3]);
  await removeFlow(flow);
});
