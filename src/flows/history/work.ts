/** The work of a history dry run: the handler of "history" jobs. Some events at a time, then others have its slot. */

import { jsonText } from "../../base/json_text.ts";
import { toAppError } from "../../base/errors.ts";
import type { Database, TransactionSql } from "../../db/db.ts";
import type { FindEntities } from "../../engine/entity_lookup.ts";
import { countSteps, inTurn } from "../../engine/turns.ts";
import { createWorkBudget, WORK } from "../../engine/work_budget.ts";
import type { ThreadTurns } from "../../limits/thread_turns.ts";
import type { JobHandler } from "../../queue/worker.ts";
import type { DryRun, DryRunResult } from "../dry_run/dry_run.ts";
import { type HistoryCounts, type HistoryFailure, MAX_FAILURES, MAX_LISTED, type StoredCounts } from "./history.ts";
import { compileCondition, COMPILING_STEPS, type ParseFlowDeps, STEPS_PER_RULE } from "../parse/parse_flow.ts";
import { evaluateLookedUp, type FindOfEvent } from "../triggers/looked_up.ts";
import { eventScope, loadEvents, type PendingEvent } from "../triggers/pending_event.ts";
import { everyAction } from "../shape/steps.ts";
import { triggersOn } from "../shape/triggers.ts";
import { rulesOf } from "../parse/validate.ts";
import type { FlowDefinition } from "../shape/definition.ts";
import type { VersionDefinition } from "../store/versions.ts";

/** Events that are looked at between two records of how far it came: what is lost with a process is looked at again. */
const BATCH = 100;
const SLICE_MS = 5_000;
/** Matches whose requests are counted, of each of the two: each is a dry run of its own. */
const MAX_DESCRIBED = 2_000;

export interface HistoryWorkOptions {
  db: Pick<Database, "scoped">;
  dryRun: DryRun;
  thread: ThreadTurns;
  /** What conditions look up. */
  findEntities: FindEntities;
  /** What flows of the installation are checked against; undefined: the add-on is gone. */
  parseOf(installationId: number): Promise<ParseFlowDeps | undefined>;
  monotonicMs(): number;
}

interface Row {
  flow_id: number;
  state: "running" | "stopping";
  definition: VersionDefinition | null;
  published: VersionDefinition;
  total: number | null;
  looked: number;
  next_id: number | null;
  oldest_id: number | null;
  limit: number;
  counts: StoredCounts;
  listed: number;
  since: Date;
  until: Date;
}

interface Match {
  event_id: number;
  matched: boolean;
  published: boolean;
  requests: number | null;
  problem: { step: string; reason: string } | null;
}

export function createHistoryWork(
  { db, dryRun, thread, findEntities, parseOf, monotonicMs }: HistoryWorkOptions,
): JobHandler {
  return async ({ installationId, payload }, { signal }) => {
    const id = Number(payload.history_id);
    const within = <T>(work: (sql: TransactionSql) => Promise<T>) =>
      db.scoped({ installationIds: [installationId] }, work);
    const endMs = monotonicMs() + SLICE_MS;
    const pace = thread.pace(String(installationId));
    for (;;) {
      if (signal.aborted) throw signal.reason;
      const row = await within((sql) => readRow(sql, installationId, id));
      if (!row) return { kind: "done" };
      if (row.total === null && row.state === "running") {
        await within((sql) => countEvents(sql, { installationId, id, row }));
        continue;
      }
      const parse = await parseOf(installationId);
      const ids = row.state === "stopping" || !parse ? [] : await within((sql) => nextIds(sql, installationId, row));
      if (ids.length === 0) {
        const state = row.state === "stopping" || !parse ? "stopped" : "finished";
        await within((sql) => finish(sql, { installationId, id, state }));
        return { kind: "done" };
      }
      const events = await loadEvents(db, ids.map((eventId) => ({ installationId, eventId })));
      const counts = structuredClone(row.counts);
      const matches: Match[] = [];
      for (const event of events) {
        if (!event) continue;
        if (signal.aborted) throw signal.reason;
        await pace();
        const look = (side: Side) =>
          lookAt(event, side, { dryRun, findEntities, flowId: row.flow_id, installationId, parse: parse! });
        const published = await look({ definition: row.published, counts: counts.published ?? counts.definition });
        const own = row.definition ? await look({ definition: row.definition, counts: counts.definition }) : published;
        if (own.problem && counts.failures.length < MAX_FAILURES) {
          counts.failures.push({ event_id: String(event.id), ...own.problem } satisfies HistoryFailure);
        }
        if (own.matched || published.matched) {
          matches.push({
            event_id: event.id,
            matched: own.matched,
            published: published.matched,
            requests: own.requests,
            problem: own.problem,
          });
        }
      }
      await within((sql) =>
        record(sql, {
          installationId,
          id,
          looked: row.looked + ids.length,
          nextId: ids.at(-1)!,
          counts,
          matches: matches.slice(0, Math.max(0, MAX_LISTED - row.listed)),
        })
      );
      if (monotonicMs() > endMs) return { kind: "snooze", delayMs: 0, reason: "its slice is over" };
    }
  };
}

interface Side {
  definition: VersionDefinition;
  /** Changed by it. */
  counts: HistoryCounts;
}

interface Looked {
  matched: boolean;
  requests: number | null;
  problem: Match["problem"];
}

const NOT_MATCHED: Looked = { matched: false, requests: null, problem: null };

async function lookAt(
  event: PendingEvent,
  { definition, counts }: Side,
  { dryRun, findEntities, flowId, installationId, parse }: {
    dryRun: DryRun;
    findEntities: FindEntities;
    flowId: number;
    installationId: number;
    parse: ParseFlowDeps;
  },
): Promise<Looked> {
  if (!definition.trigger_event_types?.some((type) => triggersOn(type, event))) return NOT_MATCHED;
  const matched = await decide(event, definition, (queries) => findEntities(installationId, queries));
  if (matched === undefined) counts.undecided++;
  if (!matched) return NOT_MATCHED;
  counts.matched++;
  if (counts.described >= MAX_DESCRIBED) return { matched, requests: null, problem: null };
  counts.described++;
  const result = await dryRun.run({
    installation: { id: installationId, workspaceId: event.workspaceId },
    definition: { ...definition, id: String(flowId), enabled: false },
    on: { eventId: event.id },
    parse,
  });
  if (!result) return { matched, requests: null, problem: null };
  return { matched, ...countRequests(result, { definition, counts }) };
}

/** Undefined: its condition cannot be read, or takes too much work. */
async function decide(
  event: PendingEvent,
  definition: VersionDefinition,
  find: FindOfEvent,
): Promise<boolean | undefined> {
  try {
    const condition = await inTurn(() => {
      countSteps(COMPILING_STEPS);
      const compiled = compileCondition({ ...definition, enabled: false });
      countSteps(rulesOf(compiled).length * STEPS_PER_RULE);
      return compiled;
    });
    const work = createWorkBudget(WORK.flow, "a flow");
    const { matched, problem } = await evaluateLookedUp(condition, eventScope(event), { work, find });
    return problem === null ? matched ?? undefined : undefined;
  } catch (error) {
    if (toAppError(error).code === "INTERNAL") throw error;
    return undefined;
  }
}

function countRequests(
  { actions, faults }: DryRunResult,
  { definition, counts }: Side,
): { requests: number; problem: Match["problem"] } {
  const steps = new Map([...everyAction((definition as FlowDefinition).actions)].map(({ id, step }) => [id, step]));
  let requests = 0;
  let problem: Match["problem"] = null;
  const count = (operation: string, host: string) => {
    requests++;
    counts.requests++;
    tally(counts.by_operation, operation);
    tally(counts.by_host, host);
  };
  for (const { id, type, request, problem: why, dependsOn, wouldRun } of actions) {
    if (why !== null && dependsOn === null) problem ??= { step: id, reason: why.slice(0, 500) };
    // Not behind a step that failed, nor where an answer that is not known decides.
    if (!wouldRun || !request) continue;
    const step = steps.get(id);
    if (type === "clockify") {
      if (request.reads !== undefined) count(request.reads, "clockify");
      count(step?.type === "clockify" ? step.operation_id : `${request.method} ${request.url}`, "clockify");
    } else if (type === "http") count(`${request.method} ${hostOf(request.url)}`, hostOf(request.url));
  }
  const [fault] = faults;
  if (fault) problem ??= { step: fault.path, reason: fault.message.slice(0, 500) };
  if (problem) counts.failing++;
  return { requests, problem };
}

/** Addresses may be made of the event: what is beyond so many names has one name together. */
const MAX_NAMES = 100;

function tally(numbers: Record<string, number>, name: string): void {
  const known = Object.hasOwn(numbers, name) || Object.keys(numbers).length < MAX_NAMES ? name : "others";
  numbers[known] = (numbers[known] ?? 0) + 1;
}

function hostOf(url: string): string {
  return URL.parse(url)?.host || "an address from the event";
}

async function readRow(sql: TransactionSql, installationId: number, id: number): Promise<Row | undefined> {
  const [row] = await sql<Row[]>`
    select flow_id, state, definition, published, total, looked, next_id, oldest_id, counts,
      (asked->>'limit')::int as "limit", (asked->>'since')::timestamptz as since, (asked->>'until')::timestamptz as until, (
        select count(*)::int from flow_history_match
        where flow_history_match.history_id = flow_history.id and flow_history_match.installation_id = ${installationId}
      ) as listed
    from flow_history where installation_id = ${installationId} and id = ${id} and finished_at is null`;
  return row;
}

/** Here and not where it is asked for: among millions of events it takes longer than a person waits. */
async function countEvents(
  sql: TransactionSql,
  { installationId, id, row }: { installationId: number; id: number; row: Row },
): Promise<void> {
  const types = eventTypesOf([row.definition, row.published]);
  await sql`
    update flow_history set total = wanted.total, next_id = wanted.newest + 1, oldest_id = wanted.oldest from (
      select count(*)::int as total, coalesce(max(id), 0) as newest, coalesce(min(id), 1) as oldest from (
        select id from event
        where installation_id = ${installationId} and received_at >= ${row.since} and received_at <= ${row.until}
          and event_type in (select value from json_array_elements_text(${JSON.stringify(types)}::text::json))
        order by id desc limit ${row.limit}) found) wanted
    where flow_history.installation_id = ${installationId} and flow_history.id = ${id}`;
}

/** Newest first, of the types that either of the two starts on. */
async function nextIds(sql: TransactionSql, installationId: number, row: Row): Promise<number[]> {
  const types = eventTypesOf([row.definition, row.published]);
  const rows = await sql<{ id: number }[]>`
    select id from event
    where installation_id = ${installationId} and id < ${row.next_id} and id >= ${row.oldest_id}
      and received_at >= ${row.since} and received_at <= ${row.until}
      and event_type in (select value from json_array_elements_text(${JSON.stringify(types)}::text::json))
    order by id desc limit ${Math.min(BATCH, row.total! - row.looked)}`;
  return rows.map(({ id }) => id);
}

/** Types of events as they are stored, of definitions of which some may be missing. */
export function eventTypesOf(definitions: readonly ({ trigger_event_types?: unknown } | null)[]): string[] {
  const types = definitions.flatMap((one) => Array.isArray(one?.trigger_event_types) ? one.trigger_event_types : []);
  return [...new Set(types.map((type) => String(type).replace(/^(custom:[^/]+)\/.*$/s, "$1")))];
}

async function record(
  sql: TransactionSql,
  { installationId, id, looked, nextId, counts, matches }: {
    installationId: number;
    id: number;
    looked: number;
    nextId: number;
    counts: StoredCounts;
    matches: Match[];
  },
): Promise<void> {
  await sql`
    insert into flow_history_match (installation_id, history_id, event_id, matched, published, requests, problem)
    select ${installationId}, ${id}, event_id, matched, published, requests, problem
    from json_to_recordset(${jsonText(matches)}::text::json)
      as m(event_id bigint, matched boolean, published boolean, requests int, problem jsonb)
    on conflict (history_id, event_id) do nothing`;
  await sql`
    update flow_history set looked = ${looked}, next_id = ${nextId}, counts = ${jsonText(counts)}::text::jsonb
    where installation_id = ${installationId} and id = ${id} and finished_at is null`;
}

async function finish(
  sql: TransactionSql,
  { installationId, id, state }: { installationId: number; id: number; state: "stopped" | "finished" },
): Promise<void> {
  await sql`
    update flow_history set state = ${state}, finished_at = now()
    where installation_id = ${installationId} and id = ${id} and finished_at is null`;
}
