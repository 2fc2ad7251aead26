/** The start of a run, the same for all that start one: an event, a replay, a schedule, the API, another flow, a person. */

import type { Fragment, Query, TransactionSql } from "../../db/db.ts";
import { AppError } from "../../base/errors.ts";
import { jsonText } from "../../base/json_text.ts";
import { workIsOver } from "../../installations/uninstall.ts";
import { insertJobs } from "../../queue/enqueue.ts";

export const TRIGGER_KINDS = ["event", "schedule", "manual", "api", "flow", "replay"] as const;
/** What started a run; "flow": a step of another run. */
export type TriggerKind = (typeof TRIGGER_KINDS)[number];

/** A run without an event. */
export interface RunStart {
  /** UUID; absent: a new one. */
  id?: string;
  installationId: number;
  flow: { id: number; version: number; planId: number };
  kind: Exclude<TriggerKind, "event" | "replay">;
  /** What it is started for, as in `schedule:7/2026-11-28T09:00Z`: once in an installation, whoever asks twice. */
  key: string;
  /** JSON: what the flow finds at $.webhook. */
  input: unknown;
  parent?: { runId: string; path: string; depth: number };
  /** Rounds that led to it (dispatch.ts): those of its parent. */
  chain?: number;
  /** From then on nothing of it begins, and it fails; a person's retry has no such end. */
  deadlineAt?: Date;
  /** Runs with one key go one after another. */
  orderKey?: string;
  traceparent?: string;
  /** Of a workflow: who asked for it; absent: what started it says that. */
  asked?: {
    by: string;
    correlationId?: string;
    /** The schedule of the workflow. */
    scheduleId?: string;
  };
}

export interface StartedRun {
  id: string;
  /** False: it had been started for this key before. */
  isNew: boolean;
  createdAt: Date;
}

/**
 * Starts a run in the caller's transaction, with its job; the queue is woken after the commit. Undefined where the add-on is
 * not active, or the parent is over: then nothing may begin. Throws CONFLICT where another run has the id.
 */
export async function startRun(sql: TransactionSql, start: RunStart): Promise<StartedRun | undefined> {
  const { installationId, flow, kind, key, parent } = start;
  if (parent && !await holdOpen(sql, installationId, parent.runId)) return undefined;
  const input = jsonText({ input: start.input ?? null });
  const [row] = await sql<{ active: boolean; id: string | null; at: Date }[]>`
    with wanted as materialized (
      select coalesce(${
    start.id ?? null
  }::uuid, gen_random_uuid()) as run_id, installation.id as installation_id, workspace_id, generation,
        ${flow.id}::bigint as flow_id, ${flow.version}::int as flow_version, ${flow.planId}::bigint as plan_id,
        null::bigint as event_id, 0 as replay, ${kind}::text as trigger_kind, ${key}::text as start_key,
        ${input}::text::jsonb->'input' as input, ${parent?.runId ?? null}::text::uuid as parent_run_id,
        ${parent?.path ?? null}::text as parent_path, ${parent ? parent.depth + 1 : 0}::int as depth, ${
    start.chain ?? 0
  }::int as chain,
        ${start.deadlineAt ?? null}::timestamptz as deadline_at, ${start.traceparent ?? null}::text as traceparent
      from installation where installation.id = ${installationId} and installation.status = 'active'
        and not ${workIsOver(sql, "generation")}
    ),
    created as (${insertRuns(sql, sql`wanted`)}),
    queued as (
      ${insertJobs(sql)}
      select 'run', installation_id, generation, jsonb_build_object('run_id', run_id), traceparent,
        ${start.orderKey ?? null}::text
      from wanted join created on created.id = wanted.run_id
    ),
    -- Where the flow is that of a workflow, the run has what the Workflow Management API shows beside it.
    noted as (
      insert into workflow_run (run_id, installation_id, workflow_id, version, triggered_by, correlation_id,
        workflow_schedule_id)
      select run_id, wanted.installation_id, workflow.id, flow_version, ${
    start.asked?.by ?? (kind === "flow" ? "workflow" : kind)
  }::text,
        ${start.asked?.correlationId ?? null}::text, ${start.asked?.scheduleId ?? null}::uuid
      from wanted join created on created.id = wanted.run_id
      join workflow on workflow.flow_id = wanted.flow_id and workflow.installation_id = wanted.installation_id
    )
    select exists (select 1 from wanted) as active, (select id from created) as id, now() as at`;
  const { active, id, at } = row!;
  if (!active) return undefined;
  if (id !== null) return { id, isNew: true, createdAt: at };
  // A statement of its own: one that was committed a moment ago is not in the sight of the first.
  const earlier = await startedFor(sql, installationId, key);
  if (!earlier) throw new AppError("CONFLICT", `Cannot start the run: its id is in use`);
  return earlier;
}

/** The run that was started for the key before. */
export async function startedFor(
  sql: TransactionSql,
  installationId: number,
  key: string,
): Promise<StartedRun | undefined> {
  const [run] = await sql<{ id: string; created_at: Date }[]>`
    select id, created_at from run where installation_id = ${installationId} and start_key = ${key}
      and trigger_kind not in ('event', 'replay')`;
  return run && { id: run.id, isNew: false, createdAt: run.created_at };
}

/** True for a run that is not over; until the commit none ends it, so that who does finds the run that is started. */
async function holdOpen(sql: TransactionSql, installationId: number, runId: string): Promise<boolean> {
  const open = await sql`
    select 1 from run where installation_id = ${installationId} and id = ${runId}
      and state in ('pending', 'running', 'waiting') for share`;
  return open.length > 0;
}

/**
 * Inserts a pending run for each row of `from` and returns their ids, but for those that were started before for the same
 * key. `from` has the columns run_id, installation_id, workspace_id, flow_id, flow_version, plan_id, event_id, replay,
 * trigger_kind, start_key, input, parent_run_id, parent_path, depth, chain, deadline_at and traceparent.
 */
export function insertRuns(sql: Query, from: Fragment): Fragment {
  return sql`
        insert into run (id, installation_id, workspace_id, flow_id, flow_version, plan_id, event_id, replay, state,
          trigger_kind, start_key, input, parent_run_id, parent_path, depth, chain, deadline_at, traceparent)
        select run_id, installation_id, workspace_id, flow_id, flow_version, plan_id, event_id, replay, 'pending',
          trigger_kind, start_key, input, parent_run_id, parent_path, depth, chain, deadline_at, traceparent
        from ${from}
        on conflict do nothing
        returning id`;
}

/** The columns of insertRuns() that follow from a run's event, flow and replay. */
export function startOfEvent(sql: Query): Fragment {
  return sql`
    case when replay > 0 then 'replay' else 'event' end as trigger_kind,
    'event:' || event_id || '/' || flow_id || '/' || replay as start_key, null::jsonb as input,
    null::uuid as parent_run_id, null::text as parent_path, 0 as depth, null::timestamptz as deadline_at`;
}

/** SQL text: what started the row of `run`. A version before this one wrote no kind: of its rows the replay says it. */
export function triggerKind(sql: Query): Fragment {
  return sql`(case when run.replay > 0 then 'replay' else run.trigger_kind end)`;
}
