/** The action "clockify": how its input is checked and how the client's answers become results of a step. */

import { assert, assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import type { ActionCall } from "../../src/engine/action.ts";
import { NO_JOURNAL } from "../support/action_scene.ts";
import { type ClockifyActionOptions, createClockifyAction } from "../../src/actions/clockify.ts";
import type { ClockifyAnswer, ClockifyCall } from "../../src/clockify/client.ts";
import { builtinCatalogue } from "../../src/clockify/operations.ts";
import { AppError } from "../../src/base/errors.ts";
import type { Found } from "../../src/installations/credentials.ts";
import type { UserCredentials } from "../../src/installations/user_tokens.ts";

const CREDENTIALS = { addonKey: "addon", token: "token-of-the-installation", hosts: {}, workspaceId: "w1" };

/** What is known of installations other than the first. */
const FOUND: Record<number, Found> = { 3: { kind: "waiting", reason: "the add-on is switched off in the workspace" } };

function setUp(
  answer: ClockifyAnswer = { kind: "ok", status: 200, headers: {}, data: { id: "t1" } },
  users: Record<string, UserCredentials> = {},
  denied?: ClockifyActionOptions["denied"],
) {
  const calls: ClockifyCall[] = [];
  const forgotten: string[] = [];
  const action = createClockifyAction({
    catalogue: builtinCatalogue(),
    denied,
    changes: NO_JOURNAL,
    userTokens: {
      get: ({ installation, userId }) =>
        Promise.resolve(users[userId] ?? { kind: "ok", credentials: { ...installation, token: `token-of-${userId}` } }),
      forget: ({ userId }) => void forgotten.push(userId),
    },
    credentials: {
      find: (id) =>
        Promise.resolve(id === 1 ? { kind: "ready", credentials: CREDENTIALS } : FOUND[id] ?? { kind: "gone" }),
    },
    client: {
      call: (call) => {
        calls.push(call);
        return Promise.resolve(answer);
      },
    },
  });
  return { action, calls, forgotten };
}

function step(input: unknown, tenant = { installationId: 1, workspaceId: "w1" }): ActionCall {
  const signal = new AbortController().signal;
  return {
    input,
    tenant,
    runId: "r1",
    flow: { id: 7, version: 2 },
    stepPath: "a1",
    attempt: 1,
    idempotencyKey: "key-1",
    signal,
  };
}

/** A write that replaces nothing: what it names is sent as it is. */
const UPDATE = { operation_id: "updateUserGroup", path_params: { id: "t1" }, body: { name: "needs-project" } };

Deno.test("run() gives the answer's data as the step's output", async () => {
  const { action, calls } = setUp();
  const input = { operation_id: "PUT /workspaces/{ws}/user-groups/{id}", path_params: { id: "t1" }, body: UPDATE.body };
  assertEquals(await action.run(step(input)), { outcome: "done", output: { id: "t1" }, httpStatus: 200 });
  assertEquals(calls[0]!.operation.operationId, "updateUserGroup");
  assertEquals(calls[0]!.installation.workspaceId, "w1");
  assertEquals(calls[0]!.priority, "flow");
  assertEquals(calls[0]!.origin, { kind: "flow", runId: "r1", flowId: 7, version: 2, stepPath: "a1" });
});

Deno.test("run() sends the idempotency key with every call but a GET", async () => {
  const { action, calls } = setUp();
  await action.run(step(UPDATE));
  await action.run(step({ operation_id: "deleteTag", path_params: { id: "t1" } }));
  await action.run(step({ operation_id: "getTags", path_params: null, query_params: null, body: null }));
  assertEquals(calls.map((call) => call.idempotencyKey), ["key-1", "key-1", undefined]);
});

Deno.test("run() fails for good and sends nothing where the workspace denies flows the operation", async () => {
  const error = new AppError("CLOCKIFY_WRITE_DENIED", "Cannot call it");
  for (const wait of [false, true]) {
    const { action, calls } = setUp(undefined, {}, (installationId, { operationId }) => {
      const refusal = installationId === 1 && operationId === "deleteTag" ? error : undefined;
      return wait ? Promise.resolve(refusal) : refusal;
    });
    const refused = await action.run(step({ operation_id: "deleteTag", path_params: { id: "t1" } }));
    assertEquals(refused, { outcome: "failed", error });
    assertEquals(calls, []);
    assertEquals((await action.run(step(UPDATE))).outcome, "done");
  }
});

Deno.test("run() fails for good and sends nothing when its input is bad, naming the field", async () => {
  const { action, calls } = setUp();
  const table: [unknown, string, string | undefined][] = [
    [undefined, "OPERATION_INPUT_INVALID", ""],
    [{}, "OPERATION_INPUT_INVALID", "operation_id"],
    [{ operation_id: "getTag", path_params: "x" }, "OPERATION_INPUT_INVALID", "path_params"],
    [{ operation_id: "getTag", path_params: { id: null } }, "OPERATION_INPUT_INVALID", "path_params.id"],
    [{ operation_id: "getTag", path_params: { id: "../x" } }, "OPERATION_INPUT_INVALID", "path_params.id"],
    [{ operation_id: "getTags", query_params: { page: "x" } }, "OPERATION_INPUT_INVALID", "query_params.page"],
    [{ operation_id: "nothing" }, "OPERATION_UNKNOWN", undefined],
  ];
  for (const [input, code, path] of table) {
    const result = await action.run(step(input));
    assert(result.outcome === "failed");
    assertEquals(result.error.code, code);
    assertEquals(result.error.retryable, false);
    if (path !== undefined) assertStrictEquals(result.error.details.path, path);
  }
  assertEquals(calls.length, 0);
});

Deno.test("run() fails for an installation that is gone or of another workspace", async () => {
  const { action, calls } = setUp();
  for (const tenant of [{ installationId: 2, workspaceId: "w1" }, { installationId: 1, workspaceId: "w2" }]) {
    const result = await action.run(step(UPDATE, tenant));
    assert(result.outcome === "failed");
    assertEquals(result.error.code, "INSTALLATION_UNKNOWN");
  }
  assertEquals(calls.length, 0);
});

Deno.test("run() maps what the client says", async () => {
  const limited = await setUp({ kind: "limited", retryInMs: 120_000 }).action.run(step(UPDATE));
  assertEquals(limited, { outcome: "snooze", delayMs: 120_000, reason: "rate_budget", httpStatus: undefined });

  const rejected = new AppError("UPSTREAM_REJECTED", "Cannot call updateTag");
  assertEquals(
    await setUp({ kind: "refused", status: 401, reason: "scope_missing", retryable: false, error: rejected })
      .action.run(step(UPDATE)),
    { outcome: "failed", error: rejected, httpStatus: 401 },
  );

  const busy = new AppError("UPSTREAM_FAILED", "Cannot call updateTag", { retryable: true });
  assertEquals(
    await setUp({ kind: "failed", status: 503, error: busy, retryAfterMs: 5_000, sent: true }).action.run(step(UPDATE)),
    { outcome: "failed", error: busy, httpStatus: 503, retryAfterMs: 5_000 },
  );
});

Deno.test("run() waits on 429, as long as Clockify asks up to a day, and fails with the reason beyond it", async () => {
  const run = (retryInMs: number, askedMs?: number) =>
    setUp({ kind: "limited", status: 429, retryInMs, askedMs }).action.run(step(UPDATE));
  const reason = "Clockify answered 429, too many requests";
  assertEquals(await run(800), { outcome: "snooze", delayMs: 800, reason, httpStatus: 429 });
  assertEquals(await run(3_600_000, 7_200_000), {
    outcome: "snooze",
    delayMs: 7_200_000,
    reason,
    httpStatus: 429,
  });
  const hopeless = await run(3_600_000, 999_999_999_000);
  assert(hopeless.outcome === "failed");
  assertEquals([hopeless.error.code, hopeless.error.retryable], ["UPSTREAM_RATE_LIMITED", false]);
  // Not done, so never uncertain.
  assertEquals(hopeless.error.details.sent, undefined);
  assertMatch(hopeless.error.message, /asks for a wait of 277,778 hours, and a step waits 24 at most/);

  const away = new AppError("UPSTREAM_FAILED", "Cannot call updateTag", { retryable: true, details: { sent: true } });
  const failed = await setUp({ kind: "failed", status: 503, error: away, retryAfterMs: 999_999_999_000, sent: true })
    .action.run(step(UPDATE));
  assert(failed.outcome === "failed");
  assertEquals([failed.error.code, failed.error.retryable, failed.retryAfterMs], [
    "UPSTREAM_FAILED",
    false,
    undefined,
  ]);
  assertEquals(failed.error.details.sent, true);
});

Deno.test("run() waits, ever longer, while the add-on is switched off or Clockify refuses its token", async () => {
  const error = new AppError("UPSTREAM_REJECTED", "Cannot call updateTag");
  const invalid: ClockifyAnswer = {
    kind: "refused",
    status: 401,
    reason: "credential_invalid",
    retryable: false,
    error,
  };
  const dead = setUp(invalid);
  const off = setUp();
  const refused = await dead.action.run(step(UPDATE));
  const inactive = await off.action.run(step(UPDATE, { installationId: 3, workspaceId: "w1" }));
  // How long, the engine says: longer each time (engine/waits_test.ts).
  const wait = (reason: string) => ({ outcome: "snooze" as const, reason, code: "INSTALLATION_UNKNOWN" as const });
  assertEquals([refused, inactive], [
    wait("Clockify does not accept the add-on's token"),
    wait("the add-on is switched off in the workspace"),
  ]);
  assertEquals(off.calls.length, 0);
  const asUser = { ...UPDATE, as_user: { id: "u1" } };
  const exchange = setUp(undefined, { u1: invalid as UserCredentials });
  assertEquals(
    (await exchange.action.run(step(asUser))).outcome,
    "snooze",
    "the exchange is made with the add-on's token",
  );
});

Deno.test("describe() shows method, path, query and body, and no token", () => {
  const { action } = setUp();
  assertEquals(action.describe(step(UPDATE)), {
    operation_id: "updateUserGroup",
    method: "PUT",
    path: "/v1/workspaces/w1/user-groups/t1",
    query: {},
    body: { name: "needs-project" },
  });
  assertMatch(JSON.stringify(action.describe(step({ operation_id: "getTag" }))), /path_params\.id is required/);
});

Deno.test("run() as a user calls with that user's token, and forgets one that Clockify no longer takes", async () => {
  const asUser = { ...UPDATE, as_user: { id: "u1" } };
  const { action, calls } = setUp();
  await action.run(step(asUser));
  assertEquals([calls[0]!.installation.token, calls[0]!.installation.workspaceId], ["token-of-u1", "w1"]);
  assertEquals((action.describe(step(asUser)) as { as_user: string }).as_user, "u1");

  const error = new AppError("UPSTREAM_REJECTED", "Cannot call updateTag");
  const dead = setUp({ kind: "refused", status: 401, reason: "credential_invalid", retryable: false, error });
  await dead.action.run(step(UPDATE));
  assertEquals(dead.forgotten, []);
  assertEquals((await dead.action.run(step(asUser))).outcome, "failed");
  assertEquals(dead.forgotten, ["u1"]);
});

Deno.test("run() as a user who is not to be had sends nothing, least of all as the add-on", async () => {
  const error = new AppError("UPSTREAM_REJECTED", "Cannot call exchangeUserToken");
  const { action, calls } = setUp(undefined, {
    gone: { kind: "refused", status: 400, reason: "validation", retryable: false, error },
    later: { kind: "limited", retryInMs: 7_000 },
  });
  const run = (as_user: unknown) => action.run(step({ ...UPDATE, as_user }));
  assertEquals(await run({ id: "gone" }), { outcome: "failed", error, httpStatus: 400 });
  assertEquals(await run({ id: "later" }), {
    outcome: "snooze",
    delayMs: 7_000,
    reason: "rate_budget",
    httpStatus: undefined,
  });
  for (const wrong of [{}, { id: "" }, { id: null }, { id: 7 }, "u1", null]) {
    const result = await run(wrong);
    assert(result.outcome === "failed");
    assertEquals(result.error.code, "OPERATION_INPUT_INVALID");
  }
  assertEquals(calls.length, 0);
});

Deno.test("run() waits 200 ms at most for the rate budget before its first call; what was read is not read in vain", async () => {
  const { action, calls } = setUp({ kind: "ok", status: 200, headers: {}, data: { id: "t1", name: "old" } });
  await action.run(step(UPDATE));
  assertEquals(calls.map(({ maxTurnMs, maxWaitMs }) => [maxTurnMs, maxWaitMs]), [[200, 5_000]]);
  calls.length = 0;
  // A full replace: the object is read before it is written.
  await action.run(step({ operation_id: "updateTag", path_params: { id: "t1" }, body: { name: "new" } }));
  assertEquals(calls.map(({ operation, maxTurnMs }) => [operation.method, maxTurnMs]), [
    ["GET", 200],
    ["PUT", undefined],
  ]);
});
