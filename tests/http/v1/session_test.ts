/** Tests of the sessions of people at the consoles of port 8003, and of what its pages read beside the lists. */

import { assertEquals, assertMatch } from "@std/assert";
import { notAudited } from "../../../src/access/audit.ts";
import { createApiKeyStore } from "../../../src/access/keys.ts";
import { createSessions, MAX_SESSIONS } from "../../../src/access/sessions.ts";
import { systemClock } from "../../../src/base/clock.ts";
import type { Database } from "../../../src/db/db.ts";
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
  const [given, ofAddons] = headers.getSetCookie();
  assertMatch(given!, /; Path=\/api\/v1; .*HttpOnly; SameSite=Strict$/);
  assertMatch(ofAddons!, /^timewire_session=; Max-Age=0; Path=\/addons;/);
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
  for (const none of ["v1.a.b.c", "x".repeat(43)]) {
    assertProblem(await by(`timewire_session=${none}`, "/me"), 401, "LOGIN_REQUIRED");
  }
  const audited = (await own.api(`/audit?entity_type=session&actor=${encodeURIComponent(user.name)}`)).body.items;
  assertEquals(audited.map(({ action }: Json) => action), ["delete", "create", "create"]);
  assertEquals(audited[2].changes, { kind: "user", name: user.name });
});

Deno.test("sessions are listed to their owner and to admins, and ended one by one or all others; none has its cookie in a row", async () => {
  const [user, other] = [await makeUser("viewer"), await makeUser("viewer")];
  const begin = async ({ name }: Json, browser = "") =>
    (await signIn({ username: name, password: PASSWORD }, { ...SAME, "user-agent": browser })).cookie;
  const [first, second, third] = [await begin(user, "Firefox/140"), await begin(user), await begin(user)];
  const ofOther = await begin(other);
  const list = async (cookie: string, query = "") => (await by(cookie, `/sessions${query}`)).body;
  const { items, total } = await list(first);
  assertEquals([total, items.filter(({ is_current }: Json) => is_current).length], [3, 1]);
  const own1 = items.find(({ is_current }: Json) => is_current);
  assertEquals([own1.kind, own1.name, own1.address, own1.browser], ["user", user.name, "127.0.0.1", "Firefox/140"]);

  assertProblem(await by(first, "/sessions?of=all"), 403, "ROLE_INSUFFICIENT");
  assertProblem(await by(first, "/sessions?of=us"), 400, "REQUEST_INVALID");
  const all = (await own.api("/sessions?of=all&page_size=100")).body.items;
  const ofOtherId = all.find(({ name }: Json) => name === other.name).id;
  const end = (cookie: string, id: string) => by(cookie, `/sessions/${id}`, { method: "DELETE" });
  for (const id of [ofOtherId, crypto.randomUUID(), "none"]) assertProblem(await end(first, id), 404, "NOT_FOUND");
  assertEquals((await by(ofOther, "/me")).status, 200);

  const secondId = (await list(second)).items.find(({ is_current }: Json) => is_current).id;
  const ended = await end(first, secondId);
  assertEquals([ended.status, ended.body.data.id], [200, secondId]);
  assertProblem(await by(second, "/me"), 401, "LOGIN_REQUIRED");
  const others = await by(first, "/sessions/revoke_others", { method: "POST" });
  assertEquals([others.status, others.body.ended], [200, 1]);
  assertProblem(await by(third, "/me"), 401, "LOGIN_REQUIRED");
  assertEquals([(await by(first, "/me")).status, (await by(ofOther, "/me")).status], [200, 200]);
  assertEquals((await own.api(`/sessions/${ofOtherId}`, { method: "DELETE" })).status, 200);
  assertProblem(await by(ofOther, "/me"), 401, "LOGIN_REQUIRED");

  // Signed in again in the same browser: the session of before is over. With the user end all.
  const again = await signIn({ username: user.name, password: PASSWORD }, { ...SAME, cookie: first });
  assertProblem(await by(first, "/me"), 401, "LOGIN_REQUIRED");
  assertEquals((await list(again.cookie)).total, 1);
  await own.api(`/users/${user.id}`, { method: "PUT", body: { disabled: true } });
  assertProblem(await by(again.cookie, "/sessions"), 401, "LOGIN_REQUIRED");
  assertEquals((await own.api("/sessions?of=all")).body.items.filter(({ name }: Json) => name === user.name), []);
  const { sql } = own.world().database.db;
  const rows = JSON.stringify([await sql`select * from api_session`, await sql`select * from api_audit`]);
  assertEquals([first, again.cookie].filter((cookie) => rows.includes(cookie.split("=")[1]!)), []);
});

Deno.test("an operator's key is exchanged once for a session, which is the login for the data of add-ons too", async () => {
  const signedIn = await signIn({ key: OPERATOR_KEY });
  const paths = signedIn.headers.getSetCookie().map((one) => /Path=([^;]+)/.exec(one)![1]);
  assertEquals(paths, ["/api/v1", "/addons"]);
  const addons = new URL("/addons/universal_webhook/ui/workspaces", at("/")).href;
  const open = (cookie: string, headers: Record<string, string> = SAME) =>
    ask(addons, { headers: { cookie, ...headers } });
  assertEquals((await open(signedIn.cookie)).status, 200);
  assertProblem(await open(signedIn.cookie, { "sec-fetch-site": "same-site" }), 403, "CROSS_SITE");
  // A login that is sent counts before the cookie.
  assertProblem(await open(signedIn.cookie, { ...SAME, "x-api-key": "x".repeat(40) }), 401, "LOGIN_INVALID");
  const { name } = await makeUser("admin");
  const person = await signIn({ username: name, password: PASSWORD });
  assertProblem(await open(person.cookie), 403, "ROLE_INSUFFICIENT");
  const out = await by(signedIn.cookie, "/session", { method: "DELETE" });
  assertEquals(out.headers.getSetCookie().map((one) => /Path=([^;]+)/.exec(one)![1]), ["/api/v1", "/addons"]);
  assertProblem(await open(signedIn.cookie), 401, "LOGIN_REQUIRED");
});

Deno.test("a session ends with its key's time, is known to each instance, and the 51st of one caller ends the oldest", async () => {
  const { db } = own.world().database;
  const [row] = await db.sql<{ id: number }[]>`select id from installation where addon = 'workflow_api'`;
  const home = row!.id;
  const soon = new Date(Date.now() + 3_600_000).toISOString();
  const { key } = (await own.api("/keys", { body: { name: "ends soon", role: "viewer", expires_at: soon } })).body;
  assertEquals((await signIn({ key })).body.expires_at, soon);

  const instance = () => createSessions({ db, clock: systemClock, audit: notAudited, operators: [] });
  const [one, two] = [instance(), instance()];
  const { name } = await makeUser("operator");
  const from = { address: "192.0.2.1", browser: "", by: { actor: name } };
  const open = async () => (await one.issue(home, { kind: "user", name }, from)).cookie;
  const first = await open();
  assertEquals((await two.verdictOf(home, first, "192.0.2.2"))!.caller, { kind: "user", name, role: "operator" });
  await db.sql`
    insert into api_session (id, installation_id, sha256, kind, name, address, browser, created_at, last_used_at, expires_at)
    select gen_random_uuid(), ${home}, decode(md5(number::text), 'hex'), 'user', ${name}, '', '', now(),
      now() + interval '1 minute', now() + interval '1 hour' from generate_series(3, ${MAX_SESSIONS}::int) number`;
  await open();
  assertEquals((await two.verdictOf(home, first, "192.0.2.2"))?.caller.name, name);
  const last = await open();
  assertEquals(await two.verdictOf(home, first, "192.0.2.2"), undefined);
  assertEquals(await two.end(home, last, from.by), true);
  assertEquals(await one.verdictOf(home, last, "192.0.2.2"), undefined);
});

Deno.test("guesses of sessions and keys that come at once share a query, and the good one among them is known", async () => {
  const { db } = own.world().database;
  const [row] = await db.sql<{ id: number }[]>`select id from installation where addon = 'workflow_api'`;
  const home = row!.id;
  let queries = 0;
  const counted: Pick<Database, "scoped"> = { scoped: (scope, body) => (queries++, db.scoped(scope, body)) };
  const stores = { db: counted, clock: systemClock, audit: notAudited };
  const [sessions, keys] = [createSessions({ ...stores, operators: [] }), createApiKeyStore(stores)];
  const { name } = await makeUser("viewer");
  const { key } = await keys.create(home, { name: "among guesses", role: "viewer" }, { actor: name });
  const from = { address: "192.0.2.1", browser: "", by: { actor: name } };
  const { cookie } = await sessions.issue(home, { kind: "user", name }, from);
  const guesses = Array.from({ length: 300 }, (_, at) => String(at).padStart(43, "x"));

  queries = 0;
  const ofSessions = await Promise.all([...guesses, cookie].map((one) => sessions.verdictOf(home, one, "192.0.2.1")));
  assertEquals(ofSessions.flatMap((one) => one?.caller ?? []), [{ kind: "user", name, role: "viewer" }]);
  const ofKeys = await Promise.all([...guesses.map((one) => `tw_${one}`), key].map((one) => keys.verdictOf(home, one)));
  assertEquals(ofKeys.flatMap((one) => one?.caller ?? []), [{ kind: "key", name: "among guesses", role: "viewer" }]);
  // Of each, the first alone and the rest together at most, and the note that the key was used.
  assertEquals(queries <= 5, true, `${queries} queries`);
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

Deno.test("the uses of an agent are the workflows whose current version names it; all are found by name and id; counts are of a day", async () => {
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

  // Beside the lists: anything by a part of its name, and by its id.
  const find = async (q: string, query = "") =>
    (await own.api(`/search?q=${encodeURIComponent(q)}${query}`)).body.found
      ?.map(({ kind, id, name, status }: Json) => [kind, id, name, status]);
  const foundWorkflow = ["workflow", workflow.id, workflow.name, "active"];
  assertEquals((await find(workflow.name.toUpperCase(), "&limit=1"))[0], foundWorkflow);
  assertEquals(await find(workflow.id), [foundWorkflow]);
  assertEquals(await find(agent.id), [["agent", agent.id, agent.name, "active"]]);
  for (const id of [runs[0]!, `run-${runs[0]}`]) {
    assertEquals(await find(id), [["run", runs[0], workflow.name, "COMPLETED"]]);
  }
  const schedule = { name: "nightly %_", workflow_id: workflow.id, cron: "0 3 * * *" };
  assertEquals((await own.api("/schedules", { body: schedule })).status, 201);
  assertEquals((await find("y %_")).map(([kind, , name, status]: string[]) => [kind, name, status]), [
    ["schedule", "nightly %_", "active"],
  ]);
  await own.api(`/agents/${other.id}`, { method: "DELETE" });
  assertEquals(await find(other.id), []);
  for (const none of ["", " ", "\u0000", "x".repeat(101)]) {
    assertProblem(await own.api(`/search?q=${encodeURIComponent(none)}`), 400, "REQUEST_INVALID");
  }
  assertEquals(await find("x", "&limit=21"), undefined);

  const ids = [workflow.id, gone.id, ...others, "no id"].join(",");
  const { items } = (await own.api(`/run_counts?workflow_definition_ids=${ids}`)).body;
  assertEquals(
    items.map(({ workflow_definition_id, counts, last_run }: Json) => [workflow_definition_id, counts, last_run.id]),
    [
      [workflow.id, { COMPLETED: 2 }, runs[1]],
    ],
  );
});
