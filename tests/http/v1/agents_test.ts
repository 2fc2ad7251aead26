/** Tests of agents at the door: made, changed, taken out, looked at; and that what they are called with is never answered. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { OPERATOR_KEY, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { startSink } from "../../support/sink.ts";
import { type Answer, ask, assertProblem, type Json } from "../door.ts";

let world: World;
const sink = startSink();
worldOfFile({ env: { EGRESS_ALLOW: `127.0.0.1:${sink.port}` } }, (started) => void (world = started));
Deno.test.afterAll(() => sink.stop());

function api(
  path: string,
  { headers, ...options }: { method?: string; headers?: Record<string, string>; body?: unknown } = {},
): Promise<Answer> {
  return ask(`http://127.0.0.1:${world.serving.operatorPort}/api/v1${path}`, {
    headers: { "x-api-key": OPERATOR_KEY, ...headers },
    ...options,
  });
}

let made = 0;
async function addAgent(more: Json = {}): Promise<Json> {
  const { status, body } = await api("/agents", { body: { name: `agent ${++made}`, url: `${sink.url}/rpc`, ...more } });
  assertEquals(status, 201, JSON.stringify(body));
  return body;
}

Deno.test("an agent has the defaults of the documents, and what it is called with is never answered", async () => {
  const token = `secret-${crypto.randomUUID()}`;
  const { id, created_at, updated_at, ...agent } = await addAgent({
    name: "a",
    auth_type: "bearer",
    auth_config: { token },
  });
  assertEquals(created_at, updated_at);
  assertEquals(agent, {
    name: "a",
    url: `${sink.url}/rpc`,
    description: null,
    auth_type: "bearer",
    auth_config: null,
    has_credentials: true,
    timeout_ms: 30_000,
    retry_config: { max_retries: 3, initial_delay_ms: 1_000, max_delay_ms: 30_000, backoff_multiplier: 2 },
    circuit_breaker_config: null,
    circuit_breaker: { state: "closed", retry_at: null },
    last_24_hours: { calls: 0, failures: 0, p95_latency_ms: null },
    status: "active",
  });
  const key = `key-${crypto.randomUUID()}`;
  const changed = await api(`/agents/${id}`, {
    method: "PUT",
    body: { auth_type: "apikey", auth_config: { key, header_name: "X-Mine" }, timeout_ms: 1_000 },
  });
  assertEquals([changed.status, changed.body.auth_config, changed.body.timeout_ms], [
    200,
    { header_name: "X-Mine" },
    1_000,
  ]);
  for (const header_name of ["Transfer-Encoding", "host", "Content-Type", "Idempotency-Key"]) {
    const refused = await api(`/agents/${id}`, {
      method: "PUT",
      body: { auth_type: "apikey", auth_config: { key, header_name } },
    });
    assertProblem(refused, 400, "REQUEST_INVALID");
    assertEquals(refused.body.errors[0].field, "auth_config.header_name");
  }
  const everything = JSON.stringify([changed.body, (await api(`/agents/${id}`)).body, (await api("/agents")).body]);
  const { sql } = world.database.db;
  const rows = JSON.stringify([
    await sql`select * from agent`,
    await sql`select * from api_audit`,
    await sql`select * from api_audit_unsealed`,
  ]);
  for (const secret of [token, key]) assert(!everything.includes(secret) && !rows.includes(secret));
});

Deno.test("lists have pages with true totals, by status and by a part of the name", async () => {
  const names = ["List one", "list two", "list three"];
  for (const name of names) await addAgent({ name });
  await api(`/agents/${(await addAgent({ name: "list off" })).id}`, { method: "PUT", body: { status: "inactive" } });
  const page = await api("/agents?name=LIST&page_size=3&page=2");
  assertEquals([page.body.items.map(({ name }: Json) => name), page.body.total, page.body.total_pages], [
    ["List one"],
    4,
    2,
  ]);
  const { body: umlaut } = await api("/agents", { body: { name: "Prüfer", url: "https://agents.example/rpc" } });
  const found = await api(`/agents?name=${encodeURIComponent("Prü")}`);
  assertEquals(found.body.items.map(({ id }: Json) => id), [umlaut.id]);
  assertEquals((await api("/agents?name=list&status=inactive")).body.items.map(({ name }: Json) => name), ["list off"]);
  for (const query of ["page=0", "page_size=101", "status=gone", "page=x"]) {
    const refused = await api(`/agents?${query}`);
    assertProblem(refused, 400, "REQUEST_INVALID");
    assertEquals(refused.body.errors.map(({ field }: Json) => field), [query.split("=")[0]]);
  }
});

Deno.test("every fault of a body at once, with its field; a name in use is one, also when two ask at once", async () => {
  const { status, body } = await api("/agents", {
    body: {
      name: " ",
      url: "ftp://x",
      auth_type: "bearer",
      timeout_ms: 10,
      retry_config: { max_retries: 11, initial_delay_ms: 5_000, max_delay_ms: 1_000 },
      extra: 1,
    },
  });
  assertEquals(status, 400);
  const fields = body.errors.map(({ field }: Json) => field);
  for (const field of ["name", "url", "timeout_ms", "retry_config.max_retries"]) assert(fields.includes(field), field);
  const twins = await Promise.all([1, 2].map(() => api("/agents", { body: { name: "twin", url: sink.url } })));
  const statuses = twins.map(({ status }) => status).sort();
  assert(statuses[0] === 201 && [400, 409].includes(statuses[1]!), String(statuses));
  assertProblem(await api("/agents", { body: { name: "twin", url: sink.url } }), 400, "REQUEST_INVALID");
  const { id } = await addAgent();
  assertProblem(await api(`/agents/${id}`, { method: "PUT", body: { name: "other" } }), 400, "REQUEST_INVALID");
  assertProblem(
    await api(`/agents/${id}`, { method: "PUT", body: { auth_config: { token: "t" } } }),
    400,
    "REQUEST_INVALID",
  );
  for (const path of ["/agents/none", `/agents/${crypto.randomUUID()}`]) {
    assertProblem(await api(path), 404, "NOT_FOUND");
  }
});

Deno.test("a change of another revision is refused; one that is deleted gives its name free", async () => {
  const agent = await addAgent({ name: "once" });
  const { headers } = await api(`/agents/${agent.id}`);
  const etag = headers.get("etag")!;
  assertEquals(
    (await api(`/agents/${agent.id}`, { method: "PUT", body: { description: "x" }, headers: { "if-match": etag } }))
      .status,
    200,
  );
  assertProblem(
    await api(`/agents/${agent.id}`, { method: "DELETE", headers: { "if-match": etag } }),
    412,
    "PRECONDITION_FAILED",
  );
  const gone = await api(`/agents/${agent.id}`, { method: "DELETE" });
  assertEquals([gone.status, gone.body.data.status, gone.body.data.id], [200, "deleted", agent.id]);
  assertMatch(gone.body.message, /"once" is deleted/);
  assertProblem(await api(`/agents/${agent.id}`, { method: "DELETE" }), 404, "NOT_FOUND");
  assertEquals((await api(`/agents/${agent.id}`)).body.status, "deleted");
  await addAgent({ name: "once" });
});

Deno.test("a repeated POST under its key makes one agent", async () => {
  const headers = { "idempotency-key": crypto.randomUUID() };
  const body = { name: "keyed", url: sink.url };
  const [first, second] = [await api("/agents", { body, headers }), await api("/agents", { body, headers })];
  assertEquals([first.status, second.status, second.body.id], [201, 201, first.body.id]);
});

Deno.test("health is asked by the agent's card, then by /health, with what it is called with", async () => {
  const agent = await addAgent({ auth_type: "apikey", auth_config: { key: "k3y" } });
  const health = () => api(`/agents/${agent.id}/health`);
  sink.answer = ({ path }) => new Response("{}", { status: path === "/.well-known/agent-card.json" ? 200 : 404 });
  assertEquals([(await health()).body.status, (await health()).body.via], ["healthy", "agent_card"]);
  sink.answer = ({ path }) => new Response("{}", { status: path === "/health" ? 200 : 404 });
  assertEquals([(await health()).body.via, sink.requests.at(-1)!.headers["x-api-key"]], ["health", "k3y"]);
  sink.answer = () => new Response(null, { status: 500 });
  const { body } = await health();
  assertEquals([body.status, body.http_status, body.error], ["unhealthy", 500, "the agent answered 500"]);
  sink.answer = () => Response.json({});
  const away = await addAgent({ url: "http://127.0.0.1:9/rpc" });
  const refused = (await api(`/agents/${away.id}/health`)).body;
  assertEquals([refused.status, refused.http_status], ["unhealthy", null]);
});

Deno.test("the audit has each change once, chained", async () => {
  const { id } = await addAgent();
  await api(`/agents/${id}`, { method: "PUT", body: { status: "inactive" } });
  await api(`/agents/${id}`, { method: "DELETE" });
  // Which seals all that was written before.
  assertEquals((await api("/audit")).status, 200);
  const rows = await world.database.db.sql<
    { number: number; action: string; entity_id: string; previous_sha256: Uint8Array; sha256: Uint8Array }[]
  >`
    select number, action, entity_id, previous_sha256, sha256 from api_audit order by number`;
  assertEquals(rows.filter(({ entity_id }) => entity_id === id).map(({ action }) => action), [
    "create",
    "update",
    "delete",
  ]);
  assertEquals(rows.map(({ number }) => number), rows.map((_, index) => index + 1));
  for (const [index, { previous_sha256 }] of rows.entries()) {
    if (index > 0) assertEquals(previous_sha256.toString(), rows[index - 1]!.sha256.toString());
  }
});
