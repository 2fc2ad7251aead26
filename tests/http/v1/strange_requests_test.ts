/** Requests at the Workflow Management API that no client means to send: none is answered with 5xx, each refusal has the one form. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { OPERATOR_KEY } from "../../support/world.ts";
import type { Json } from "../door.ts";
import { apiWorldOfFile } from "./api_world.ts";

let agentId: string;
let workflowId: string;
let runId: string;

const world = apiWorldOfFile(async ({ addAgent, addWorkflow, execute, ended }) => {
  const { id, name } = await addAgent();
  agentId = id;
  workflowId = (await addWorkflow({ one: { type: "agent", agent_name: name } })).id;
  runId = await execute({ id: workflowId });
  await ended(runId);
});
const { addAgent } = world;

/** Not held against the contract, as others are: a body may be sent to a route that has none, and a path may be no route. */
async function send(path: string, init: RequestInit = {}): Promise<{ status: number; body: Json; headers: Headers }> {
  const response = await fetch(`http://127.0.0.1:${world.world().serving.operatorPort}/api/v1${path}`, {
    ...init,
    headers: { "x-api-key": OPERATOR_KEY, ...init.headers as Record<string, string> },
  });
  const { status, headers } = response;
  const text = await response.text();
  const body = text === "" ? undefined : JSON.parse(text);
  assert(status < 500, `${init.method ?? "GET"} ${path}: ${status} ${text}`);
  if (status >= 400) {
    assertEquals(headers.get("content-type"), "application/problem+json", path);
    const { error, code, status_code, errors, timestamp, request_id, detail } = body;
    assertEquals([error, status_code, Array.isArray(errors)], [code, status, true], text);
    assert(detail !== "" && request_id === headers.get("x-request-id") && !Number.isNaN(Date.parse(timestamp)), text);
  }
  return { status, body, headers };
}

const json = (body: unknown, method = "POST", headers: Record<string, string> = {}): RequestInit => ({
  method,
  headers: { "content-type": "application/json", ...headers },
  body: typeof body === "string" ? body : JSON.stringify(body),
});

Deno.test("ids of every kind name nothing", async () => {
  const ids = [
    ...[
      "%00",
      "%ff",
      "%2f",
      "%252f",
      "..%2f..%2fetc",
      "%20",
      "null",
      "-1",
      "1e9",
      "'",
      "%22;drop%20table",
      "%F0%9F%98%80",
    ],
    "00000000-0000-0000-0000-000000000000",
    crypto.randomUUID().toUpperCase(),
    "x".repeat(7_000),
    "run-run-00000000-0000-0000-0000-000000000000",
    "wf-name-1",
  ];
  const routes = [
    ...[
      "GET /agents/ID",
      "GET /agents/ID/health",
      "DELETE /agents/ID",
      "GET /workflows/ID",
      "GET /workflows/ID/versions",
    ],
    ...["GET /workflows/ID/compare", "DELETE /workflows/ID", "GET /runs/ID", "GET /runs/ID/steps", "GET /runs/ID/logs"],
    ...[
      "POST /runs/ID/pause",
      "POST /runs/ID/resume",
      "DELETE /keys/ID",
      "DELETE /users/ID",
      "POST /workflows/ID/execute",
    ],
    ...["GET /schedules/ID", "DELETE /schedules/ID", `GET /workflows/${workflowId}/versions/ID`],
  ];
  for (const route of routes) {
    const [method, path] = route.split(" ");
    for (const id of ids) assertEquals((await send(path!.replace("ID", id), { method })).status, 404, `${route} ${id}`);
  }
});

Deno.test("bodies that are large, deep, of another type or no JSON are refused for that", async () => {
  const at = [["POST", "/agents"], ["POST", "/workflows"], ["PUT", `/agents/${agentId}`], ["POST", "/keys"]] as const;
  for (const [method, path] of at) {
    const status = async (init: RequestInit) => (await send(path, { method, ...init })).status;
    assertEquals(await status(json("{", method)), 400);
    assertEquals(await status(json("", method)), 400);
    assertEquals(await status(json('{"name": "\ud800"}', method)), 400);
    assertEquals(await status(json(new Array(9).fill("[]"), method)), 400);
    assertEquals(await status(json("[".repeat(100_000) + "]".repeat(100_000), method)), 400);
    assertEquals(await status(json(`{"a":`.repeat(5_000) + "1" + "}".repeat(5_000), method)), 400);
    assertEquals(await status(json(`{"name":"${"x".repeat(20_000_000)}"}`, method)), 413);
    assertEquals(await status({ body: "a=b", headers: { "content-type": "application/x-www-form-urlencoded" } }), 415);
    assertEquals(await status({ body: new FormData() }), 415);
    assertEquals(await status(json("{}", method, { "content-encoding": "gzip" })), 415);
    assertEquals(await status(json('{"__proto__": {"admin": true}, "constructor": 1}', method)), 400);
  }
  // No number of a JSON text is too large, too small or too long to be read, and none of these is an answer of 5xx.
  for (const text of ["1e400", "-0", "1e-400", "9".repeat(400), "0.1e1"]) {
    await send(`/workflows/${workflowId}/execute`, json(`{"input_data": {"n": ${text}}}`));
  }
  for (const text of ["\u0000", "\ud83d", "\uffff", "\u202e"]) {
    await send(`/workflows/${workflowId}/execute`, json({ input_data: { [text]: text } }));
    await send("/agents", json({ name: text, url: `${world.sink.url}/rpc` }));
    await send(`/agents?name=${encodeURIComponent(text.toWellFormed())}`);
  }
  // Lists, logs and terminals show names.
  for (const name of ["a\nb", "a\u0000", "\u202egnp.exe", "\u009b2J"]) {
    const steps = { a: { agent_name: "echo" } };
    const bodies = {
      "/agents": { name, url: `${world.sink.url}/rpc` },
      "/workflows": { name, start_step: "a", steps },
      "/schedules": { name, workflow_id: workflowId, cron: "0 0 1 1 *" },
    };
    for (const [path, body] of Object.entries(bodies)) {
      const refused = await send(path, json(body));
      assertEquals([refused.status, refused.body.errors[0].field], [400, "name"], path + JSON.stringify(name));
    }
  }
});

Deno.test("pages beyond the end are empty with true totals; others that cannot be are refused", async () => {
  const lists = [
    "/agents",
    "/workflows",
    "/runs",
    `/runs/${runId}/steps`,
    `/runs/${runId}/logs`,
    "/audit",
    "/keys",
    "/users",
  ];
  for (const list of lists) {
    const { status, body } = await send(`${list}?page=9999&page_size=100`);
    assertEquals([status, body.items, body.page], [200, [], 9_999], list);
    assertEquals(body.total, (await send(list)).body.total, list);
    for (
      const query of ["page=0", "page=-1", "page=1e3", "page=99999999999999999999", "page_size=0", "page_size=101"]
    ) {
      assertEquals((await send(`${list}?${query}`)).status, 400, `${list}?${query}`);
    }
    await send(`${list}?page=1&page_size=%00&unknown=${"x".repeat(3_000)}`);
  }
  // What was meant as a filter would show everything.
  for (
    const [query, field, message] of [
      ["stauts=FAILED", "stauts", '"stauts" is not known here; did you mean "status"?'],
      ["status=FAILED&status=COMPLETED", "status", "is given more than once"],
      ["tw_0123456789=1", "", /^has a field that is not known here; known are page, page_size, /],
    ] as const
  ) {
    const { status, body } = await send(`/runs?${query}`);
    assertEquals([status, body.error, body.errors.length, body.errors[0].field], [400, "REQUEST_INVALID", 1, field]);
    if (typeof message === "string") assertEquals(body.errors[0].message, message);
    else assertMatch(body.errors[0].message, message);
  }
  for (
    const query of ["status=%00", "created_after=yesterday", "created_after=9999999-01-01T00:00:00Z", "sort_by=id;--"]
  ) {
    assertEquals((await send(`/runs?${query}`)).status, 400, query);
  }
});

Deno.test("If-Match in any form changes what it names, or nothing", async () => {
  const { id } = await addAgent();
  const at = `/agents/${id}`;
  const tag = (await send(at)).headers.get("etag")!;
  const change = (value: string) => send(at, json({ description: value.slice(0, 50) }, "PUT", { "if-match": value }));
  for (const value of ['""', '"', "1", '"1e0"', '"-1"', '"999999999999"', '"a", "b"', "W/", "x".repeat(5_000), "**"]) {
    assertEquals((await change(value)).status, 412, value);
  }
  assertEquals((await send(at)).headers.get("etag"), tag);
  assertEquals([(await change("*")).status, (await change(`W/${tag}`)).status], [200, 412]);
});

Deno.test("of PUTs and DELETEs at once with one ETag, one is made", async () => {
  const { id, name } = await addAgent();
  const workflow = await world.addWorkflow({ one: { type: "agent", agent_name: name } });
  for (const at of [`/agents/${id}`, `/workflows/${workflow.id}`]) {
    const tag = (await send(at)).headers.get("etag")!;
    const headers = { "if-match": tag };
    const made = await Promise.all(
      Array.from(
        { length: 12 },
        (_, n) =>
          n % 3 === 0
            ? send(at, { method: "DELETE", headers })
            : send(at, json({ description: `change ${n}` }, "PUT", headers)),
      ),
    );
    assertEquals(made.filter(({ status }) => status === 200).length, 1, at);
    for (const { status } of made) assert([200, 404, 412].includes(status), `${at}: ${status}`);
  }
});

Deno.test("methods that a path does not have are refused with those it has", async () => {
  for (const path of ["/agents", `/agents/${agentId}`, `/runs/${runId}/steps`, "/auth/token", "/me", "/audit"]) {
    for (const method of ["PATCH", "PUT", "DELETE", "POST", "GET"]) {
      const { status, headers } = await send(path, { method });
      if (status !== 405) continue;
      assert(!headers.get("allow")!.split(", ").includes(method), `${method} ${path}`);
    }
    assertEquals((await send(path, { method: "PATCH" })).status, 405, path);
  }
});
