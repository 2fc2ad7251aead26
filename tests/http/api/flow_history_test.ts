/** A look at the history at the door: what a flow would have done on stored events, in the background, with nothing sent. */

import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { createHistoryRuns } from "../../../src/flows/history/history.ts";
import { createHistoryWork } from "../../../src/flows/history/work.ts";
import { eventually, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { type Answer, ask, assertProblem, type Json } from "../door.ts";

const EVENT = "TIMER_STOPPED";
const SINCE = "2020-01-01T00:00:00Z";
const rename = {
  id: "rename",
  operation_id: "updateTag",
  path_params: { id: "$.webhook.tagIds[0]" },
  body: { name: "x" },
};
const FLOW = { name: "Had it been on", enabled: false, trigger_event_types: [EVENT], actions: [rename] };

let world: World;
let admin: Record<string, string>;
let member: Record<string, string>;
let installationId: number;
const events: string[] = [];

worldOfFile({ env: { API_RATE_LIMIT_RPS: "100000", POLL_MINUTES: "0" } }, async (made) => {
  world = made;
  ({ admin, member, installationId } = await world.enter("universal_webhook"));
  await eventually(async () => {
    const { body } = await ask(`${world.url("universal_webhook")}/ui/bootstrap`, { headers: admin });
    return body.status === "COMPLETE";
  });
  const { simulator, workspaceId } = world;
  for (const fields of [{ billable: true }, { billable: false }, { billable: true, tagIds: [] }, { billable: true }]) {
    const id = crypto.randomUUID();
    const payload = { id, workspaceId, tagIds: ["64c777ddd3fcab07cfbb210c"], ...fields };
    await simulator.deliver({ workspaceId, event: EVENT, payload });
    const row = await eventually(async () => {
      const { body } = await ask(`${world.url("universal_webhook")}/ui/webhooks?q=${id}`, { headers: admin });
      return body.webhooks?.[0]?.outcome !== "waiting" && body.webhooks?.[0];
    });
    events.push(row.id);
  }
});

function flows(path = "", options: Parameters<typeof ask>[1] = {}): Promise<Answer> {
  return ask(`${world.url("universal_webhook")}/ui/flows${path}`, { headers: admin, ...options });
}

async function create(fields: Json = {}): Promise<Json> {
  const { status, body } = await flows("", { body: { ...FLOW, ...fields } });
  assertEquals(status, 201, JSON.stringify(body));
  return body;
}

const start = ({ id }: Json, body: Json, headers = admin) => flows(`/${id}/history-runs`, { headers, body });

async function over({ id }: Json, run: Json): Promise<Json> {
  return await eventually(async () => {
    const { body } = await flows(`/${id}/history-runs/${run.id}`);
    return body.finished_at !== null && body;
  });
}

const billable = { all: [{ field: "billable", operator: "==", value: true }] };

Deno.test("matches, requests and failures of the draft beside those of the published version, and nothing is sent", async () => {
  const flow = await create();
  const draft = { ...FLOW, conditions: billable, actions: [{ id: "tags", operation_id: "getTags" }, rename] };
  assertEquals((await flows(`/${flow.id}/draft`, { method: "PUT", body: { definition: draft } })).status, 200);
  const asked = () => world.simulator.requests.filter(({ path }) => /\/tags/.test(path)).length;
  const before = asked();
  const answer = await start(flow, { draft: true, since: SINCE });
  assertEquals(answer.status, 202, JSON.stringify(answer.body));
  const { what, version, limit, state, sent, person } = answer.body;
  assertEquals([what, version, limit, sent, person], ["draft", null, 10_000, 0, world.ownerId]);
  assert(["running", "finished"].includes(state));
  const done = await over(flow, answer.body);
  assertEquals([done.state, done.total, done.looked], ["finished", 4, 4]);
  const { by_operation, by_host, ...counts } = done.counts;
  assertEquals(counts, { matched: 3, described: 3, requests: 7, failing: 1, undecided: 0 });
  // Two that rename read the tag before; the third has no tag, and fails behind its list.
  assertEquals([by_operation, by_host], [{ getTags: 3, getTag: 2, updateTag: 2 }, { clockify: 7 }]);
  assertEquals(done.failures.map(({ event_id, step }: Json) => [event_id, step]), [[events[2], "rename"]]);
  assert(done.failures[0].reason.length > 0);
  assertEquals([done.published.matched, done.published.failing, done.published.requests], [4, 1, 6]);
  assertEquals(asked(), before);
  assertEquals((await flows(`/${flow.id}/executions`)).body.executions, []);

  const page = async (query: string) => (await flows(`/${flow.id}/history-runs/${done.id}/matches${query}`)).body;
  const first = await page("?limit=3");
  assertEquals(
    first.matches.map(({ event_id, matched, published, requests }: Json) => [event_id, matched, published, requests]),
    [
      [events[3], true, true, 3],
      [events[2], true, true, 1],
      [events[1], false, true, null],
    ],
  );
  const next = await page(`?limit=3&cursor=${first.pagination.next_cursor}`);
  assertEquals([next.matches.map(({ event_id }: Json) => event_id), next.pagination.has_more], [[events[0]], false]);
  await flows(`/${flow.id}`, { method: "DELETE" });
});

Deno.test("of steps below others those count that the event decides on, and none that an unknown answer does", async () => {
  const flow = await create();
  const read = (id: string, operation_id: string) => ({ id, operation_id });
  const branch = (id: string, condition: Json, actions: Json[], otherwise: Json[]) => ({
    kind: "branch",
    id,
    cases: [{ if: condition, actions }],
    otherwise,
  });
  const found = { all: [{ field: "$.steps.tags.output[0].id", operator: "exists" }] };
  const definition = {
    ...FLOW,
    actions: [
      branch("size", billable, [read("tags", "getTags")], [read("clients", "getClients")]),
      {
        kind: "loop",
        id: "each",
        over: "$.webhook.tagIds",
        actions: [{ ...rename, path_params: { id: "$.loop.item" } }],
      },
      branch("known", found, [read("projects", "getProjects")], []),
    ],
  };
  const { body, status } = await start(flow, { since: SINCE, definition });
  assertEquals(status, 202, JSON.stringify(body));
  const { counts } = await over(flow, body);
  assertEquals([counts.matched, counts.failing], [4, 0]);
  assertEquals(counts.by_operation, { getTags: 3, getClients: 1, getTag: 3, updateTag: 3 });
  await flows(`/${flow.id}`, { method: "DELETE" });
});

Deno.test("of the published version, another one or a definition; bounds, ranges and who may", async () => {
  const flow = await create({ conditions: billable });
  assertEquals((await flows(`/${flow.id}`, { method: "PUT", body: { conditions: null } })).status, 200);
  const published = await over(flow, (await start(flow, { since: SINCE, limit: 2 })).body);
  assertEquals([published.what, published.published, published.total, published.counts.matched], [
    "published",
    null,
    2,
    2,
  ]);
  const older = await over(flow, (await start(flow, { since: SINCE, version: 1 })).body);
  assertEquals([older.version, older.counts.matched, older.published.matched], [1, 3, 4]);
  const other = { ...FLOW, trigger_event_types: ["NEW_TAG"] };
  const given = await over(flow, (await start(flow, { since: SINCE, definition: other })).body);
  assertEquals([given.what, given.counts.matched, given.published.matched], ["definition", 0, 4]);
  const none = await over(flow, (await start(flow, { since: SINCE, until: "2020-01-02T00:00:00Z" })).body);
  assertEquals([none.state, none.total, none.looked], ["finished", 0, 0]);

  for (
    const body of [
      {},
      { since: "yesterday" },
      { since: SINCE, limit: 0 },
      { since: SINCE, limit: 100_001 },
      { since: SINCE, version: 1, draft: true },
      { since: "2026-01-01T00:00:00Z", until: SINCE },
    ]
  ) assertProblem(await start(flow, body), 400, "REQUEST_INVALID");
  assertProblem(await start(flow, { since: SINCE, definition: { name: "x" } }), 422, "FLOW_INVALID");
  assertProblem(await start(flow, { since: SINCE, definition: 7 }), 422, "FLOW_INVALID");
  assertProblem(await start(flow, { since: SINCE, draft: true }), 404, "NOT_FOUND");
  assertProblem(await start(flow, { since: SINCE, version: 9 }), 404, "NOT_FOUND");
  assertProblem(await start(flow, { since: SINCE }, member), 403, "ROLE_INSUFFICIENT");
  const another = await create();
  assertProblem(await flows(`/${another.id}/history-runs/${given.id}`), 404, "NOT_FOUND");
  for (const { id } of [flow, another]) await flows(`/${id}`, { method: "DELETE" });
});

Deno.test("a secret of the draft is in no row of it", async () => {
  const flow = await create();
  const secret = `MARK-${crypto.randomUUID()}`;
  const call = { id: "call", type: "http", url: "https://example.com/x", headers: { Authorization: secret } };
  const { addonId } = (await world.simulator.listInstallations()).find((one) =>
    one.addonKey === "universal-webhook-api"
  )!;
  await world.simulator.updateSettings({ addonId, settings: [{ id: "enable_generic_http_actions", value: true }] });
  assertEquals(
    (await flows(`/${flow.id}/draft`, { method: "PUT", body: { definition: { ...FLOW, actions: [call] } } })).status,
    200,
  );
  const { body } = await eventually(async () => {
    const answer = await start(flow, { since: SINCE, draft: true });
    return answer.status === 202 && answer;
  });
  const done = await over(flow, body);
  assertEquals(done.counts.by_host, { "example.com": 4 });
  const rows = await world.database.db.sql`select flow_history::text as text from flow_history`;
  assertNotMatch(JSON.stringify(rows), /MARK-|sealed/);
  await flows(`/${flow.id}`, { method: "DELETE" });
});

Deno.test("one that is in progress is named with its flow; one whose work is gone keeps out no other", async () => {
  const { sql } = world.database.db;
  const [flow, gone] = [await create({ conditions: billable }), await create({ conditions: billable })];
  const first = await over(gone, (await start(gone, { since: SINCE })).body);
  await sql`update flow_history set state = 'running', finished_at = null where id = ${first.id}`;
  await sql`
    insert into job (kind, installation_id, payload, due_at)
    values ('history', ${installationId}, '{"history_id": 0}', now() + interval '1 hour')`;
  const refused = await start(flow, { since: SINCE });
  assertProblem(refused, 409, "CONFLICT");
  assertMatch(refused.body.detail, new RegExp(`history run ${first.id} of flow ${gone.id} is in progress; stop it`));
  assertEquals((await flows(`/${gone.id}`, { method: "DELETE" })).status, 200);
  await sql`delete from job where kind = 'history'`;
  assertEquals((await over(flow, (await start(flow, { since: SINCE })).body)).state, "finished");
});

Deno.test("one at a time in a workspace; it is stopped between two batches, and survives a restart without counting twice", async () => {
  const { db } = world.database;
  const flow = await create({ conditions: billable });
  const [{ columns }] = await db.sql<[{ columns: string }]>`
    select string_agg(quote_ident(column_name), ', ') as columns from information_schema.columns
    where table_name = 'event' and is_identity = 'NO' and is_generated = 'NEVER' and column_name not in ('id', 'entity_key')`;
  await db.sql.unsafe(`insert into event (id, entity_key, ${columns})
    select nextval('event_id_seq'), entity_key || number, ${columns} from event, generate_series(1, 300) number where id = ${
    events[0]
  }`);
  // The last test: no worker looks any more, so that it says when which part is worked on.
  await Promise.all(world.serving.core.workers.map((worker) => worker.stop(0)));
  const runs = createHistoryRuns({ db, wake: () => {} });
  const key = (id: number) => ({ flowId: Number(flow.id), id });
  const asked = { what: "published" as const, version: null, since: SINCE, until: "2099-01-01T00:00:00Z", limit: 250 };
  const { enabled: _, ...published } = (await db.sql<{ definition: Json }[]>`
    select definition from flow where id = ${flow.id}`)[0]!.definition;
  let described = 0;
  const work = (crashAt = Infinity) => {
    let now = 0;
    return createHistoryWork({
      findEntities: () => Promise.resolve([]),
      db,
      thread: { pace: () => () => Promise.resolve() },
      parseOf: () => Promise.resolve({ knownEvent: () => true, checkAction: () => [] } as Json),
      // Each look at the clock is a slice of its own.
      monotonicMs: () => now += 10_000,
      dryRun: {
        run: () => {
          if (++described === crashAt) throw new Error("the process ends here");
          return Promise.resolve({ actions: [], faults: [] } as Json);
        },
      },
    });
  };
  const started = await runs.start(installationId, {
    flowId: Number(flow.id),
    person: "u",
    asked,
    definition: null,
    published,
  });
  const job = { installationId, payload: { history_id: started.id } } as Json;
  const context = { signal: new AbortController().signal } as Json;
  assertProblem(await start(flow, { since: SINCE }), 409, "CONFLICT");
  assertEquals((await work()(job, context)).kind, "snooze");
  assertEquals((await runs.find(installationId, key(started.id)))!.looked, 100);
  // A process that ends in the midst of a batch has recorded nothing of it.
  let crashed = false;
  await work(described + 50)(job, context).catch(() => crashed = true);
  assert(crashed);
  assertEquals((await runs.find(installationId, key(started.id)))!.counts.matched, 100);
  assertEquals((await work()(job, context)).kind, "snooze");
  assertEquals((await work()(job, context)).kind, "snooze");
  assertEquals((await work()(job, context)).kind, "done");
  const done = (await runs.find(installationId, key(started.id)))!;
  assertEquals([done.state, done.looked, done.counts.matched], ["finished", 250, 250]);
  assertEquals((await runs.matches(installationId, { id: done.id, limit: 100 })).matches.length, 100);

  const second = await runs.start(installationId, {
    flowId: Number(flow.id),
    person: "u",
    asked,
    definition: null,
    published,
  });
  const stopped = await flows(`/${flow.id}/history-runs/${second.id}/stop`, { method: "POST", body: {} });
  assertEquals([stopped.status, stopped.body.state], [200, "stopping"]);
  assertEquals((await work()({ ...job, payload: { history_id: second.id } }, context)).kind, "done");
  const after = (await flows(`/${flow.id}/history-runs/${second.id}`)).body;
  assertEquals([after.state, after.looked], ["stopped", 0]);
  await db.sql`delete from job where kind = 'history'`;
  await flows(`/${flow.id}`, { method: "DELETE" });
});
