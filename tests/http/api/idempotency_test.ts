/** Idempotency-Key at the doors: each POST that creates does so once per key, and answers the same each time. */

import { assert, assertEquals, assertMatch, assertNotStrictEquals, assertStrictEquals } from "@std/assert";
import { allAttempts } from "../../../src/flows/store/attempts.ts";
import type { RouteContract } from "../../../src/http/api/contract.ts";
import { CONTRACTS } from "../../../src/http/api/contracts.ts";
import type { ProfileKey } from "../../../src/profiles/profile.ts";
import { HURRIED } from "../../support/child.ts";
import { SERVER_URL, stopSharedDatabase } from "../../support/database.ts";
import { textsHolding } from "../../support/text_columns.ts";
import { eventually, OPERATOR_KEY, startWorld, type World } from "../../support/world.ts";
import { type Answer, ask, assertProblem, type Json } from "../door.ts";

const UW = "universal_webhook";
const ADDON = "clockify_addon";
const STUDIO = "api_studio";
const EVENT = "TIMER_STOPPED";

let world: World;
let admin: Record<ProfileKey, Record<string, string>>;
let member: Record<string, string>;

Deno.test.beforeAll(async () => {
  world = await startWorld({
    env: {
      // On a server a test holds a table for longer than a request waits for it.
      ...(SERVER_URL && HURRIED),
      API_RATE_LIMIT_RPS: "100000",
      MAX_RUNS_PER_MINUTE: "60000",
      UW_ENABLE_CUSTOM_WEBHOOKS: "true",
      LOG_LEVEL: "DEBUG",
    },
  });
  await world.install(UW);
  await world.install(ADDON);
  admin = { [UW]: await world.viewer(UW), [ADDON]: await world.viewer(ADDON) } as typeof admin;
  member = await world.viewer(UW, { userId: world.memberId });
});
Deno.test.afterAll(async () => {
  await world.stop();
  await stopSharedDatabase();
});

interface Sent {
  path: string;
  body?: Json;
  profile?: ProfileKey;
  headers?: Record<string, string>;
}

const newKey = () => crypto.randomUUID();

function post({ path, body, profile = UW, headers = admin[profile] }: Sent, key?: string): Promise<Answer> {
  return ask(`${world.url(profile)}${path}`, {
    method: "POST",
    headers: { ...headers, ...(key !== undefined && { "idempotency-key": key }) },
    body,
  });
}

const isReplayed = ({ headers }: Answer) => headers.get("idempotent-replayed") === "true";

const flow = (fields: Json = {}): Json => ({
  name: `Flow ${crypto.randomUUID()}`,
  trigger_event_types: [EVENT],
  actions: [{ operation_id: "getTags" }],
  ...fields,
});

async function one(query: Promise<{ value: unknown }[]>): Promise<unknown> {
  return (await query)[0]?.value;
}

async function installationId(profile: ProfileKey = UW): Promise<number> {
  return await one(
    world.database.db.sql<{ value: number }[]>`select id as value from installation where addon = ${profile}`,
  ) as number;
}

async function flowsNamed(name: string): Promise<number> {
  return await one(
    world.database.db.sql<{ value: number }[]>`select count(*)::int as value from flow where name = ${name}`,
  ) as number;
}

/** An event whose flow failed. */
async function failedRun(): Promise<{ runId: string; eventId: string }> {
  const { simulator, workspaceId } = world;
  await simulator.addFault({ kind: "status", status: 500, path: "*/tags", count: null });
  const made = await post({
    path: "/ui/flows",
    body: flow({ actions: [{ operation_id: "getTags", retry: { max_attempts: 1 } }] }),
  });
  assertEquals(made.status, 201, JSON.stringify(made.body));
  const id = crypto.randomUUID();
  await simulator.deliver({ workspaceId, event: EVENT, payload: { id, workspaceId } });
  const run = await eventually(async () => {
    const { body } = await ask(`${world.url(UW)}/ui/runs?flow_id=${made.body.id}&state=failed`, { headers: admin[UW] });
    return body.runs[0];
  });
  return { runId: run.id, eventId: run.event_id };
}

async function runIsOver(runId: string) {
  await eventually(async () => {
    const { body } = await ask(`${world.url(UW)}/ui/runs/${runId}`, { headers: admin[UW] });
    return body.state === "failed" || body.state === "completed";
  });
}

async function readIsOver(profile: ProfileKey) {
  await eventually(async () =>
    (await ask(`${world.url(profile)}/ui/bootstrap`, { headers: admin[profile] })).body.status === "COMPLETE"
  );
}

/** The change of a tag that a flow has renamed. */
async function changedTag(): Promise<Json> {
  const { simulator, workspaceId } = world;
  const named = { workspaceId, method: "POST" as const, path: "/tags", body: { name: crypto.randomUUID() } };
  const { id } = await simulator.change(named) as Json;
  const rename = { operation_id: "updateTag", path_params: { id }, body: { name: crypto.randomUUID() } };
  const { body: { id: flowId } } = await post({ path: "/ui/flows", body: flow({ actions: [rename] }) });
  await simulator.deliver({ workspaceId, event: EVENT, payload: { id: crypto.randomUUID(), workspaceId } });
  const change = await eventually(async () => {
    const { body } = await ask(`${world.url(UW)}/ui/changes?flow_id=${flowId}`, { headers: admin[UW] });
    return body.changes.find(({ state }: Json) => state === "done");
  });
  await ask(`${world.url(UW)}/ui/flows/${flowId}`, { method: "DELETE", headers: admin[UW] });
  return change;
}

interface Work extends Sent {
  /** What a second creation would change. */
  effect(): Promise<unknown>;
  /** Waits until a second request would begin something of its own. */
  over?(): Promise<void>;
}

/** One request for each route that creates. */
const WORK: Record<string, () => Work | Promise<Work>> = {
  "/ui/flows": () => {
    const body = flow();
    return { path: "/ui/flows", body, effect: () => flowsNamed(body.name) };
  },
  "/ui/flow-drafts": () => {
    const body = { definition: flow() };
    return {
      path: "/ui/flow-drafts",
      body,
      effect: () =>
        one(world.database.db.sql<{ value: number }[]>`
          select count(*)::int as value from new_flow_draft where definition->>'name' = ${body.definition.name}`),
    };
  },
  "/ui/flows/{id}/publish": async () => {
    const { body: { id } } = await post({ path: "/ui/flows", body: flow() });
    const url = `${world.url(UW)}/ui/flows/${id}/draft`;
    assertEquals((await ask(url, { method: "PUT", headers: admin[UW], body: { definition: flow() } })).status, 200);
    return { path: `/ui/flows/${id}/publish`, effect: () => versionsOf(id) };
  },
  "/ui/flows/{id}/versions/{version}/restore": async () => {
    const { body: { id } } = await post({ path: "/ui/flows", body: flow() });
    const url = `${world.url(UW)}/ui/flows/${id}`;
    assertEquals((await ask(url, { method: "PUT", headers: admin[UW], body: { name: "Second" } })).status, 200);
    return {
      path: `/ui/flows/${id}/versions/1/restore`,
      effect: () =>
        one(
          world.database.db.sql<{ value: string }[]>`
            select updated_at::text as value from flow_version where flow_id = ${id} and version = 0`,
        ),
    };
  },
  "/ui/flows/{id}/run": async () => {
    const { body: { id } } = await post({ path: "/ui/flows", body: flow({ triggers: { api: true } }) });
    return {
      path: `/ui/flows/${id}/run`,
      body: { input: {} },
      effect: () =>
        one(world.database.db.sql<{ value: number }[]>`
          select count(*)::int as value from run where flow_id = ${Number(id)}`),
    };
  },
  "/ui/flows/{id}/history-runs": async () => {
    const { body: { id } } = await post({ path: "/ui/flows", body: flow() });
    return {
      path: `/ui/flows/${id}/history-runs`,
      body: { since: "2020-01-01T00:00:00Z" },
      effect: () => one(world.database.db.sql<{ value: number }[]>`select count(*)::int as value from flow_history`),
      over: () =>
        eventually(async () =>
          await one(world.database.db.sql<{ value: number }[]>`
            select count(*)::int as value from flow_history where finished_at is null`) === 0
        ).then(() => {}),
    };
  },
  "/ui/flows/import": () => {
    const { name, ...rest } = flow();
    const file = { format: "timewire.flows", version: 1, flows: [{ id: "1", name, ...rest }] };
    return { path: "/ui/flows/import", body: { file, dry_run: false }, effect: () => flowsNamed(name) };
  },
  "/ui/sources": () => ({
    path: "/ui/sources",
    body: { name: "shop", preset: "shopify" },
    effect: () => one(world.database.db.sql<{ value: number }[]>`select count(*)::int as value from custom_source`),
  }),
  "/ui/sources/{id}/rotate": async () => {
    const { body: { id } } = await post({ path: "/ui/sources", body: { name: "turned", preset: "github" } });
    return {
      path: `/ui/sources/${id}/rotate`,
      body: { overlap_hours: 1 },
      effect: () => one(world.database.db.sql<{ value: number }[]>`select max(id) as value from custom_source_secret`),
    };
  },
  "/ui/sources/{id}/reveal": async () => {
    const { body: { id, url } } = await post({ path: "/ui/sources", body: { name: "shown", preset: "notion" } });
    const given = await fetch(world.url("universal_webhook") + new URL(url).pathname, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ verification_token: "secret_of_the_sender" }),
    });
    await given.body?.cancel();
    return {
      path: `/ui/sources/${id}/reveal`,
      effect: () =>
        one(world.database.db.sql<{ value: number }[]>`
          select count(*)::int as value from custom_source_secret where is_unseen`),
    };
  },
  "/ui/forwarding/secret": () => ({
    path: "/ui/forwarding/secret",
    effect: () =>
      one(world.database.db.sql<{ value: string }[]>`
        select string_agg(sealed, ' ' order by sealed) as value from installation_secret where name = 'signing'`),
  }),
  "/ui/bootstrap/trigger": async () => {
    await readIsOver(UW);
    return { path: "/ui/bootstrap/trigger", effect: () => readNumber(UW), over: () => readIsOver(UW) };
  },
  "/ui/bootstrap/lists/{entity_type}/read": async () => {
    await readIsOver(UW);
    const { sql } = world.database.db;
    const id = await installationId(UW);
    return {
      path: "/ui/bootstrap/lists/tag/read",
      effect: () =>
        one(sql<{ value: string }[]>`
          select requested_at::text as value from bootstrap_state where installation_id = ${id}`),
      over: async () =>
        void (await eventually(async () =>
          (await sql`select 1 from job where kind = 'bootstrap' and installation_id = ${id} and finished_at is null`)
            .length === 0
        )),
    };
  },
  "/bootstrap/{workspace_id}": async () => {
    await readIsOver(ADDON);
    return {
      path: `/bootstrap/${world.workspaceId}`,
      profile: ADDON,
      effect: () => readNumber(ADDON),
      over: () => readIsOver(ADDON),
    };
  },
  "/ui/webhooks/coverage/check": () => ({
    path: "/ui/webhooks/coverage/check",
    // Checks also come by themselves: what a second one would do cannot be told from them.
    effect: () => Promise.resolve(),
  }),
  "/ui/webhooks/coverage/reconcile": () => ({
    path: "/ui/webhooks/coverage/reconcile",
    // What is found is published once, however often it is searched for.
    effect: () => Promise.resolve(),
  }),
  "/ui/runs/{id}/retry": async () => {
    const { runId } = await failedRun();
    return {
      path: `/ui/runs/${runId}/retry`,
      effect: () =>
        one(
          world.database.db.sql<
            { value: number }[]
          >`select count(*)::int as value from ${allAttempts(world.database.db.sql)} attempt where run_id = ${runId}`,
        ),
      over: () => runIsOver(runId),
    };
  },
  "/ui/api-explorer/execute": () => confirmedTag("/ui/api-explorer/execute", {}),
  "/api-call": () => confirmedTag("/api-call", { method: "POST", endpoint: "/v1/workspaces/{workspaceId}/tags" }),
  "/ui/api-explorer/saved": () => {
    const name = crypto.randomUUID();
    return {
      path: "/ui/api-explorer/saved",
      body: { name, request: { operation_id: "getTags" } },
      effect: () =>
        one(world.database.db.sql<{ value: number }[]>`
          select count(*)::int as value from explorer_saved where name = ${name}`),
    };
  },
  "/ui/event-views": () => {
    const name = crypto.randomUUID();
    return {
      path: "/ui/event-views",
      body: { name, filter: { search: "apollo" } },
      effect: () =>
        one(world.database.db.sql<{ value: number }[]>`
          select count(*)::int as value from event_view where name = ${name}`),
    };
  },
  "/ui/changes/{id}/undo": async () => {
    const { id } = await changedTag();
    return {
      path: `/ui/changes/${id}/undo`,
      effect: () =>
        one(world.database.db.sql<{ value: number }[]>`
          select count(*)::int as value from change where undo_of = ${id}`),
    };
  },
  "/ui/changes/undo": async () => {
    const { run_id } = await changedTag();
    const jobs = async () => {
      const rows = await world.database.db.sql<{ open: number; all: number }[]>`
        select count(*)::int as all, count(*) filter (where finished_at is null)::int as open from undo_job`;
      return rows[0]!;
    };
    return {
      path: "/ui/changes/undo",
      body: { run_id, confirm: true },
      effect: async () => (await jobs()).all,
      over: async () => void (await eventually(async () => (await jobs()).open === 0)),
    };
  },
  "/ui/runs/{id}/again": async () => {
    const { runId } = await failedRun();
    const { sql } = world.database.db;
    return {
      path: `/ui/runs/${runId}/again`,
      body: { from: "root/action_1" },
      effect: () =>
        one(sql<{ value: number }[]>`select count(*)::int as value from run_again where of_run_id = ${runId}`),
      over: async () => {
        const [again] = await sql<{ run_id: string }[]>`select run_id from run_again where of_run_id = ${runId}`;
        await runIsOver(again!.run_id);
      },
    };
  },
  "/ui/bulk-jobs": async () => {
    const { runId } = await failedRun();
    const jobs = () => one(world.database.db.sql<{ value: number }[]>`select count(*)::int as value from bulk_job`);
    return {
      path: "/ui/bulk-jobs",
      body: { filter: { run_ids: [runId] } },
      effect: jobs,
      over: async () =>
        void (await eventually(async () =>
          await one(world.database.db.sql<{ value: number }[]>`
            select count(*)::int as value from bulk_job where finished_at is null`) === 0
        )),
    };
  },
  "/ui/webhooks/replay": async () => {
    const { eventId } = await failedRun();
    return { path: "/ui/webhooks/replay", body: { ids: [eventId], flows: "all" }, effect: lastReplay };
  },
  "/ui/webhooks/{id}/replay": async () => {
    const { eventId } = await failedRun();
    return { path: `/ui/webhooks/${eventId}/replay`, body: { flows: "all" }, effect: lastReplay };
  },
};

/** A tag that is made by hand, as its preview was confirmed. */
async function confirmedTag(path: string, fields: Json): Promise<Work> {
  const named = { name: crypto.randomUUID() };
  const body: Json = "endpoint" in fields ? { ...fields, body: named } : { operation_id: "createNewTag", body: named };
  const { body: shown } = await post({ path, body }, newKey());
  const { confirm_token } = shown.preview ?? shown.metadata.preview;
  return {
    path,
    body: { ...body, confirm_token },
    effect: () =>
      one(world.database.db.sql<{ value: number }[]>`
        select count(*)::int as value from change where sent like ${`%${named.name}%`}`),
  };
}

const versionsOf = (flowId: string) =>
  one(world.database.db.sql<{ value: number }[]>`
    select count(*)::int as value from flow_version where flow_id = ${flowId} and version > 0`);
const readNumber = async (profile: ProfileKey) =>
  await one(world.database.db.sql<{ value: number }[]>`
    select read_number as value from bootstrap_state where installation_id = ${await installationId(profile)}`);
const lastReplay = async () =>
  await one(
    world.database.db.sql<{ value: number }[]>`select last_replay as value from installation where addon = ${UW}`,
  );

/** POSTs that create nothing, each with the reason. */
const CREATE_NOTHING: Record<string, string> = {
  "/ui/api-explorer/flow-step": "a translation stores nothing",
  "/ui/api-explorer/snippet": "a description stores nothing",
  "/ui/approvals/{id}/decide": "a state of an approval that is there",
  "/ui/approvals/{id}/hand": "a state of an approval that is there",
  "/ui/changes/{id}/settle": "a state of a change that is there",
  "/ui/flows/export": "a file that is made for its reader stores nothing",
  "/ui/flows/{id}/history-runs/{run}/stop": "a state of a job that is there",
  "/ui/flows/test": "a dry run stores nothing",
  "/ui/flows/templates": "the flow that it makes is not stored",
  "/ui/guard/requests/{id}/approve": "a state of a request that is there",
  "/ui/guard/requests/{id}/reject": "a state of a request that is there",
  "/ui/runs/{id}/cancel": "a state of a run that is there",
  "/ui/runs/{id}/pause": "a state of a run that is there",
  "/ui/runs/{id}/resume": "a state of a run that is there",
  "/ui/breakers/{id}/reset": "a state of a breaker that is there",
  "/ui/bulk-jobs/{id}/stop": "a state of a job that is there",
  "/ui/undo-jobs/{id}/stop": "a state of a job that is there",
  "/lifecycle/installed": "Clockify's, applied as a state",
  "/lifecycle/deleted": "Clockify's, applied as a state",
  "/lifecycle/uninstalled": "Clockify's, applied as a state",
  "/lifecycle/settings-updated": "Clockify's, applied as a state",
  "/lifecycle/status-changed": "Clockify's, applied as a state",
  "/webhooks/{category}": "a repeat is known by its content",
  "/webhooks/clockify": "a repeat is known by its content",
  "/webhooks/clockify/{event}": "a repeat is known by its content",
  "/webhooks/custom/{source}": "a repeat is known by what its source says",
};

Deno.test("each POST creates and has its request here, or creates nothing for a reason", () => {
  const paths = (fits: (contract: RouteContract) => boolean) =>
    // Those of the Workflow Management API have theirs in tests/http/v1.
    CONTRACTS.filter((contract) => fits(contract) && !contract.path.startsWith("/api/v1/")).map(({ path }) => path).map(
      (path) => /^\/webhooks\/(?!clockify\b|custom\/)[a-z-/]+$/.test(path) ? "/webhooks/{category}" : path,
    );
  const sorted = (all: readonly string[]) => [...new Set(all)].sort();
  assertEquals(sorted(paths(({ creates }) => creates === true)), sorted(Object.keys(WORK)));
  assertEquals(
    sorted(paths(({ method, creates }) => method === "post" && !creates)),
    sorted(Object.keys(CREATE_NOTHING)),
  );
});

for (const [route, prepare] of Object.entries(WORK)) {
  Deno.test(`POST ${route} twice with one key has one effect and one answer`, async () => {
    const { effect, over, ...request } = await prepare();
    const [before, key] = [await effect(), newKey()];
    const first = await post(request, key);
    assert(first.status < 300, JSON.stringify(first.body));
    assert(!isReplayed(first));
    await over?.();
    const done = await effect();
    if (done !== undefined) assertNotStrictEquals(done, before);
    const second = await post(request, key);
    assert(isReplayed(second));
    assertEquals([second.status, second.body], [first.status, first.body]);
    for (const name of ["content-type", "cache-control", "etag", "location"]) {
      assertStrictEquals(second.headers.get(name), first.headers.get(name), name);
    }
    assertNotStrictEquals(second.headers.get("x-request-id"), first.headers.get("x-request-id"));
    await over?.();
    assertEquals(await effect(), done);
    await world.simulator.clearFaults();
  });
}

Deno.test("a key is the same with quotes and without; without a key each request creates", async () => {
  const [body, key] = [flow(), newKey()];
  assertEquals((await post({ path: "/ui/flows", body }, key)).status, 201);
  assert(isReplayed(await post({ path: "/ui/flows", body }, `"${key}"`)));
  assertEquals(await flowsNamed(body.name), 1);
  for (let n = 0; n < 2; n++) assert(!isReplayed(await post({ path: "/ui/flows", body })));
  assertEquals(await flowsNamed(body.name), 3);
});

Deno.test("a key with another body or for another route is refused, and stays with its first request", async () => {
  const [body, key] = [flow(), newKey()];
  const first = await post({ path: "/ui/flows", body }, key);
  for (const other of [flow(), { ...body, enabled: false }, JSON.stringify(body, null, 1)]) {
    assertProblem(await post({ path: "/ui/flows", body: other }, key), 422, "IDEMPOTENCY_KEY_REUSED");
  }
  assertProblem(await post({ path: "/ui/bootstrap/trigger" }, key), 422, "IDEMPOTENCY_KEY_REUSED");
  assertEquals((await post({ path: "/ui/flows", body }, key)).body, first.body);
  assertEquals(await flowsNamed(body.name), 1);
});

Deno.test("a key is its sender's: another login, workspace or add-on has others, and a member is refused before", async () => {
  const [body, key] = [flow(), newKey()];
  const { workspaceId } = world;
  assertEquals((await post({ path: "/ui/flows", body }, key)).status, 201);
  assertProblem(await post({ path: "/ui/flows", body, headers: member }, key), 403, "ROLE_INSUFFICIENT");
  const operator = { "x-api-key": OPERATOR_KEY };
  const byOperator = { path: `/ui/flows?workspace_id=${workspaceId}`, body, headers: operator };
  assert(!isReplayed(await post(byOperator, key)));
  assert(isReplayed(await post(byOperator, key)));
  assert(!isReplayed(await post({ path: "/ui/flows", body, profile: ADDON }, key)));
  assertEquals(await flowsNamed(body.name), 3);
});

Deno.test("a malformed key is refused, and nothing is created", async () => {
  const body = flow();
  for (const key of ["", " ", "a b", "k".repeat(256), "schl\u00fcssel", '"a', "a, b"]) {
    assertProblem(await post({ path: "/ui/flows", body }, key), 400, "IDEMPOTENCY_KEY_INVALID");
  }
  assertEquals((await post({ path: "/ui/flows", body }, "k".repeat(255))).status, 201);
  assertEquals(await flowsNamed(body.name), 1);
});

Deno.test("twenty requests at once with one key create one, and the others get its answer or when to come back", async () => {
  const [body, key] = [flow(), newKey()];
  const answers = await Promise.all(Array.from({ length: 20 }, () => post({ path: "/ui/flows", body }, key)));
  assertEquals(answers.filter((answer) => answer.status === 201 && !isReplayed(answer)).length, 1);
  for (const answer of answers.filter(({ status }) => status !== 201)) {
    assertProblem(answer, 409, "IDEMPOTENCY_KEY_IN_USE");
    assertEquals(answer.headers.get("retry-after"), "1");
  }
  const ids = answers.flatMap(({ status, body }) => status === 201 ? [body.id] : []);
  assertEquals([...new Set(ids)].length, 1);
  assertEquals(await flowsNamed(body.name), 1);
});

Deno.test({
  name: "a request that was cut off at its timeout creates nothing, or what the next one under its key gets",
  // The embedded database has one connection: there is no other that could hold the table.
  ignore: SERVER_URL === undefined,
  fn: async () => {
    for (const table of ["flow_trigger", "idempotency_key"]) {
      const [body, key] = [flow(), newKey()];
      const held = Promise.withResolvers<void>();
      const locked = Promise.withResolvers<void>();
      const lock = world.database.db.transaction(async (sql) => {
        await sql`lock table ${sql(table)} in share mode`;
        locked.resolve();
        await held.promise;
      });
      await locked.promise;
      assertProblem(await post({ path: "/ui/flows", body }, key), 503, "OVERLOADED");
      held.resolve();
      await lock;
      const made = await eventually(async () => {
        const answer = await post({ path: "/ui/flows", body }, key);
        return answer.status !== 409 && answer;
      });
      assertEquals([made.status, await flowsNamed(body.name)], [201, 1], table);
    }
  },
});

Deno.test("a refusal of the request itself is repeated too", async () => {
  const key = newKey();
  const wrong = { path: "/ui/flows", body: flow({ actions: [] }) };
  const first = await post(wrong, key);
  assertProblem(first, 422, "FLOW_INVALID");
  const second = await post(wrong, key);
  assert(isReplayed(second));
  assertEquals([second.status, second.body], [first.status, first.body]);
  assertEquals(second.headers.get("content-type"), "application/problem+json");
  const gone = { path: `/ui/runs/${crypto.randomUUID()}/retry` };
  const other = newKey();
  assertProblem(await post(gone, other), 404, "NOT_FOUND");
  assert(isReplayed(await post(gone, other)));
});

Deno.test("401, 403, 429 and 5xx are not kept: the key is free again", async () => {
  const { db } = world.database;
  const key = newKey();
  const to = (workspaceId: string) => ({ path: `/bootstrap/${workspaceId}`, profile: ADDON } as const);
  assertEquals((await post({ ...to(world.workspaceId), headers: {} }, key)).status, 401);
  assertProblem(await post(to("64e000000000000000000009"), key), 403, "ROLE_INSUFFICIENT");
  assertEquals((await post(to(world.workspaceId), key)).status, 200, "another request under the same key");

  const [body, next] = [flow(), newKey()];
  await db.sql`alter table flow_trigger rename to flow_trigger_away`;
  try {
    assertProblem(await post({ path: "/ui/flows", body }, next), 500, "INTERNAL");
  } finally {
    await db.sql`alter table flow_trigger_away rename to flow_trigger`;
  }
  assertEquals(await flowsNamed(body.name), 0);
  assert(!isReplayed(await post({ path: "/ui/flows", body }, next)));
  assertEquals(await flowsNamed(body.name), 1);

  // As many keys as may be: the request is refused, and its key with it. Of an installation whose keys nobody counted yet.
  await world.install(STUDIO);
  const headers = await world.viewer(STUDIO);
  const send = (key?: string, sent = flow()) => post({ path: "/ui/flows", body: sent, profile: STUDIO, headers }, key);
  await db.sql`
    insert into idempotency_key (installation_id, key_sha256, claim, sealed)
    select ${await installationId(STUDIO)}, n::text, gen_random_uuid(), 'x' from generate_series(1, 9999) n`;
  const [last, full, saved] = [newKey(), newKey(), flow()];
  assertEquals((await send(last, saved)).status, 201);
  const refused = await send(full);
  assertProblem(refused, 429, "RATE_LIMITED");
  assert(Number(refused.headers.get("retry-after")) > 3_600);
  assert(isReplayed(await send(last, saved)), "known keys are answered");
  assertEquals((await send()).status, 201, "without a key");
  await db.sql`delete from idempotency_key where sealed = 'x'`;
  // A count that took long, as on a busy machine, stands for a while.
  const free = await eventually(async () => {
    const answer = await send(full);
    return answer.status !== 429 && answer;
  });
  assertEquals(free.status, 201);
});

Deno.test("an answer too large to keep is said to have been given", async () => {
  const { db } = world.database;
  const [body, key] = [flow(), newKey()];
  const first = await post({ path: "/ui/flows", body }, key);
  assertEquals(first.status, 201, JSON.stringify(first.body));
  // tests/idempotency/store_test.ts has the limit: here the row is made by its own way, with the body left out.
  const { idempotency } = world.serving.core.listeners.find(({ profile }) => profile.key === UW)!.app.flows;
  const [row] = await db.sql<{ installation_id: number; key_sha256: string; claim: string }[]>`
    select installation_id, key_sha256, claim from idempotency_key order by created_at desc limit 1`;
  const place = { installationId: row!.installation_id, keySha256: row!.key_sha256 };
  await db.sql`update idempotency_key set claimed_until = now() where key_sha256 = ${place.keySha256}`;
  const { requestSha256 } = await import("../../../src/idempotency/key.ts");
  const sent = new TextEncoder().encode(JSON.stringify(body));
  const request = requestSha256({ method: "POST", path: "/ui/flows", query: undefined, body: sent });
  await idempotency.keep({ ...place, id: row!.claim, requestSha256: request }, {
    status: 201,
    headers: { location: "/ui/flows/9" },
    body: "x".repeat(2_097_153),
  });
  const again = await post({ path: "/ui/flows", body }, key);
  assertProblem(again, 409, "IDEMPOTENCY_ANSWER_NOT_KEPT");
  assertMatch(again.body.detail, /\/ui\/flows\/9/);
});

Deno.test("a dry run under a key is answered the same, and is no replay yet", async () => {
  const { eventId } = await failedRun();
  await world.simulator.clearFaults();
  const [before, key] = [await lastReplay(), newKey()];
  const dry = { path: "/ui/webhooks/replay", body: { ids: [eventId], flows: "all", dry_run: true } };
  const first = await post(dry, key);
  assertEquals((await post(dry, key)).body, first.body);
  assertProblem(await post({ ...dry, body: { ...dry.body, dry_run: false } }, key), 422, "IDEMPOTENCY_KEY_REUSED");
  assertStrictEquals(await lastReplay(), before);
});

Deno.test("a key on a request that creates nothing changes nothing", async () => {
  const key = newKey();
  for (const event_id of ["999999", "999998"]) {
    const answer = await post({ path: "/ui/flows/test", body: { definition: flow(), event_id } }, key);
    assertProblem(answer, 404, "NOT_FOUND");
    assert(!isReplayed(answer));
  }
  assertEquals(
    (await ask(`${world.url(UW)}/ui/flows`, { headers: { ...admin[UW], "idempotency-key": "a b" } })).status,
    200,
  );
});

Deno.test("a key counts for 24 hours", async () => {
  const [body, key] = [flow(), newKey()];
  assertEquals((await post({ path: "/ui/flows", body }, key)).status, 201);
  await world.database.db.sql`update idempotency_key set created_at = created_at - interval '24 hours'`;
  assert(!isReplayed(await post({ path: "/ui/flows", body: { ...body, enabled: false } }, key)));
  assertEquals(await flowsNamed(body.name), 2);
});

Deno.test("the audit has a row for each time, which says where the answer was given before", async () => {
  const [body, key] = [flow(), newKey()];
  const { body: { id } } = await post({ path: "/ui/flows", body }, key);
  await post({ path: "/ui/flows", body }, key);
  const rows = await world.database.db.sql<{ target: string; details: Json }[]>`
    select target, details from audit where action = 'POST /ui/flows' and target = ${id} order by id`;
  assertEquals(rows.map(({ details }) => details), [{ http_status: 201 }, { http_status: 201, replayed: true }]);
});

Deno.test("neither log nor database has a key or an answer's secret in clear", async () => {
  const key = `MARK-key-${newKey()}`;
  const source = { path: "/ui/sources", body: { name: "sealed", preset: "github" } };
  const { body: { secret } } = await post(source, key);
  assert(secret.length > 20);
  assertStrictEquals((await post(source, key)).body.secret, secret);
  await post({ ...source, body: { name: "another", preset: "github" } }, key);
  assertEquals(await textsHolding(world.database.db, [key, secret]), []);
  const log = JSON.stringify(world.logs);
  assert(world.logs.length > 0 && log.includes("/ui/sources"));
  assert(!log.includes(key) && !log.includes(secret));
});
