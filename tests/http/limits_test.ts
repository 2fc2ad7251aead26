/** Limits at the doors: requests a second of an installation, sizes and depth of bodies, failed logins, and Redis behind them. */

import { assert, assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import { newKey } from "../../src/secrets/encryption.ts";
import { REDIS_MISSING, startRedis } from "../support/redis_server.ts";
import type { ProfileKey } from "../../src/profiles/profile.ts";
import { eventually, OPERATOR_KEY, startWorld, type World } from "../support/world.ts";
import { worldOfFile } from "../support/world_of_file.ts";
import { type Answer, ask, assertProblem } from "./door.ts";

const EVENT = "NEW_TIME_ENTRY";
const PATH = `/webhooks/clockify/${EVENT}`;
const API_BYTES = 16_384;
const WEBHOOK_BYTES = 8 * 1_048_576;
const DEPTH = 64;
const ENCRYPTION_KEYS = newKey("test");

let world: World;
let otherWorkspaceId: string;
let tokens: { own: string; other: string; studio: string };
let admin: Record<string, string>;
/** Of a lifecycle call to API Studio. */
let called: Record<string, string>;

worldOfFile({
  env: {
    ENCRYPTION_KEYS,
    WEBHOOK_RATE_LIMIT_RPS: "5",
    API_RATE_LIMIT_RPS: "2",
    API_CALL_MAX_PAYLOAD_BYTES: String(API_BYTES),
    WEBHOOK_MAX_PAYLOAD_BYTES: String(WEBHOOK_BYTES),
    UW_ENABLE_CUSTOM_WEBHOOKS: "true",
  },
}, async (made) => {
  world = made;
  otherWorkspaceId = (await world.simulator.workspaces())[1]!.id;
  const installed = await world.install("api_studio");
  tokens = {
    own: tokenOf(await world.install("universal_webhook")),
    other: tokenOf(await world.install("universal_webhook", otherWorkspaceId)),
    studio: tokenOf(installed),
  };
  const { addonKey } = world.serving.core.listeners.find(({ profile }) => profile.key === "api_studio")!.app;
  const names = { addonKey, workspaceId: world.workspaceId, addonId: installed.addonId };
  called = { "x-addon-lifecycle-token": await world.simulator.signToken({ kind: "lifecycle", ...names }) };
  admin = await world.viewer("universal_webhook");
});

function tokenOf({ webhooks }: { webhooks: { event: string; authToken: string }[] }): string {
  return webhooks.find(({ event }) => event === EVENT)!.authToken;
}

/** A genuine delivery to API Studio, whose budget no test uses up. */
function send(body: unknown, { token = tokens.studio, profile = "api_studio" as const } = {}): Promise<Answer> {
  return deliver(world.url(profile), token, body);
}

function deliver(base: string, token: string, body: unknown): Promise<Answer> {
  return ask(base + PATH, {
    headers: { "clockify-signature": token, "clockify-webhook-event-type": EVENT },
    body,
  });
}

function entry(fields: Record<string, unknown> = {}, workspaceId = world.workspaceId) {
  return { id: crypto.randomUUID(), workspaceId, ...fields };
}

/** Read where the service of the line shows its own. */
async function metric(line: RegExp, base = world.url(profileIn(line))): Promise<number> {
  const { body } = await ask(`${base}/metrics`);
  return Number(line.exec(body)?.[1] ?? NaN);
}

function profileIn({ source }: RegExp): ProfileKey {
  return (/service="([a-z-]+)"/.exec(source)?.[1] ?? "api-studio").replaceAll("-", "_") as ProfileKey;
}

function nested(levels: number): string {
  return "[".repeat(levels) + "]".repeat(levels);
}

Deno.test("an installation that sends too much gets 429 and when to come back; others do not notice", async () => {
  const base = world.url("universal_webhook");
  const answers: Answer[] = [];
  // Ten seconds' worth is let through at once; each of these earns at most a fraction of a token more.
  while (answers.length < 200 && answers.at(-1)?.status !== 429) answers.push(await deliver(base, tokens.own, entry()));
  const refused = answers.pop()!;
  assertProblem(refused, 429, "RATE_LIMITED");
  assertEquals(refused.headers.get("retry-after"), "1");
  assert(answers.length >= 50, `${answers.length}`);
  assert(answers.every(({ status }) => status === 200));

  assertEquals((await deliver(base, tokens.other, entry({}, otherWorkspaceId))).status, 200, "another workspace");
  assertEquals((await send(entry())).status, 200, "another add-on of the same workspace");
  assert(await metric(/^webhooks_errors_total\{service="universal-webhook",reason="rate_limited"\} (\d+)$/m) >= 1);
  assert(await metric(/^rate_limited_total\{service="universal-webhook",scope="webhook"\} (\d+)$/m) >= 1);
});

Deno.test("users and operators of an installation share its budget of other requests", async () => {
  const list = (headers: Record<string, string>, workspaceId: string) =>
    ask(`${world.url("universal_webhook")}/ui/flows?workspace_id=${workspaceId}`, { headers });
  const operator = { "x-api-key": OPERATOR_KEY };
  let refused: Answer | undefined;
  let served = 0;
  while (refused === undefined && served < 100) {
    const answer = await list(served % 2 === 0 ? admin : operator, world.workspaceId);
    if (answer.status === 200) served++;
    else refused = answer;
  }
  assert(served >= 20 && refused, `${served}`);
  assertProblem(refused, 429, "RATE_LIMITED");
  assertEquals(refused.headers.get("retry-after"), "1");
  // A fraction of a token has come meanwhile, if any: what one of them used up, the other lacks.
  assertEquals((await list(operator, otherWorkspaceId)).status, 200, "another installation");
  assert(await metric(/^rate_limited_total\{service="universal-webhook",scope="api"\} (\d+)$/m) >= 1);
});

Deno.test("each kind of route has its own limit of size, and says how much was sent", async () => {
  const studio = world.url("api_studio");
  const bigger = (bytes: number) => JSON.stringify(entry({ text: "x".repeat(bytes) }));
  const big = bigger(API_BYTES);
  const login = await world.viewer("api_studio");
  const small: Record<string, [maxBytes: number, url: string, headers?: Record<string, string>]> = {
    // No small limit of the API may refuse an install, which is sent once.
    lifecycle: [262_144, `${studio}/lifecycle/installed`, called],
    flows: [API_BYTES, `${studio}/ui/flows`, login],
  };
  for (const [name, [maxBytes, url, headers]] of Object.entries(small)) {
    const body = bigger(maxBytes);
    const answer = await ask(url, { headers, body });
    assertProblem(answer, 413, "BODY_TOO_LARGE");
    assertEquals([answer.body.maxBytes, answer.body.actualBytes], [maxBytes, body.length], name);
  }
  assertEquals((await send(big)).status, 200, "a delivery may be larger");

  const huge = new Uint8Array(WEBHOOK_BYTES + 1).fill(0x20);
  const declared = await send(huge);
  assertProblem(declared, 413, "BODY_TOO_LARGE");
  assertEquals([declared.body.maxBytes, declared.body.actualBytes], [WEBHOOK_BYTES, WEBHOOK_BYTES + 1]);
  const chunked = await send(new Blob([huge]).stream());
  assertProblem(chunked, 413, "BODY_TOO_LARGE");
  assertEquals("actualBytes" in chunked.body, false, "nobody said how much there is");
});

Deno.test("a body at the allowed depth is taken, one level more is refused, by every kind of route", async () => {
  const studio = world.url("api_studio");
  const login = await world.viewer("api_studio");
  const deliveryOf = (levels: number) =>
    `{"id":"${crypto.randomUUID()}","workspaceId":"${world.workspaceId}","deep":${nested(levels - 1)}}`;
  assertEquals((await send(deliveryOf(DEPTH))).status, 200);
  const refused = await send(deliveryOf(DEPTH + 1));
  assertProblem(refused, 400, "JSON_TOO_DEEP");
  assertStrictEquals(refused.body.maxDepth, DEPTH);
  assert(await metric(/^webhooks_errors_total\{service="api-studio",reason="json_too_deep"\} (\d+)$/m) >= 1);
  assertProblem(await send("[".repeat(1_000_000)), 400, "JSON_TOO_DEEP");

  for (const [path, headers] of [["/lifecycle/installed", called], ["/ui/flows", login]] as const) {
    assertProblem(await ask(studio + path, { headers, body: nested(DEPTH + 1) }), 400, "JSON_TOO_DEEP");
    const { status, body } = await ask(studio + path, { headers, body: nested(DEPTH) });
    assert(status >= 400 && status < 500 && body.code !== "JSON_TOO_DEEP", `${path}: ${body.code}`);
  }

  const universal = world.url("universal_webhook");
  const source = await ask(`${universal}/ui/sources?workspace_id=${otherWorkspaceId}`, {
    headers: { "x-api-key": OPERATOR_KEY },
    body: { name: "deep", scheme: "none", allow_unsigned: true },
  });
  assertEquals(source.status, 201, JSON.stringify(source.body));
  const custom = universal + new URL(source.body.url).pathname;
  assertEquals((await ask(custom, { body: nested(DEPTH) })).status, 200);
  assertProblem(await ask(custom, { body: nested(DEPTH + 1) }), 400, "JSON_TOO_DEEP");
  assertEquals((await ask(custom, { body: "[".repeat(DEPTH + 1) })).status, 200, "text that is no JSON");
});

Deno.test("flows run over deep, wide, long and odd bodies, and those are stored as they came", async () => {
  const { simulator, workspaceId } = world;
  const base = `${world.url("api_studio")}/ui/flows`;
  const headers = await world.viewer("api_studio");
  const made = await ask(base, {
    headers,
    body: {
      name: "Look everywhere",
      trigger_event_types: [EVENT],
      conditions: {
        type: "ANY",
        rules: [
          { field: "$.webhook..needle", operator: "contains", value: "x" },
          { field: "$.webhook.data", operator: "==", value: { a: [1] } },
          { field: "$.webhook.id", operator: "exists", value: true },
        ],
      },
      actions: [{ operation_id: "createNewTag", body: { name: "{{ $.webhook.id }} {{ length(json($.webhook)) }}" } }],
    },
  });
  assertEquals(made.status, 201, JSON.stringify(made.body));
  const wide = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`key_${index}`, index]));
  const start = (id: string) => `{"id":"${id}","workspaceId":"${workspaceId}",`;
  const bodies: Record<string, string> = {
    deep: `${start("deep")}"data":${nested(DEPTH - 1)}}`,
    wide: `${start("wide")}"data":${JSON.stringify(wide)}}`,
    long: `${start("long")}"data":"${"x".repeat(1_048_576)}"}`,
    proto: `${start("proto")}"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}`,
    twice: `${start("once")}"id":"twice"}`,
  };
  const stored = new Map<string, string>();
  for (const [name, body] of Object.entries(bodies)) {
    const { status, body: answer } = await send(body);
    assertEquals(status, 200, name);
    stored.set(name, answer.webhookId);
  }
  const executions = await eventually(async () => {
    const { body } = await ask(`${base}/${made.body.id}/executions`, { headers });
    // The budget of this installation allows two a second here.
    const found = body.executions ?? [];
    return found.filter(({ state }: { state: string }) => /completed|failed/.test(state)).length === 5 && found;
  });
  for (const { webhook_id, state, error } of executions) {
    const name = [...stored].find(([, id]) => id === webhook_id)![0];
    assertEquals(state, "completed", `${name}: ${JSON.stringify(error)}`);
  }
  const names = simulator.requests.filter(({ path, method }) => method === "POST" && path.endsWith("/tags"))
    .map(({ body }) => JSON.parse(body).name.split(" ")[0]);
  assertEquals(names.sort(), ["deep", "long", "proto", "twice", "wide"], "of repeated keys the last one counts");
  assertEquals(({} as Record<string, unknown>).polluted, undefined);
  const { sql } = world.database.db;
  const rows = await sql<{ id: number; body: Uint8Array }[]>`
    select id, body from event where id in ${sql([...stored.values()].map(Number))}`;
  for (const [name, id] of stored) {
    const row = rows.find((row) => String(row.id) === id)!;
    assert(new TextDecoder().decode(row.body) === bodies[name], name);
  }
});

Deno.test("failed logins of an address that had many are 429 on that listener, and a right key passes all the same", async () => {
  const list = (profile: "clockify_addon" | "api_studio", key: string) =>
    ask(`${world.url(profile)}/ui/flows?workspace_id=${otherWorkspaceId}`, { headers: { "x-api-key": key } });
  let failed = 0;
  let refused: Answer | undefined;
  while (refused === undefined && failed < 2_000) {
    // Many at once: what comes back in the meantime is little on a slow machine too.
    const answers = await Promise.all(Array.from({ length: 50 }, () => list("clockify_addon", "wrong")));
    failed += answers.filter(({ status }) => status === 401).length;
    refused = answers.find(({ status }) => status !== 401);
  }
  assertProblem(refused!, 429, "RATE_LIMITED");
  assert(refused!.headers.get("retry-after"));
  // Loopback is taken for a proxy: 1,000 a minute, and what comes back in the meantime.
  assert(failed >= 1_000 && failed < 2_000, `${failed}`);
  assert(await metric(/^rate_limited_total\{service="clockify-addon",scope="login"\} (\d+)$/m) >= 1);
  assert(await metric(/^logins_refused_total\{service="clockify-addon",reason="rate_limited"\} (\d+)$/m) >= 1);
  assertProblem(await list("clockify_addon", OPERATOR_KEY), 403, "INSTALLATION_UNKNOWN");
  assertProblem(await list("api_studio", "wrong"), 401, "LOGIN_INVALID");
});

Deno.test({
  name: `Redis that goes and comes back is told by /ready and metrics, and no request fails for it${
    REDIS_MISSING ? ` (ignored: ${REDIS_MISSING})` : ""
  }`,
  ignore: REDIS_MISSING !== undefined,
  fn: async () => {
    const server = await startRedis();
    const shared = await startWorld({
      database: world.database,
      env: { ENCRYPTION_KEYS, USE_REDIS: "true", REDIS_URL: server.url, PROFILES: "clockify_addon" },
    });
    const base = shared.url("clockify_addon");
    const state = async () => {
      const { status, body } = await ask(`${base}/ready`);
      assertEquals([status, body.ready], [200, true]);
      return body.redis;
    };
    const up = () => metric(/^redis_up\{use="budgets"\} (\d)$/m, base);
    const token = tokenOf(await shared.install("clockify_addon"));
    const delivered = async () => (await deliver(base, token, entry({}, shared.workspaceId))).status;
    assertEquals([await state(), await up(), await delivered()], ["ok", 1, 200]);

    await server.stop();
    await eventually(async () => await state() === "away: budgets are per instance");
    assertEquals([await up(), await delivered()], [0, 200]);
    assert(await metric(/^rate_limit_fallback_total(?:\{\})? (\d+)$/m, base) >= 1);

    const again = await startRedis({ port: server.port });
    await eventually(async () => await state() === "ok");
    assertEquals([await up(), await delivered()], [1, 200]);
    await shared.stop();
    await again.stop();
  },
});

Deno.test("a workspace whose events fill its quota gets 429 and what to do; the overview warns and the audit has it", async () => {
  const full = await startWorld({
    database: world.database,
    env: { ENCRYPTION_KEYS, PROFILES: "clockify_addon", STORED_MB_PER_WORKSPACE: "1" },
  });
  const base = full.url("clockify_addon");
  const token = tokenOf(await full.install("clockify_addon"));
  const large = () => entry({ text: "x".repeat(400_000) }, full.workspaceId);
  for (let i = 0; i < 3; i++) assertEquals((await deliver(base, token, large())).status, 200);
  const refused = await deliver(base, token, entry({}, full.workspaceId));
  assertProblem(refused, 429, "STORAGE_FULL");
  assertMatch(refused.body.detail, /STORED_MB_PER_WORKSPACE/);
  assertEquals(refused.headers.get("retry-after"), "60");

  const login = await full.viewer("clockify_addon");
  // The count is written every two seconds.
  const overview = await eventually(async () => {
    const answer = await ask(`${base}/ui/overview`, { headers: login });
    return answer.body.storage.bytes > 1_200_000 && answer;
  });
  assertEquals(overview.body.storage.limit_bytes, 1_048_576);
  assert(overview.body.alarms.some(({ code }: { code: string }) => code === "STORAGE_FULL"));
  assert(await metric(/^quota_reached_total\{service="clockify-addon",state="full"\} (\d+)$/m, base) >= 1);
  const recorded = await eventually(async () => {
    const rows = await world.database.db.sql`select actor_kind from audit where action = 'STORAGE_FULL'`;
    return rows.length > 0 && rows;
  });
  assertEquals([...recorded], [{ actor_kind: "system" }]);
  assertEquals(full.logs.filter(({ message }) => message === "quota.full").length, 1);
  await full.stop();
});

// The last one: it installs again in the database of all.
Deno.test("an installation that sends too many bytes gets 429 and when to come back, by Clockify's path and its sources together", async () => {
  const bytes = 65_536;
  const env = { ENCRYPTION_KEYS, WEBHOOK_MAX_PAYLOAD_BYTES: String(bytes), WEBHOOK_RATE_LIMIT_BYTES: String(bytes) };
  const tight = await startWorld({
    database: world.database,
    env: { ...env, PROFILES: "universal_webhook", UW_ENABLE_CUSTOM_WEBHOOKS: "true" },
  });
  const base = tight.url("universal_webhook");
  const others = (await tight.simulator.workspaces())[1]!.id;
  const own = tokenOf(await tight.install("universal_webhook"));
  const other = tokenOf(await tight.install("universal_webhook", others));
  const fields = { name: "bulk", scheme: "none", allow_unsigned: true };
  const login = await tight.viewer("universal_webhook");
  const source = await ask(`${base}/ui/sources`, { headers: login, body: fields });
  assertEquals(source.status, 201, JSON.stringify(source.body));

  const large = (workspaceId = tight.workspaceId) => entry({ text: "x".repeat(bytes - 200) }, workspaceId);
  const answers: Answer[] = [];
  // Four of the largest at once; each of these earns a part of one more.
  while (answers.length < 50 && answers.at(-1)?.status !== 429) answers.push(await deliver(base, own, large()));
  const refused = answers.pop()!;
  assertProblem(refused, 429, "RATE_LIMITED");
  assertEquals(refused.headers.get("retry-after"), "1");
  assert(answers.length >= 4 && answers.every(({ status }) => status === 200), `${answers.length}`);
  // No length is named: judged when it is read.
  const chunked = await deliver(base, own, new Blob([JSON.stringify(large())]).stream());
  assertProblem(chunked, 429, "RATE_LIMITED");
  const { url } = source.body;
  assertProblem(await ask(`${base}${new URL(url).pathname}`, { body: large() }), 429, "RATE_LIMITED");
  assertEquals((await deliver(base, own, entry({}, tight.workspaceId))).status, 200, "a small one of the same");
  assertEquals((await deliver(base, other, large(others))).status, 200, "a large one of another");
  assert(
    await metric(/^rate_limited_total\{service="universal-webhook",scope="webhook_bytes"\} (\d+)$/m, base) >= 3,
  );
  await tight.stop();
});

Deno.test("what members ask for uses up their own budget, not that of admins", async () => {
  const [, { id: workspaceId, users }] = await world.simulator.workspaces() as [
    unknown,
    { id: string; users: { id: string; role: string }[] },
  ];
  await world.install("clockify_addon", workspaceId);
  const as = (role: string) =>
    world.viewer("clockify_addon", { workspaceId, userId: users.find((user) => user.role === role)!.id });
  const [owner, member] = [await as("OWNER"), await as("MEMBER")];
  const base = `${world.url("clockify_addon")}/ui/flows`;
  const answers = await Promise.all(Array.from({ length: 60 }, () => ask(base, { headers: member })));
  assert(answers.some(({ status }) => status === 429), JSON.stringify(answers[0]));
  assertEquals((await ask(base, { headers: owner })).status, 200);
});
