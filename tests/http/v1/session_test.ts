/** Tests of the session of a person at the console of the Workflow Management API, and of what its pages read beside the lists. */

import { assertEquals, assertMatch } from "@std/assert";
import { OPERATOR_KEY } from "../../support/world.ts";
import { type Answer, ask, assertProblem, type Json } from "../door.ts";
import { apiWorldOfFile } from "./api_world.ts";

const own = apiWorldOfFile();
const PASSWORD = "correct horse battery";
const at = (path: string) => `http://127.0.0.1:${own.world().serving.operatorPort}/api/v1${path}`;
/** As the browser sends it for a page of this origin. */
const SAME = { "sec-fetch-site": "same-origin" };

type Sent = { method?: string; body?: unknown; headers?: Record<string, string> };

async function signIn(body: Json, headers: Record<string, string> = SAME): Promise<Answer & { cookie: string }> {
  const answer = await ask(at("/session"), { body, headers });
  return { ...answer, cookie: answer.headers.get("set-cookie")?.split(";")[0] ?? "" };
}

function by(cookie: string, path: string, { headers, ...sent }: Sent = {}): Promise<Answer> {
  return ask(at(path), { ...sent, headers: { ...SAME, cookie, ...headers } });
}

let count = 0;
async function makeUser(role: string): Promise<Json> {
  const { status, body } = await own.api("/users", {
    body: { name: `person ${++count}`, role, password: PASSWORD },
  });
  assertEquals(status, 201);
  return body;
}

Deno.test("a person signs in by a password, without JWT_SECRET; the cookie is for this origin's pages and no script", async () => {
  const user = await makeUser("editor");
  assertEquals((await ask(at("/session"))).body.caller, null);
  assertProblem(await signIn({ username: user.name, password: "wrong wrong wrong" }), 401, "LOGIN_INVALID");
  const { status, body, headers, cookie } = await signIn({ username: user.name, password: PASSWORD });
  assertEquals([status, body.caller], [200, { kind: "user", name: user.name, role: "editor" }]);
  assertMatch(headers.get("set-cookie")!, /; Path=\/api\/v1; .*HttpOnly; SameSite=Strict$/);
  assertEquals(cookie.includes(user.name), false);
  assertEquals((await by(cookie, "/me")).body.name, user.name);
  assertEquals((await by(cookie, "/session")).body.caller.role, "editor");
  // Of a page over TLS.
  const secure = await signIn({ username: user.name, password: PASSWORD }, {
    ...SAME,
    origin: "https://timewire.example.com",
  });
  assertMatch(secure.headers.get("set-cookie")!, /; Secure/);
});

Deno.test("by the cookie alone, a page of another origin neither reads nor writes, and a change has to name its origin", async () => {
  const { name } = await makeUser("admin");
  const { cookie } = await signIn({ username: name, password: PASSWORD });
  const bare = (path: string, sent: Sent) => ask(at(path), { ...sent, headers: { cookie, ...sent.headers } });
  const agent = { name: "none", url: "http://127.0.0.1:1/" };
  const origin = new URL(at("/")).origin;
  for (
    const headers of [
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { "sec-fetch-site": "none" },
      { origin: "http://localhost:3000" },
      { origin: "null" },
      {},
    ] as Record<string, string>[]
  ) {
    assertProblem(await bare("/agents", { body: agent, headers }), 403, "CROSS_SITE");
  }
  assertProblem(await bare("/agents", { headers: { "sec-fetch-site": "same-site" } }), 403, "CROSS_SITE");
  assertEquals((await bare("/agents", { body: {}, headers: { origin } })).status, 400);
  assertEquals((await bare("/agents", { headers: { "sec-fetch-site": "none" } })).status, 200);
  // The key of a program that also has a cookie is the login: no origin is asked for.
  assertEquals((await bare("/agents", { headers: { "x-api-key": OPERATOR_KEY } })).status, 200);
  assertProblem(
    await signIn({ key: OPERATOR_KEY }, { "sec-fetch-site": "cross-site" }),
    403,
    "CROSS_SITE",
  );
});

Deno.test("a session ends: signed out, by an admin, with its key, and a copy of its cookie with it", async () => {
  const user = await makeUser("viewer");
  const begin = async () => (await signIn({ username: user.name, password: PASSWORD })).cookie;
  const first = await begin();
  const second = await begin();
  const out = await by(first, "/session", { method: "DELETE" });
  assertEquals(out.status, 200);
  assertMatch(out.headers.get("set-cookie")!, /^timewire_session=; Max-Age=0; Path=\/api\/v1;/);
  assertProblem(await by(first, "/me"), 401, "LOGIN_REQUIRED");
  assertEquals((await by(first, "/session")).body.caller, null);
  assertEquals((await by(second, "/me")).status, 200);
  assertEquals((await own.api(`/users/${user.id}/revoke_tokens`, { method: "POST" })).status, 200);
  assertProblem(await by(second, "/me"), 401, "LOGIN_REQUIRED");

  const made = (await own.api("/keys", { body: { name: "of a person", role: "operator" } })).body;
  const ofKey = await signIn({ key: made.key });
  assertEquals(ofKey.body.caller, { kind: "key", name: "of a person", role: "operator" });
  const other = (await signIn({ key: made.key })).cookie;
  assertEquals((await by(ofKey.cookie, "/session", { method: "DELETE" })).status, 200);
  assertProblem(await by(ofKey.cookie, "/me"), 401, "LOGIN_REQUIRED");
  assertEquals((await by(other, "/me")).status, 200);
  assertEquals((await own.api(`/keys/${made.id}`, { method: "DELETE" })).status, 200);
  assertProblem(await by(other, "/me"), 401, "LOGIN_REQUIRED");

  const operator = await signIn({ key: OPERATOR_KEY });
  assertEquals(operator.body.caller.kind, "operator");
  assertEquals((await by(operator.cookie, "/me")).body.role, "admin");
  assertProblem(await signIn({ key: "x".repeat(40) }), 401, "LOGIN_INVALID");
  assertProblem(await by("timewire_session=v1.a.b.c", "/me"), 401, "LOGIN_REQUIRED");
  assertEquals((await own.api("/audit")).status, 200);
  const rows = await own.world().database.db.sql<{ action: string }[]>`
    select action from api_audit where action = 'revoke_token'`;
  assertEquals(rows.length, 2);
});

Deno.test("an agent is called by hand: what a step would have of it, or why it gave nothing", async () => {
  const agent = await own.addAgent({ auth_type: "bearer", auth_config: { token: "a-secret-of-the-agent" } });
  // What it is sent is text; the world's agent reads JSON.
  own.agent = (data) => ({ said: data });
  const call = (body: Json) => own.api(`/agents/${agent.id}/call`, { body });
  const { status, body } = await call({ text: '"hello"' });
  assertEquals([status, body.outcome, body.output, body.http_status, body.error], [
    200,
    "answered",
    { said: "hello" },
    200,
    null,
  ]);
  own.agent = () => {
    throw new Response("a-secret-of-the-agent", { status: 503 });
  };
  const failed = (await call({ text: '"hello"' })).body;
  assertEquals([failed.outcome, failed.http_status, failed.error_code], ["failed", 503, "UPSTREAM_FAILED"]);
  assertEquals(JSON.stringify(failed).includes("a-secret"), false);
  assertProblem(await call({ text: "" }), 400, "REQUEST_INVALID");
  assertProblem(await own.api(`/agents/${crypto.randomUUID()}/call`, { body: { text: "x" } }), 404, "NOT_FOUND");
  const audited = (await own.api(`/audit?entity_id=${agent.id}&action=call`)).body;
  assertEquals(audited.total, 2);
});

Deno.test("the uses of an agent are the workflows whose current version names it; counts are of a day, by status", async () => {
  own.agent = (data) => data;
  const [agent, other] = [await own.addAgent(), await own.addAgent()];
  const step = (agent_name: string, next_step?: string) => ({ type: "agent", agent_name, next_step });
  const workflow = await own.addWorkflow({ one: step(agent.name, "two"), two: step(agent.name) });
  const gone = await own.addWorkflow({ one: step(agent.name) });
  await own.api(`/workflows/${gone.id}`, { method: "PUT", body: { steps: { one: step(other.name) } } });
  const uses = (await own.api(`/agents/${agent.id}/uses`)).body;
  assertEquals(uses.items, [{ id: workflow.id, name: workflow.name, status: "active", steps: ["one", "two"] }]);
  assertEquals(uses.total, 1);

  const runs = [await own.execute(workflow), await own.execute(workflow)];
  for (const run of runs) await own.ended(run);
  const others = Array.from({ length: 97 }, () => crypto.randomUUID());
  const ids = [workflow.id, gone.id, ...others, "no id"].join(",");
  const { items } = (await own.api(`/run_counts?workflow_definition_ids=${ids}`)).body;
  assertEquals(
    items.map(({ workflow_definition_id, counts, last_run }: Json) => [workflow_definition_id, counts, last_run.id]),
    [
      [workflow.id, { COMPLETED: 2 }, runs[1]],
    ],
  );
});
