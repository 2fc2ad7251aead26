/** The action "clockify": how its input is checked and how the client's answers become results of a step. */

import assert from "node:assert/strict";
import type { ActionCall } from "../../src/actions/action.ts";
import { createClockifyAction } from "../../src/actions/clockify.ts";
import type { ClockifyAnswer, ClockifyCall } from "../../src/clockify/client.ts";
import { builtinCatalogue } from "../../src/clockify/operations.ts";
import { AppError } from "../../src/errors.ts";

const CREDENTIALS = { addonKey: "addon", token: "token-of-the-installation", hosts: {}, workspaceId: "w1" };

function setUp(answer: ClockifyAnswer = { kind: "ok", status: 200, headers: {}, data: { id: "t1" } }) {
  const calls: ClockifyCall[] = [];
  const action = createClockifyAction({
    catalogue: builtinCatalogue(),
    credentials: (id) => Promise.resolve(id === 1 ? CREDENTIALS : undefined),
    client: {
      call: (call) => {
        calls.push(call);
        return Promise.resolve(answer);
      },
    },
  });
  return { action, calls };
}

function step(input: unknown, tenant = { installationId: 1, workspaceId: "w1" }): ActionCall {
  const signal = new AbortController().signal;
  return { input, tenant, runId: "r1", stepPath: "a1", attempt: 1, idempotencyKey: "key-1", signal };
}

const UPDATE = { operation_id: "updateTag", path_params: { id: "t1" }, body: { name: "needs-project" } };

Deno.test("run() gives the answer's data as the step's output", async () => {
  const { action, calls } = setUp();
  const input = { operation_id: "PUT /workspaces/{ws}/tags/{id}", path_params: { id: "t1" }, body: UPDATE.body };
  assert.deepEqual(await action.run(step(input)), { outcome: "done", output: { id: "t1" }, httpStatus: 200 });
  assert.equal(calls[0]!.operation.operationId, "updateTag");
  assert.equal(calls[0]!.installation.workspaceId, "w1");
  assert.equal(calls[0]!.priority, "flow");
});

Deno.test("run() sends the idempotency key with every call but a GET", async () => {
  const { action, calls } = setUp();
  await action.run(step(UPDATE));
  await action.run(step({ operation_id: "deleteTag", path_params: { id: "t1" } }));
  await action.run(step({ operation_id: "getTags", path_params: null, query_params: null, body: null }));
  assert.deepEqual(calls.map((call) => call.idempotencyKey), ["key-1", "key-1", undefined]);
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
    assert.ok(result.outcome === "failed");
    assert.equal(result.error.code, code);
    assert.equal(result.error.retryable, false);
    if (path !== undefined) assert.equal(result.error.details.path, path);
  }
  assert.equal(calls.length, 0);
});

Deno.test("run() fails for an installation that is gone or of another workspace", async () => {
  const { action, calls } = setUp();
  for (const tenant of [{ installationId: 2, workspaceId: "w1" }, { installationId: 1, workspaceId: "w2" }]) {
    const result = await action.run(step(UPDATE, tenant));
    assert.ok(result.outcome === "failed");
    assert.equal(result.error.code, "INSTALLATION_UNKNOWN");
  }
  assert.equal(calls.length, 0);
});

Deno.test("run() maps what the client says", async () => {
  const limited = await setUp({ kind: "limited", retryInMs: 120_000 }).action.run(step(UPDATE));
  assert.deepEqual(limited, { outcome: "snooze", delayMs: 120_000, reason: "rate_budget" });

  const rejected = new AppError("UPSTREAM_REJECTED", "Cannot call updateTag");
  assert.deepEqual(
    await setUp({ kind: "refused", status: 401, reason: "scope_missing", retryable: false, error: rejected })
      .action.run(step(UPDATE)),
    { outcome: "failed", error: rejected, httpStatus: 401 },
  );

  const busy = new AppError("UPSTREAM_RATE_LIMITED", "Cannot call updateTag", { retryable: true });
  assert.deepEqual(
    await setUp({ kind: "failed", status: 429, error: busy, retryAfterMs: 5_000, sent: true }).action.run(step(UPDATE)),
    { outcome: "failed", error: busy, httpStatus: 429, retryAfterMs: 5_000 },
  );
});

Deno.test("describe() shows method, path, query and body, and no token", () => {
  const { action } = setUp();
  assert.deepEqual(action.describe(step(UPDATE)), {
    operation_id: "updateTag",
    method: "PUT",
    path: "/v1/workspaces/w1/tags/t1",
    query: {},
    body: { name: "needs-project" },
  });
  assert.match(JSON.stringify(action.describe(step({ operation_id: "getTag" }))), /path_params\.id is required/);
});
