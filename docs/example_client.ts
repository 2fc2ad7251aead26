/**
 * A client of the Workflow Management API, of types that openapi-typescript makes from its /openapi.json, and a day of work with it:
 *
 *     npx openapi-typescript http://localhost:8003/openapi.json --default-non-nullable false -o docs/workflow_api.ts
 */

import createClient from "openapi-fetch";
import type { components, paths } from "./workflow_api.ts";

type Run = components["schemas"]["WorkflowRun"];

/** The API as the holder of a key or a token sees it. */
export function connect(baseUrl: string, headers: { "X-API-Key": string } | { Authorization: string }) {
  return createClient<paths>({ baseUrl, headers });
}

type Client = ReturnType<typeof connect>;

export interface Day {
  baseUrl: string;
  /** Of an admin. */
  adminKey: string;
  /** Answers JSON-RPC `message/send` with what it was sent. */
  agentUrl: string;
}

/** From the first user to the last look at the audit; throws where an answer is another than it should be. */
export async function dayOfWork({ baseUrl, adminKey, agentUrl }: Day): Promise<void> {
  const admin = connect(baseUrl, { "X-API-Key": adminKey });
  const ada = await logInAsNewUser(admin, baseUrl);
  const key = given(await admin.POST("/api/v1/keys", { body: { name: "nightly", role: "operator" } }));
  const nightly = connect(baseUrl, { "X-API-Key": key.key });

  const agent = await registerAgents(ada, agentUrl);
  const { workflow, tag } = await saveWorkflow(ada);
  await changeWorkflow(ada, workflow.id, tag);

  await executeOnce(nightly, workflow.id);
  await cancelWaiting(nightly, workflow.id);
  await pauseAndResume(nightly, workflow.id);
  await retry(nightly, { ada, agentId: agent.id, workflowId: workflow.id });

  const old = given(
    await ada.POST("/api/v1/workflows/{workflow_id}/rollback", {
      params: { path: { workflow_id: workflow.id } },
      body: { version: 1 },
    }),
  );
  check("the version that is rolled back to is the third", old.version === 3);
  await lookAtAudit(admin, workflow.id);

  given(await admin.DELETE("/api/v1/keys/{key_id}", { params: { path: { key_id: key.id } } }));
  refused(await nightly.GET("/api/v1/me"), 401, "LOGIN_INVALID");
}

async function logInAsNewUser(admin: Client, baseUrl: string): Promise<Client> {
  const password = "correct horse battery";
  const user = given(await admin.POST("/api/v1/users", { body: { name: "ada", role: "editor", password } }));
  const login = given(await admin.POST("/api/v1/auth/token", { body: { username: user.name, password } }));
  const ada = connect(baseUrl, { Authorization: `Bearer ${login.access_token}` });
  const me = given(await ada.GET("/api/v1/me"));
  check("she is who she says", me.name === "ada" && me.role === "editor");
  refused(await ada.POST("/api/v1/keys", { body: { name: "mine", role: "admin" } }), 403, "ROLE_INSUFFICIENT");
  return ada;
}

async function registerAgents(client: Client, url: string) {
  const register = async (name: string) =>
    given(
      await client.POST("/api/v1/agents", {
        body: {
          name,
          url,
          auth_type: "bearer",
          auth_config: { token: "a-token-of-the-agent" },
          retry_config: { max_retries: 0 },
        },
      }),
    );
  const reader = await register("reader");
  await register("writer");
  check("what it is called with is not answered", reader.has_credentials && reader.auth_config === null);
  const { agent_id, status } = given(
    await client.GET("/api/v1/agents/{agent_id}/health", { params: { path: { agent_id: reader.id } } }),
  );
  check("its health is known", agent_id === reader.id && status.length > 0);
  return reader;
}

async function saveWorkflow(client: Client) {
  const faulty = refused(
    await client.POST("/api/v1/workflows", {
      body: {
        name: "order",
        start_step: "read",
        steps: {
          read: { type: "agent", agent_name: "nobody_knows", next_step: "gone" },
          alone: { type: "conditional", condition: "${read.output.n} >", if_true_step: "read" },
        },
      },
    }),
    422,
    "FLOW_INVALID",
  );
  check("every fault at once", faulty.errors.length >= 3);
  const saved = await client.POST("/api/v1/workflows", {
    body: {
      name: "order",
      description: "Reads an order, waits until it is paid, and writes its lines",
      start_step: "read",
      steps: {
        read: {
          type: "agent",
          agent_name: "reader",
          input_mapping: { id: "${workflow.input.id}", lines: "${workflow.input.lines}" },
          next_step: "large",
        },
        large: {
          type: "conditional",
          condition: "len(read.output.lines) > 1",
          if_true_step: "both",
          next_step: "paid",
        },
        both: { type: "parallel", parallel_steps: ["stock", "price"] },
        stock: { agent_name: "reader", input_mapping: { of: "stock" } },
        price: { agent_name: "reader", input_mapping: { of: "price" } },
        paid: {
          type: "wait_for_event",
          event_type: "paid",
          match: { id: "${workflow.input.id}" },
          timeout_seconds: 3_600,
          next_step: "each",
        },
        each: {
          type: "loop",
          loop_config: { collection: "${read.output.lines}", loop_body: ["write"], on_error: "stop" },
        },
        write: { agent_name: "writer", input_mapping: { line: "${loop.item}", at: "${loop.index}" } },
      },
      input_schema: { type: "object", required: ["id", "lines"] },
    },
  });
  return { workflow: given(saved), tag: saved.response.headers.get("etag") ?? "" };
}

async function changeWorkflow(client: Client, workflow_id: string, tag: string): Promise<void> {
  const path = { workflow_id };
  const changed = given(
    await client.PUT("/api/v1/workflows/{workflow_id}", {
      params: { path, header: { "if-match": tag } },
      body: { input_schema: { type: "object", required: ["id", "lines"], properties: { lines: { type: "array" } } } },
    }),
  );
  check("the next version", changed.version === 2);
  refused(
    await client.PUT("/api/v1/workflows/{workflow_id}", {
      params: { path, header: { "if-match": tag } },
      body: { status: "inactive" },
    }),
    412,
    "PRECONDITION_FAILED",
  );
  const versions = given(await client.GET("/api/v1/workflows/{workflow_id}/versions", { params: { path } }));
  check("both versions, the newest first", versions.items.map(({ version }) => version).join() === "2,1");
  const { changes } = given(await client.GET("/api/v1/workflows/{workflow_id}/compare", { params: { path } }));
  check("what differs", changes.map(({ path }) => path).join() === "input_schema.properties");
}

async function execute(client: Client, workflow_id: string, id: number, key?: string): Promise<Run> {
  return given(
    await client.POST("/api/v1/workflows/{workflow_id}/execute", {
      params: { path: { workflow_id }, header: { "Idempotency-Key": key } },
      body: { input_data: { id, lines: ["one", "two"] } },
    }),
  );
}

async function pay(client: Client, id: number): Promise<void> {
  given(await client.POST("/api/v1/events", { body: { event_type: "paid", data: { id } } }));
}

async function executeOnce(client: Client, workflowId: string): Promise<void> {
  const key = "order-1";
  const first = await execute(client, workflowId, 1, key);
  const again = await execute(client, workflowId, 1, key);
  check("one run for a key", first.id === again.id);
  await untilStep(client, first.id, "paid", "RUNNING");
  await pay(client, 1);
  await until(client, first.id, "COMPLETED");
  const path = { run_id: first.run_id };
  const { items } = given(await client.GET("/api/v1/runs/{run_id}/steps", { params: { path } }));
  const written = items.filter(({ step_id }) => step_id === "write");
  check("a step of each line", written.map(({ loop_index }) => loop_index).join() === "0,1");
  const log = given(await client.GET("/api/v1/runs/{run_id}/logs", { params: { path, query: { page_size: 100 } } }));
  check("the log ends with the run", log.items.at(-1)?.message === "Run completed");
  const runs = given(
    await client.GET("/api/v1/runs", {
      params: { query: { status: "COMPLETED", workflow_definition_id: workflowId } },
    }),
  );
  check("it is listed", runs.total === 1 && runs.items[0]?.id === first.id);
}

async function cancelWaiting(client: Client, workflowId: string): Promise<void> {
  const { id } = await execute(client, workflowId, 2);
  await untilStep(client, id, "paid", "RUNNING");
  given(
    await client.POST("/api/v1/runs/{run_id}/cancel", {
      params: { path: { run_id: id } },
      body: { reason: "ordered by mistake" },
    }),
  );
  const run = await until(client, id, "CANCELLED");
  check("with its reason", run.cancel_reason === "ordered by mistake" && run.cancelled_by === "nightly");
}

async function pauseAndResume(client: Client, workflowId: string): Promise<void> {
  const { id } = await execute(client, workflowId, 3);
  const path = { run_id: id };
  await untilStep(client, id, "paid", "RUNNING");
  given(await client.POST("/api/v1/runs/{run_id}/pause", { params: { path } }));
  await pay(client, 3);
  const paused = given(await client.GET("/api/v1/runs/{run_id}", { params: { path } }));
  check("it stands still", paused.paused_at !== null && paused.completed_at === null);
  given(await client.POST("/api/v1/runs/{run_id}/resume", { params: { path } }));
  await until(client, id, "COMPLETED");
}

/** Its agent is switched off after the save: the run fails, and is retried once it is back, then from a step before that. */
async function retry(
  client: Client,
  { ada, agentId, workflowId }: { ada: Client; agentId: string; workflowId: string },
) {
  const setStatus = async (status: "active" | "inactive") =>
    given(
      await ada.PUT("/api/v1/agents/{agent_id}", { params: { path: { agent_id: agentId } }, body: { status } }),
    );
  await setStatus("inactive");
  refused(
    await client.POST("/api/v1/workflows/{workflow_id}/execute", {
      params: { path: { workflow_id: workflowId } },
      body: { input_data: { id: 4 } },
    }),
    400,
    "REQUEST_INVALID",
  );
  const { id } = await execute(client, workflowId, 4);
  const failed = await until(client, id, "FAILED");
  check("why is said", failed.error_message !== null);
  await setStatus("active");
  const goesOn = given(await client.POST("/api/v1/runs/{run_id}/retry", { params: { path: { run_id: id } } }));
  check("the same run goes on", goesOn.id === id);
  await untilStep(client, id, "paid", "RUNNING");
  given(await client.POST("/api/v1/runs/{run_id}/cancel", { params: { path: { run_id: id } } }));
  const cancelled = await until(client, id, "CANCELLED");
  const again = given(
    await client.POST("/api/v1/runs/{run_id}/retry", {
      params: { path: { run_id: id } },
      body: { resume_from_step: "large" },
    }),
  );
  check("another run, which takes over what was before", again.id !== id && again.retry_of === cancelled.run_id);
  await untilStep(client, again.id, "paid", "RUNNING");
  await pay(client, 4);
  await until(client, again.id, "COMPLETED");
}

async function lookAtAudit(client: Client, workflowId: string): Promise<void> {
  const { items } = given(
    await client.GET("/api/v1/audit", { params: { query: { entity_type: "workflow", entity_id: workflowId } } }),
  );
  check(
    "who changed the workflow",
    items.map(({ actor, action }) => `${actor} ${action}`).join(", ") === "ada rollback, ada update, ada create",
  );
}

async function until(client: Client, run_id: string, status: Run["status"]): Promise<Run> {
  for (;;) {
    const run = given(await client.GET("/api/v1/runs/{run_id}", { params: { path: { run_id } } }));
    if (run.status === status) return run;
    check(`the run becomes ${status}: ${JSON.stringify(run)}`, run.completed_at === null);
    await pause();
  }
}

async function untilStep(client: Client, run_id: string, step: string, status: string): Promise<void> {
  for (;;) {
    const { items } = given(await client.GET("/api/v1/runs/{run_id}/steps", { params: { path: { run_id } } }));
    if (items.some((one) => one.step_id === step && one.status === status)) return;
    await pause();
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}

/** What was asked for; throws what the API says where it refuses. */
function given<Data, Problem>({ data, error }: { data?: Data; error?: Problem }): Data {
  if (data === undefined) throw new Error(`Refused: ${JSON.stringify(error)}`);
  return data;
}

/** The problem of a request that has to be refused. */
function refused<Problem extends { status: number; code: string }>(
  { error, response }: { error?: Problem; response: Response },
  status: number,
  code: Problem["code"],
): Problem {
  check(`${status} ${code}: ${JSON.stringify(error)}`, error?.status === status && error.code === code);
  check("the status is in the answer too", response.status === status);
  if (error === undefined) throw new Error(`Accepted: ${response.url}`);
  return error;
}

function check(what: string, isSo: boolean): void {
  if (!isSo) throw new Error(`Expected: ${what}`);
}
