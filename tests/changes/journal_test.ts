/** The journal at the doors: what flows wrote, who may see what of it, its undo by one, by two at once and in bulk. */

import { assert, assertEquals, assertMatch, assertNotEquals, assertNotMatch } from "@std/assert";
import { ask, assertProblem, type Json } from "../http/door.ts";
import { stopSharedDatabase } from "../support/database.ts";
import { eventually, OPERATOR_KEY, startWorld, type World } from "../support/world.ts";

const UW = "universal_webhook";
const EVENT = "TIMER_STOPPED";

let world: World;
let admin: Record<string, string>;
let member: Record<string, string>;

Deno.test.beforeAll(async () => {
  world = await startWorld({ env: { API_RATE_LIMIT_RPS: "100000", LOG_LEVEL: "INFO" } });
  ({ admin, member } = await world.enter(UW));
});
Deno.test.afterAll(async () => {
  await world.stop();
  await stopSharedDatabase();
});

const ui = (path: string, options: { method?: string; body?: Json; headers?: Record<string, string> } = {}) =>
  ask(`${world.url(UW)}/ui${path}`, { ...options, headers: options.headers ?? admin });
const see = (path: string): Promise<Json> =>
  world.simulator.change({ workspaceId: world.workspaceId, method: "GET", path });
const change = (method: "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: Json): Promise<Json> =>
  world.simulator.change({ workspaceId: world.workspaceId, method, path, body });

/** Has a flow with these actions run once; gives its ids. */
async function runFlow(actions: Json[], payload: Json = {}): Promise<{ runId: string; flowId: string }> {
  const flow = { name: `Flow ${crypto.randomUUID()}`, trigger_event_types: [EVENT], actions };
  const first = await ui("/flows", { body: flow });
  // A flow that deletes is confirmed when it is published.
  const saved = first.status === 428
    ? await ui("/flows", { body: { ...flow, confirm_token: first.body.confirmation.confirm_token } })
    : first;
  assertEquals(saved.status, 201, JSON.stringify(saved.body));
  const flowId = saved.body.id;
  const { simulator, workspaceId } = world;
  await simulator.deliver({ workspaceId, event: EVENT, payload: { id: crypto.randomUUID(), workspaceId, ...payload } });
  const run = await eventually(async () => {
    const { body } = await ui(`/runs?flow_id=${flowId}`);
    return body.runs.find(({ state }: Json) => state === "completed" || state === "failed");
  });
  assertEquals(run.state, "completed", JSON.stringify(run));
  await ui(`/flows/${flowId}`, { method: "DELETE" });
  return { runId: run.id, flowId };
}

const listed = async (query: string) => (await ui(`/changes?${query}`)).body.changes as Json[];
const undo = (id: string, body: Json = {}, headers = admin) =>
  ui(`/changes/${id}/undo`, { method: "POST", body, headers });

let tags = 0;
async function newTag(): Promise<Json> {
  return await change("POST", "/tags", { name: `Tag ${++tags} of ${crypto.randomUUID().slice(0, 8)}` });
}

Deno.test("a flow's writes are listed with what they changed, by whom and when, and the filters choose among them", async () => {
  const tag = await newTag();
  const { runId, flowId } = await runFlow([
    { id: "rename", operation_id: "updateTag", path_params: { id: tag.id }, body: { name: `${tag.name} renamed` } },
    { id: "read", operation_id: "getTag", path_params: { id: tag.id } },
    { id: "same", operation_id: "updateTag", path_params: { id: tag.id }, body: { name: `${tag.name} renamed` } },
    { id: "delete", operation_id: "deleteTag", path_params: { id: tag.id } },
  ]);
  const changes = await listed(`run_id=${runId}`);
  // What reads, and what wrote nothing, is no change.
  assertEquals(
    changes.map(({ operation_id, state, step_path, undoable }) => [operation_id, state, step_path, undoable]),
    [
      ["deleteTag", "done", "root/delete", true],
      ["updateTag", "done", "root/rename", true],
    ],
  );
  const [deleted, renamed] = changes;
  assertEquals([renamed.flow_id, renamed.flow_version, renamed.origin, renamed.fields], [flowId, 1, "flow", ["name"]]);
  assertEquals([renamed.entity_type, renamed.entity_id, renamed.noun], ["tag", tag.id, "tag"]);
  assertEquals((await listed(`entity_type=tag&entity_id=${tag.id}`)).map(({ id }) => id), [deleted.id, renamed.id]);
  assertEquals((await listed(`entity_type=tag&entity_id=${tag.id}&operation=deleteTag`)).map(({ id }) => id), [
    deleted.id,
  ]);
  assertEquals((await listed(`flow_id=${flowId}`)).length, 2);
  assertEquals(await listed(`run_id=${runId}&undoable=false`), []);
  assertEquals(await listed(`run_id=${runId}&to=2020-01-01`), []);
  assertEquals(await listed("run_id=none"), []);
  assertEquals(await listed(`person=${world.ownerId}&entity_id=${tag.id}`), []);

  const first = await ui(`/changes?run_id=${runId}&limit=1`);
  assertEquals([first.body.changes[0].id, first.body.pagination.has_more], [deleted.id, true]);
  const second = await ui(`/changes?run_id=${runId}&limit=1&cursor=${first.body.pagination.next_cursor}`);
  assertEquals([second.body.changes[0].id, second.body.pagination.has_more], [renamed.id, false]);
  assertProblem(await ui("/changes?cursor=nonsense"), 400, "REQUEST_INVALID");

  const { body: shown } = await ui(`/changes/${renamed.id}`);
  assertEquals(shown.before, tag);
  assertEquals(shown.diff, [{ field: "name", before: tag.name, after: `${tag.name} renamed` }]);
  assertEquals([shown.after.name, shown.current], [`${tag.name} renamed`, null]);
  const { body: now } = await ui(`/changes/${renamed.id}?current=true`);
  assertEquals(now.current, { object: null, changed_since: [] }, "the tag is gone");
  assertProblem(await ui("/changes/999999999"), 404, "NOT_FOUND");
});

Deno.test("what others changed since stays; what they changed of ours is a conflict, taken only with all", async () => {
  const [project] = await see("/projects");
  const before = await change("PUT", `/projects/${project.id}`, {
    name: project.name,
    note: "First",
    color: "#111111",
  });
  await runFlow([
    {
      id: "note",
      operation_id: "updateProject",
      path_params: { projectId: project.id },
      body: { note: "By the flow" },
    },
  ]);
  const [own] = await listed(`entity_id=${project.id}`);
  await change("PUT", `/projects/${project.id}`, { name: project.name, note: "By the flow", color: "#222222" });
  const ready = (await ui(`/changes/${own!.id}/undo`)).body;
  assertEquals(ready.outcome, "ready");
  assertEquals(ready.fields.map(({ field, outcome, ours }: Json) => [field, outcome, ours]), [
    ["note", "restored", true],
    ["color", "kept", false],
  ]);
  assertEquals((await ui(`/changes/${own!.id}?current=true`)).body.current.changed_since, [
    { field: "color", before: "#111111", after: "#222222" },
  ]);

  await change("PUT", `/projects/${project.id}`, { name: project.name, note: "By another", color: "#222222" });
  const conflict = (await ui(`/changes/${own!.id}/undo`)).body;
  assertEquals([conflict.outcome, conflict.reason], ["conflict", "others changed the project since: note"]);
  const refused = await undo(own!.id);
  assertProblem(refused, 409, "UNDO_CONFLICT");
  assertEquals(refused.body.faults, [{ path: "note", message: "was changed by others since" }]);
  assertEquals((await see(`/projects/${project.id}`)).note, "By another", "nothing was sent");

  const taken = await undo(own!.id, { all: true });
  assertEquals([taken.status, taken.body.outcome], [200, "undone"]);
  assertEquals(await see(`/projects/${project.id}`), before, "with all, what others changed goes too");
  const [undone] = await listed(`entity_id=${project.id}`);
  assertEquals([undone!.origin, undone!.person, undone!.undo_of], ["undo", world.ownerId, own!.id]);
  assertEquals((await listed(`person=${world.ownerId}`))[0]!.id, undone!.id);
  assertProblem(await undo(own!.id), 409, "UNDO_DONE");
});

Deno.test("two people undo the same change at once: one does, the other is refused, and it is undone once", async () => {
  for (let round = 0; round < 5; round++) {
    const tag = await newTag();
    await runFlow([{ id: "delete", operation_id: "deleteTag", path_params: { id: tag.id } }]);
    const [own] = await listed(`entity_id=${tag.id}`);
    const operator = { "x-api-key": OPERATOR_KEY };
    const answers = await Promise.all([
      undo(own!.id),
      ask(`${world.url(UW)}/ui/changes/${own!.id}/undo?workspace_id=${world.workspaceId}`, {
        body: {},
        headers: operator,
      }),
    ]);
    const statuses = answers.map(({ status }) => status).toSorted();
    assertEquals(statuses, [200, 409], JSON.stringify(answers.map(({ body }) => body)));
    const loser = answers.find(({ status }) => status === 409)!;
    assertMatch(loser.body.code, /^UNDO_(IN_PROGRESS|DONE)$/);
    const named = (await see("/tags?page-size=200")).filter(({ name }: Json) => name === tag.name);
    assertEquals(named.length, 1);
    const undos = (await listed("operation=createNewTag")).filter(({ undo_of }) => undo_of === own!.id);
    assertEquals(undos.length, 1);
  }
});

Deno.test("an undo and a flow that write one entry at the same time both hold", async () => {
  const entry = await change("POST", "/time-entries", {
    start: "2026-11-20T09:00:00Z",
    end: "2026-11-20T10:00:00Z",
    description: "Before",
    billable: false,
  });
  const update = (body: Json) => ({ id: "set", operation_id: "updateTimeEntry", path_params: { id: entry.id }, body });
  await runFlow([update({ description: "By the flow" })]);
  const [own] = await listed(`entity_id=${entry.id}`);
  // The undo has read the entry, and its write is held: what the flow writes meanwhile must not be overwritten by it.
  const { id } = await world.simulator.addFault({
    kind: "hang",
    method: "PUT",
    path: `*/time-entries/${entry.id}`,
    count: 1,
  });
  const undone = undo(own!.id);
  await eventually(async () => (await listed(`entity_id=${entry.id}`))[0]!.state === "sending");
  const ran = runFlow([update({ billable: true })]);
  await new Promise((resolve) => setTimeout(resolve, 300));
  await world.simulator.releaseFaults({ id });
  assertEquals((await undone).body.outcome, "undone");
  await ran;
  assertEquals(await see(`/time-entries/${entry.id}`), { ...entry, billable: true });
});

Deno.test("an undo that deletes is confirmed by the token of its preview, once and by the same person", async () => {
  const name = `Made ${crypto.randomUUID().slice(0, 8)}`;
  const { runId } = await runFlow([{ id: "make", operation_id: "createNewTag", body: { name } }]);
  const [own] = await listed(`run_id=${runId}`);
  const preview = await undo(own!.id);
  assertProblem(preview, 428, "CONFIRMATION_REQUIRED");
  const { confirm_token, kind, grade } = preview.body.confirmation;
  assertEquals([kind, grade], ["preview", "destructive"]);
  const there = async () => (await see(`/tags?name=${name}`)).length;
  assertEquals(await there(), 1, "nothing was sent");
  const operator = { "x-api-key": OPERATOR_KEY };
  const foreign = await ask(`${world.url(UW)}/ui/changes/${own!.id}/undo?workspace_id=${world.workspaceId}`, {
    headers: operator,
    body: { confirm_token },
  });
  assertProblem(foreign, 403, "CONFIRM_TOKEN_INVALID");
  assertEquals(await there(), 1);
  const done = await undo(own!.id, { confirm_token });
  assertEquals([done.status, done.body.outcome], [200, "undone"], JSON.stringify(done.body));
  assertEquals(await there(), 0);
  assertProblem(await undo(own!.id, { confirm_token }), 409, "UNDO_DONE");
});

Deno.test("the same request under one Idempotency-Key undoes once and answers the same", async () => {
  const tag = await newTag();
  await runFlow([{ id: "delete", operation_id: "deleteTag", path_params: { id: tag.id } }]);
  const [own] = await listed(`entity_id=${tag.id}`);
  const headers = { ...admin, "idempotency-key": "undo-4711" };
  const first = await undo(own!.id, {}, headers);
  const again = await undo(own!.id, {}, headers);
  assertEquals([first.status, again.status, again.headers.get("idempotent-replayed")], [200, 200, "true"]);
  assertEquals(again.body, first.body);
});

Deno.test("members read without amounts, and undo nothing", async () => {
  const [project] = await see("/projects");
  await runFlow([{
    id: "rate",
    operation_id: "updateProject",
    path_params: { projectId: project.id },
    body: { hourlyRate: { amount: 7_700 }, note: "Day work" },
  }]);
  const [own] = await listed(`entity_id=${project.id}&operation=updateProject`);
  const whole = (await ui(`/changes/${own!.id}`)).body;
  assertEquals(whole.sent.hourlyRate, { amount: 7_700 });
  assertEquals(whole.diff.map(({ field }: Json) => field), ["hourlyRate", "note"]);
  const shown = await ui(`/changes/${own!.id}`, { headers: member });
  assertEquals(shown.status, 200);
  assertNotMatch(
    JSON.stringify([shown.body.before, shown.body.sent, shown.body.after, shown.body.diff]),
    /7700|[Rr]ate"|budget/,
  );
  assertEquals(shown.body.diff.map(({ field }: Json) => field), ["note"]);
  assertProblem(await ui(`/changes/${own!.id}?current=true`, { headers: member }), 403, "ROLE_INSUFFICIENT");
  assertProblem(await ui(`/changes/${own!.id}/undo`, { headers: member }), 403, "ROLE_INSUFFICIENT");
  assertProblem(await undo(own!.id, {}, member), 403, "ROLE_INSUFFICIENT");
  // What only admins see in Clockify stays out whole.
  const invoices = await runFlow([{ id: "list", operation_id: "getInvoices" }, {
    id: "due",
    operation_id: "updateInvoice",
    path_params: { invoiceId: "$.steps.list.output.invoices[0].id" },
    body: { subject: "Other" },
  }]);
  const [invoice] = await listed(`run_id=${invoices.runId}`);
  assertEquals(own!.name, project.name);
  assert(invoice!.name, "an invoice goes by its number");
  const { body: seen } = await ui(`/changes?run_id=${invoices.runId}`, { headers: member });
  assertEquals(seen.changes.map(({ name }: Json) => name), [null]);
  const hidden = (await ui(`/changes/${invoice!.id}`, { headers: member })).body;
  assertEquals([hidden.hidden, hidden.before, hidden.sent, hidden.after, hidden.diff], [true, null, null, null, []]);
});

Deno.test("what cannot be undone says why, and what was refused or changed nothing is none", async () => {
  const { runId } = await runFlow([{ id: "list", operation_id: "getInvoices" }, {
    id: "pay",
    operation_id: "createInvoicePayment",
    path_params: { invoiceId: "$.steps.list.output.invoices[0].id" },
    body: { amount: 100 },
  }]).catch(() => ({ runId: undefined }));
  // The fake Clockify may not serve it; then the journal says so.
  const [own] = runId ? await listed(`run_id=${runId}`) : await listed("operation=createInvoicePayment");
  assert(own, "a refused write is in the journal too");
  assertEquals(own.undoable, false);
  assert(own.not_undoable.length > 10);
  assertProblem(await undo(own.id), 422, "UNDO_IMPOSSIBLE");
});

Deno.test("what one run wrote is counted, then undone in the background, the newest first and each once", async () => {
  const [entry] = await see(`/user/${world.ownerId}/time-entries`);
  const tag = await newTag();
  const made = `Made ${crypto.randomUUID().slice(0, 8)}`;
  const list = (path: string) => see(`${path}?page-size=200`);
  const before = { entry: await see(`/time-entries/${entry.id}`), tags: await list("/tags") };
  const { runId } = await runFlow([
    { id: "a", operation_id: "updateTimeEntry", path_params: { id: entry.id }, body: { description: "One" } },
    {
      id: "b",
      operation_id: "updateTimeEntry",
      path_params: { id: entry.id },
      body: { description: "Two", billable: true },
    },
    { id: "c", operation_id: "createNewTag", body: { name: made } },
    { id: "d", operation_id: "updateTag", path_params: { id: "$.steps.c.output.id" }, body: { name: `${made} more` } },
    { id: "e", operation_id: "updateTag", path_params: { id: tag.id }, body: { name: `${tag.name} x` } },
  ]);
  assertNotEquals(await see(`/time-entries/${entry.id}`), before.entry);
  assertProblem(await ui("/changes/undo", { body: {} }), 400, "REQUEST_INVALID");
  assertProblem(await ui("/changes/undo", { body: { flow_id: "1", confirm: true } }), 400, "REQUEST_INVALID");
  const reversed = { flow_id: "1", from: "2026-11-22T00:00:00Z", to: "2026-11-21T00:00:00Z" };
  assertProblem(await ui("/changes/undo", { body: reversed }), 400, "REQUEST_INVALID");
  assertProblem(
    await ui("/changes/undo", { body: { run_id: crypto.randomUUID(), confirm: true } }),
    400,
    "REQUEST_INVALID",
  );
  const plan = await ui("/changes/undo", { body: { run_id: runId } });
  assertEquals([plan.status, plan.body.job, plan.body.plan.changes, plan.body.plan.undoable], [200, null, 5, 5]);
  assertEquals((await listed(`run_id=${runId}&undoable=true`)).length, 5, "a plan changes nothing");
  const started = await ui("/changes/undo", { body: { run_id: runId, confirm: true } });
  assertEquals([started.status, started.body.job.total], [200, 5], JSON.stringify(started.body));
  const { id } = started.body.job;
  const done = await eventually(async () => {
    const { body } = await ui(`/undo-jobs/${id}`);
    return body.state === "finished" && body;
  });
  assertEquals([done.outcomes, done.left, done.problems], [{ undone: 5 }, 0, []], JSON.stringify(done));
  assertEquals(await see(`/time-entries/${entry.id}`), before.entry);
  assertEquals(await list("/tags"), before.tags);
  assertEquals((await listed(`run_id=${runId}&undoable=true`)).length, 0);
  const none = await ui("/changes/undo", { body: { run_id: runId } });
  assertEquals([none.body.plan.undoable, none.body.plan.undone], [0, 5]);
});

Deno.test("a flow in a range of time is undone but for what others changed; a second job waits, and one that is stopped ends", async () => {
  const tag = await newTag();
  const other = await newTag();
  const action = (id: string, name: string) => ({
    id: `t${tags++}`,
    operation_id: "updateTag",
    path_params: { id },
    body: { name },
  });
  const from = new Date().toISOString();
  const { flowId } = await runFlow([action(tag.id, `${tag.name} 2`), action(other.id, `${other.name} 2`)]);
  const to = new Date(Date.now() + 60_000).toISOString();
  await change("PUT", `/tags/${other.id}`, { name: `${other.name} 3` });
  const asked = { flow_id: flowId, from, to };
  assertEquals((await ui("/changes/undo", { body: { ...asked, to: from } })).body.plan.changes, 0);
  const { id } = (await ui("/changes/undo", { body: { ...asked, confirm: true } })).body.job;
  const done = await eventually(async () => {
    const { body } = await ui(`/undo-jobs/${id}`);
    return body.finished_at !== null && body;
  });
  assertEquals(done.outcomes, { undone: 1, conflict: 1 });
  assertMatch(done.problems[0].reason, /others changed the tag since: name/);
  assertEquals((await see(`/tags/${tag.id}`)).name, tag.name);
  assertEquals((await see(`/tags/${other.id}`)).name, `${other.name} 3`);

  // Held at its first call, it is stopped: the rest stays as it is.
  const many = await Promise.all([1, 2, 3].map(newTag));
  const { runId } = await runFlow(many.map(({ id, name }) => action(id, `${name} 2`)));
  const fault = await world.simulator.addFault({ kind: "hang", method: "GET", path: `*/tags/${many[2].id}`, count: 1 });
  const { job } = (await ui("/changes/undo", { body: { run_id: runId, confirm: true } })).body;
  await eventually(async () =>
    (await world.simulator.listFaults()).some(({ id, hits }) => id === fault.id && hits === 1)
  );
  const second = await ui("/changes/undo", { body: { run_id: runId, confirm: true } });
  assertProblem(second, 409, "CONFLICT");
  const stopping = await ui(`/undo-jobs/${job.id}/stop`, { method: "POST" });
  assertEquals([stopping.status, stopping.body.state], [200, "stopping"]);
  await world.simulator.releaseFaults({ id: fault.id });
  const stopped = await eventually(async () => {
    const { body } = await ui(`/undo-jobs/${job.id}`);
    return body.finished_at !== null && body;
  });
  assertEquals(stopped.state, "stopped");
  assertEquals(stopped.outcomes.undone + stopped.outcomes.skipped, 3, JSON.stringify(stopped));
  assert(stopped.outcomes.skipped >= 2);
  assertProblem(await ui("/undo-jobs/999999"), 404, "NOT_FOUND");
});

Deno.test("the journal is a file too, page after page, for members without amounts", async () => {
  const lines = async (query: string, headers = admin) => {
    const { status, body } = await ui(`/changes/export?${query}`, { headers });
    assertEquals(status, 200);
    return (body as string).trim().split("\n").map((line) => JSON.parse(line));
  };
  const all = await lines("");
  assertEquals(all.map(({ id }) => id), [...(await listed("limit=100")).map(({ id }) => id)]);
  assert(all.some(({ sent }) => JSON.stringify(sent).includes("7700")));
  const [first, more] = await lines("limit=1");
  assertEquals([first.id, more.truncated], [all[0].id, true]);
  assertEquals((await lines(`limit=1&cursor=${more.next_cursor}`))[0].id, all[1].id);
  assertEquals((await ui("/changes/export?run_id=none")).body, "");
  const shown = JSON.stringify(
    (await lines("", member)).map(({ before, sent, after, diff }) => [before, sent, after, diff]),
  );
  assertNotMatch(shown, /7700|[Rr]ate"/);
});

Deno.test("changes and undos are counted by how they ended, and no token is in the journal", async () => {
  const scrape = await (await fetch(`${world.url(UW)}/metrics`)).text();
  const value = (name: string) =>
    Number(new RegExp(`^${name.replaceAll(/[{}"]/g, "\\$&")} (\\d+)`, "m").exec(scrape)?.[1]);
  const service = 'service="universal-webhook"';
  assert(value(`changes_total{${service},outcome="done"}`) > 20, scrape.match(/changes_total.*/g)?.join("\n"));
  assert(value(`undos_total{${service},outcome="undone"}`) > 5);
  assert(value(`undos_total{${service},outcome="conflict"}`) >= 2);
  const rows = await world.database.db.sql`select to_jsonb(change)::text as text from change`;
  for (const { text } of rows) assertNotMatch(text, /eyJ|"authToken": ?"(?!\[redacted\])/);
});
