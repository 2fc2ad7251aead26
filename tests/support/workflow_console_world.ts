/** A world for the console of the Workflow Management API: an agent, people of each role, and on request workflows with runs. */

import { assertEquals, assertNotStrictEquals } from "@std/assert";
import type { Page } from "playwright-core";
import type { ApiRole } from "../../src/access/roles.ts";
import { ask, type Json } from "../http/door.ts";
import { type Sink, startSink } from "./sink.ts";
import { eventually, OPERATOR_KEY, startWorld, type World } from "./world.ts";

export const PASSWORD = "correct horse battery";

export interface WorkflowConsoleWorld extends World {
  sink: Sink;
  /** Of the console, or of the page below it. */
  consoleUrl(path?: string): string;
  api(path: string, options?: { method?: string; body?: unknown }): Promise<Json>;
  /** Signs in by the password of the user of that role, whose name is the role's. */
  signIn(page: Page, role: ApiRole): Promise<void>;
}

export interface Sample {
  workflow: string;
  completed: string;
  failed: string;
  paused: string;
  /** The same runs once more, where those were changed. */
  runAgain(): Promise<Omit<Sample, "workflow">>;
}

export async function startWorkflowConsole(): Promise<WorkflowConsoleWorld> {
  const sink = startSink();
  const world = await startWorld({ env: { EGRESS_ALLOW: `127.0.0.1:${sink.port}` } });
  const at = `http://127.0.0.1:${world.serving.operatorPort}`;
  sink.answer = agent;
  const made: WorkflowConsoleWorld = {
    ...world,
    sink,
    consoleUrl: (path = "") => `${at}/ui${path}`,
    api: async (path, options) => {
      const { status, body } = await ask(`${at}/api/v1${path}`, { headers: { "x-api-key": OPERATOR_KEY }, ...options });
      assertEquals(status < 300, true, `${path}: ${JSON.stringify(body)}`);
      return body;
    },
    signIn: async (page, role) => {
      await page.goto(`${at}/ui`);
      await page.getByLabel("User name").fill(role);
      await page.getByLabel("Password").fill(PASSWORD);
      await page.getByRole("button", { name: "Sign in", exact: true }).click();
      await page.locator("#page h1").first().waitFor();
    },
    stop: async () => {
      await world.stop();
      await sink.stop();
    },
  };
  const built = await fetch(made.consoleUrl());
  await built.body?.cancel();
  assertNotStrictEquals(built.status, 503, "The console is not built: deno task console:build");
  for (const role of ["viewer", "editor", "operator", "admin"]) {
    await made.api("/users", { body: { name: role, role, password: PASSWORD } });
  }
  return made;
}

/** Agents that answer and do not, workflows of every type of step, and a run in each state that pages show. */
export async function makeWorkflowSample(world: WorkflowConsoleWorld): Promise<Sample> {
  const { api, sink } = world;
  const url = `${sink.url}/rpc`;
  await api("/agents", { body: { name: "classifier", url, description: "Says what a ticket is about" } });
  await api("/agents", {
    body: { name: "alerter", url, auth_type: "bearer", auth_config: { token: "a-token-of-the-agent" } },
  });
  await api("/agents", { body: { name: "resting", url: `${sink.url}/none`, status: "inactive" } });
  const ask = (text: string, next_step?: string) => ({
    type: "agent",
    agent_name: "classifier",
    input_mapping: { text },
    next_step,
  });
  const triage = await api("/workflows", {
    body: {
      name: "triage",
      description: "Sorts what comes in, and tells people where it is urgent",
      start_step: "classify",
      steps: {
        classify: ask("${workflow.input.text}", "urgent"),
        urgent: {
          type: "conditional",
          condition: "${classify.output.length} > 20",
          if_true_step: "each",
          if_false_step: "file",
        },
        each: { type: "loop", loop_config: { collection: ["mail", "chat"], loop_body: ["alert"] } },
        alert: {
          type: "agent",
          agent_name: "alerter",
          input_mapping: { by: "${loop.item}", text: "${classify.output.text}" },
        },
        file: {
          type: "fork_join",
          fork_join_config: {
            branches: { store: { steps: ["store"] }, count: { steps: ["count"] } },
            join_policy: "any",
          },
        },
        store: ask("store"),
        count: ask("count"),
      },
      input_schema: {
        type: "object",
        required: ["text"],
        properties: {
          text: { type: "string", title: "Text", description: "Of the ticket" },
          level: { type: "string", enum: ["low", "high"] },
          limit: { type: "integer" },
        },
      },
    },
  });
  await api(`/workflows/${triage.id}`, { method: "PUT", body: { start_step: "urgent", steps: changed(triage) } });
  await api(`/workflows/${triage.id}/rollback`, { body: { version: 1 } });
  const fragile = await api("/workflows", {
    body: { name: "fragile", start_step: "one", steps: { one: ask("fail") } },
  });
  const waits = await api("/workflows", {
    body: {
      name: "waits",
      start_step: "ready",
      steps: { ready: { type: "wait_for_event", event_type: "ready", timeout_seconds: 86_400 } },
      status: "active",
    },
  });
  await api("/workflows", { body: { name: "drawn up", start_step: "one", steps: { one: ask("x") }, status: "draft" } });
  await api("/schedules", {
    body: {
      name: "each weekday morning",
      workflow_id: triage.id,
      cron: "0 7 * * 1-5",
      timezone: "Europe/Berlin",
      input_data: { text: "Morning" },
    },
  });
  return { workflow: triage.id, ...await makeRuns(world, { triage: triage.id, fragile: fragile.id, waits: waits.id }) };
}

/** A run in each state that pages show. */
async function makeRuns(
  world: WorkflowConsoleWorld,
  ids: { triage: string; fragile: string; waits: string },
): Promise<Omit<Sample, "workflow">> {
  const { api } = world;
  const { triage, fragile, waits } = ids;
  const execute = async (id: string, input_data: Json = {}) =>
    (await api(`/workflows/${id}/execute`, { body: { input_data } })).id as string;
  const ended = (run: string, status: string) => eventually(async () => (await api(`/runs/${run}`)).status === status);
  const completed = await execute(triage, { text: "The server in the cellar is down" });
  const failed = await execute(fragile);
  const paused = await execute(waits);
  await ended(completed, "COMPLETED");
  await ended(failed, "FAILED");
  await api(`/runs/${paused}/pause`, { method: "POST" });
  const cancelled = await execute(waits);
  await api(`/runs/${cancelled}/cancel`, { body: { reason: "No longer needed" } });
  return { completed, failed, paused, runAgain: () => makeRuns(world, ids) };
}

function changed({ workflow_data: { steps } }: Json): Json {
  const { classify: _, ...rest } = steps;
  return {
    ...rest,
    urgent: { ...rest.urgent, condition: "${workflow.input.level} == 'high'" },
    alert: { ...rest.alert, input_mapping: { text: "${workflow.input.text}" } },
  };
}

/** Gives what it was sent and its length; fails where the text is "fail". */
function agent({ method, path, body }: { method: string; path: string; body: string }): Response {
  if (method === "GET") {
    return path === "/.well-known/agent-card.json"
      ? Response.json({ name: "an agent" })
      : new Response("", { status: 404 });
  }
  const { id, params } = JSON.parse(body);
  const text: string = params.message.parts[0].text;
  const said = read(text);
  if (said === "fail") {
    return Response.json({ jsonrpc: "2.0", id, error: { code: -32602, message: "This agent does not know that" } });
  }
  const answer = JSON.stringify({ text: said, length: said.length });
  return Response.json({
    jsonrpc: "2.0",
    id,
    result: { status: { state: "completed" }, artifacts: [{ parts: [{ kind: "text", text: answer }] }] },
  });
}

function read(text: string): string {
  try {
    return String(JSON.parse(text).text ?? text);
  } catch {
    return text;
  }
}
