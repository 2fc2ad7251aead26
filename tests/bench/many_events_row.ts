/** Row 15: one workspace with 10,000,000 events, as a person reads them, and the ack beside them, on PostgreSQL. */

import { openPostgres } from "../../src/db/postgres.ts";
import type { Database, Sql } from "../../src/db/db.ts";
import { type Cursor, eventPage } from "../../src/retention/pages.ts";
import type { LoadResult } from "./load.ts";
import { median, quantile } from "./quantile.ts";
import { ms, perSecond, type RowResult, times } from "./report.ts";
import { createScope, type Place, type Program, saveFlow, startLoad, startProgram } from "./servers.ts";

type Server = Extract<Place, { kind: "postgres" }>;

const EVENTS_PER_INSERT = 100_000;
const RUNS = 300_000;
const DEAD_LETTERS = 300_000;
const DAYS = 90;
/** One in so many: of the rare type, and of those that were given up. */
const RARE = 50_000;
const ASKED = 15;
const WARM_UPS = 2;
const ACK_ROUNDS = 6;
const AIM_MS = 50;
const RETENTION_AIM_MS = 10;

interface Filled {
  installationId: number;
  flowId: number;
  firstId: number;
  lastId: number;
  insertSeconds: number;
}

/** Needs about 0.8 kB of disk per event. */
export async function manyEvents(
  place: Server,
  { seconds, events }: { seconds: number; events: number },
): Promise<RowResult[]> {
  const scope = createScope();
  try {
    const empty = await startProgram(place, scope);
    const program = await startProgram(place, scope);
    // Nothing of the load runs it: what a delivery costs is the same in both.
    await saveFlow(program, { count: 3 });
    const db = openPostgres({ url: program.databaseUrl!, poolSize: 2, applicationName: "timewire-bench" });
    scope.onStop(db.stop);
    await db.sql`delete from flow_trigger`;
    const filled = await fill(db.sql, program.platform.workspaceId, events);

    const reads: [string, number[]][] = [];
    for (const [what, path] of pagesOf(filled, events)) reads.push([what, await ask(program, path)]);
    const retention = await retentionPages(db, filled.installationId);

    const load = await startLoad(scope);
    const acks: { beside: LoadResult; alone: LoadResult }[] = [];
    for (let round = -1; round < ACK_ROUNDS; round++) {
      const both: Partial<Record<"beside" | "alone", LoadResult>> = {};
      // Who goes first changes: what the machine is busy with after one hits the other.
      const turns = [["beside", program], ["alone", empty]] as const;
      for (const [name, { port, platform }] of round % 2 === 0 ? turns : turns.toReversed()) {
        both[name] = await load.send(port, platform, { seconds });
      }
      if (round >= 0) acks.push(both as { beside: LoadResult; alone: LoadResult });
    }
    const ratio = median(acks.map(({ beside, alone }) => beside.perSecond / alone.perSecond));
    const ack = (of: "beside" | "alone") => ({
      requests: perSecond(median(acks.map((one) => one[of].perSecond))),
      p99: ms(median(acks.map((one) => one[of].p99Ms))),
    });
    const worst = reads.reduce((one, other) => median(one[1]) > median(other[1]) ? one : other);
    return [{
      row: 15,
      title: `One workspace with ${events.toLocaleString("en-US")} events and ${RUNS.toLocaleString("en-US")} runs`,
      figures: [
        ...reads.map(([what, taken]) => ({ what, values: values(taken) })),
        {
          what: `retention, a page of 500 beside ${DEAD_LETTERS.toLocaleString("en-US")} dead letters`,
          values: values(retention),
        },
        { what: "ack, beside them", values: ack("beside") },
        { what: "ack, empty table", values: ack("alone") },
      ],
      bars: [
        {
          bar: `the slowest of them under ${AIM_MS} ms`,
          value: `${worst[0]} ${ms(median(worst[1]))}`,
          met: median(worst[1]) < AIM_MS,
        },
        {
          bar: `a page of retention under ${RETENTION_AIM_MS} ms`,
          value: ms(median(retention)),
          met: median(retention) < RETENTION_AIM_MS,
        },
        { bar: "ack at least 0.9 of that with an empty table", value: times(ratio), met: ratio >= 0.9 },
      ],
      notes: [
        `${ASKED} requests each by a person over HTTP; filled in ${
          Math.round(filled.insertSeconds)
        } s; the ack in turns, ${ACK_ROUNDS} rounds of ${seconds} s`,
      ],
    }];
  } finally {
    await scope.stop();
  }
}

/** What is asked for, by its words. Cursors are ids, which grow with time. */
function pagesOf({ firstId, lastId, flowId }: Filled, events: number): [string, string][] {
  const middle = Math.floor((firstId + lastId) / 2);
  const end = firstId + 5_000;
  const dayMs = 86_400_000;
  const from = new Date(Date.now() - DAYS * dayMs / 2).toISOString();
  const to = new Date(Date.now() - DAYS * dayMs / 2 + dayMs).toISOString();
  const list = (query: string) => `/ui/webhooks?limit=50${query}`;
  const filters: [string, string][] = [
    ["all", ""],
    [`type, 1 in 10`, `&event_type=NEW_TAG_1`],
    [`type, 1 in ${RARE.toLocaleString("en-US")}`, `&event_type=RARE`],
    ["outcome dispatched, 1 in 30", "&outcome=dispatched"],
    ["outcome failed", "&outcome=failed"],
    ["outcome dead", "&outcome=dead"],
    ["outcome waiting", "&outcome=waiting"],
    ["source custom", "&source=CUSTOM"],
    ["an entity", `&q=e${events % 7_919}`],
  ];
  return [
    ...filters.flatMap(([what, query]): [string, string][] => [
      [`${what}, first page`, list(query)],
      [`${what}, half-way`, list(`${query}&cursor=${middle}`)],
      [`${what}, near the end`, list(`${query}&cursor=${end}`)],
    ]),
    ["a day 45 days ago", list(`&from=${from}&to=${to}`)],
    ["a day 45 days ago, type", list(`&from=${from}&to=${to}&event_type=NEW_TAG_1`)],
    ["one event", `/ui/webhooks/${middle}`],
    ["dashboard", "/ui/dashboard"],
    ["overview, 24 hours", "/ui/overview?hours=24"],
    ["overview, a week", "/ui/overview?hours=168"],
    ["executions of a flow", `/ui/flows/${flowId}/executions`],
    ["executions of a flow, 10,000 further", `/ui/flows/${flowId}/executions?offset=10000`],
    ["flows", "/ui/flows"],
    ["runs", "/ui/runs"],
    ["runs, failed", "/ui/runs?state=failed"],
    ["runs, cancelled", "/ui/runs?state=cancelled"],
    ["runs, active", "/ui/runs?state=active"],
  ];
}

async function ask({ port, platform: { personToken } }: Program, path: string): Promise<number[]> {
  const taken: number[] = [];
  while (taken.length < ASKED + WARM_UPS) {
    const began = performance.now();
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { "x-addon-token": personToken } });
    const text = await answer.text();
    if (answer.status === 429 || answer.status === 503) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      continue;
    }
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
    taken.push(performance.now() - began);
  }
  return taken.slice(WARM_UPS);
}

function values(taken: readonly number[]) {
  const sorted = [...taken].sort((a, b) => a - b);
  return { median: ms(median(sorted)), p95: ms(quantile(sorted, 0.95)), max: ms(quantile(sorted, 1)) };
}

/** Events of DAYS days, three of ten in the last one, with runs, their steps and dead letters. */
async function fill(sql: Sql, workspaceId: string, events: number): Promise<Filled> {
  const began = performance.now();
  const [tenant] = await sql<{ id: number; flow: number; plan: number }[]>`
    select installation.id, flow.id as flow, flow.plan_id as plan
    from installation join flow on flow.installation_id = installation.id
    where installation.workspace_id = ${workspaceId} and flow.builtin is null order by flow.id limit 1`;
  const [sequence] = await sql<{ last: number }[]>`select nextval('event_id_seq') as last`;
  const { id: installationId, flow: flowId, plan } = tenant!;
  const firstId = sequence!.last + 1;
  const old = Math.floor(events * 0.7);
  const every = Math.max(1, Math.floor(events / RUNS));
  for (let from = 0; from < events; from += EVENTS_PER_INSERT) {
    const to = Math.min(events, from + EVENTS_PER_INSERT) - 1;
    await sql`
      insert into event (installation_id, id, workspace_id, event_type, entity_key, received_at, request_id, headers, body,
        outcome, reason, finished_at, custom_source)
      select ${installationId}, ${firstId}::bigint + n, ${workspaceId},
        case when n % ${RARE} = 0 then 'RARE' else 'NEW_TAG_' || n % 10 end, 'tag:e' || n % 100003, at, 'bench-' || n,
        '{"content-type":"application/json","clockify-webhook-event-type":"NEW_TAG"}',
        convert_to('{"id":"e' || n % 100003 || '","workspaceId":"' || ${workspaceId}::text || '","name":"Tag ' || n || '"}', 'UTF8'),
        case when n % ${RARE} = 1 then 'dead' when n % ${every} = 0 then 'dispatched' else 'skipped' end,
        case when n % ${every} <> 0 then 'no_flow' end, at, case when n % ${RARE} = 2 then 'crm' end
      from generate_series(${from}::int, ${to}::int) n cross join lateral (
        select now() - interval '1 day' * case
          when n < ${old} then 1 + ${DAYS - 1} * (1 - n / ${old}::float8)
          else 1 - (n - ${old}) / ${events - old}::float8 end as at) time`;
    await sql`
      insert into run (id, installation_id, workspace_id, flow_id, flow_version, plan_id, event_id, state, error_code,
        error_message, created_at, started_at, finished_at)
      select gen_random_uuid(), ${installationId}, ${workspaceId}, ${flowId}, 1, ${plan}, id,
        case when id % 10 = 0 then 'failed' when id % 101 = 0 then 'cancelled' else 'completed' end,
        case when id % 10 = 0 then 'UPSTREAM_REJECTED' end, case when id % 10 = 0 then 'Clockify answered 400' end,
        received_at, received_at, received_at + interval '1 second'
      from event where installation_id = ${installationId} and id between ${firstId}::bigint + ${from}::int
        and ${firstId}::bigint + ${to}::int and outcome = 'dispatched'`;
  }
  await sql`
    insert into step (installation_id, run_id, path, kind, action, state, attempts, output, started_at, finished_at)
    select ${installationId}, id, 'main/step_1', 'action', 'noop', case when state = 'failed' then 'failed' else 'completed' end,
      1, 'null', started_at, finished_at
    from run where installation_id = ${installationId}`;
  await sql`
    insert into job (kind, installation_id, payload, event_id, state, finished_at, reason)
    select 'event', ${installationId}, jsonb_build_object('event_id', ${firstId}::bigint + ${events}::int - n),
      ${firstId}::bigint + ${events}::int - n, 'discarded',
      now() - n * interval '1 second', 'bench'
    from generate_series(1, least(${DEAD_LETTERS}::int, ${events}::int / 2)) n`;
  await sql`
    insert into event_tally (installation_id, hour, event_type, stored, last_at)
    select ${installationId}, date_trunc('hour', now()) - hours * interval '1 hour', 'NEW_TAG_' || type, 1000, now()
    from generate_series(1, ${DAYS * 24}::int) hours, generate_series(0, 9) type`;
  await sql`
    insert into stored_bytes (installation_id, bytes, counted_from)
    values (${installationId}, ${events}::bigint * 1200, ${firstId}::bigint)
    on conflict (installation_id) do update set bytes = excluded.bytes, counted_from = excluded.counted_from`;
  await sql`select setval('event_id_seq', ${firstId}::bigint + ${events}::int)`;
  for (const table of ["event", "run", "step", "job"]) await sql.unsafe(`vacuum (analyze) ${table}`);
  await sql`checkpoint`;
  return {
    installationId,
    flowId,
    firstId,
    lastId: firstId + events - 1,
    insertSeconds: (performance.now() - began) / 1000,
  };
}

/** Each deletes 500 of the oldest events, in the scope and the role of the program. */
async function retentionPages(db: Database, installationId: number): Promise<number[]> {
  const taken: number[] = [];
  let cursor: Cursor | undefined;
  for (let page = 0; page < ASKED + WARM_UPS; page++) {
    const began = performance.now();
    const { next, deleted } = await db.scoped(
      { installationIds: [installationId] },
      (sql) => eventPage(sql, { installationId, days: DAYS / 2, limit: 500, cursor }),
    );
    taken.push(performance.now() - began);
    if (deleted.event !== 500) throw new Error(`${deleted.event} of 500 events went`);
    cursor = next;
  }
  return taken.slice(WARM_UPS);
}
