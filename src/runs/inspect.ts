/** One run in detail: its plan as it was frozen, what each step sent and got, and what it waits for. */

import { Buffer } from "node:buffer";
import type { Database, TransactionSql } from "../db/db.ts";
import { APPROVAL_REASON } from "../engine/approval_step.ts";
import type { AttemptRecord, StepRecord } from "../engine/journal.ts";
import { MAX_READ_BYTES } from "../events/rows.ts";
import type { ActionStep, Plan, PlanStep } from "../engine/plan.ts";
import { stepPath } from "../engine/step_path.ts";
import type { FlowDefinition } from "../flows/shape/definition.ts";
import { runColumns, type RunRow, type StoredRow, toRunRow } from "./list.ts";
import { INLINE_OUTPUT_BYTES, OUTPUT_NOT_READ } from "../engine/outputs.ts";
import { allAttempts } from "../flows/store/attempts.ts";
import { bytesRead, joinOutput, outputColumns, readShown, START_CHARS } from "../flows/store/step_outputs.ts";
import { actionSteps, endPaths } from "./plan_steps.ts";
import { runUnknown } from "./retry.ts";
import { openJobOfRun } from "../queue/open_jobs.ts";

export interface RunDetail {
  run: RunRow;
  /** Null once retention took it. */
  event: {
    id: number;
    eventType: string;
    customSource: string | null;
    receivedAt: Date;
    /** Null: too large to be read for a subject. */
    contentType: string | null;
    smallBody: Uint8Array | null;
  } | null;
  flow: {
    /** Null: deleted. */
    currentVersion: number | null;
    enabled: boolean;
    /** As the run knows it, with its secrets sealed; null where it was changed since, or is Timewire's own. */
    definition: FlowDefinition | null;
  };
  /** When a waiting run continues, of one that waits for people at the latest: a reminder before it is none. */
  nextAttemptAt: Date | null;
  /** Why a run that is not over does nothing now. */
  waitingReason: string | null;
  /** What it was begun with; null: the body of its event. */
  input: ShownJson | null;
  /** What its `end` gave; null: nothing, or it is not over. */
  output: ShownJson | null;
  /** What its `end` said, whatever the outcome; null for one in a loop. */
  endMessage: string | null;
  /** The steps of the plan, in its order; those not begun too. */
  steps: RunStep[];
  /** The run that it was begun again from, and at which step; null: none. */
  againOf: AgainLink | null;
  /** Runs that were begun again from it, newest first; at most MAX_AGAIN. */
  againBy: AgainLink[];
}

/** An input up to which it is read whole, as it may be when a run is asked for; what a person changed may be larger. */
const MAX_INPUT_BYTES = 262_144;

/** JSON, of a large one the beginning. */
export interface ShownJson {
  value: unknown;
  isCut: boolean;
}

/** Another run, and the step that the later of the two began at. */
export interface AgainLink {
  runId: string;
  from: string;
}

const MAX_AGAIN = 20;

export interface RunStep {
  path: string;
  plan: ActionStep;
  /** As StepHistory has it. */
  keyPlanId: number | null;
  /** It ended in the run that this one was begun again from. */
  takenOver: boolean;
  state: "not_started" | StepRecord["state"] | "cancelled";
  startedAt: Date | null;
  finishedAt: Date | null;
  /** Up to MAX_OUTPUTS_BYTES of all together. */
  output: unknown;
  /** The output is the beginning of a larger one. */
  outputIsCut: boolean;
  /** Of the whole, as JSON text; null where there is none. */
  outputBytes: number | null;
  errorCode: string | null;
  errorMessage: string | null;
  attempts: RunAttempt[];
}

export interface RunAttempt {
  number: number;
  state: AttemptRecord["state"] | "uncertain";
  /** Redacted when it was recorded. */
  request: unknown;
  httpStatus: number | null;
  errorCode: string | null;
  errorMessage: string | null;
  startedAt: Date;
  finishedAt: Date | null;
}

export interface RunInspector {
  /** Throws NOT_FOUND, also for a run of another workspace. */
  inspect(installationId: number, runId: string): Promise<RunDetail>;
}

interface DetailRow extends StoredRow {
  plan: Plan;
  received_at: Date | null;
  custom_source: string | null;
  content_type: string | null;
  small_body: Uint8Array | null;
  flow_version_now: number | null;
  enabled: boolean | null;
  definition: FlowDefinition | null;
  next_attempt_at: Date | null;
  waiting_reason: string | null;
  has_input: boolean;
  input: unknown;
  input_start: string | null;
}

type BegunStep = Omit<RunStep, "plan">;
/** Times inside JSON arrive as text. */
type StepRow = Omit<BegunStep, "attempts" | "outputIsCut"> & {
  outputStart: string | null;
  attempts: (Omit<RunAttempt, "startedAt" | "finishedAt"> & { startedAt: string; finishedAt: string | null })[];
};

export function createRunInspector(db: Pick<Database, "scoped">): RunInspector {
  return {
    inspect: (installationId, runId) =>
      db.scoped({ installationIds: [installationId] }, async (sql) => {
        const row = await readRun(sql, installationId, runId);
        const planned = actionSteps(row.plan.root);
        const failedAt = planned.findIndex(({ path }) => path === row.failed_path);
        const failed = planned[failedAt]?.plan;
        const again = await readAgain(sql, installationId, runId);
        const begun = new Map(
          (await readSteps(sql, { installationId, runId, paths: planned.map(({ path }) => path) }))
            .map((step) => [step.path, step]),
        );
        return {
          run: toRunRow(row, failed && { ...failed, number: failedAt + 1 }),
          event: row.received_at && {
            id: row.event_id!,
            eventType: row.event_type!,
            customSource: row.custom_source,
            receivedAt: row.received_at,
            contentType: row.content_type,
            smallBody: row.small_body,
          },
          flow: {
            currentVersion: row.flow_version_now,
            enabled: row.enabled ?? false,
            definition: row.definition,
          },
          nextAttemptAt: row.next_attempt_at,
          waitingReason: row.waiting_reason,
          input: row.has_input ? shownJson(row.input, row.input_start) : null,
          ...await readEnd(sql, { installationId, runId, root: row.plan.root }),
          steps: planned.map(({ path, plan }) => ({
            ...(begun.get(path) ?? notStarted(path)),
            plan,
          })),
          ...again,
        };
      }),
  };
}

async function readRun(sql: TransactionSql, installationId: number, runId: string): Promise<DetailRow> {
  const [row] = await sql<DetailRow[]>`
    select ${runColumns(sql)}, plan.body as plan, event.received_at, event.custom_source,
      event.headers->>'content-type' as content_type,
      case when octet_length(event.body) <= ${MAX_READ_BYTES} then event.body end as small_body,
      case when flow.deleted_at is null then flow.version end as flow_version_now, flow.enabled,
      case when flow.plan_id = run.plan_id and flow.builtin is null then flow.definition end as definition,
      case when run.state = 'waiting' and run.paused_at is null and open.due_at < now() + interval '50 years'
        then case when open.reason = ${APPROVAL_REASON} then (
            select min(expires_at) from approval
            where approval.installation_id = run.installation_id and approval.run_id = run.id and approval.state = 'open')
          else open.due_at end end as next_attempt_at,
      case when run.finished_at is not null then null
        when run.paused_at is not null then 'paused by ' || coalesce((
          select body->>'name' from entity_cache where entity_cache.installation_id = run.installation_id
            and entity_type = 'user' and entity_id = run.paused_by), run.paused_by)
        when open.state in ('scheduled', 'retryable') then open.reason end as waiting_reason,
      run.input is not null or run.event_id is null as has_input,
      case when octet_length(run.input::text) <= ${MAX_INPUT_BYTES} then run.input end as input,
      case when octet_length(run.input::text) > ${MAX_INPUT_BYTES} then left(run.input::text, ${START_CHARS}) end
        as input_start
    from run
    join plan on plan.id = run.plan_id and plan.installation_id = run.installation_id
    left join flow on flow.id = run.flow_id and flow.installation_id = run.installation_id
    left join event on event.installation_id = run.installation_id and event.id = run.event_id
    left join lateral (
      ${openJobOfRun(sql)}
    ) open on true
    where run.installation_id = ${installationId} and run.id = ${runId}`;
  if (!row) throw runUnknown(runId);
  return row;
}

/** Of these paths: a run in loops has tens of thousands more, which nodes.ts reads a page at a time. */
async function readSteps(
  sql: TransactionSql,
  { installationId, runId, paths }: { installationId: number; runId: string; paths: readonly string[] },
): Promise<BegunStep[]> {
  const { output, start, bytes } = outputColumns(sql, "step");
  const rows = await sql<StepRow[]>`
    select path, key_plan_id as "keyPlanId", attempts = 0 and state = 'completed' as "takenOver", state, started_at as "startedAt", finished_at as "finishedAt",
      ${output} as output, ${start} as "outputStart", ${bytes} as "outputBytes", error_code as "errorCode", error_message as "errorMessage",
      coalesce((
        select json_agg(json_build_object('number', number, 'state', attempt.state, 'request', attempt.request,
          'httpStatus', attempt.http_status, 'errorCode', attempt.error_code, 'errorMessage', attempt.error_message,
          'startedAt', attempt.started_at, 'finishedAt', attempt.finished_at) order by number)
        from ${
    allAttempts(sql)
  } attempt where attempt.installation_id = ${installationId} and attempt.run_id = step.run_id
          and attempt.path = step.path), '[]') as attempts
    from (select *, sum(${bytesRead(sql)}) over (order by started_at, path) as bytes
      from step where installation_id = ${installationId} and run_id = ${runId}
        and path in (select json_array_elements_text(${JSON.stringify(paths)}::text::json))) step
    ${joinOutput(sql, { installationId, step: "step" })}`;
  return rows.map(({ outputStart, ...row }) => ({
    ...row,
    ...readShown({ output: row.output, outputStart }),
    outputBytes: sizeOf(row),
    attempts: row.attempts.map((one) => ({
      ...one,
      startedAt: new Date(one.startedAt),
      finishedAt: one.finishedAt === null ? null : new Date(one.finishedAt),
    })),
  }));
}

/** What the run came to: its root's output, and the words of the `end` that it came by. */
async function readEnd(
  sql: TransactionSql,
  { installationId, runId, root }: { installationId: number; runId: string; root: PlanStep },
): Promise<Pick<RunDetail, "output" | "endMessage">> {
  // By their paths: a run in loops has tens of thousands of other steps.
  const ends = JSON.stringify(endPaths(root));
  // The root of a plan of a newer form may have no id: it shows no output then.
  const { id }: { id?: string } = root;
  const path = id === undefined ? null : stepPath({ id }, "");
  const { output, start } = outputColumns(sql, "step");
  const [row] = await sql<{ output: unknown; outputStart: string | null; message: string | null }[]>`
    select ${output} as output, ${start} as "outputStart", (
        select decision->>'message' from step ended
        where ended.installation_id = ${installationId} and ended.run_id = ${runId} and ended.finished_at is not null
          and ended.path in (select json_array_elements_text(${ends}::text::json))
        order by ended.finished_at desc limit 1) as message
    from (values (1)) as one(n) left join (
      select step.*, ${bytesRead(sql)} as bytes from step
      where installation_id = ${installationId} and run_id = ${runId} and path = ${path}
    ) step on true
    ${joinOutput(sql, { installationId, step: "step" })}`;
  const { output: value, outputStart, message } = row!;
  const isNothing = value === null && outputStart === null;
  return { output: isNothing ? null : shownJson(value, outputStart), endMessage: message };
}

function shownJson(output: unknown, outputStart: string | null): ShownJson {
  const shown = readShown({ output, outputStart });
  return { value: shown.output, isCut: shown.outputIsCut };
}

async function readAgain(
  sql: TransactionSql,
  installationId: number,
  runId: string,
): Promise<Pick<RunDetail, "againOf" | "againBy">> {
  const rows = await sql<(AgainLink & { later: boolean })[]>`
    select case when run_id = ${runId} then of_run_id else run_id end as "runId", from_path as from, run_id <> ${runId} as later
    from run_again where installation_id = ${installationId} and (run_id = ${runId} or of_run_id = ${runId})
    order by later, (select created_at from run where run.installation_id = ${installationId} and run.id = run_id) desc
    limit ${MAX_AGAIN + 1}`;
  const links = (later: boolean) =>
    rows.filter((row) => row.later === later).map(({ runId, from }) => ({ runId, from }));
  return { againOf: links(false)[0] ?? null, againBy: links(true).slice(0, MAX_AGAIN) };
}

/** Of one in the step's row the database has its own spelling, with spaces. */
function sizeOf({ output, outputBytes }: Pick<StepRow, "output" | "outputBytes">): number | null {
  if (outputBytes === null || outputBytes > 2 * INLINE_OUTPUT_BYTES || output === OUTPUT_NOT_READ) return outputBytes;
  return Buffer.byteLength(JSON.stringify(output));
}

function notStarted(path: string): BegunStep {
  const nothing = { startedAt: null, finishedAt: null, output: null, outputIsCut: false, outputBytes: null };
  return {
    path,
    keyPlanId: null,
    takenOver: false,
    state: "not_started",
    ...nothing,
    errorCode: null,
    errorMessage: null,
    attempts: [],
  };
}
