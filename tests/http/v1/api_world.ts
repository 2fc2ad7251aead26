/** A world with an agent beside it, for tests of the Workflow Management API. */

import { assertEquals } from "@std/assert";
import { eventually, OPERATOR_KEY, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { type Sink, type SinkRequest, startSink } from "../../support/sink.ts";
import { type Answer, ask, type Json } from "../door.ts";

export interface ApiWorld {
  world(): World;
  sink: Sink;
  /** What the agent gives for what it was sent; may throw a Response. */
  agent: (data: Json, request: SinkRequest) => Json | Promise<Json>;
  /** What it was sent, parsed. */
  sent(): Json[];
  api(path: string, options?: { method?: string; headers?: Record<string, string>; body?: unknown }): Promise<Answer>;
  addAgent(more?: Json): Promise<Json>;
  addWorkflow(steps: Json, more?: Json): Promise<Json>;
  /** Id of the run. */
  execute(workflow: Json, input?: Json): Promise<string>;
  /** The run once it is over. */
  ended(runId: string): Promise<Json>;
  steps(runId: string): Promise<Json[]>;
}

let count = 0;

export function apiWorldOfFile(
  begin: (api: ApiWorld) => void | Promise<void> = () => {},
  env: Record<string, string> = {},
): ApiWorld {
  let world: World;
  const sink = startSink();
  const made: ApiWorld = {
    world: () => world,
    sink,
    agent: (data) => data,
    sent: () => sink.requests.filter(({ method }) => method === "POST").map(({ body }) => dataOf(body)),
    api: (path, { headers, ...options } = {}) =>
      ask(`http://127.0.0.1:${world.serving.operatorPort}${env.API_PREFIX ?? "/api/v1"}${path}`, {
        headers: { [env.API_KEY_HEADER ?? "x-api-key"]: OPERATOR_KEY, ...headers },
        ...options,
      }),
    addAgent: async (more = {}) =>
      await created("/agents", {
        name: `agent-${++count}`,
        url: `${sink.url}/rpc`,
        retry_config: { max_retries: 0 },
        ...more,
      }),
    addWorkflow: async (steps, more = {}) =>
      await created("/workflows", { name: `workflow-${++count}`, start_step: Object.keys(steps)[0], steps, ...more }),
    execute: async ({ id }, input_data = {}) => {
      const { status, body } = await made.api(`/workflows/${id}/execute`, { body: { input_data } });
      assertEquals([status, body.status], [202, "PENDING"], JSON.stringify(body));
      return body.id;
    },
    ended: (runId) =>
      eventually(async () => {
        const { body } = await made.api(`/runs/${runId}`);
        return ["COMPLETED", "FAILED", "CANCELLED"].includes(body.status) && body;
      }),
    steps: async (runId) => (await made.api(`/runs/${runId}/steps?page_size=100`)).body.items,
  };
  async function created(path: string, body: Json): Promise<Json> {
    const answer = await made.api(path, { body });
    assertEquals(answer.status, 201, JSON.stringify(answer.body));
    return answer.body;
  }
  sink.answer = async (request) => {
    const { id } = JSON.parse(request.body);
    try {
      const text = JSON.stringify(await made.agent(dataOf(request.body), request));
      return Response.json({
        jsonrpc: "2.0",
        id,
        result: { status: { state: "completed" }, artifacts: [{ parts: [{ kind: "text", text }] }] },
      });
    } catch (answer) {
      if (answer instanceof Response) return answer;
      throw answer;
    }
  };
  worldOfFile({ env: { EGRESS_ALLOW: `127.0.0.1:${sink.port}`, ...env } }, async (started) => {
    world = started;
    await begin(made);
  });
  Deno.test.afterAll(() => sink.stop());
  return made;
}

function dataOf(body: string): Json {
  return JSON.parse(JSON.parse(body).params.message.parts[0].text);
}
