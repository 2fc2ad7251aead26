/** Tests of a run as JSON: what its steps are called, and how long it waited. */

import { assertEquals, assertStrictEquals } from "@std/assert";
import { builtinCatalogue } from "../../../src/clockify/operations.ts";
import { DEFAULT_RETRY } from "../../../src/engine/plan.ts";
import { stepName } from "../../../src/flows/vocabulary/step_name.ts";
import { runDetailJson } from "../../../src/http/api/run_detail.ts";
import type { RunDetail } from "../../../src/runs/inspect.ts";

const START_MS = Date.UTC(2026, 10, 21, 9);
const at = (ms: number) => new Date(START_MS + ms);

function detail({ action, input, replay = 0 }: { action: string; input: unknown; replay?: number }): RunDetail {
  return {
    run: {
      id: "0192f0a0-0000-4000-8000-000000000001",
      flowId: 1,
      flowName: "A flow",
      flowVersion: 1,
      eventId: 1,
      eventType: "NEW_TAG",
      state: "running",
      trigger: replay > 0 ? "replay" : "event",
      replay,
      pausedAt: null,
      errorCode: null,
      errorMessage: null,
      createdAt: at(60_000),
      startedAt: at(60_250),
      finishedAt: null,
      failedStep: null,
    },
    event: { id: 1, eventType: "NEW_TAG", customSource: null, contentType: null, receivedAt: at(0), smallBody: null },
    flow: { currentVersion: 1, enabled: true, definition: null },
    nextAttemptAt: null,
    waitingReason: null,
    input: null,
    output: null,
    endMessage: null,
    againOf: null,
    againBy: [],
    steps: [{
      path: "root/one",
      plan: { kind: "action", id: "one", action, input, retry: DEFAULT_RETRY, onUncertain: "retry" },
      keyPlanId: null,
      takenOver: false,
      state: "not_started",
      startedAt: null,
      finishedAt: null,
      output: null,
      outputIsCut: false,
      outputBytes: null,
      errorCode: null,
      errorMessage: null,
      attempts: [],
    }],
  };
}

const shown = (fields: Parameters<typeof detail>[0]) =>
  runDetailJson(detail(fields), {
    view: { whole: false, redacted: false, show: (value) => value, showText: (text) => text },
    mayRetry: true,
    catalogue: builtinCatalogue(),
  });
const titleOf = (action: string, input: unknown) => shown({ action, input }).steps[0]!.title;

Deno.test("a step is called by its operation, or by method and host, never by what may hold a secret", () => {
  for (const name of ["getTags", "GET /workspaces/{ws}/tags", "get /v1/workspaces/{}/tags"]) {
    assertEquals(titleOf("clockify", { operation_id: name }), "GET /workspaces/{workspaceId}/tags");
  }
  assertEquals(titleOf("clockify", { operation_id: "noSuchOperation" }), "noSuchOperation");
  const http = (url: string) => titleOf("http", { method: "POST", url });
  assertEquals(http("https://hooks.example:8443/T0/secret?token=x"), "POST https://hooks.example:8443/...");
  assertEquals(http("https://hooks.example"), "POST https://hooks.example/...");
  for (const url of ["{{ $.webhook.url }}", "https://{{ $.webhook.host }}/x", "https://a{{ $.webhook.host }}"]) {
    assertEquals(http(url), "POST to an address from the event");
  }
  assertEquals(titleOf("forward", { method: "POST" }), "Forward the event");
  assertEquals(titleOf("fake", null), "fake");
});

Deno.test("a step has the name its author gave; an id that was made for it says nothing, and what it does stands there", () => {
  const nameOf = (id: string, action: string, input: unknown) => stepName({ id, action, input }, builtinCatalogue());
  const tags = { operation_id: "getTags" };
  for (const id of ["step_1", "step_12", "action_3", "step_2_copy", "step_2_copy_2", "action_1_2"]) {
    assertEquals(nameOf(id, "clockify", tags), "Get tags");
  }
  assertEquals(nameOf("step_2", "clockify", { operation_id: "GET /workspaces/{ws}/tags" }), "Get tags");
  assertEquals(nameOf("step_2", "clockify", { operation_id: "noSuchOperation" }), "noSuchOperation");
  assertEquals(
    nameOf("step_2", "http", { method: "POST", url: "https://shop.example/x" }),
    "POST https://shop.example/...",
  );
  assertEquals(nameOf("forward", "forward", {}), "forward");
  for (const id of ["list_tags", "step_one", "my_step_1"]) assertStrictEquals(nameOf(id, "clockify", tags), id);
});

Deno.test("a run waited since its event came, one that a person asked for since then", () => {
  const input = { operation_id: "getTags" };
  assertEquals(shown({ action: "clockify", input }).queued_ms, 60_250);
  assertEquals(shown({ action: "clockify", input, replay: 2 }).queued_ms, 250);
});
