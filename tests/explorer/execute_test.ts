/** Tests of a person's writes: what is shown before, what a confirmation sends, and what is recorded. */

import { assertEquals } from "@std/assert";
import { createEntityTurns } from "../../src/actions/entity_turns.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { ClockifyAnswer, ClockifyCall } from "../../src/clockify/client.ts";
import { builtinCatalogue } from "../../src/clockify/operations.ts";
import type { Caller } from "../../src/explorer/caller.ts";
import { createExecutor } from "../../src/explorer/execute.ts";
import { createExplorerPlaces } from "../../src/explorer/places.ts";
import { readRequest } from "../../src/explorer/request.ts";
import { assertRejectsLike } from "../support/assert_like.ts";
import { guardDouble, journalDouble } from "./guard_double.ts";

const WORKSPACE = "64a687e29ae1f428e7ebe303";
const PROJECT = "64a687e29ae1f428e7ebe399";
const RENAME = { operation_id: "updateProject", path_params: { projectId: PROJECT }, body: { name: "Quay" } };

// deno-lint-ignore no-explicit-any -- bodies are read as Clockify would
type Json = any;

/** Clockify with one project, which a PUT replaces whole. */
function scene(decision: Parameters<typeof guardDouble>[0], { answer }: { answer?: ClockifyAnswer } = {}) {
  let project: Json = {
    id: PROJECT,
    name: "Harbour",
    archived: false,
    billable: true,
    color: "#000000",
    note: "",
    public: false,
  };
  const sent: ClockifyCall[] = [];
  const guard = guardDouble(decision);
  const { recorder, writes } = journalDouble();
  const executor = createExecutor({
    catalogue: builtinCatalogue(),
    client: {
      call: (call) => {
        sent.push(call);
        if (call.operation.method === "PUT") project = { ...project, ...call.body as Json };
        return Promise.resolve(answer ?? { kind: "ok", status: 200, headers: {}, data: { ...project } });
      },
    },
    credentials: {
      find: () =>
        Promise.resolve({
          kind: "ready",
          credentials: {
            addonKey: "universal_webhook",
            workspaceId: WORKSPACE,
            token: "add-on's",
            hosts: { api: "https://clockify.test/api/v1" },
          },
        }),
    },
    names: { types: new Set(), search: () => Promise.resolve([]) },
    guard,
    changes: recorder,
    places: createExplorerPlaces(systemClock),
    turns: createEntityTurns(),
    clock: systemClock,
  });
  const admin: Caller = {
    kind: "user",
    name: "u1",
    role: "admin",
    installation: { id: 1, addon: "universal_webhook", workspaceId: WORKSPACE, generation: 1 },
    token: "viewer's",
  };
  return {
    execute: (request: Json, caller = admin) => executor.execute(readRequest(request), caller, { via: "explorer" }),
    methods: () => sent.map(({ operation }) => operation.method),
    sent,
    writes,
    guard,
    admin,
    change: (fields: Json) => void (project = { ...project, ...fields }),
  };
}

Deno.test("a preview shows the whole that would be sent and what changes; its confirmation sends those bytes, once", async () => {
  const { execute, methods, sent, writes } = scene("preview");
  const shown = await execute(RENAME);
  assertEquals([shown.outcome, methods(), writes.length], ["preview", ["GET"], 0]);
  assertEquals(shown.changes, [[{ field: "name", before: "Harbour", after: "Quay" }]]);
  const confirm_token = (shown.decision as Json).confirmToken;
  const done = await execute({ ...RENAME, confirm_token });
  assertEquals([done.outcome, done.answer?.kind, methods()], ["sent", "ok", ["GET", "GET", "PUT"]]);
  assertEquals(JSON.stringify(sent.at(-1)!.body), JSON.stringify(shown.body));
  assertEquals((sent.at(-1)!.body as Json).color, "#000000");
  await assertRejectsLike(execute({ ...RENAME, body: { name: "Pier" }, confirm_token }), {
    code: "CONFIRM_TOKEN_INVALID",
  });
  assertEquals(methods().filter((method) => method === "PUT").length, 1);
});

Deno.test("a confirmation is refused for another body, another person, and an object that was changed since; nothing is sent", async () => {
  const { execute, methods, admin, change } = scene("preview");
  const confirm_token = ((await execute(RENAME)).decision as Json).confirmToken;
  const code = "CONFIRM_TOKEN_INVALID" as const;
  await assertRejectsLike(execute({ ...RENAME, body: { name: "Pier" }, confirm_token }), { code });
  await assertRejectsLike(execute({ ...RENAME, confirm_token }, { ...admin, name: "u2" }), { code });
  change({ color: "#ffffff" });
  await assertRejectsLike(execute({ ...RENAME, confirm_token }), {
    code,
    message: /where the object was changed since the preview, ask for another one/,
  });
  assertEquals(methods().includes("PUT"), false);
});

Deno.test("what the guard allows is sent through the journal, with the object as it was read", async () => {
  const { execute, methods, writes } = scene("allow");
  const done = await execute(RENAME);
  assertEquals([done.outcome, methods()], ["sent", ["GET", "PUT"]]);
  const [write] = writes;
  assertEquals((write!.before as Json).name, "Harbour");
  assertEquals(write!.origin, { kind: "person", name: "u1", via: "explorer" });
  assertEquals(write!.asUser, undefined);
  await execute({ ...RENAME, body: { name: "Pier" }, as: "viewer" });
  assertEquals(writes[1]!.asUser, "u1");
});

Deno.test("an object that is already so is not written, and needs no confirmation", async () => {
  const { execute, methods } = scene("preview");
  const done = await execute({ ...RENAME, body: { name: "Harbour" } });
  assertEquals([done.outcome, done.answer?.kind, methods()], ["unchanged", "ok", ["GET"]]);
});

Deno.test("replace sends the body as it is, without a read", async () => {
  const { execute, methods, sent } = scene("allow");
  const body = { name: "Quay", billable: false, color: "#111111", isPublic: true, archived: false };
  await execute({ ...RENAME, body, replace: true });
  assertEquals([methods(), sent[0]!.body], [["PUT"], body]);
});

Deno.test("what is denied, or waits for a second person, is not sent", async () => {
  const denied = scene("deny");
  await assertRejectsLike(denied.execute(RENAME), { message: /this workspace denies it/ });
  const second = scene("second_person");
  const { outcome, decision } = await second.execute(RENAME);
  assertEquals([outcome, (decision as Json).requestId], ["second_person", "7"]);
  assertEquals([denied.writes.length, second.writes.length], [0, 0]);
  // What no reading could change is refused before any: a denied call costs no request.
  assertEquals([denied.methods(), second.methods()], [[], ["GET"]]);
});

Deno.test("a read before a write that fails is the answer, and nothing is written", async () => {
  const error = { kind: "limited", retryInMs: 5_000, status: 429 } as const;
  const { execute, methods, writes } = scene("allow", { answer: error });
  const { outcome, answer } = await execute(RENAME);
  assertEquals([outcome, answer, methods(), writes.length], ["sent", error, ["GET"], 0]);
});

Deno.test("members' calls carry their own token, others' that of the add-on", async () => {
  const { execute, sent, admin } = scene("allow");
  const read = { operation_id: "getProject", path_params: { projectId: PROJECT } };
  await execute(read, { ...admin, role: "member" });
  await execute(read);
  await execute({ operation_id: "getLoggedUser" });
  const { token: _none, ...operator } = admin;
  await execute(read, { ...operator, kind: "operator", name: "ops" });
  assertEquals(sent.map(({ installation }) => installation.token), ["viewer's", "add-on's", "viewer's", "add-on's"]);
});

Deno.test("two writes to one entity go one after the other, so that neither is lost", async () => {
  const { execute, methods, sent } = scene("allow");
  await Promise.all([execute(RENAME), execute({ ...RENAME, body: { color: "#222222" } })]);
  assertEquals(methods(), ["GET", "PUT", "GET", "PUT"]);
  assertEquals((sent.at(-1)!.body as Json).name, "Quay");
});
