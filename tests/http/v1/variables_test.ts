/** Tests of the variables of the API: another prefix, other pages, no metrics, no audit. */

import { assert, assertEquals } from "@std/assert";
import { loadConfig } from "../../../src/config/load.ts";
import { OPERATOR_KEY } from "../../support/world.ts";
import { ask, assertProblem } from "../door.ts";
import { apiWorldOfFile } from "./api_world.ts";

const world = apiWorldOfFile(() => {}, {
  API_PREFIX: "/workflows/v9",
  API_TITLE: "Ours",
  DEFAULT_PAGE_SIZE: "2",
  MAX_PAGE_SIZE: "3",
  API_KEY_HEADER: "X-Team-Key",
  ENABLE_METRICS: "false",
  ENABLE_AUDIT_LOGGING: "false",
});
const { api, addAgent, addWorkflow } = world;
const at = (path: string) => `http://127.0.0.1:${world.world().serving.operatorPort}${path}`;

Deno.test("API_PREFIX moves every route, the problems, the document and Location; pages have their sizes, keys their header", async () => {
  const { name, id } = await addAgent();
  const made = await api("/agents", { body: { name: "located", url: `${world.sink.url}/rpc` } });
  assertEquals(made.headers.get("location"), `/workflows/v9/agents/${made.body.id}`);
  const workflow = await addWorkflow({ a: { type: "agent", agent_name: name } });
  const run = await api(`/workflows/${workflow.id}/execute`, { body: { input_data: {} } });
  assertEquals(run.headers.get("location"), `/workflows/v9/runs/${run.body.id}`);
  await addAgent();
  const page = (await api("/agents")).body;
  assertEquals([page.items.length, page.page_size, page.total], [2, 2, 3]);
  assertEquals([(await api("/agents?page_size=3")).status, (await api("/agents?page_size=4")).status], [200, 400]);
  const unknown = await api("/none");
  assertEquals([unknown.status, unknown.body.error, unknown.body.path], [404, "ROUTE_UNKNOWN", "/workflows/v9/none"]);
  assertEquals((await ask(at(`/api/v1/agents/${id}`), {})).status, 404);
  assertEquals((await ask(at("/workflows/v9"), {})).body.title, "Ours");
  const { paths, components } = (await ask(at("/openapi.json"), {})).body;
  assertEquals(Object.keys(paths).filter((path) => path.startsWith("/api/v1")), []);
  const list = paths["/workflows/v9/agents"].get.parameters.find((one: { name: string }) => one.name === "page_size");
  assertEquals([list.schema.default, list.schema.maximum], [2, 3]);
  const refusal = paths["/workflows/v9/agents"].get.responses["401"].content["application/problem+json"];
  assertEquals(refusal.schema.$ref, "#/components/schemas/ApiProblem");
  assertEquals(components.securitySchemes.apiKey.name, "X-Team-Key");
  const key = { "x-api-key": OPERATOR_KEY };
  assertProblem(await ask(at("/workflows/v9/agents"), { headers: key }), 401, "LOGIN_REQUIRED");
});

Deno.test("ENABLE_METRICS=false takes /metrics off, ENABLE_AUDIT_LOGGING=false leaves no row of a change", async () => {
  assertEquals((await ask(at("/metrics"), {})).status, 404);
  const { id } = await addAgent();
  await api(`/agents/${id}`, { method: "DELETE" });
  assertEquals((await api("/keys", { body: { name: "unseen", role: "viewer" } })).status, 201);
  assertEquals((await api("/audit")).body.total, 0);
});

Deno.test("a prefix where something else stands, and a page above the largest, are faults of the configuration", () => {
  for (
    const [name, env] of [
      ["API_PREFIX", { API_PREFIX: "/docs" }],
      ["API_PREFIX", { API_PREFIX: "/" }],
      ["API_PREFIX", { API_PREFIX: "api" }],
      ["API_PREFIX", { API_PREFIX: "/a/{b}" }],
      ["DEFAULT_PAGE_SIZE", { DEFAULT_PAGE_SIZE: "30", MAX_PAGE_SIZE: "20" }],
    ] as const
  ) {
    const loaded = loadConfig(env);
    assert(!loaded.ok, JSON.stringify(env));
    assertEquals(loaded.faults.map((fault) => fault.name), [name]);
  }
  const off = loadConfig({ ENABLE_AUDIT_LOGGING: "false" });
  assert(off.ok && off.warnings.some((warning) => warning.includes("ENABLE_AUDIT_LOGGING")));
});
