/** Dead letters and bulk jobs at the doors: found by filters, sent again from the failed step at a rate, once each. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { Action, ActionCall } from "../../../src/engine/action.ts";
import { AppError } from "../../../src/base/errors.ts";
import { eventually, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { ask, assertProblem, type Json } from "../door.ts";

const ADDON = "universal_webhook";
const EVENT = "TIMER_STOPPED";
const ONCE = { max_attempts: 1 };

let world: World;
let admin: Record<string, string>;
let member: Record<string, string>;
let installationId: number;

/** In the place of Clockify's: steps whose id begins with "b" fail while `broken`. */
let broken = true;
const calls: ActionCall[] = [];
const action: Action = {
  type: "clockify",
  effect: "external",
  describe: ({ input }) => ({ body: (input as Json).body }),
  run: (call) => {
    calls.push(call);
    if (!broken || !call.stepPath.startsWith("root/b")) {
      return Promise.resolve({ outcome: "done", output: { ok: true } });
    }
    const error = new AppError("UPSTREAM_FAILED", `Cannot call: 503 for ${(call.input as Json).body.name}`);
    return Promise.resolve({ outcome: "failed", error, httpStatus: 503 });
  },
};

worldOfFile(
  { actions: [action], env: { API_RATE_LIMIT_RPS: "100000", MAX_RUNS_PER_MINUTE: "60000" } },
  async (made) => {
    world = made;
    ({ admin, member, installationId } = await world.enter(ADDON));
  },
);
Deno.test.beforeEach(() => {
  broken = true;
  calls.length = 0;
});

const ui = (path: string, options: Parameters<typeof ask>[1] = {}) =>
  ask(`${world.url(ADDON)}/ui${path}`, { headers: admin, ...options });
const letters = async (query = "") => (await ui(`/dead-letters${query}`)).body;
const bulk = (body: Json) => ui("/bulk-jobs", { body });
const job = async (id: string) => (await ui(`/bulk-jobs/${id}`)).body;

const step = (id: string, name: string) => ({ id, operation_id: "createNewTag", body: { name }, retry: ONCE });

/** A flow of two steps, the second of which fails, and its failed runs. */
async function failedRuns(count: number): Promise<{ flowId: string; runs: Json[] }> {
  const body = {
    name: `Flow ${crypto.randomUUID()}`,
    trigger_event_types: [EVENT],
    actions: [step("a", "first"), step("b", "{{ $.webhook.id }}")],
  };
  const created = await ui("/flows", { body });
  assertEquals(created.status, 201, JSON.stringify(created.body));
  const flowId = created.body.id;
  for (let i = 0; i < count; i++) {
    const payload = { id: crypto.randomUUID(), workspaceId: world.workspaceId };
    await world.simulator.deliver({ workspaceId: world.workspaceId, event: EVENT, payload });
  }
  const runs = await eventually(async () => {
    const { runs } = (await ui(`/runs?flow_id=${flowId}&state=failed`)).body;
    return runs.length === count && runs;
  });
  // It takes no events of the other tests.
  assertEquals(
    (await ui(`/flows/${flowId}`, { method: "PUT", body: { trigger_event_types: ["NEW_PROJECT"] } })).status,
    200,
  );
  return { flowId, runs };
}

const over = (id: string) =>
  eventually(async () => {
    const state = await job(id);
    return state.finished_at !== null && state.succeeded + state.failed === state.done - state.skipped && state;
  });

Deno.test("dead letters are found by flow, code, time and text, page by page, by admins; one says what was tried and is left", async () => {
  const { flowId, runs } = await failedRuns(3);
  const all = await letters(`?flow_id=${flowId}&code=UPSTREAM_FAILED&kind=run`);
  assertEquals([all.count, all.count_is_cut, all.pagination.has_more], [3, false, false]);
  assertEquals(all.dead_letters.map((one: Json) => one.run_id).sort(), runs.map(({ id }) => id).sort());
  const [newest] = all.dead_letters;
  assertEquals([newest.kind, newest.job, newest.code, newest.flow.id], ["run", "run", "UPSTREAM_FAILED", flowId]);

  const first = await letters(`?flow_id=${flowId}&limit=2`);
  const rest = await letters(`?flow_id=${flowId}&limit=2&cursor=${first.pagination.next_cursor}`);
  assertEquals([...first.dead_letters, ...rest.dead_letters], all.dead_letters);
  assertEquals([rest.count, rest.pagination.has_more], [null, false]);
  const counted = async (query: string) => (await letters(`?flow_id=${flowId}&${query}`)).count;
  assertEquals(await counted("code=HOST_NOT_ALLOWED"), 0);
  const day = all.dead_letters.at(-1).finished_at.slice(0, 10);
  assertEquals([await counted(`until=${day}`), await counted(`since=${day}`)], [0, 3]);
  const [, name] = /503 for ([0-9a-f-]+)/.exec(newest.reason)!;
  assertEquals(await counted(`text=${name!.toUpperCase()}`), 1);
  assertEquals(await counted("text=%25"), 0, "no pattern");

  const { body } = await ui(`/dead-letters/${newest.id}`);
  assertEquals(body.failed_step.path, "root/b");
  assertEquals(body.failed_step.attempts.map((one: Json) => [one.state, one.http_status]), [["failed", 503]]);
  assertEquals(body.failed_step.input, { body: { name } });
  assertEquals(body.todo.map(({ path }: Json) => path), ["root/b"]);
  assertProblem(await ui("/dead-letters/999999999"), 404, "NOT_FOUND");
  assertProblem(await ui("/dead-letters?cursor=x"), 400, "REQUEST_INVALID");
  for (const path of ["/dead-letters", `/dead-letters/${newest.id}`]) {
    assertProblem(await ui(path, { headers: member }), 403, "ROLE_INSUFFICIENT");
  }
});

Deno.test("an empty filter is refused unless all are meant and counted; a job sends each once, from the failed step", async () => {
  const { flowId, runs } = await failedRuns(3);
  for (const body of [{}, { filter: {} }, { filter: { kind: "run" } }, { all: true }]) {
    assertProblem(await bulk(body), 422, "FILTER_EMPTY");
  }
  const { plan, job: none } = (await bulk({ dry_run: true })).body;
  assertEquals(none, null);
  assert(plan.matched >= 3);
  assertProblem(await bulk({ all: true, confirm_count: plan.matched + 1 }), 409, "CONFLICT");
  assertProblem(
    await bulk({ filter: { since: "2026-11-22T00:00:00Z", until: "2026-11-21T00:00:00Z" } }),
    400,
    "REQUEST_INVALID",
  );
  assertProblem(await bulk({ filter: { text: "never said" } }), 400, "REQUEST_INVALID");
  assertProblem(await bulk({ filter: { flow_id: flowId }, rate_per_minute: 6_001 }), 400, "REQUEST_INVALID");
  assertProblem(
    await ui("/bulk-jobs", { body: { filter: { flow_id: flowId } }, headers: member }),
    403,
    "ROLE_INSUFFICIENT",
  );

  const filter = { flow_id: flowId, code: "UPSTREAM_FAILED" };
  const counted = (await bulk({ filter, dry_run: true })).body.plan;
  assertEquals([counted.matched, counted.runs, counted.events], [3, 3, 0]);
  assertEquals(counted.by_flow.map((one: Json) => [one.flow_id, one.runs]), [[flowId, 3]]);
  assertEquals(counted.by_code, [{ code: "UPSTREAM_FAILED", runs: 3 }]);
  assertEquals((await letters(`?flow_id=${flowId}`)).count, 3, "counting changes nothing");

  // A flow that is switched off is not sent again, whoever asks.
  const mark = calls.length;
  broken = false;
  const started = await bulk({ filter, rate_per_minute: 6_000 });
  assertEquals(
    [started.status, started.body.job.matched, started.body.job.version],
    [200, 3, "ran"],
    JSON.stringify(started.body),
  );
  const done = await over(started.body.job.id);
  assertEquals([done.state, done.done, done.succeeded, done.failed, done.skipped], ["finished", 3, 3, 0, 0]);
  const made = calls.slice(mark).filter(({ runId }) => runs.some(({ id }) => id === runId));
  assertEquals(made.map(({ stepPath, attempt }) => [stepPath, attempt]), [["root/b", 2], ["root/b", 2], ["root/b", 2]]);
  assertEquals((await letters(`?flow_id=${flowId}`)).count, 0);
  const audit = (await ui("/audit?action=POST%20/ui/bulk-jobs")).body.entries;
  assert(audit.some((one: Json) => one.outcome === "done"), JSON.stringify(audit));
  const metrics = await (await fetch(`${world.url(ADDON)}/metrics`)).text();
  assertMatch(metrics, /bulk_sent_total\{[^}]*outcome="sent"[^}]*\} [1-9]/);
});

Deno.test("a second job waits for the first; one that is stopped sends nothing more; what fails once more is a dead letter again", async () => {
  const { flowId } = await failedRuns(3);
  const filter = { flow_id: flowId };
  const slow = (await bulk({ filter, rate_per_minute: 1 })).body.job;
  assertProblem(await bulk({ filter }), 409, "CONFLICT");
  await eventually(async () => (await job(slow.id)).failed === 1);
  const stopping = await ui(`/bulk-jobs/${slow.id}/stop`, { method: "POST" });
  assert(["stopping", "stopped"].includes(stopping.body.state));
  const stopped = await over(slow.id);
  assertEquals([stopped.state, stopped.matched, stopped.done, stopped.failed], ["stopped", 3, 1, 1]);
  assertEquals((await letters(`?flow_id=${flowId}`)).count, 3);
  for (const path of ["/bulk-jobs/999999", "/bulk-jobs/x"]) assertProblem(await ui(path), 404, "NOT_FOUND");
  assertProblem(await ui("/bulk-jobs/999999/stop", { method: "POST" }), 404, "NOT_FOUND");
});

Deno.test("with the present version runs go on as the flow is now; a flow that begins otherwise or is off is left out, and says so", async () => {
  const { flowId, runs: [run] } = await failedRuns(1);
  const change = (fields: Json) => ui(`/flows/${flowId}`, { method: "PUT", body: fields });
  assertEquals((await change({ actions: [step("a", "first"), step("c", "fixed")] })).status, 200);
  const sent = await over((await bulk({ filter: { flow_id: flowId }, version: "present" })).body.job.id);
  assertEquals([sent.version, sent.succeeded], ["present", 1]);
  const { body } = await ui(`/runs/${run.id}`);
  assertEquals([body.state, body.flow_version], ["completed", 3]);
  assertEquals(body.steps.map(({ id, state }: Json) => [id, state]), [["a", "completed"], ["c", "completed"]]);

  const other = await failedRuns(1);
  const put = (fields: Json) => ui(`/flows/${other.flowId}`, { method: "PUT", body: fields });
  await put({ actions: [step("z", "other")] });
  const left = await over((await bulk({ filter: { flow_id: other.flowId }, version: "present" })).body.job.id);
  assertEquals([left.skipped, left.problems.length], [1, 1]);
  assertMatch(left.problems[0].reason, /steps_changed/);
  await put({ enabled: false });
  const off = await over((await bulk({ filter: { run_ids: [other.runs[0].id] } })).body.job.id);
  assertEquals(off.problems.map(({ reason, run_id }: Json) => [reason, run_id]), [["flow_off", other.runs[0].id]]);
});

Deno.test("an event that was given up before its flows were asked is sent again, once, and then has its runs", async () => {
  broken = false;
  const created = await ui("/flows", {
    body: { name: "Late", trigger_event_types: ["NEW_CLIENT"], actions: [step("a", "x")] },
  });
  const { sql } = world.database.db;
  const [event] = await sql<{ id: number }[]>`
    insert into event (installation_id, id, workspace_id, event_type, entity_key, request_id, headers, body, outcome, reason, finished_at)
    values (${installationId}, nextval('event_id_seq'), ${world.workspaceId}, 'NEW_CLIENT', 'client:1', 'r', '{}',
      ${new TextEncoder().encode('{"id": "c"}')}, 'dead', 'it ended the process', now()) returning id`;
  for (let i = 0; i < 2; i++) {
    await sql`
      insert into job (kind, installation_id, payload, state, finished_at, event_id, reason)
      values ('event', ${installationId}, ${sql.json({ event_id: event!.id })}, 'discarded', now(), ${
      event!.id
    }, 'it ended the process')`;
  }
  const listed = (await letters("?kind=event")).dead_letters;
  assertEquals(listed.map((one: Json) => [one.event.id, one.run_id]), [[String(event!.id), null], [
    String(event!.id),
    null,
  ]]);
  const { body: detail } = await ui(`/dead-letters/${listed[0].id}`);
  assertEquals([detail.reason, detail.failed_step, detail.todo], ["it ended the process", null, []]);
  const done = await over((await bulk({ filter: { kind: "event", text: "ended the process" } })).body.job.id);
  assertEquals([done.matched, done.succeeded, done.skipped], [2, 1, 1]);
  assertEquals((await ui(`/runs?flow_id=${created.body.id}`)).body.runs.length, 1);
  assertEquals((await letters("?kind=event")).count, 0);

  // One that no flow fits is no dead letter once that is known; of one flow alone it is not.
  await sql`
    update event set outcome = 'dead', event_type = 'CLIENT_DELETED' where id = ${event!.id}`;
  for (const table of ["run", "job"]) await sql.unsafe(`delete from ${table} where event_id = ${event!.id}`);
  await sql`
    insert into job (kind, installation_id, payload, state, finished_at, event_id, reason)
    values ('event', ${installationId}, ${sql.json({ event_id: event!.id })}, 'discarded', now(), ${
    event!.id
  }, 'it was alone')`;
  await sql`
    insert into job (kind, installation_id, payload)
    values ('event', ${installationId}, ${sql.json({ event_id: event!.id, replay: 99, flow_id: 1 })})`;
  await eventually(async () => (await sql`select 1 from job where payload @> '{"replay": 99}'`).length === 0);
  assertEquals((await letters("?kind=event")).count, 1);
  const alone = await over((await bulk({ filter: { kind: "event", text: "it was alone" } })).body.job.id);
  assertEquals([alone.matched, alone.succeeded, alone.failed], [1, 1, 0]);
  assertEquals((await letters("?kind=event")).count, 0);
  const { outcome, reason } = (await ui(`/webhooks/${event!.id}`)).body;
  assertEquals([outcome, reason], ["skipped", "no_flow"]);
});

Deno.test("one cause is one issue, muted, resolved, back when it happens again, and sent again alone", async () => {
  const { flowId, runs } = await failedRuns(3);
  const other = await failedRuns(1);
  const issueOf = async (id: string, query = "") =>
    (await ui(`/issues${query}`)).body.issues.find((one: Json) => one.run?.flow_id === id);
  const issue = await issueOf(flowId);
  assertEquals([issue.kind, issue.state, issue.count, issue.since, issue.came_back], ["run", "open", 3, null, false]);
  assertEquals([issue.run.failed_step, issue.run.failed_step_number, issue.run.error.code], [
    "b",
    2,
    "UPSTREAM_FAILED",
  ]);
  assertMatch(issue.words, /503 for [0-9a-f-]{36}/, "of the newest, whole");
  assertEquals(issue.examples.map((one: Json) => one.run_id).sort(), runs.map(({ id }) => id).sort());
  assert(issue.examples.every(({ event }: Json) => event.event_type === EVENT));
  const seen = await ui("/issues", { headers: member });
  assert(seen.body.issues.every(({ kind }: Json) => !["event", "background"].includes(kind)));

  const mark = (id: string, body: Json) => ui(`/issues/${id}`, { method: "PUT", body });
  const open = (await ui("/issues")).body.counts.open;
  const until = "2999-01-01T00:00:00.000Z";
  assertEquals((await mark(issue.id, { state: "muted", until })).body.muted_until, until);
  assertEquals([await issueOf(flowId, "?state=open"), (await issueOf(flowId)).state], [undefined, "muted"]);
  assertEquals((await ui("/issues")).body.counts.open, open - 1);
  assertEquals(
    (await mark(issue.id, { state: "muted", until: "2020-01-01T00:00:00Z" })).body.state,
    "open",
    "it is over",
  );
  const resolved = (await mark(issue.id, { state: "resolved" })).body;
  assertEquals([resolved.state, resolved.count, resolved.marked_by !== null], ["resolved", 3, true]);
  assertEquals(await issueOf(flowId, "?state=open"), undefined);
  assertEquals((await issueOf(other.flowId)).state, "open", "another flow's is another issue");

  // One of them is retried and fails again: it is back, with that one alone, and a job of it sends no other.
  assertEquals((await ui(`/runs/${runs[0].id}/retry`, { method: "POST" })).status, 202);
  const back = await eventually(async () => await issueOf(flowId, "?state=open"));
  assertEquals([back.id, back.count, back.came_back], [issue.id, 1, true]);
  const filter = { issue: issue.id, since: back.since };
  assertEquals((await bulk({ filter, dry_run: true })).body.plan.matched, 1);
  assertEquals((await bulk({ filter: { issue: issue.id }, dry_run: true })).body.plan.matched, 3);
  assertEquals((await mark(issue.id, { state: "open" })).body.count, 3);

  // What a list of runs or events is narrowed to.
  const planned = async (filter: Json) =>
    (await bulk({ filter: { flow_id: flowId, ...filter }, dry_run: true })).body.plan.matched;
  const oldest = runs.at(-1)!.created_at;
  const { event } = issue.examples[0];
  assertEquals(await planned({ run_since: oldest }), 3);
  assertEquals(await planned({ run_until: oldest }), 0);
  assertEquals(await planned({ event_id: event.id }), 1);
  assertEquals(await planned({ events: { q: event.id, outcome: "failed" } }), 1);
  assertEquals(await planned({ events: { event_type: EVENT, source: "CLOCKIFY", reconciled: false } }), 3);
  assertEquals(await planned({ events: { outcome: "dead" } }), 0);
  assertEquals(await planned({ events: { until: "2020-01-01T00:00:00Z" } }), 0);
  assertProblem(await bulk({ filter: { events: {} } }), 422, "FILTER_EMPTY");

  broken = false;
  const all = { issue: issue.id, events: { event_type: EVENT, since: "2020-01-01T00:00:00.000Z" } };
  const done = await over((await bulk({ filter: all, rate_per_minute: 6_000 })).body.job.id);
  assertEquals([done.done, done.succeeded, done.filter], [3, 3, all]);
  assertEquals(await issueOf(flowId), undefined, "nothing stands of it");
  assertEquals((await issueOf(other.flowId)).count, 1);
  assertEquals((await ui("/bulk-jobs")).body.jobs[0], await job(done.id));
  assertProblem(await mark(issue.id, { state: "resolved" }), 404, "NOT_FOUND");
  assertProblem(await mark(issue.id, { state: "resolved", until }), 400, "REQUEST_INVALID");
  assertProblem(
    await ui(`/issues/${issue.id}`, { method: "PUT", body: { state: "muted" }, headers: member }),
    403,
    "ROLE_INSUFFICIENT",
  );
});
