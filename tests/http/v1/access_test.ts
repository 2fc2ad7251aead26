/** Tests of who may call the Workflow Management API: each route by each role, and what ends a login. */

import { SignJWT } from "jose";
import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { API_ROLES, type ApiRole } from "../../../src/access/roles.ts";
import { API_CONTRACTS } from "../../../src/http/v1/contracts.ts";
import { eventually, OPERATOR_KEY, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { type Answer, ask, assertProblem, type Json } from "../door.ts";

const JWT_SECRET = "f".repeat(64);
let world: World;
worldOfFile({ env: { JWT_SECRET, JWT_EXPIRATION_MINUTES: "1440" } }, (started) => void (world = started));

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

const PASSWORD = "correct horse battery";
async function makeUser(more: Json = {}): Promise<Json> {
  const { status, body } = await asAdmin("/users", {
    body: { name: `user ${++count}`, role: "viewer", password: PASSWORD, ...more },
  });
  assertEquals(status, 201, JSON.stringify(body));
  return body;
}
const logIn = (username: string, password = PASSWORD) => call("/auth/token", {}, { body: { username, password } });
async function tokenOf({ name }: Json): Promise<string> {
  const { status, body } = await logIn(name);
  assertEquals([status, body.token_type, body.expires_in], [200, "bearer", 86_400]);
  return body.access_token;
}
const byToken = (token: string) => ({ authorization: `Bearer ${token}` });
const statusBy = async (token: string) => (await call("/me", byToken(token))).status;
/** A token of another issuer with the same secret, but for what is said. */
function foreign(
  claims: Json,
  { alg = "HS256", secret = JWT_SECRET as string | CryptoKey }: { alg?: string; secret?: string | CryptoKey } = {},
): Promise<string> {
  const key = typeof secret === "string" ? new TextEncoder().encode(secret) : secret;
  return new SignJWT({ sub: "somebody", role: "viewer", ...claims }).setProtectedHeader({ alg }).sign(key);
}
const IN_AN_HOUR = Math.floor(Date.now() / 1_000) + 3_600;

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
  // A schedule is a standing execute.
  const schedules = API_CONTRACTS.filter(({ path, method }) => path.includes("/schedules") && method !== "get");
  assertEquals(new Set(schedules.map(({ who }) => who)), new Set(["api_operator"]));
});

Deno.test("each role may what its routes say by a token too, and what is stored counts at once", async () => {
  await assertRoles(async (role) => byToken(await tokenOf(await makeUser({ role }))));
  const user = await makeUser();
  const token = await tokenOf(user);
  assertEquals((await call("/me", byToken(token))).body, { kind: "user", name: user.name, role: "viewer" });
  await asAdmin(`/users/${user.id}`, { method: "PUT", body: { role: "admin" } });
  const { body: read } = await asAdmin(`/users/${user.id}`);
  assertEquals([read.id, read.role, read.has_password], [user.id, "admin", true]);
  assertEquals((await asAdmin(`/users/${crypto.randomUUID()}`)).status, 404);
  assertEquals((await call("/me", byToken(token))).body.role, "admin");
});

Deno.test("tokens end: one by its holder, all by an admin, a new password, a disabled and a deleted user", async () => {
  const user = await makeUser();
  const [first, second] = [await tokenOf(user), await tokenOf(user)];
  assertEquals((await call("/auth/revoke", byToken(first), { method: "POST" })).status, 200);
  assertEquals([await statusBy(first), await statusBy(second)], [401, 200]);
  assertEquals((await call("/auth/revoke", OPERATOR, { method: "POST" })).status, 400);
  const ends: (() => Promise<Answer>)[] = [
    () => asAdmin(`/users/${user.id}/revoke_tokens`, { method: "POST" }),
    () => asAdmin(`/users/${user.id}`, { method: "PUT", body: { password: PASSWORD } }),
    () => asAdmin(`/users/${user.id}`, { method: "PUT", body: { disabled: true } }),
  ];
  for (const end of ends) {
    const token = await tokenOf(user);
    assertEquals([await statusBy(token), (await end()).status, await statusBy(token)], [200, 200, 401]);
  }
  assertProblem(await logIn(user.name), 401, "LOGIN_INVALID");
  await asAdmin(`/users/${user.id}`, { method: "PUT", body: { disabled: false } });
  const last = await tokenOf(user);
  assertEquals([await statusBy(last), (await asAdmin(`/users/${user.id}`, { method: "DELETE" })).status], [200, 200]);
  assertEquals(await statusBy(last), 401);
  assertProblem(await asAdmin(`/users/${user.id}`, { method: "DELETE" }), 404, "NOT_FOUND");
});

Deno.test("the last active admin may not shut everybody out: another admin has to be there, or a key does it", async () => {
  const { items } = (await asAdmin("/users?page_size=100")).body;
  for (const { id, role } of items) {
    if (role === "admin") await asAdmin(`/users/${id}`, { method: "PUT", body: { role: "viewer" } });
  }
  const admin = await makeUser({ role: "admin" });
  await makeUser({ role: "admin" }).then(({ id }) =>
    asAdmin(`/users/${id}`, { method: "PUT", body: { disabled: true } })
  );
  const at = `/users/${admin.id}`;
  const ends = [
    { method: "PUT", body: { role: "operator" } },
    { method: "PUT", body: { disabled: true } },
    { method: "DELETE" },
  ];
  const own = byToken(await tokenOf(admin));
  for (const end of ends) {
    const refused = await call(at, own, end);
    assertProblem(refused, 409, "CONFLICT");
    assertMatch(refused.body.detail, /last active admin; make another user an admin first/);
  }
  assertEquals((await call(at, own, { method: "PUT", body: { role: "admin", disabled: false } })).status, 200);
  await makeUser({ role: "admin" });
  assertEquals((await call(at, own, ends[0])).status, 200);
  assertEquals((await asAdmin(at, { method: "PUT", body: { role: "admin" } })).status, 200);
  assertEquals((await asAdmin(at, ends[2])).status, 200);
});

Deno.test("a token of another issuer counts by its role, and that of a known user by what is stored", async () => {
  const good = await foreign({ exp: IN_AN_HOUR, role: "editor" });
  assertEquals((await call("/me", byToken(good))).body, { kind: "user", name: "somebody", role: "editor" });
  assertProblem(
    await call("/me", byToken(await foreign({ exp: IN_AN_HOUR, role: "owner" }))),
    403,
    "ROLE_INSUFFICIENT",
  );
  const { name } = await makeUser({ password: undefined });
  assertProblem(await logIn(name), 401, "LOGIN_INVALID");
  const known = { sub: name, role: "admin", exp: IN_AN_HOUR };
  const iat = Math.ceil(Date.now() / 1_000) + 1;
  assertEquals((await call("/me", byToken(await foreign({ ...known, iat })))).body.role, "viewer");
  assertEquals(await statusBy(await foreign({ ...known, iat: iat - 3_600 })), 401);
  assertEquals(await statusBy(await foreign(known)), 401);
  assertEquals((await call("/auth/revoke", byToken(good), { method: "POST" })).status, 200);
  assertEquals(await statusBy(good), 401);
});

Deno.test("what is no token of HS256 by the secret, with an end and a name, is refused", async () => {
  const keys = await crypto.subtle.generateKey(
    { name: "RSASSA-PKCS1-v1_5", modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" },
    true,
    ["sign", "verify"],
  );
  const good = await foreign({ exp: IN_AN_HOUR });
  const [, claims, signature] = good.split(".");
  const header = (value: Json) => btoa(JSON.stringify(value)).replaceAll("=", "");
  const bad = {
    "no signature": `${header({ alg: "none" })}.${claims}.`,
    "alg none with a signature": `${header({ alg: "none" })}.${claims}.${signature}`,
    "RS256": await foreign({ exp: IN_AN_HOUR }, { alg: "RS256", secret: keys.privateKey }),
    "RS256 by the secret": `${header({ alg: "RS256" })}.${claims}.${signature}`,
    "HS512": await foreign({ exp: IN_AN_HOUR }, { alg: "HS512" }),
    "another secret": await foreign({ exp: IN_AN_HOUR }, { secret: "e".repeat(64) }),
    "no end": await foreign({}),
    "over": await foreign({ exp: Math.floor(Date.now() / 1_000) - 1 }),
    "no name": await foreign({ exp: IN_AN_HOUR, sub: "" }),
    "our issuer and no user": await foreign({ exp: IN_AN_HOUR, iss: "timewire", role: "admin" }),
    "another spelling": `${good}=`,
    "no token": "a.b.c",
  };
  assertEquals(await statusBy(good), 200);
  for (const [what, token] of Object.entries(bad)) {
    const answer = await call("/me", byToken(token));
    assertEquals([answer.status, answer.body.code], [401, "LOGIN_INVALID"], what);
    assertMatch(answer.headers.get("www-authenticate")!, /^Bearer/);
  }
  assertProblem(await call("/me", { authorization: "Basic eA==" }), 401, "LOGIN_REQUIRED");
});

Deno.test("an unknown name is answered as a wrong password is, and a password is in no row", async () => {
  const marker = `marker-${crypto.randomUUID()}`;
  const user = await makeUser({ password: marker });
  const answers = [await logIn(user.name, "wrong wrong wrong"), await logIn("unknown", marker)];
  const said = answers.map(({ status, body }) => `${status} ${body.code} ${body.detail}`);
  assertEquals(said[0], said[1]);
  assertProblem(answers[0]!, 401, "LOGIN_INVALID");
  const { sql } = world.database.db;
  // Which seals all that was written before.
  assertEquals((await asAdmin("/audit")).status, 200);
  const rows = JSON.stringify([
    await sql`select * from api_user`,
    await sql`select * from api_audit`,
    (await asAdmin("/users?page_size=100")).body,
  ]);
  for (const secret of [marker, PASSWORD, JWT_SECRET]) assert(!rows.includes(secret));
  const audited = await sql<{ action: string }[]>`
    select action from api_audit where entity_type = 'user' group by action order by action`;
  assertEquals(audited.map(({ action }) => action), ["create", "delete", "revoke_token", "revoke_tokens", "update"]);
});

Deno.test("a user's name is in use once, and a password has 12 characters at least", async () => {
  const { name } = await makeUser({ password: undefined });
  assertProblem(await asAdmin("/users", { body: { name, role: "viewer" } }), 409, "CONFLICT");
  const { status, body } = await asAdmin("/users", { body: { name: "short", role: "owner", password: "short" } });
  assertEquals([status, body.errors.map(({ field }: Json) => field)], [400, ["role", "password"]]);
  assert(!JSON.stringify(body).includes('"short"'));
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
  // Which seals all that was written before.
  assertEquals((await asAdmin("/audit")).status, 200);
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
  // On a busy machine the first ones may end before they are used.
  const soon = await (async () => {
    for (let seconds = 1.5;; seconds *= 2) {
      const expires_at = new Date(Date.now() + seconds * 1_000).toISOString();
      const { status, body } = await asAdmin("/keys", {
        body: { name: crypto.randomUUID(), role: "viewer", expires_at },
      });
      if (status === 201 && (await call("/me", byKey(body.key))).status === 200) return body;
      assert(seconds < 100, JSON.stringify(body));
    }
  })();
  await eventually(async () => (await call("/me", byKey(soon.key))).status === 401);
  const { name } = await makeKey();
  assertProblem(await asAdmin("/keys", { body: { name, role: "viewer" } }), 409, "CONFLICT");
  const past = await asAdmin("/keys", { body: { name: "past", role: "viewer", expires_at: "2020-01-01T00:00:00Z" } });
  assertEquals([past.status, past.body.errors[0].field], [400, "expires_at"]);
  assertEquals((await asAdmin("/keys", { body: { name: "x", role: "owner" } })).status, 400);
  assertProblem(await asAdmin("/keys/none", { method: "DELETE" }), 404, "NOT_FOUND");
});

Deno.test("pages of a known origin may call: a preflight needs no login, and a refusal can be read; others may not", async () => {
  const at = `http://127.0.0.1:${world.serving.operatorPort}/api/v1/agents`;
  const asked = { "access-control-request-method": "POST", "access-control-request-headers": "x-api-key" };
  const preflight = async (origin: string) => {
    const answer = await fetch(at, { method: "OPTIONS", headers: { origin, ...asked } });
    await answer.body?.cancel();
    return answer;
  };
  const { status, headers } = await preflight("http://localhost:3000");
  const said = ["origin", "credentials", "headers"].map((name) => headers.get(`access-control-allow-${name}`));
  assertEquals([status, ...said], [204, "http://localhost:3000", "true", "x-api-key"]);
  assertMatch(headers.get("access-control-allow-methods")!, /POST/);
  assertEquals((await preflight("https://other.example")).headers.get("access-control-allow-origin"), null);
  for (const [login, status] of [[{}, 401], [OPERATOR, 200]] as const) {
    const answer = await call("/agents", login, { headers: { origin: "http://localhost:3000" } });
    assertEquals([answer.status, answer.headers.get("access-control-allow-origin")], [status, "http://localhost:3000"]);
  }
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
