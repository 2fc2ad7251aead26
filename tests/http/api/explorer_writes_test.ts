/** Tests of writes by hand at the doors: shown first, confirmed by one token, bound to its bytes, and sent once. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import type { ProfileKey } from "../../../src/profiles/profile.ts";
import { textsHolding } from "../../support/text_columns.ts";
import { eventually, OPERATOR_KEY, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { type Answer, ask, assertProblem, type Json } from "../door.ts";

const UW = "universal_webhook";

let world: World;
let admin: Record<string, string>;
let member: Record<string, string>;
const operator = { "x-api-key": OPERATOR_KEY };

worldOfFile({ env: { API_RATE_LIMIT_RPS: "100000", POLL_MINUTES: "0" } }, async (made) => {
  world = made;
  ({ admin, member } = await world.enter(UW));
  await world.enter("api_studio");
  await eventually(async () =>
    (await ask(`${world.url(UW)}/ui/bootstrap`, { headers: admin })).body.status === "COMPLETE"
  );
});

function post(path: string, body: Json, headers = admin, profile: ProfileKey = UW) {
  const query = "x-api-key" in headers ? `?workspace_id=${world.workspaceId}` : "";
  return ask(`${world.url(profile)}${path}${query}`, { headers, body });
}
const execute = (body: Json, headers = admin, profile: ProfileKey = UW) =>
  post("/ui/api-explorer/execute", body, headers, profile);

/** Writes that reached Clockify. */
const writes = () => world.simulator.requests.filter(({ method }) => method !== "GET").length;

async function tags(): Promise<Json[]> {
  return (await execute({ operation_id: "getTags", query_params: { "page-size": 200 } })).body.data;
}

async function previewOf(body: Json, headers = admin): Promise<Json> {
  const answer = await execute(body, headers);
  assertEquals([answer.status, answer.body.status], [200, "preview"], JSON.stringify(answer.body));
  assertEquals([answer.body.success, answer.body.status_code, answer.body.error], [false, null, null]);
  return answer.body.preview;
}

/** What writes of the grade need by hand from here on; null: the default. */
async function setPolicy(routine: string | null): Promise<void> {
  const { status, body } = await ask(`${world.url(UW)}/ui/guard`, {
    method: "PUT",
    headers: admin,
    body: { by_hand: { routine } },
  });
  assertEquals(status, 200, JSON.stringify(body));
}

/** Shown and confirmed. */
async function sure(request: Json): Promise<Answer> {
  const { confirm_token } = await previewOf(request);
  return await execute({ ...request, confirm_token });
}

/** The tag of this name, made and confirmed. */
async function makeTag(name: string): Promise<Json> {
  const request = { operation_id: "createNewTag", body: { name } };
  const { confirm_token } = await previewOf(request);
  const made = await execute({ ...request, confirm_token });
  assertEquals([made.body.status, made.body.status_code], ["success", 201], JSON.stringify(made.body));
  return made.body.data;
}

Deno.test("a create is shown first; its token sends it, once, and is kept nowhere in clear", async () => {
  const before = writes();
  const request = { operation_id: "createNewTag", body: { name: "by hand" } };
  const preview = await previewOf(request);
  assertEquals(preview.request, {
    method: "POST",
    path: `/v1/workspaces/${world.workspaceId}/tags`,
    query: {},
    body: { name: "by hand" },
  });
  assertEquals([preview.grade, preview.changes, preview.loses], ["routine", [], null]);
  assertEquals(writes(), before);
  const confirmed = { ...request, confirm_token: preview.confirm_token };
  const { body } = await execute(confirmed);
  assertEquals([body.status, body.data.name], ["success", "by hand"]);
  assertEquals(writes(), before + 1);
  assertProblem(await execute(confirmed), 409, "CONFIRM_TOKEN_USED");
  assertEquals(writes(), before + 1);
  assertEquals(await textsHolding(world.database.db, [preview.confirm_token]), []);
});

Deno.test("a token of another request, another person, or of too long ago is refused, and nothing is sent", async () => {
  const request = { operation_id: "createNewTag", body: { name: "refused" } };
  const { confirm_token } = await previewOf(request);
  const before = writes();
  for (
    const other of [
      { ...request, body: { name: "refused " } },
      { ...request, body: { name: "refused", archived: false } },
      { operation_id: "createClient", body: { name: "refused" } },
    ]
  ) assertProblem(await execute({ ...other, confirm_token }), 403, "CONFIRM_TOKEN_INVALID");
  assertProblem(await execute({ ...request, confirm_token }, operator), 403, "CONFIRM_TOKEN_INVALID");
  assertProblem(await execute({ ...request, confirm_token: "nonsense" }), 403, "CONFIRM_TOKEN_INVALID");
  const { sql } = world.database.db;
  await sql`update confirm_token set expires_at = now() - interval '1 second' where used_at is null`;
  assertProblem(await execute({ ...request, confirm_token }), 410, "CONFIRM_TOKEN_EXPIRED");
  assertEquals(writes(), before);
});

Deno.test("of two confirmations at once one is sent", async () => {
  const request = { operation_id: "createNewTag", body: { name: "once" } };
  const { confirm_token } = await previewOf(request);
  const before = writes();
  const answers = await Promise.all([1, 2, 3].map(() => execute({ ...request, confirm_token })));
  assertEquals(answers.map(({ status }) => status).toSorted(), [200, 409, 409]);
  assertEquals(writes(), before + 1);
});

Deno.test("a full replace shows what it changes, keeps the rest, and is not confirmed once the object is another", async () => {
  const { id } = await makeTag("to rename");
  const request = { operation_id: "updateTag", path_params: { id }, body: { archived: true } };
  const preview = await previewOf(request);
  assertEquals(preview.changes, [[{ field: "archived", before: false, after: true }]]);
  assertEquals(preview.request.body, { archived: true, name: "to rename" });
  const rename = { operation_id: "updateTag", path_params: { id: "name:to rename" }, body: { name: "renamed" } };
  const other = await previewOf(rename);
  const done = await execute({ ...rename, confirm_token: other.confirm_token });
  assertEquals([done.body.status, done.body.data.name], ["success", "renamed"], JSON.stringify(done.body));
  const late = await execute({ ...request, confirm_token: preview.confirm_token });
  assertProblem(late, 403, "CONFIRM_TOKEN_INVALID");
  assertMatch(late.body.detail, /where the object was changed since the preview/);
  const again = await previewOf(request);
  assertEquals((await execute({ ...request, confirm_token: again.confirm_token })).body.status, "success");
  const tag = (await tags()).find((one) => one.id === id)!;
  assertEquals([tag.name, tag.archived], ["renamed", true]);
  const same = await execute(request);
  assertEquals([same.body.status, same.body.success], ["unchanged", true]);
});

Deno.test("a delete is shown and confirmed too, also through /api-call", async () => {
  const { id } = await makeTag("to delete");
  const archive = { operation_id: "updateTag", path_params: { id }, body: { archived: true } };
  await execute({ ...archive, confirm_token: (await previewOf(archive)).confirm_token });
  const request = { method: "DELETE", endpoint: `/workspaces/${world.workspaceId}/tags/${id}` };
  const shown = await post("/api-call", request);
  assertEquals([shown.status, shown.body.success, shown.body.status_code], [200, false, null]);
  assertMatch(shown.body.error_message, /Nothing was sent.*confirm_token/);
  const { confirm_token, grade } = shown.body.metadata.preview;
  assertEquals(grade, "destructive");
  const done = await post("/api-call", { ...request, confirm_token });
  assertEquals([done.body.success, done.body.status_code], [true, 200], JSON.stringify(done.body));
  assertEquals((await tags()).some((one) => one.id === id), false);
});

Deno.test("what the workspace's policy denies is refused; what it allows is sent at once", async () => {
  const request = { operation_id: "createNewTag", body: { name: "policy" } };
  const before = writes();
  const open = await previewOf(request);
  await setPolicy("deny");
  assertProblem(await execute(request), 403, "CLOCKIFY_WRITE_DENIED");
  assertProblem(await execute({ ...request, confirm_token: open.confirm_token }), 403, "CLOCKIFY_WRITE_DENIED");
  assertEquals(writes(), before);
  await setPolicy("allow");
  assertEquals((await execute(request)).body.status, "success");
  // A rate in the body of an ordinary write is none of those.
  const [{ id: projectId }] = (await execute({ operation_id: "getProjects" })).body.data;
  const project = { operation_id: "updateProject", path_params: { projectId } };
  assertEquals((await execute({ ...project, body: { note: "noted" } })).body.status, "success");
  const { body } = await execute({ ...project, body: { hourlyRate: { amount: 4321 } } });
  assertEquals([body.status, body.preview.grade], ["preview", "business"]);
  await setPolicy(null);
});

Deno.test("API Studio writes nothing by hand until its setting allows it, and reads", async () => {
  const headers = await world.viewer("api_studio");
  const request = { operation_id: "createNewTag", body: { name: "studio" } };
  const before = writes();
  const refused = await execute(request, headers, "api_studio");
  assertProblem(refused, 403, "CLOCKIFY_WRITE_DENIED");
  assertMatch(refused.body.detail, /Allow writes by hand/);
  assertEquals(writes(), before);
  assertEquals((await execute({ operation_id: "getTags" }, headers, "api_studio")).body.status, "success");
  // A search by POST reads.
  const search = { operation_id: "filterUsersOfWorkspace", body: {} };
  assertEquals((await execute(search, headers, "api_studio")).status, 200);
});

Deno.test("a create with an Idempotency-Key and its token is made once, and its answer given again", async () => {
  const request = { operation_id: "createNewTag", body: { name: "keyed" } };
  const { confirm_token } = await previewOf(request);
  const headers = { ...admin, "idempotency-key": crypto.randomUUID() };
  const before = writes();
  const first = await execute({ ...request, confirm_token }, headers);
  const again = await execute({ ...request, confirm_token }, headers);
  assertEquals([first.body.status, again.body], ["success", first.body]);
  assertEquals(writes(), before + 1);
});

Deno.test("what Clockify refuses of a write, and what never came back, is said so", async () => {
  const request = { operation_id: "createNewTag", body: { name: "by hand" } };
  const twice = await execute({ ...request, confirm_token: (await previewOf(request)).confirm_token });
  assertEquals([twice.body.status, twice.body.status_code], ["error", 400], JSON.stringify(twice.body));
  assert(twice.body.error.explanation.length > 20);
  world.simulator.faults.add({ kind: "status", status: 429, method: "POST", path: "*/tags" });
  const limited = { operation_id: "createNewTag", body: { name: "too many" } };
  const put = await execute({ ...limited, confirm_token: (await previewOf(limited)).confirm_token });
  // Its row is gone with it.
  assertEquals([put.body.status_code, put.body.metadata.change_ids], [429, []]);
  world.simulator.faults.add({ kind: "truncate", method: "POST", path: "*/tags" });
  const lost = { operation_id: "createNewTag", body: { name: "lost answer" } };
  const { body } = await execute({ ...lost, confirm_token: (await previewOf(lost)).confirm_token });
  world.simulator.faults.clear();
  assertEquals([body.status, body.status_code], ["error", null]);
  assertMatch(body.error.explanation, /the change may have happened/);
  assertEquals((await tags()).filter(({ name }) => name === "lost answer").length, 1);
});

Deno.test("a write by hand is in the journal with the object before and after, and is undone from there", async () => {
  const { id } = await makeTag("journalled");
  const request = { operation_id: "updateTag", path_params: { id }, body: { name: "written over" } };
  const { body } = await execute({ ...request, confirm_token: (await previewOf(request)).confirm_token });
  assertEquals(body.metadata.change_ids.length, 1, JSON.stringify(body.metadata));
  const path = `/ui/changes/${body.metadata.change_ids[0]}`;
  const change = (await ask(`${world.url(UW)}${path}`, { headers: admin })).body;
  assertEquals([change.before.name, change.after.name, change.state], ["journalled", "written over", "done"]);
  // What reads leaves no row.
  assertEquals((await execute({ operation_id: "getTags" })).body.metadata.change_ids, []);
  const undone = await post(`${path}/undo`, {});
  if (undone.status === 428) {
    const { confirm_token } = undone.body.confirmation;
    assertEquals((await post(`${path}/undo`, { confirm_token })).status, 200);
  } else assertEquals(undone.status, 200, JSON.stringify(undone.body));
  assertEquals((await tags()).find((one) => one.id === id)!.name, "journalled");
});

Deno.test("an undo waits for a write of the same object that is being made, and keeps what it changed", async () => {
  const confirmed = async (request: Json) =>
    await execute({ ...request, confirm_token: (await previewOf(request)).confirm_token });
  const made = await confirmed({ operation_id: "createClient", body: { name: "in turn" } });
  const write = { operation_id: "updateClient", path_params: { id: made.body.data.id } };
  const renamed = await confirmed({ ...write, body: { name: "out of turn" } });
  const note = { ...write, body: { note: "noted meanwhile" } };
  const { confirm_token } = await previewOf(note);
  world.simulator.faults.add({ kind: "slow", delayMs: 700, method: "PUT", path: "*/clients/*" });
  const puts = () => world.simulator.requests.filter(({ method }) => method === "PUT").length;
  const before = puts();
  const noted = execute({ ...note, confirm_token });
  await eventually(() => Promise.resolve(puts() > before));
  const undone = await post(`/ui/changes/${renamed.body.metadata.change_ids[0]}/undo`, {});
  assertEquals([undone.status, undone.body.outcome], [200, "undone"], JSON.stringify(undone.body));
  assertEquals((await noted).body.status, "success");
  world.simulator.faults.clear();
  const { body } = await execute({ operation_id: "getClient", path_params: { id: made.body.data.id } });
  assertEquals([body.data.name, body.data.note], ["in turn", "noted meanwhile"]);
});

Deno.test("an undo whose answer was lost says that what came of it is not known", async () => {
  const { id } = await makeTag("lost undo");
  const request = { operation_id: "deleteTag", path_params: { id } };
  const { body } = await execute({ ...request, confirm_token: (await previewOf(request)).confirm_token });
  const path = `/ui/changes/${body.metadata.change_ids[0]}/undo`;
  world.simulator.faults.add({ kind: "drop_answer", method: "POST", path: "*/tags" });
  assertEquals((await post(path, {})).status, 502);
  world.simulator.faults.clear();
  const { changes: [undo] } = (await ask(`${world.url(UW)}/ui/changes?limit=1`, { headers: admin })).body;
  assertEquals([undo.state, undo.not_undoable], ["uncertain", "what came of it is not known"]);
  assertProblem(await post(path, {}), 409, "UNDO_IN_PROGRESS");
  assertEquals((await tags()).filter(({ name }) => name === "lost undo").length, 1);
  // What it made is looked for, and a person says that it is that.
  assertEquals(undo.lost, true);
  const look = () => ask(`${world.url(UW)}/ui/changes/${undo.id}/candidates`, { headers: admin });
  const looked = await look();
  assertEquals([looked.status, looked.body.whole, looked.body.reason], [200, true, null], JSON.stringify(looked.body));
  const [candidate] = looked.body.candidates as Json[];
  assertEquals([looked.body.candidates.length, candidate.name, candidate.differs], [1, "lost undo", []]);
  const settle = `/ui/changes/${undo.id}/settle`;
  const other = await makeTag("another tag");
  for (const wrong of [other.id, "64a687e29ae1f428e7ebe999"]) {
    assertProblem(await post(settle, { entity_id: wrong }), 409, "CONFLICT");
  }
  const settled = await Promise.all([1, 2].map(() => post(settle, { entity_id: candidate.id })));
  assertEquals(settled.map(({ status }) => status).toSorted(), [200, 409]);
  const made = settled.find(({ status }) => status === 200)!.body;
  assertEquals([made.state, made.entity_id, made.undoable, made.lost], ["done", candidate.id, true, false]);
  assertProblem(await post(path, {}), 409, "UNDO_DONE");
  assertProblem(await look(), 409, "CONFLICT");
  // It is undone in its turn as any other.
  const back = `/ui/changes/${undo.id}/undo`;
  const asked = await post(back, {});
  assertEquals(asked.status, 428, JSON.stringify(asked.body));
  const { confirm_token } = asked.body.confirmation;
  assertEquals((await post(back, { confirm_token })).body.outcome, "undone");
  assertEquals((await tags()).filter(({ name }) => name === "lost undo").length, 0);
});

Deno.test("an undo that Clockify refuses says what that means and what to do, as a call by hand does", async () => {
  const made = await sure({ operation_id: "createNewTag", body: { name: "not undone" } });
  const path = `/ui/changes/${made.body.metadata.change_ids[0]}/undo`;
  const cases: [Json, RegExp][] = [
    [
      { status: 403, method: "GET" },
      /answered 403, scope missing\. Clockify refuses this to the add-on although it has the scope/,
    ],
    [{ status: 401, method: "GET" }, /although it has the scope/],
  ];
  for (const [fault, words] of cases) {
    world.simulator.faults.add({ kind: "status", path: "*/tags/*", count: null, ...fault });
    for (const answer of [await ask(`${world.url(UW)}${path}`, { headers: admin }), await post(path, {})]) {
      assertProblem(answer, 502, "UPSTREAM_REJECTED");
      assertMatch(answer.body.detail, words);
    }
    world.simulator.faults.clear();
  }
  world.simulator.faults.add({ kind: "status", status: 429, method: "GET", path: "*/tags/*", count: null });
  const limited = await ask(`${world.url(UW)}${path}`, { headers: admin });
  world.simulator.faults.clear();
  assertProblem(limited, 429, "UPSTREAM_RATE_LIMITED");
});

Deno.test("a create that a person says made nothing stays undone, and what it was the undo of can be undone again", async () => {
  const { id } = await makeTag("never came");
  const request = { operation_id: "deleteTag", path_params: { id } };
  const { body } = await execute({ ...request, confirm_token: (await previewOf(request)).confirm_token });
  const path = `/ui/changes/${body.metadata.change_ids[0]}/undo`;
  world.simulator.faults.add({ kind: "status", status: 502, method: "POST", path: "*/tags" });
  assertEquals((await post(path, {})).status, 502);
  world.simulator.faults.clear();
  const { body: refused } = await post(path, {});
  const doubt = /GET \/ui\/changes\/(\d+)\/candidates/.exec(refused.detail)![1];
  const looked = await ask(`${world.url(UW)}/ui/changes/${doubt}/candidates`, { headers: admin });
  assertEquals([looked.body.candidates, looked.body.whole], [[], true]);
  // Members look for nothing.
  assertEquals((await ask(`${world.url(UW)}/ui/changes/${doubt}/candidates`, { headers: member })).status, 403);
  const settled = await post(`/ui/changes/${doubt}/settle`, { entity_id: null });
  assertEquals([settled.body.state, settled.body.undoable], ["refused", false]);
  assertMatch(settled.body.not_undoable, /looked for it: it was not made$/);
  assertEquals((await post(path, {})).body.outcome, "undone");
  assertEquals((await tags()).filter(({ name }) => name === "never came").length, 1);
});

Deno.test("an entry, a task and a client whose creation was lost are found where they stand, not those that others made", async () => {
  const project = (await sure({ operation_id: "createNewProject", body: { name: "lost and found" } })).body.data.id;
  const start = "2026-11-20T09:00:00Z";
  const cases: [Json, string][] = [
    [
      { operation_id: "createTimeEntry", body: { start, end: "2026-11-20T10:00:00Z", description: "lost" } },
      "*/time-entries",
    ],
    [{ operation_id: "createTask", path_params: { projectId: project }, body: { name: "lost" } }, "*/tasks"],
    [{ operation_id: "createClient", body: { name: "lost" } }, "*/clients"],
  ];
  for (const [request, path] of cases) {
    const twin = { ...request, body: { ...request.body, ...(path === "*/time-entries" ? {} : { name: "lost twin" }) } };
    await sure(twin);
    const { confirm_token } = await previewOf(request);
    world.simulator.faults.add({ kind: "drop_answer", method: "POST", path });
    assertEquals((await execute({ ...request, confirm_token })).body.status, "error");
    world.simulator.faults.clear();
    const { changes: [change] } = (await ask(`${world.url(UW)}/ui/changes?limit=1`, { headers: admin })).body;
    assertEquals([change.state, change.lost], ["uncertain", true], path);
    const { body } = await ask(`${world.url(UW)}/ui/changes/${change.id}/candidates`, { headers: admin });
    assertEquals([body.candidates?.length, body.candidates?.[0]?.name], [1, "lost"], JSON.stringify(body));
    const settled = await post(`/ui/changes/${change.id}/settle`, { entity_id: body.candidates[0].id });
    assertEquals(
      [settled.status, settled.body.state, settled.body.undoable],
      [200, "done", true],
      JSON.stringify(settled.body),
    );
  }
});

Deno.test("a token in the place of an id is in no row of the journal", async () => {
  const request = { operation_id: "deleteTag", path_params: { id: "eyJhbGciOiJSUzI1NiJ9.e30.c2ln" } };
  const { body } = await execute({ ...request, confirm_token: (await previewOf(request)).confirm_token });
  assertEquals(body.status, "error", JSON.stringify(body));
  const { changes: [change] } = (await ask(`${world.url(UW)}/ui/changes?limit=1`, { headers: admin })).body;
  assertEquals([change.operation_id, change.entity_id], ["deleteTag", "[redacted]"]);
  const shown = (await ask(`${world.url(UW)}/ui/changes/${change.id}`, { headers: admin })).body;
  assertEquals(shown.path_params, { id: "[redacted]" });
});

// The last one: no single person lifts the rule again.
Deno.test("a second person approves what was asked; who asked looks once more, and sends it once", async () => {
  await setPolicy("second_person");
  const misplaced = await execute({
    operation_id: "duplicateTimeEntry",
    path_params: { userId: "5e6a0f7c1f3b2a0012345678", id: "eyJhbGciOiJSUzI1NiJ9.e30.c2ln" },
  });
  const { request_id } = misplaced.body.preview;
  const asked = await ask(`${world.url(UW)}/ui/guard/requests/${request_id}`, { headers: admin });
  assertMatch(asked.body.title, /time-entries\/\[redacted\]\/duplicate$/);
  const second = { operation_id: "createNewTag", body: { name: "of two" } };
  const { body } = await execute(second);
  assertEquals([body.status, body.preview.confirm_token], ["second_person", null], JSON.stringify(body));
  const path = `/ui/guard/requests/${body.preview.request_id}/approve`;
  assertProblem(await post(path, {}), 403, "ROLE_INSUFFICIENT");
  assertEquals((await post(path, {}, operator)).status, 200);
  const { confirm_token } = await previewOf(second);
  assertEquals((await execute({ ...second, confirm_token })).body.status, "success");
});
