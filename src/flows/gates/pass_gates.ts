/**
 * Runs that are about to start, held against what their flows say of concurrency, throttle and debounce: in the transaction that
 * starts them, with the keys locked until its commit, so that two instances count as one. A flow that says nothing of it costs no
 * statement; one that does costs one for the locks of a batch, and one or two for each of its runs and gates.
 */

import { AppError } from "../../base/errors.ts";
import type { TransactionSql } from "../../db/db.ts";
import { delayJobsOfRuns, type Line, readLines } from "../../queue/delay.ts";
import { lockJobOfRun } from "../../queue/withdraw.ts";
import { type Gate, throttledUntil } from "./gates.ts";

/** Why a run was not started, as events and errors name it. */
export const HELD_BACK = ["throttled", "concurrency_full", "debounced", "loop_detected"] as const;
export type HeldBack = (typeof HELD_BACK)[number];

/** A run that is about to start. */
export interface Arrival {
  installationId: number;
  gate: Gate;
  runId: string;
  /** What started it, where that is an event. */
  event?: { id: number; replay: number; flowVersion: number; planId: number; chain: number };
}

export type Passage =
  /** It starts: in the line of its key, where there is one, and not before the delay is over. */
  | { starts: true; orderKey?: string; delayMs: number }
  /** A run that waits already stands for it. */
  | { starts: false; why: "debounced"; by: string }
  | { starts: false; why: "throttled" | "concurrency_full" };

export interface PassOptions {
  /** Ends an open run and what it waits for, in this transaction. */
  cancelRun(sql: TransactionSql, run: { installationId: number; runId: string; message: string }): Promise<void>;
}

/** Runs that wait behind those in progress, of one key. */
const MAX_QUEUED = 1_000;
/** Longest that a throttle delays a run. */
const MAX_DELAY_MS = 86_400_000;
/** Keys that are remembered of a flow; what comes beyond shares one. */
const MAX_KEYS = 10_000;
/** No template comes to it: what is not ASCII is known by its hash. */
const OTHERS = "…";

/**
 * In the order of the arrivals, whose keys are locked (lockGates()). None sees the run of another before that is inserted: no two
 * may have a key of gateKeys() in common.
 */
export async function passGates(
  sql: TransactionSql,
  arrivals: readonly Arrival[],
  options: PassOptions,
): Promise<Passage[]> {
  const passages: Passage[] = [];
  for (const arrival of arrivals) passages.push(await passOne(sql, arrival, options));
  return passages;
}

/** What its gates count by. */
export function gateKeys({ installationId, gate }: Pick<Arrival, "installationId" | "gate">): string[] {
  return (["concurrency", "debounce", "throttle"] as const).flatMap((kind) => {
    const one = gate[kind];
    return one ? [`gate ${installationId} ${gate.flow.id} ${kind} ${one.key}`] : [];
  });
}

/** Until the commit nothing else passes them. All that a transaction needs in one call: in parts, two could wait for each other. */
export async function lockGates(
  sql: TransactionSql,
  arrivals: readonly Pick<Arrival, "installationId" | "gate">[],
): Promise<void> {
  await lockKeys(sql, arrivals.flatMap(gateKeys));
}

async function lockKeys(sql: TransactionSql, keys: readonly string[]): Promise<void> {
  await sql`
    select pg_advisory_xact_lock(place) from (
      select distinct hashtextextended(value, 0) as place
      from json_array_elements_text(${JSON.stringify(keys)}::text::json) order by 1
    ) places`;
}

async function passOne(sql: TransactionSql, arrival: Arrival, options: PassOptions): Promise<Passage> {
  const { gate } = arrival;
  if (gate.debounce && arrival.event) {
    const by = await joinWaiting(sql, { ...arrival, debounce: gate.debounce, event: arrival.event });
    if (by !== undefined) return { starts: false, why: "debounced", by };
  }
  const turn = gate.throttle && await throttledTurn(sql, { ...arrival, throttle: gate.throttle });
  if (turn === "none") return { starts: false, why: "throttled" };
  let orderKey: string | undefined;
  if (gate.concurrency) {
    orderKey = await takeLine(sql, { ...arrival, concurrency: gate.concurrency }, options);
    if (orderKey === undefined) return { starts: false, why: "concurrency_full" };
  }
  // Only what starts counts.
  if (turn) await rememberTurn(sql, { ...arrival, throttle: gate.throttle!, turn });
  let delayMs = turn?.delayMs ?? 0;
  if (gate.debounce && arrival.event) {
    const { key, waitMs, maxWaitMs } = gate.debounce;
    delayMs = Math.max(delayMs, Math.min(waitMs, maxWaitMs));
    await rememberWaiting(sql, { ...arrival, key, lastsMs: delayMs + Math.min(maxWaitMs, MAX_DELAY_MS) });
  }
  return { starts: true, orderKey, delayMs };
}

/** The run that waits for the key's events to end gets this one in place of its own; undefined where none waits. */
async function joinWaiting(
  sql: TransactionSql,
  { installationId, gate, debounce: { key, waitMs, maxWaitMs }, event }: Arrival & {
    debounce: NonNullable<Gate["debounce"]>;
    event: NonNullable<Arrival["event"]>;
  },
): Promise<string | undefined> {
  const flowId = gate.flow.id;
  const [row] = await sql<{ run_id: string; age_ms: number }[]>`
    select run_id, extract(epoch from now() - first_at)::float8 * 1000 as age_ms from flow_gate
    where installation_id = ${installationId} and flow_id = ${flowId} and kind = 'debounce' and key = ${key}
      and expires_at > now()`;
  if (!row) return undefined;
  const job = await lockJobOfRun(sql, { installationId, runId: row.run_id });
  if (!job || job.claimed || job.paused) return undefined;
  const reason = `debounced: ${JSON.stringify(gate.flow.name)}`;
  const moved = await sql<{ id: string }[]>`
    with waiting as (
      select id, event_id from run where installation_id = ${installationId} and id = ${row.run_id} and state = 'pending'
        and started_at is null for update
    ),
    earlier as (
      update event set reason = concat_ws('; ', reason, ${reason}::text),
        outcome = case when exists (
          select from run other where other.installation_id = ${installationId} and other.event_id = event.id
            and other.id <> waiting.id) then outcome else 'skipped' end
      from waiting where event.installation_id = ${installationId} and event.id = waiting.event_id
    )
    update run set event_id = ${event.id}, replay = ${event.replay}, flow_version = ${event.flowVersion},
      plan_id = ${event.planId}, chain = ${event.chain}, trigger_kind = case when ${event.replay}::int > 0 then 'replay' else 'event' end,
      start_key = 'event:' || ${event.id}::bigint || '/' || ${flowId}::bigint || '/' || ${event.replay}::int
    from waiting where run.installation_id = ${installationId} and run.id = waiting.id
    returning run.id`;
  if (moved.length === 0) return undefined;
  const delayMs = Math.max(0, Math.min(waitMs, maxWaitMs - row.age_ms));
  await delayJobsOfRuns(sql, [{ installationId, runId: row.run_id, delayMs }]);
  return row.run_id;
}

async function rememberWaiting(
  sql: TransactionSql,
  { installationId, gate, runId, key, lastsMs }: Arrival & { key: string; lastsMs: number },
): Promise<void> {
  await sql`
    insert into flow_gate (installation_id, flow_id, kind, key, run_id, first_at, expires_at)
    values (${installationId}, ${gate.flow.id}, 'debounce', ${key}, ${runId}, now(),
      now() + ${lastsMs}::float8 * interval '1 millisecond')
    on conflict (installation_id, flow_id, kind, key) do update
      set run_id = excluded.run_id, first_at = excluded.first_at, expires_at = excluded.expires_at`;
  await forgetExpired(sql, { installationId, flowId: gate.flow.id });
}

/** When a run may begin, and those that began before it under its key. */
interface Turn {
  /** What it counts under. */
  key: string;
  last: readonly number[];
  atMs: number;
  delayMs: number;
}

interface Throttled {
  installationId: number;
  gate: Gate;
  throttle: NonNullable<Gate["throttle"]>;
}

/** "none": it may not begin at all. */
async function throttledTurn(sql: TransactionSql, throttled: Throttled): Promise<Turn | "none"> {
  const { installationId, gate: { flow }, throttle: { key, atMost, perMs, queues } } = throttled;
  const known = await readTimes(sql, throttled, key);
  const isOne = known.times !== null || known.keys < MAX_KEYS;
  if (!isOne) await lockKeys(sql, [`gate ${installationId} ${flow.id} throttle ${OTHERS}`]);
  const { times, nowMs } = isOne ? known : await readTimes(sql, throttled, OTHERS);
  const last = (times ?? []).slice(-atMost);
  const atMs = throttledUntil(last, { nowMs, atMost, perMs });
  const delayMs = atMs - nowMs;
  if (delayMs > 0 && (!queues || delayMs > MAX_DELAY_MS)) return "none";
  return { key: isOne ? key : OTHERS, last, atMs, delayMs };
}

async function readTimes(
  sql: TransactionSql,
  { installationId, gate: { flow } }: Throttled,
  key: string,
): Promise<{ nowMs: number; times: number[] | null; keys: number }> {
  const [known] = await sql<{ nowMs: number; times: number[] | null; keys: number }[]>`
    select extract(epoch from clock_timestamp())::float8 * 1000 as "nowMs", (
      select to_json(array(select extract(epoch from one)::float8 * 1000 from unnest(times) one)) from flow_gate
      where installation_id = ${installationId} and flow_id = ${flow.id} and kind = 'throttle' and key = ${key}
    ) as times, (
      select count(*)::int from (
        select 1 from flow_gate where installation_id = ${installationId} and flow_id = ${flow.id} limit ${MAX_KEYS}
      ) counted) as keys`;
  return known!;
}

async function rememberTurn(
  sql: TransactionSql,
  { installationId, gate: { flow }, throttle: { atMost, perMs }, turn: { key, last, atMs } }: Throttled & {
    turn: Turn;
  },
): Promise<void> {
  const kept = JSON.stringify([...last, atMs].slice(-atMost));
  await sql`
    insert into flow_gate (installation_id, flow_id, kind, key, times, expires_at)
    select ${installationId}::bigint, ${flow.id}::bigint, 'throttle', ${key}::text,
      array(select to_timestamp(value::float8 / 1000) from json_array_elements_text(${kept}::text::json)),
      to_timestamp(${atMs + perMs}::float8 / 1000)
    on conflict (installation_id, flow_id, kind, key) do update
      set times = excluded.times, expires_at = greatest(flow_gate.expires_at, excluded.expires_at)`;
  await forgetExpired(sql, { installationId, flowId: flow.id });
}

/** What counts no longer, a few at a time: each new key makes room. */
async function forgetExpired(
  sql: TransactionSql,
  { installationId, flowId }: { installationId: number; flowId: number },
): Promise<void> {
  await sql`
    delete from flow_gate where installation_id = ${installationId} and (flow_id, kind, key) in (
      select flow_id, kind, key from flow_gate
      where installation_id = ${installationId} and flow_id = ${flowId} and expires_at < now()
      order by expires_at limit 20 for update skip locked)`;
}

/**
 * The order key of the line that the run stands in, one for each that may be in progress: the queue works off one job of a
 * line at a time. A free one, else by `whenFull` the shortest, none, or that of the oldest run, which is cancelled.
 */
async function takeLine(
  sql: TransactionSql,
  { installationId, gate, concurrency: { key, atOnce, whenFull } }: Arrival & {
    concurrency: NonNullable<Gate["concurrency"]>;
  },
  { cancelRun }: PassOptions,
): Promise<string | undefined> {
  const lines = Array.from({ length: atOnce }, (_, line) => `gate:${gate.flow.id}:${line}:${key}`);
  const rows = await readLines(sql, { installationId, orderKeys: lines });
  const taken = new Set(rows.map(({ orderKey }) => orderKey));
  const free = lines.find((line) => !taken.has(line));
  if (free !== undefined) return free;
  switch (whenFull) {
    case "skip":
      return undefined;
    case "queue": {
      const waiting = rows.reduce((sum, { jobs }) => sum + jobs - 1, 0);
      return waiting >= MAX_QUEUED ? undefined : shortest(rows).orderKey;
    }
    case "cancel_oldest": {
      const ending = rows.find(({ oldestId }) => oldestId === null);
      if (ending) return ending.orderKey;
      const oldest = rows.reduce((first, row) => row.oldestId! < first.oldestId! ? row : first);
      const message = "Cancelled: a newer run of the flow began, and no more may be in progress at once";
      try {
        await cancelRun(sql, { installationId, runId: oldest.oldestRunId!, message });
      } catch (error) {
        // It has ended meanwhile.
        if (!(error instanceof AppError && ["CONFLICT", "NOT_FOUND"].includes(error.code))) throw error;
      }
      return oldest.orderKey;
    }
  }
}

function shortest(lines: readonly Line[]): Line {
  return lines.reduce((least, line) => line.jobs < least.jobs ? line : least);
}
