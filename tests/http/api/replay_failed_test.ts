/** Tests of what a replay and a retry repeat: failed runs go on where they stopped, and what finished stays as it is. */

import { assertEquals, assertMatch } from "@std/assert";
import { stopSharedDatabase } from "../../support/database.ts";
import { eventually, startWorld, type World } from "../../support/world.ts";
import { type Answer, ask, assertProblem, type Json } from "../door.ts";

const EVENT = "TIMER_STOPPED";
const ONCE = { max_attempts: 1, initial_delay_ms: 0, max_delay_ms: 0 };
/** Told by its query from the reading of the workspace. */
const LIST_TAGS = { id: "list_tags", operation_id: "getTags", query_params: { name: "Chosen" } };
const NEW_TAG = { id: "new_tag", operation_id: "createNewTag", body: { name: "{{ $.webhook.id }}" }, retry: ONCE };
const ENTRY = { start: "2026-11-20T09:00:00Z", end: "2026-11-20T09:30:00Z", description: "$.webhook.id" };
const NEW_ENTRY = { id: "new_entry", operation_id: "createTimeEntry", body: ENTRY };

let world: World;
let admin: Record<string, string>;

Deno.test.beforeAll(async () => {
  world = await startWorld({ env: { API_RATE_LIMIT_RPS: "100000", MAX_RUNS_PER_MINUTE: "60000" } });
  await world.install("universal_webhook");
  admin = await world.viewer("universal_webhook");
});
Deno.test.afterEach(async () => {
  // What a test that failed left behind.
  await remove(...(await ui("/flows")).body.flows);
  await world.simulator.clearFaults();
});
Deno.test.afterAll(async () => {
  await world.stop();
  await stopSharedDatabase();
});

function ui(path: string, options: Parameters<typeof ask>[1] = {}): Promise<Answer> {
  return ask(`${world.url("universal_webhook")}/ui${path}`, { headers: admin, ...options });
}

const replay = (body: Json) => ui("/webhooks/replay", { body });

async function create(name: string, actions: unknown[]): Promise<Json> {
  const { status, body } = await ui("/flows", { body: { name, trigger_event_types: [EVENT], actions } });
  assertEquals(status, 201, JSON.stringify(body));
  return body;
}

async function change({ id }: Json, fields: Json): Promise<Json> {
  const { status, body } = await ui(`/flows/${id}`, { method: "PUT", body: fields });
  assertEquals(status, 200, JSON.stringify(body));
  return body;
}

async function remove(...flows: Json[]) {
  for (const { id } of flows) assertEquals((await ui(`/flows/${id}`, { method: "DELETE" })).status, 200);
}

/** Delivers events and waits until all runs of each are over; their ids, oldest first. */
async function deliver(count: number, runs: number): Promise<string[]> {
  const { workspaceId, simulator } = world;
  const ids: string[] = [];
  for (let i = 0; i < count; i++) {
    const id = crypto.randomUUID();
    await simulator.deliver({ workspaceId, event: EVENT, payload: { id, workspaceId } });
    ids.push(
      await eventually(async () => {
        const [row] = (await ui(`/webhooks?q=${id}`)).body.webhooks;
        return row && (await settled(row.id)).length === runs && row.id;
      }),
    );
  }
  return ids;
}

/** The runs of an event once all of them are over; none before. */
async function settled(eventId: string): Promise<Json[]> {
  const { runs } = (await ui(`/runs?event_id=${eventId}`)).body;
  return runs.every(({ state }: Json) => state === "completed" || state === "failed") ? runs : [];
}

/** Every run of the events: flow, state, version and replay number, in order of the events and flows. */
async function runsOf(events: readonly string[]): Promise<Json[]> {
  const all = await eventually(async () => {
    const runs = await Promise.all(events.map(settled));
    return runs.every(({ length }) => length > 0) && runs;
  });
  return all.flatMap((runs) => runs.toSorted((a, b) => Number(a.flow_id) - Number(b.flow_id) || a.replay - b.replay))
    .map(({ id, event_id, flow_id, flow_version, state, replay }) => ({
      id,
      event_id,
      flow_id,
      flow_version,
      state,
      replay,
    }));
}

async function sent(path: string): Promise<{ status: number | null; key: string | undefined }[]> {
  const requests = await world.simulator.listRequests({ method: "POST", path });
  return requests.map(({ status, headers }) => ({ status, key: headers["idempotency-key"] }));
}

/** How often the flows listed tags. */
async function readsOfTags(): Promise<number> {
  const requests = await world.simulator.listRequests({ method: "GET", path: "/tags" });
  return requests.filter((request) => JSON.stringify(request).includes("Chosen")).length;
}

const inspect = async (id: string): Promise<Json> => (await ui(`/runs/${id}`)).body;
const retry = (id: string, body?: Json) => ui(`/runs/${id}/retry`, { method: "POST", ...(body && { body }) });

Deno.test("a replay of three events retries the three failed runs from step 2, and runs no finished flow again", async () => {
  const { simulator } = world;
  const finished = await create("Makes an entry", [NEW_ENTRY]);
  const failing = await create("Makes a tag", [LIST_TAGS, NEW_TAG]);
  await simulator.clearRequests();
  await simulator.addFault({ kind: "status", status: 500, method: "POST", path: "*/tags", count: 3 });
  const events = await deliver(3, 2);
  const before = await runsOf(events);
  assertEquals(before.map(({ state }) => state), [
    "completed",
    "failed",
    "completed",
    "failed",
    "completed",
    "failed",
  ]);

  const counts = {
    events: 3,
    retried: 3,
    runs: 0,
    flows: [{
      flow_id: failing.id,
      name: "Makes a tag",
      retried: 3,
      from_steps: [{ step: 2, runs: 3 }],
      runs: 0,
      repeated: 0,
    }],
    skipped: [],
    notes: [],
  };
  const dry = await replay({ ids: events, dry_run: true });
  assertEquals(dry.body, { dry_run: true, message: "3 runs will be retried from step 2, 0 new runs", ...counts });
  assertEquals(await runsOf(events), before, "a dry run changes nothing");
  assertEquals((await sent("/tags")).length, 3);

  const done = await replay({ ids: events });
  assertEquals(done.body, { dry_run: false, message: "3 runs are retried from step 2, 0 new runs", ...counts });
  assertEquals(
    await eventually(async () => {
      const now = await runsOf(events);
      return now.every(({ state }) => state === "completed") && now;
    }),
    before.map((run) => ({ ...run, state: "completed" })),
    "the same six runs, none added",
  );
  assertEquals((await sent("/time-entries")).length, 3, "the finished flow made each entry once");
  const keys = before.filter(({ flow_id }) => flow_id === failing.id).map(({ id }) => `${id}/root/new_tag`);
  const said = (status: number) => keys.map((key) => `${status} ${key}`).toSorted();
  const tags = (await sent("/tags")).map(({ status, key }) => `${status} ${key}`);
  assertEquals(tags.slice(0, 3).toSorted(), said(500));
  assertEquals(tags.slice(3).toSorted(), said(201), "each failed step once more, under its key");
  assertEquals(await readsOfTags(), 3, "the finished steps are kept");

  const again = await replay({ ids: events });
  assertEquals([again.body.retried, again.body.runs, again.body.skipped], [
    0,
    0,
    events.map((id) => ({ id, reason: "no_failed_run" })),
  ]);
  await remove(finished, failing);
});

Deno.test("all flows again is said before: which flows ran for how many of the events, and are done twice", async () => {
  const { simulator } = world;
  const finished = await create("Makes an entry", [NEW_ENTRY]);
  const failing = await create("Makes a tag", [NEW_TAG]);
  await simulator.addFault({ kind: "status", status: 500, method: "POST", path: "*/tags", count: 2 });
  const events = await deliver(2, 2);
  await simulator.clearRequests();
  const note = (name: string) =>
    `Flow "${name}" ran before for 2 of these events: it starts again at step 1, and what it did is done twice`;
  const dry = await replay({ ids: events, flows: "all", dry_run: true });
  assertEquals([dry.body.message, dry.body.notes], [
    "0 runs will be retried, 4 new runs",
    [note("Makes an entry"), note("Makes a tag")],
  ]);
  const one = await replay({ ids: events, flows: [finished.id] });
  assertEquals([one.body.runs, one.body.notes], [2, [note("Makes an entry")]]);
  const runs = await eventually(async () => {
    const all = await runsOf(events);
    return all.length === 6 && all;
  });
  assertEquals(
    runs.map(({ flow_id, state, replay }) => [flow_id, state, replay]),
    [0, 1].flatMap(() => [
      [finished.id, "completed", 0],
      [finished.id, "completed", one.body.replay],
      [failing.id, "failed", 0],
    ]),
  );
  assertEquals([(await sent("/time-entries")).length, (await sent("/tags")).length], [2, 0]);

  await change(finished, { enabled: false });
  const off = await replay({ ids: events, flows: [finished.id], dry_run: true });
  assertEquals([off.body.runs, off.body.notes], [0, ['Flow "Makes an entry" is switched off: it makes no run']]);
  await change(failing, { enabled: false });
  const failed = runs.filter(({ state }) => state === "failed");
  const leftOut = (reason: string) =>
    failed.map(({ id, event_id }) => ({ id: event_id, reason, run_id: id, flow_id: failing.id }));
  const none = await replay({ ids: events });
  assertEquals([none.body.retried, none.body.skipped], [0, leftOut("flow_off")]);
  await remove(finished, failing);
  const deleted = await replay({ ids: events });
  assertEquals([deleted.body.retried, deleted.body.skipped], [0, leftOut("flow_deleted")]);
});

Deno.test("after a fix the failed runs go on with the present version, each under its own id and key", async () => {
  const { simulator } = world;
  const broken = { ...NEW_TAG, body: { name: "" } };
  const flow = await create("Mended", [LIST_TAGS, broken, { ...LIST_TAGS, id: "after" }]);
  const events = await deliver(3, 1);
  await simulator.clearRequests();
  const before = await runsOf(events);
  assertEquals(before.map(({ state }) => state), ["failed", "failed", "failed"]);
  const [kept, failed] = (await inspect(before[0]!.id)).steps;
  assertEquals(failed.idempotency_key, `${before[0]!.id}/root/new_tag`);
  await change(flow, { actions: [LIST_TAGS, { ...NEW_TAG, retry: undefined }] });

  const choices = (await inspect(before[0]!.id)).retry;
  assertEquals(choices, {
    same: { version: 1, kept: 1, from_step: 2 },
    present: { version: 2, kept: 1, from_step: 2 },
  });
  const first = await retry(before[0]!.id, { version: "present" });
  assertEquals([first.status, first.body], [202, {
    run_id: before[0]!.id,
    state: "pending",
    version: 2,
    kept: 1,
    from_step: 2,
  }]);
  const rest = await replay({ ids: events.slice(1), version: "present" });
  assertEquals(rest.body.message, "2 runs are retried from step 2, 0 new runs");
  const after = await eventually(async () => {
    const now = await runsOf(events);
    return now.every(({ state }) => state === "completed") && now;
  });
  assertEquals(after, before.map((run) => ({ ...run, state: "completed", flow_version: 2 })));
  const runs = await Promise.all(before.map(({ id }) => inspect(id)));
  // The body is another one, so the key is too; a retry with the same version keeps it (the test above).
  for (const { id, steps } of runs) assertMatch(steps[1].idempotency_key, new RegExp(`^${id}/root/new_tag@\\d+$`));
  assertEquals(
    (await sent("/tags")).map(({ status, key }) => `${status} ${key}`).toSorted(),
    runs.map(({ steps }) => `201 ${steps[1].idempotency_key}`).toSorted(),
  );
  assertEquals(await readsOfTags(), 0, "step 1 is kept");
  const run = runs[0]!;
  assertEquals(run.steps.map(({ id, state }: Json) => [id, state]), [["list_tags", "completed"], [
    "new_tag",
    "completed",
  ]]);
  assertEquals(run.steps[0], kept);
  assertEquals(run.steps[1].attempts.map(({ number, state }: Json) => [number, state]), [[1, "failed"], [
    2,
    "succeeded",
  ]]);
  await remove(flow);
});

Deno.test("a present version that does not begin with the finished steps is refused in words, and the run stays failed", async () => {
  const broken = { ...NEW_TAG, body: { name: "" } };
  const flow = await create("Changed", [LIST_TAGS, broken]);
  const [event] = await deliver(1, 1);
  const [run] = await runsOf([event!]) as [Json];
  const refusal = (version: number) => `step 1, which finished, is another one in version ${version}`;
  let version = 1;
  for (
    const actions of [
      [{ ...LIST_TAGS, query_params: { archived: true } }, NEW_TAG],
      [{ ...LIST_TAGS, id: "renamed" }, NEW_TAG],
      [NEW_TAG, LIST_TAGS],
      [NEW_TAG],
    ]
  ) {
    await change(flow, { actions });
    version++;
    assertEquals((await inspect(run.id)).retry.present.refusal, refusal(version));
    const answer = await retry(run.id, { version: "present" });
    assertProblem(answer, 409, "CONFLICT");
    assertMatch(answer.body.detail, new RegExp(refusal(version)));
    const { body } = await replay({ ids: [event], version: "present" });
    assertEquals([body.retried, body.skipped], [0, [{
      id: event,
      reason: "steps_changed",
      run_id: run.id,
      flow_id: flow.id,
      detail: refusal(version),
    }]]);
  }
  // How often a finished step may be tried is no part of what it did; the failed one may go.
  await change(flow, { name: "Shorter", actions: [{ ...LIST_TAGS, retry: ONCE }] });
  assertEquals((await inspect(run.id)).retry.present, { version: 6, kept: 1, from_step: null });
  assertProblem(await retry(run.id, { version: "newest" }), 400, "REQUEST_INVALID");
  assertEquals(await runsOf([event!]), [run]);
  await remove(flow);
  const { same, present } = (await inspect(run.id)).retry;
  assertEquals(same, { version: 1, kept: 1, from_step: 2 });
  assertEquals(present.refusal, "the flow was deleted, so it has no present version");
  assertProblem(await retry(run.id, { version: "present" }), 409, "CONFLICT");
});

Deno.test("of two replays at once one has the failed run go on, and its step is sent once", async () => {
  const { simulator } = world;
  const flow = await create("Makes a tag", [NEW_TAG]);
  await simulator.addFault({ kind: "status", status: 500, method: "POST", path: "*/tags", count: 1 });
  const [event] = await deliver(1, 1);
  await simulator.clearRequests();
  const answers = await Promise.all([1, 2, 3, 4].map(() => replay({ ids: [event] })));
  assertEquals(answers.reduce((sum, { body }) => sum + body.retried, 0), 1);
  const [run] = await eventually(async () => {
    const runs = await runsOf([event!]);
    return runs[0]!.state === "completed" && runs;
  });
  assertEquals(run!.replay, 0);
  assertEquals((await sent("/tags")).length, 1);
  await remove(flow);
});
