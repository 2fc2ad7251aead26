/**
 * How steps' calls of agents went in the last day: gathered in memory, added to sums of an hour about once a second, and never
 * waited for. A killed process loses those of its last second.
 */

import type { Clock } from "../base/clock.ts";
import { type Database, type Query, retryRolledBack } from "../db/db.ts";
import type { Logger } from "../telemetry/log.ts";

export interface AgentUsage {
  calls: number;
  failures: number;
  /** 95 of 100 calls took no longer, rounded up by a fifth at most; null without calls. */
  p95Ms: number | null;
}

/** By agent, over the last 24 hours that began: of each at most 24 rows are read. Agents that were not called are absent. */
export type AgentUsageReader = (
  installationId: number,
  agentIds: readonly string[],
) => Promise<ReadonlyMap<string, AgentUsage>>;

export interface EndedCall {
  installationId: number;
  agentId: string;
  ms: number;
  failed: boolean;
}

export interface AgentUsageRecorder {
  /** Takes note of a call that ended, and returns at once. */
  note(call: EndedCall): void;
  /** Writes what waits; what cannot be written stays for the next time. Never rejects. */
  flush(): Promise<void>;
  /** Writes the rest. */
  stop(): Promise<void>;
}

/** No call takes longer: an agent's timeout_ms is 300 s at most. */
const LONGEST_MS = 300_000;
const GROWTH = 1.2;
const BUCKETS = bucketOf(LONGEST_MS) + 1;
const FLUSH_MS = 1_000;
const RETRY_MS = 10_000;
const WRITE_MS = 2_000;
/** Agents whose calls wait to be written, 10,000 at most of an installation: beyond, calls of others are not counted. */
const MAX_WAITING = 20_000;
const HOURS = 24;

interface Sums {
  installationId: number;
  agentId: string;
  calls: number;
  failures: number;
  times: number[];
}

export function createAgentUsageRecorder(
  { db, clock, log }: { db: Pick<Database, "within">; clock: Clock; log: Logger },
): AgentUsageRecorder {
  let waiting = new Map<string, Sums>();
  let failed = false;
  let timer: Promise<void> | undefined;
  let flushing: Promise<void> | undefined;
  const stopping = new AbortController();

  function add({ installationId, agentId, calls, failures, times }: Sums) {
    const sums = waiting.get(agentId);
    if (!sums && waiting.size >= MAX_WAITING) return;
    if (!sums) return void waiting.set(agentId, { installationId, agentId, calls, failures, times });
    sums.calls += calls;
    sums.failures += failures;
    for (const [bucket, count] of times.entries()) sums.times[bucket]! += count;
  }

  async function arm() {
    await clock.sleep(failed ? RETRY_MS : FLUSH_MS, stopping.signal).catch(() => {});
    await flush();
    timer = undefined;
    if (waiting.size > 0 && !stopping.signal.aborted) timer = arm();
  }

  function flush(): Promise<void> {
    return flushing ??= write().finally(() => void (flushing = undefined));
  }

  async function write() {
    if (waiting.size === 0) return;
    const written = [...waiting.values()];
    waiting = new Map();
    try {
      const installationIds = [...new Set(written.map(({ installationId }) => installationId))];
      await retryRolledBack(() => db.within(WRITE_MS).scoped({ installationIds }, (sql) => addSums(sql, written)));
      failed = false;
    } catch (error) {
      for (const sums of written) add(sums);
      // One line for an outage, not one for each attempt.
      if (!failed) log.warn("agents.calls_not_written", { agents: written.length, error });
      failed = true;
    }
  }

  return {
    note: ({ ms, failed, ...of }) => {
      const times = new Array<number>(BUCKETS).fill(0);
      times[bucketOf(ms)] = 1;
      add({ ...of, calls: 1, failures: failed ? 1 : 0, times });
      timer ??= arm();
    },
    flush,
    stop: async () => {
      stopping.abort();
      await flushing;
      await flush();
    },
  };
}

/** In the order of their ids: two processes that add to the same rows wait for each other. An agent that is gone is left out. */
function addSums(sql: Query, sums: readonly Sums[]): Promise<unknown> {
  const rows = sums.map(({ installationId, agentId, ...rest }) => ({ i: installationId, a: agentId, ...rest }));
  return sql`
    with given as materialized (
      select agent.installation_id, agent.id, calls, failures, array(select json_array_elements_text(times)::int) as times
      from json_to_recordset(${JSON.stringify(rows)}::text::json)
        as given(i bigint, a uuid, calls int, failures int, times json)
      join agent on agent.installation_id = given.i and agent.id = given.a
      order by agent.id
    ),
    old as (
      delete from agent_calls using given
      where agent_calls.agent_id = given.id and hour < now() - ${HOURS + 1}::int * interval '1 hour'
    )
    insert into agent_calls as kept (installation_id, agent_id, hour, calls, failures, times)
    select installation_id, id, date_trunc('hour', now()), calls, failures, times from given
    on conflict (agent_id, hour) do update set calls = kept.calls + excluded.calls,
      failures = kept.failures + excluded.failures,
      times = array(
        select coalesce(one, 0) + coalesce(other, 0)
        from unnest(kept.times, excluded.times) with ordinality as both_of(one, other, place) order by place)`;
}

export function createAgentUsage(db: Pick<Database, "scoped">): AgentUsageReader {
  return async (installationId, agentIds) => {
    const rows = await db.scoped(
      { installationIds: [installationId] },
      (sql) =>
        sql<{ id: string; calls: number; failures: number; times: number[] }[]>`
      select asked.id, sum(calls)::int as calls, sum(failures)::int as failures, (
        select json_agg(total order by place) from (
          select place, sum(one)::int as total from agent_calls one_hour, unnest(times) with ordinality as part(one, place)
          where one_hour.installation_id = ${installationId} and one_hour.agent_id = asked.id and ${recent(sql)}
          group by place) summed
      ) as times
      from (select value::uuid as id from json_array_elements_text(${JSON.stringify(agentIds)}::text::json)) asked
      join agent_calls on agent_calls.installation_id = ${installationId} and agent_calls.agent_id = asked.id
      where ${recent(sql)}
      group by asked.id`,
    );
    return new Map(rows.map(({ id, calls, failures, times }) => [id, { calls, failures, p95Ms: p95Of(times) }]));
  };
}

function recent(sql: Query) {
  return sql`hour > now() - ${HOURS}::int * interval '1 hour'`;
}

function p95Of(times: readonly number[]): number | null {
  const calls = times.reduce((sum, count) => sum + count, 0);
  let left = Math.ceil(calls * 0.95);
  const bucket = times.findIndex((count) => (left -= count) <= 0);
  return calls === 0 ? null : Math.round(GROWTH ** bucket);
}

function bucketOf(ms: number): number {
  return Math.ceil(Math.log(Math.min(Math.max(ms, 1), LONGEST_MS)) / Math.log(GROWTH));
}
