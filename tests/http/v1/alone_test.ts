/** PROFILES=workflow_api: the Workflow Management API alone, without the listeners of add-ons. */

import { assertEquals } from "@std/assert";
import { apiWorldOfFile } from "./api_world.ts";

const api = apiWorldOfFile(() => {}, { PROFILES: "workflow_api" });

Deno.test("without an add-on it is ready, executes workflows and has its console", async () => {
  const { serving } = api.world();
  assertEquals(serving.ports, {});
  const at = `http://127.0.0.1:${serving.operatorPort}`;
  const ready = await fetch(`${at}/ready`);
  const { checks } = await ready.json();
  assertEquals([ready.status, checks], [200, { database: "ok", migrations: "ok", keys: "ok", redis: null }]);
  const page = await fetch(`${at}/ui`);
  assertEquals([page.status, (await page.text()).includes("<html")], [200, true]);
  const { name } = await api.addAgent();
  const workflow = await api.addWorkflow({ a: { id: "a", type: "agent", agent_name: name, input_mapping: {} } });
  assertEquals((await api.ended(await api.execute(workflow))).status, "COMPLETED");
});
