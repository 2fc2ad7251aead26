/** What the recorder keeps of a write, whatever comes of its read and its call. */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { createChangeWriter, endForgottenChanges, SENDING_LEASE_SECONDS } from "../../src/changes/change_rows.ts";
import { MAX_KEPT_BYTES } from "../../src/changes/kept_object.ts";
import { createChangeRecorder, type Send, type Write } from "../../src/changes/recorder.ts";
import { AppError } from "../../src/base/errors.ts";
import type { ClockifyAnswer } from "../../src/clockify/client.ts";
import { builtinCatalogue } from "../../src/clockify/operations.ts";
import { gradeOf } from "../../src/guard/grades.ts";
import type { Json } from "../support/action_scene.ts";
import { stopSharedDatabase } from "../support/database.ts";
import { type ChangeScene, startChangeScene } from "./setup.ts";

let scene: ChangeScene;

Deno.test.beforeAll(async () => void (scene = await startChangeScene()));
Deno.test.afterAll(async () => {
  await scene.stop();
  await stopSharedDatabase();
});

const catalogue = builtinCatalogue();
const TAG = "a".repeat(24);
const ok = (data: unknown): ClockifyAnswer => ({ kind: "ok", status: 200, headers: {}, data });
const refused = (status: number, reason: "gone" | "validation"): ClockifyAnswer => ({
  kind: "refused",
  status,
  reason,
  retryable: false,
  error: new AppError("UPSTREAM_REJECTED", `Cannot call: Clockify answered ${status}`),
});
const failed = (fields: { status?: number; sent: boolean }): ClockifyAnswer => ({
  kind: "failed",
  ...fields,
  error: new AppError("UPSTREAM_TIMEOUT", "Cannot call: no answer", { retryable: true }),
});

interface Facts {
  recorded: string[];
  faults: unknown[];
  sent: string[];
  /** How many calls each was said to need. */
  calls: (number | undefined)[];
}

/** Makes one write whose calls are answered in turn. */
async function write(operation: string, answers: (ClockifyAnswer | Error)[], fields: Partial<Write> = {}) {
  const facts: Facts = { recorded: [], faults: [], sent: [], calls: [] };
  const recorder = createChangeRecorder({
    rows: createChangeWriter(scene.db),
    catalogue,
    onRecorded: ({ state }) => void facts.recorded.push(state),
    onFault: (error) => void facts.faults.push(error),
  });
  const left = [...answers];
  const send: Send = ({ operation: { method }, calls }) => {
    facts.sent.push(method);
    facts.calls.push(calls);
    const answer = left.shift()!;
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
  };
  const made = recorder.write({
    operation: catalogue.find(operation)!,
    pathParams: { id: TAG },
    queryParams: {},
    installation: { id: 1, workspaceId: scene.workspaceId },
    origin: { kind: "person", name: "u1", via: "explorer" },
    ...fields,
  }, send);
  const settled = await made.then((answer) => ({ answer }), (error) => ({ error }));
  return { ...facts, ...settled, changes: await scene.changes() };
}

async function empty() {
  await scene.db.sql`delete from change`;
}

Deno.test("a read passes through, and so does what the program writes for itself", async () => {
  await empty();
  assertEquals((await write("getTag", [ok({ id: TAG })])).sent, ["GET"]);
  const { sent, changes } = await write("createWebhook", [ok({ id: TAG })], {
    origin: { kind: "coverage" },
    pathParams: {},
  });
  assertEquals([sent, changes], [["POST"], []]);
});

Deno.test("a delete is read before with both calls asked for together, and kept by who made it", async () => {
  await empty();
  const { sent, calls, recorded, changes: [change] } = await write("deleteTag", [ok({ id: TAG, name: "t" }), ok(null)]);
  assertEquals([sent, calls, recorded], [["GET", "DELETE"], [2, undefined], ["done"]]);
  assertEquals(
    [change!.state, change!.person, change!.via, change!.origin, change!.entityId, change!.before, change!.undoable],
    ["done", "u1", "explorer", "person", TAG, { id: TAG, name: "t" }, true],
  );
});

Deno.test("a read that fails is recorded, and the write is made; one that has to wait puts both off", async () => {
  await empty();
  const gone = await write("deleteTag", [refused(404, "gone"), ok(null)]);
  assertEquals([gone.sent, gone.changes[0]!.beforeState, gone.changes[0]!.undoable], [
    ["GET", "DELETE"],
    "unreadable",
    false,
  ]);
  assertMatch(gone.changes[0]!.note!, /404/);
  const broken = await write("deleteTag", [failed({ sent: true }), ok(null)]);
  assertEquals([broken.sent.length, broken.changes[0]!.beforeState], [2, "unreadable"]);
  await empty();
  const limited = await write("deleteTag", [{ kind: "limited", retryInMs: 1_000 }]);
  assertEquals([limited.sent, limited.changes, "answer" in limited && limited.answer.kind], [["GET"], [], "limited"]);
});

Deno.test("each end of a call is its state, and nothing stays of a request that never left", async () => {
  const read = ok({ id: TAG, name: "t" });
  const ends: [ClockifyAnswer, string | undefined, boolean][] = [
    [ok(null), "done", true],
    [refused(400, "validation"), "refused", false],
    [failed({ sent: true }), "uncertain", true],
    [failed({ sent: true, status: 502 }), "failed", true],
    [failed({ sent: true, status: 200 }), "done", true],
    [failed({ sent: false }), undefined, false],
    [{ kind: "limited", retryInMs: 1 }, undefined, false],
    [{ kind: "limited", retryInMs: 1, status: 429 }, undefined, false],
  ];
  for (const [answer, state, undoable] of ends) {
    await empty();
    const { changes, recorded } = await write("deleteTag", [read, answer]);
    assertEquals(changes.map((one) => [one.state, one.undoable]), state === undefined ? [] : [[state, undoable]]);
    assertEquals(recorded, state === undefined ? [] : [state]);
  }
  await empty();
  const stopped = await write("deleteTag", [read, new DOMException("lease lost", "AbortError")]);
  assert("error" in stopped);
  assertEquals(stopped.changes.map(({ state }) => state), ["uncertain"]);
});

Deno.test("what is too large is written and cannot be undone; secrets and odd letters are kept out and in", async () => {
  await empty();
  const large = { id: TAG, name: "t", note: "x".repeat(MAX_KEPT_BYTES) };
  const { sent, changes: [change] } = await write("deleteTag", [ok(large), ok(null)]);
  assertEquals([sent.length, change!.beforeState, change!.before, change!.undoable], [2, "too_large", null, false]);
  await empty();
  const odd = { id: TAG, name: 'nul \u0000, lone \ud800, quote " and \\u0000', authToken: "marker-of-a-token" };
  const hook = await write("deleteWebhook", [ok(odd), ok(null)], { pathParams: { webhookId: TAG } });
  assertEquals(hook.changes[0]!.before, { ...odd, authToken: "[redacted]" });
});

Deno.test("a call that writes several objects has a change for each, read one by one up to a bound", async () => {
  await empty();
  const ids = Array.from({ length: 52 }, (_, index) => String(index).padStart(24, "0"));
  const entries = ids.map((id) => ({ id, userId: "u", timeInterval: { start: "2026-11-20T09:00:00Z" } }));
  const answers = [...entries.slice(0, 50).map(ok), ok(entries)];
  const { sent, calls, changes } = await write("deleteMany", answers, {
    pathParams: { userId: "u" },
    queryParams: { "time-entry-ids": ids },
  });
  assertEquals([sent.length, sent.at(-1), calls[0], calls[49]], [51, "DELETE", 53, 4]);
  assertEquals(changes.length, 52);
  assertEquals(changes.map(({ entityId }) => entityId).toSorted(), ids);
  assertEquals(changes.filter(({ undoable }) => undoable).length, 50);
  assertMatch(changes.find(({ undoable }) => !undoable)!.note!, /only 50 objects/);
});

Deno.test("a first rate is no change that can be undone, and its row says why", async () => {
  await empty();
  const task = { id: TAG, name: "t", hourlyRate: null };
  const rated = { ...task, hourlyRate: { amount: 5, currency: "EUR" } };
  const fields = { pathParams: { projectId: "p", id: TAG }, body: { amount: 5 } };
  const { changes: [first] } = await write("setTaskHourlyRate", [ok(task), ok(rated)], fields);
  assertEquals([first!.state, first!.fields, first!.undoable], ["done", ["hourlyRate"], false]);
  assertMatch(first!.note!, /there was no rate/);
  await empty();
  const { changes: [second] } = await write("setTaskHourlyRate", [ok(rated), ok(task)], fields);
  assertEquals([second!.undoable, second!.note], [true, null]);
});

Deno.test("of several objects those that the answer leaves out are not done", async () => {
  await empty();
  const [one, other] = ["1", "2"].map((text) => text.padStart(24, "0"));
  const { changes } = await write("deleteMany", [ok({ id: one }), ok({ id: other }), ok([{ id: one }])], {
    pathParams: { userId: "u" },
    queryParams: { "time-entry-ids": [one, other] },
  });
  const states = changes.toSorted((a, b) => a.entityId!.localeCompare(b.entityId!));
  assertEquals(states.map(({ state, undoable }) => [state, undoable]), [["done", true], ["uncertain", true]]);
  assertMatch(states[1]!.note!, /not this one/);
});

Deno.test("one attempt of a step has one row, whatever it takes, and keeps what was there before its first call", async () => {
  await empty();
  const key = "run root/delete 1";
  const origin: Write["origin"] = {
    kind: "flow",
    runId: crypto.randomUUID(),
    flowId: 3,
    version: 2,
    stepPath: "root/delete",
  };
  const first = ok({ id: TAG, name: "first" });
  await write("deleteTag", [first, failed({ sent: true, status: 502 })], { key, origin });
  const { changes } = await write("deleteTag", [ok({ id: TAG, name: "second" }), ok(null)], {
    key,
    origin,
    asUser: "u2",
  });
  assertEquals(changes.map(({ state, before, asUser, flowVersion }) => [state, before?.name, asUser, flowVersion]), [
    ["done", "first", "u2", 2],
  ]);
  await write("deleteTag", [first, ok(null)], { key: "run root/delete 2", origin });
  assertEquals((await scene.changes()).length, 2);
});

Deno.test("a row whose answer cannot be stored is reported, and the answer is the caller's all the same", async () => {
  const rows = createChangeWriter(scene.db);
  const faults: unknown[] = [];
  const recorder = createChangeRecorder({
    rows: { ...rows, end: () => Promise.reject(new Error("away")) },
    catalogue,
    onFault: (error) => void faults.push(error),
  });
  const part = {
    operation: catalogue.find("createNewTag")!,
    pathParams: {},
    queryParams: {},
    body: { name: "t" },
    installation: { id: 1 },
    origin: { kind: "person", name: "u", via: "explorer" } as const,
  };
  assertEquals(await recorder.write(part, () => Promise.resolve(ok({ id: TAG }))), ok({ id: TAG }));
  assertEquals(faults.length, 1);
  // Where it cannot be stored at all, nothing is sent.
  let sent = false;
  const away = createChangeRecorder({ rows: { ...rows, begin: () => Promise.reject(new Error("away")) }, catalogue });
  await assertRejects(() => away.write(part, () => (sent = true, Promise.resolve(ok(null)))));
  assertEquals(sent, false);
});

Deno.test("rows left behind by a process that ended become uncertain after their lease, and are shown so before", async () => {
  await empty();
  await createChangeWriter(scene.db).begin(1, [{
    operation: "deleteTag",
    operationKey: "DELETE /v1/workspaces/{workspaceId}/tags/{id}",
    params: { path: { id: TAG }, query: {} },
    entityType: "tag",
    entityId: TAG,
    origin: "flow",
    beforeState: "read",
    before: JSON.stringify({ id: TAG, name: "t" }),
    undoable: true,
  }]);
  assertEquals(await endForgottenChanges(scene.db), []);
  assertEquals((await scene.changes())[0]!.state, "sending");
  await scene.db.sql`update change set created_at = now() - ${SENDING_LEASE_SECONDS + 1}::int * interval '1 second'`;
  assertEquals((await scene.changes())[0]!.state, "uncertain");
  assertEquals(await endForgottenChanges(scene.db), [{ installationId: 1, changes: 1 }]);
  const [change] = await scene.changes();
  assertEquals([change!.state, change!.undoable], ["uncertain", true]);
});

/** Undoes a call of this operation, which the fake Clockify serves, and compares what `see` shows. */
async function undoes(input: Json, see: () => Promise<Json>) {
  const before = structuredClone(await see());
  const change = await scene.write(input);
  const changed = JSON.stringify(await see());
  assert(changed !== JSON.stringify(before), `${input.operation_id} changed nothing`);
  const undone = await scene.take(change);
  assert(undone.outcome === "undone", JSON.stringify(undone));
  assertEquals(await see(), before, input.operation_id);
}

Deno.test("what changes a part of a project, a member or a group is undone by the same operation", async () => {
  const project = async () => (await scene.see("/projects?name=Terminal"))[0];
  const { id: projectId } = await project();
  const path_params = { projectId };
  const [{ id: userId }] = (await project()).memberships.map(({ userId }: Json) => ({ id: userId }));
  const task = async () => (await scene.see(`/projects/${projectId}/tasks`))[0];
  // A rate that was there can be set back.
  await scene.change("PUT", `/projects/${projectId}/users/${userId}/hourly-rate`, { amount: 100 });
  await scene.change("PUT", `/projects/${projectId}/tasks/${(await task()).id}/cost-rate`, { amount: 100 });
  const cases: [Json, () => Promise<Json>][] = [
    [
      { operation_id: "updateEstimate", body: { budgetEstimate: { active: true, estimate: 100_000, type: "MANUAL" } } },
      project,
    ],
    [{ operation_id: "updateMemberships", body: { memberships: [{ userId, hourlyRate: { amount: 9 } }] } }, project],
    [{ operation_id: "updateIsProjectTemplate", body: { isTemplate: true } }, project],
    [{ operation_id: "addUsersHourlyRate", path_params: { projectId, userId }, body: { amount: 200 } }, project],
    [
      { operation_id: "setTaskCostRate", path_params: { projectId, id: (await task()).id }, body: { amount: 200 } },
      task,
    ],
    [{
      operation_id: "updateUserStatus",
      path_params: { userId: scene.memberId },
      body: { status: "INACTIVE" },
    }, async () => (await scene.see("/users?memberships=WORKSPACE")).find(({ id }: Json) => id === scene.memberId)],
    [{
      operation_id: "updateUserGroup",
      path_params: { id: (await scene.see("/user-groups"))[0].id },
      body: { name: "Other" },
    }, async () => (await scene.see("/user-groups"))[0]],
  ];
  for (const [input, see] of cases) await undoes({ path_params, ...input }, see);
});

Deno.test("a timer that was stopped runs on, and entries that were deleted together are made once more", async () => {
  const { ownerId } = scene;
  const running = await scene.change("POST", "/time-entries", { start: "2026-11-20T09:00:00Z", description: "Runs" });
  const see = () => scene.see(`/time-entries/${running.id}`);
  await undoes({
    operation_id: "stopRunningTimeEntry",
    path_params: { userId: ownerId },
    body: { end: "2026-11-20T10:00:00Z" },
  }, see);
  const mine = async () => (await scene.see(`/user/${ownerId}/time-entries?page-size=200`)) as Json[];
  const before = await mine();
  const chosen = before.slice(0, 3).map(({ id }) => id);
  await scene.done({
    operation_id: "deleteMany",
    path_params: { userId: ownerId },
    query_params: { "time-entry-ids": chosen.join() },
  });
  const changes = (await scene.changes()).slice(0, 3);
  assertEquals(changes.map(({ entityId }) => entityId).toSorted(), chosen.toSorted());
  for (const change of changes) assertEquals((await scene.take(change)).outcome, "undone");
  await scene.done({
    operation_id: "deleteMany",
    path_params: { userId: ownerId },
    query_params: { "time-entry-ids": (await mine()).slice(0, 2).map(({ id }) => id) },
  });
  for (const change of (await scene.changes()).slice(0, 2)) assertEquals((await scene.take(change)).outcome, "undone");
  const text = (list: Json[]) =>
    list.map(({ id: _id, customFieldValues: _values, ...entry }) => JSON.stringify(entry)).toSorted();
  assertEquals(text(await mine()), text(before));
});

Deno.test("an object that was made once more is found by the undo of an earlier change of it", async () => {
  const tag = await scene.change("POST", "/tags", { name: "Traced" });
  const renamed = await scene.write({
    operation_id: "updateTag",
    path_params: { id: tag.id },
    body: { name: "Renamed" },
  });
  const deleted = await scene.write({ operation_id: "deleteTag", path_params: { id: tag.id } });
  const gone = await scene.undo.preview(scene.request(renamed));
  assertEquals([gone.plan.outcome, gone.plan.reason], ["impossible", "the tag is gone"]);
  const made = await scene.take(deleted);
  assert(made.outcome === "undone");
  assertEquals((await scene.take(renamed)).outcome, "undone");
  assertEquals((await scene.see(`/tags/${made.entityId}`)).name, "Traced");
});

Deno.test("the guard is asked about what follows a create, too, before anything is sent", async () => {
  const project = await scene.change("POST", "/projects", { name: "Followed" });
  const estimate = { timeEstimate: { estimate: "PT20H", type: "MANUAL", active: true } };
  await scene.change("PATCH", `/projects/${project.id}/estimate`, estimate);
  await scene.change("PUT", `/projects/${project.id}`, { name: "Followed", archived: true });
  const change = await scene.write({ operation_id: "deleteProject", path_params: { projectId: project.id } });
  const guarded = scene.undoWith({
    guard: {
      askedOf: (_id, operation) => {
        const grade = gradeOf(operation);
        return Promise.resolve({ grade, outcome: grade === "business" ? "deny" : "allow" });
      },
      decide: ({ operation }) =>
        Promise.resolve({ kind: "deny", grade: "business", reason: `Cannot call ${operation.operationId}` }),
      redeem: () => Promise.resolve(),
    },
  });
  const { plan } = await guarded.preview(scene.request(change));
  assertEquals(plan.follows[0]!.operation, "PATCH /v1/workspaces/{workspaceId}/projects/{projectId}/estimate");
  await assertRejects(() => guarded.undo(scene.request(change)), AppError, "updateEstimate");
  assertEquals((await scene.see("/projects?name=Followed")).length, 0, "nothing was sent");
  assertEquals((await scene.take(change)).outcome, "undone");
});

Deno.test("the guard is asked before anything is sent, and its token stands for the undo once", async () => {
  const tag = await scene.change("POST", "/tags", { name: "Guarded" });
  const change = await scene.write({ operation_id: "deleteTag", path_params: { id: tag.id } });
  const asked: string[] = [];
  const tokens = new Set<string>();
  const guarded = scene.undoWith({
    guard: {
      askedOf: () => Promise.resolve({ grade: "business", outcome: "preview" }),
      decide: ({ operation, person, request }) => {
        asked.push(`${operation.operationId} ${person} ${request.method} ${JSON.stringify(request.body)}`);
        const confirmToken = `token-${tokens.size}`;
        tokens.add(confirmToken);
        return Promise.resolve({ kind: "preview", grade: "business", confirmToken, expiresAt: new Date() });
      },
      redeem: (token) => {
        if (tokens.delete(token)) return Promise.resolve();
        return Promise.reject(new AppError("FEATURE_OFF", "Cannot confirm: the token is used"));
      },
    },
  });
  const preview = await guarded.undo(scene.request(change));
  assert(preview.outcome === "preview" && preview.grade === "business");
  assertEquals(asked, [`createNewTag ${scene.ownerId} POST {"name":"Guarded"}`]);
  assertEquals((await scene.see("/tags?name=Guarded")).length, 0, "nothing was sent");
  const { confirmToken } = preview;
  assertEquals((await guarded.undo(scene.request(change, { confirmToken }))).outcome, "undone");
  await assertRejects(() => guarded.undo(scene.request(change, { confirmToken })), AppError, "was undone");
  const denied = scene.undoWith({
    guard: {
      askedOf: () => Promise.resolve({ grade: "destructive", outcome: "deny" }),
      decide: () =>
        Promise.resolve({ kind: "deny", grade: "destructive", reason: "Cannot write by hand: it is denied" }),
      redeem: () => Promise.resolve(),
    },
  });
  const made = await scene.write({ operation_id: "createNewTag", body: { name: "Denied" } });
  await assertRejects(() => denied.undo(scene.request(made)), AppError, "it is denied");
  assertEquals((await scene.see("/tags?name=Denied")).length, 1);
  // Its own preview is enough for a routine write; a job was confirmed by its count, and a second person is not asked by one.
  const ask = (grade: string, outcome: "preview" | "second_person") =>
    scene.undoWith({
      guard: {
        askedOf: () => Promise.resolve({ grade, outcome }),
        decide: () => Promise.reject(new Error("it is not asked")),
        redeem: () => Promise.reject(new Error("it is not asked")),
      },
    });
  const inJob = scene.request(made, { isConfirmed: true });
  await assertRejects(() => ask("routine", "second_person").undo(inJob), AppError, "a second person has to approve it");
  const [tag2] = await scene.see("/tags?name=Denied");
  const renamed = await scene.write({
    operation_id: "updateTag",
    path_params: { id: tag2.id },
    body: { name: "Denied 2" },
  });
  assertEquals((await ask("routine", "preview").undo(scene.request(renamed))).outcome, "undone");
  const again = await scene.write({
    operation_id: "updateTag",
    path_params: { id: tag2.id },
    body: { name: "Denied 3" },
  });
  const confirmed = scene.request(again, { isConfirmed: true });
  assertEquals((await ask("business", "preview").undo(confirmed)).outcome, "undone");
  // The claim was given back.
  assertEquals((await scene.take(made)).outcome, "undone");
});
