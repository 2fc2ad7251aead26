/** Tests of who may call the Workflow Management API: each route by each role, and what ends a login. */

import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { API_ROLES, type ApiRole } from "../../../src/access/roles.ts";
import { API_CONTRACTS } from "../../../src/http/v1/contracts.ts";
import { eventually, OPERATOR_KEY, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { type Answer, ask, assertProblem, type Json } from "../door.ts";

let world: World;
worldOfFile({}, (started) => void (world = started));

type Sent = { method?: string; body?: unknown; headers?: Record<string, string> };
function call(path: string, login: Record<string, string>, { headers, ...sent }: Sent = {}): Promise<Answer> {
  return ask(`http://127.0.0.1:${world.serving.operatorPort}/api/v1${path}`, {
    headers: { ...login, ...headers },
    ...sent,
  });
}
const OPERATOR = { "x-api-key": OPERATOR_KEY };
const asAdmin = (path: string, sent?: Sent) => call(path, OPERATOR, sent);
const byKey = (key: string) => ({ "x-api-key": key });

let count = 0;
async function makeKey(more: Json = {}): Promise<Json> {
  const { status, body } = await asAdmin("/keys", { body: { name: `key ${++count}`, role: "viewer", ...more } });
  assertEquals(status, 201, JSON.stringify(body));
  return body;
}

/** Every route with ids of nothing: who may pass is answered anything but 401 and 403. */
async function assertRoles(loginOf: (role: ApiRole) => Promise<Record<string, string>>): Promise<void> {
  for (const role of API_ROLES) {
    const login = await loginOf(role);
    for (const { method, path, who } of API_CONTRACTS) {
      if (who === "public") continue;
      const least = who.slice("api_".length) as ApiRole;
      const at = path.slice("/api/v1".length).replaceAll(/\{\w+\}/g, crypto.randomUUID());
      const answer = await call(at, login, { method: method.toUpperCase(), ...(method !== "get" && { body: {} }) });
      const place = `${method} ${path} by ${role}`;
      if (API_ROLES.indexOf(role) < API_ROLES.indexOf(least)) {
        assertEquals([answer.status, answer.body.code], [403, "ROLE_INSUFFICIENT"], place);
      } else assert(![401, 403, 500].includes(answer.status), `${place}: ${answer.status}`);
    }
  }
}

Deno.test("every route asks for a login, and each role may what it says, by a key", async () => {
  for (const { method, path, who } of API_CONTRACTS) {
    if (who === "public") continue;
    const at = path.slice("/api/v1".length).replaceAll(/\{\w+\}/g, crypto.randomUUID());
    const sent = { method: method.toUpperCase(), ...(method !== "get" && { body: {} }) };
    assertProblem(await call(at, {}, sent), 401, "LOGIN_REQUIRED");
    assertProblem(await call(at, byKey(`tw_${"x".repeat(43)}`), sent), 401, "LOGIN_INVALID");
  }
  await assertRoles(async (role) => byKey((await makeKey({ role })).key));
});

Deno.test("a key is shown once, is in no row and no answer, and ends at once where it is revoked", async () => {
  const made = await makeKey({ role: "editor" });
  assertMatch(made.key, /^tw_[A-Za-z0-9_-]{43}$/);
  assert(made.key.startsWith(made.prefix));
  const me = await call("/me", byKey(made.key));
  assertEquals(me.body, { kind: "key", name: made.name, role: "editor" });
  const used = await eventually(async () => {
    const { items } = (await asAdmin("/keys?page_size=100")).body;
    return items.find(({ id, last_used_at }: Json) => id === made.id && last_used_at);
  });
  assertEquals([used.revoked_at, "key" in used], [null, false]);
  const revoked = await asAdmin(`/keys/${made.id}`, { method: "DELETE" });
  assertEquals([revoked.status, revoked.body.data.id], [200, made.id]);
  assertProblem(await call("/me", byKey(made.key)), 401, "LOGIN_INVALID");
  assertProblem(await asAdmin(`/keys/${made.id}`, { method: "DELETE" }), 404, "NOT_FOUND");
  const { sql } = world.database.db;
  const rows = JSON.stringify([
    await sql`select * from api_key`,
    await sql`select * from api_audit`,
    await sql`select * from idempotency_key`,
  ]);
  assert(!rows.includes(made.key));
  const audited = await sql<{ action: string }[]>`
    select action from api_audit where entity_type = 'key' and entity_id = ${made.id} order by number`;
  assertEquals(audited.map(({ action }) => action), ["create", "delete"]);
});

Deno.test("a key ends with its time, names are in use once, and faults of a body are answered by field", async () => {
  const soon = await makeKey({ expires_at: new Date(Date.now() + 1_500).toISOString() });
  assertEquals((await call("/me", byKey(soon.key))).status, 200);
  await eventually(async () => (await call("/me", byKey(soon.key))).status === 401);
  const { name } = await makeKey();
  assertProblem(await asAdmin("/keys", { body: { name, role: "viewer" } }), 409, "CONFLICT");
  const past = await asAdmin("/keys", { body: { name: "past", role: "viewer", expires_at: "2020-01-01T00:00:00Z" } });
  assertEquals([past.status, past.body.errors[0].field], [400, "expires_at"]);
  assertEquals((await asAdmin("/keys", { body: { name: "x", role: "owner" } })).status, 400);
  assertProblem(await asAdmin("/keys/none", { method: "DELETE" }), 404, "NOT_FOUND");
});

Deno.test("a refusal that is kept under an Idempotency-Key has the form of the API too", async () => {
  const headers = { "idempotency-key": crypto.randomUUID() };
  const first = await asAdmin("/agents", { body: { name: "" }, headers });
  const second = await asAdmin("/agents", { body: { name: "" }, headers });
  assertEquals([first.status, second.status], [400, 400]);
  assertEquals([second.body.status_code, second.body.path, second.body.errors], [
    400,
    "/api/v1/agents",
    first.body.errors,
  ]);
  assertNotEquals(second.body.errors, []);
});
