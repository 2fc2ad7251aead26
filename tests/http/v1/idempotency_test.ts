/** Tests of repeated requests of the Workflow Management API: what creates has one effect for a key, whoever asks twice. */

import { assertEquals } from "@std/assert";
import { API_CONTRACTS } from "../../../src/http/v1/contracts.ts";
import type { Json } from "../door.ts";
import { apiWorldOfFile } from "./api_world.ts";

const world = apiWorldOfFile();
const { api, addAgent, addWorkflow, execute, ended } = world;
const agent = { type: "agent", agent_name: "echo" };

/** Of each route that creates: a request, and the number that it raises by one. */
const WORK: Record<string, () => Promise<{ path: string; body: Json; count(): Promise<number> }>> = {
  "/api/v1/agents": () =>
    Promise.resolve({
      path: "/agents",
      body: { name: "a once", url: world.sink.url },
      count: async () => (await api("/agents?name=a once")).body.total,
    }),
  "/api/v1/workflows": async () => {
    await addAgent({ name: "echo" });
    return {
      path: "/workflows",
      body: { name: "w once", start_step: "a", steps: { a: agent } },
      count: async () => (await api("/workflows?name=w once")).body.items[0]?.version ?? 0,
    };
  },
  "/api/v1/workflows/{workflow_id}/rollback": async () => {
    const { id } = await addWorkflow({ a: agent });
    return {
      path: `/workflows/${id}/rollback`,
      body: { version: 1 },
      count: async () => (await api(`/workflows/${id}`)).body.version,
    };
  },
  "/api/v1/workflows/{workflow_id}/execute": async () => {
    const { id } = await addWorkflow({ a: agent });
    return {
      path: `/workflows/${id}/execute`,
      body: { input_data: {} },
      count: async () => (await api(`/runs?workflow_definition_id=${id}`)).body.total,
    };
  },
  "/api/v1/schedules": async () => {
    const { id } = await addWorkflow({ a: agent });
    return {
      path: "/schedules",
      body: { name: "s once", workflow_id: id, cron: "0 7 1 1 *" },
      count: async () => (await api("/schedules?name=s once")).body.total,
    };
  },
  "/api/v1/dead-letters/{letter_id}/replay": async () => {
    world.agent = () => {
      throw new Response(null, { status: 400 });
    };
    const runId = await execute(await addWorkflow({ a: agent }));
    await ended(runId);
    const { body: { items } } = await api("/dead-letters?kind=run");
    const { id } = items.find(({ run_id }: Json) => run_id === `run-${runId}`);
    return {
      path: `/dead-letters/${id}/replay`,
      body: {},
      count: async () => (await api(`/audit?action=retry&entity_id=${runId}`)).body.total,
    };
  },
  "/api/v1/webhooks/{webhook_id}/test": async () => {
    // No run here ends so: those of other tests that are still in progress add nothing.
    const of = { url: "https://hooks.example.com/once", statuses: ["CANCELLED"] };
    const { body: { id } } = await api("/webhooks", { body: of });
    return {
      path: `/webhooks/${id}/test`,
      body: {},
      count: async () => (await api(`/webhooks/${id}/deliveries`)).body.total,
    };
  },
  "/api/v1/runs/{run_id}/retry": async () => {
    world.agent = () => {
      throw new Response(null, { status: 400 });
    };
    const workflow = await addWorkflow({ a: agent });
    const runId = await execute(workflow);
    await ended(runId);
    return {
      path: `/runs/${runId}/retry`,
      body: { resume_from_step: "a" },
      count: async () => (await api(`/runs?workflow_definition_id=${workflow.id}`)).body.total,
    };
  },
};

/** POSTs that create nothing, each with the reason. */
const CREATE_NOTHING: Record<string, string> = {
  "/api/v1/events": "a repeat is known by its event_id",
  "/api/v1/runs/{run_id}/cancel": "a state of a run that is there",
  "/api/v1/runs/{run_id}/pause": "a state of a run that is there",
  "/api/v1/runs/{run_id}/resume": "a state of a run that is there",
  "/api/v1/schedules/{schedule_id}/pause": "a state of a schedule that is there",
  "/api/v1/schedules/{schedule_id}/resume": "a state of a schedule that is there",
  "/api/v1/agents/{agent_id}/reset_breaker": "a state of an agent that is there",
  "/api/v1/agents/{agent_id}/call":
    "a look at what it answers, made for the person who waits; sent twice it asks twice",
  "/api/v1/session": "a session that ends by itself; its cookie must not be kept",
  "/api/v1/sessions/revoke_others": "a state of sessions that are there",
  "/api/v1/webhooks": "its answer has a secret that must not be kept; a second of its address is refused",
  "/api/v1/webhooks/{webhook_id}/rotate_secret": "its answer has a secret that must not be kept; both sign for a day",
  "/api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver": "one that waits is not sent again",
  "/api/v1/webhook_issues/{issue_id}/send_again": "what waits is not sent again",
  "/api/v1/auth/revoke": "a token that ends once",
  "/api/v1/auth/token": "a token that ends by itself; its answer must not be kept",
  "/api/v1/users": "a second of its name is refused; a quick hash of its password must not be kept",
  "/api/v1/users/{user_id}/revoke_tokens": "a state of a user that is there",
  "/api/v1/keys": "its answer has a secret that must not be kept; a second of its name is refused",
};

Deno.test("each POST creates and has its request here, or creates nothing for a reason", () => {
  const posts = (creates: boolean) =>
    API_CONTRACTS.filter((one) => one.method === "post" && one.creates === creates).map(({ path }) => path).sort();
  assertEquals(posts(true), Object.keys(WORK).sort());
  assertEquals(posts(false), Object.keys(CREATE_NOTHING).sort());
});

for (const [route, prepare] of Object.entries(WORK)) {
  Deno.test(`POST ${route}: the second request under a key gets the first answer and does nothing`, async () => {
    const { path, body, count } = await prepare();
    const before = await count();
    const headers = { "idempotency-key": crypto.randomUUID() };
    const first = await api(path, { body, headers });
    const second = await api(path, { body, headers });
    assertEquals([second.status, second.body], [first.status, first.body]);
    assertEquals([first.status < 300, await count()], [true, before + 1], JSON.stringify(first.body));
  });
}
