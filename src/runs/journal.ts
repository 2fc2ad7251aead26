/**
 * The journal of runs: what a worker records about a run it owns, and how a run is read back. Records that arrive together
 * share one statement, and each is fenced: it counts only while its job is still under the worker's claim.
 */

import { Buffer } from "node:buffer";
import type { Clock } from "../base/clock.ts";
import { createBatcher } from "../db/batcher.ts";
import { createRests } from "../db/rests.ts";
import { type Database, type Query, retryRolledBack } from "../db/db.ts";
import { createFairLine, createTurns, type TurnItem } from "../db/turns.ts";
import { workIsOver } from "../installations/uninstall.ts";
import { endClaims, leaseLost, lockClaims } from "../queue/claims.ts";
import { HELD_MS } from "../queue/withdraw.ts";
import {
  type Journal,
  type JournalEntry,
  PAUSED,
  RunPaused,
  type RunPlace,
  type RunRecord,
  type RunState,
  RunWoken,
  UNINSTALLED,
} from "../engine/journal.ts";
import type { Plan } from "../engine/plan.ts";
import type { NewOutput } from "../engine/outputs.ts";
import { jsonText } from "../base/json_text.ts";
import { parsePath } from "../engine/step_path.ts";
import { mayHaveWaits, readWaits, type WaitFacts } from "../signals/read_waits.ts";
import { changesWaits, lockBeforeWaits, writeWaits } from "../signals/wait_records.ts";
import { mayEndFirst, moveFirst, withFirstAttempts } from "./first_attempts.ts";
import { loadOpenSteps, readItems } from "./load_steps.ts";
import { type StepRow, stepRow, toStepHistory } from "./step_rows.ts";
import {
  insertOutputs,
  type JoinedOutputs,
  joinOutputs,
  readOutputs,
  referencingSteps,
  sendPieces,
  storedBytesOf,
} from "./outputs.ts";
import { deliveryColumns, type DeliveryRow, readDelivery } from "../events/delivery_row.ts";

const MAX_BATCH = 100;
/** As of deliveries: beyond a megabyte or two a statement gains no speed, and holds its connection for long. */
const MAX_BATCH_BYTES = 2_000_000;
/** A record with a larger output stands in a lane of its own, so that those of one workspace hold up no other's. */
const SMALL_BYTES = 32_768;
/** Batches of small records in progress at once, beside one of large ones. */
const SMALL_AT_ONCE = 2;
const LOADS_AT_ONCE = 2;
/**
 * Large ones leave half of the time to others: without rests the median time to an event's first call, beside 300 outputs of
 * 0.9 MB that do not compress, was 60 to 170 ms, with them 30 to 48 (13 to 40 alone).
 */
const MAX_REST_MS = 250;

/** An entry on its way: its JSON is made once, for its size and for the statement. */
interface Line extends TurnItem {
  json: string;
  entry: JournalEntry;
  outputs: readonly NewOutput[];
  endsFirst: boolean;
  /** It says how far a loop has come: few records do. */
  hasProgress: boolean;
}

export interface JournalOptions {
  /** Gets what the kept outputs of a record count in the installation's quota, once it is durable. */
  onKept?(installationId: number, bytes: number): void;
  /** Most records, and reads, of one installation in a batch; default as many as fit. */
  mostOfOne?(installationId: number): number;
}

export function createJournal(
  db: Database,
  clock: Clock,
  { onKept = () => {}, mostOfOne }: JournalOptions = {},
): Journal {
  const rests = createRests({ clock, maxMs: MAX_REST_MS });
  const records = createBatcher<Line, Recorded>({
    purpose: "record the step",
    clock,
    maxItems: MAX_BATCH,
    maxInFlight: SMALL_AT_ONCE + 1,
    line: createTurns({
      maxItems: MAX_BATCH,
      maxBytes: MAX_BATCH_BYTES,
      smallBytes: SMALL_BYTES,
      smallAtOnce: SMALL_AT_ONCE,
      mostOfOne,
    }),
    flush: (lines) => lines[0]!.bytes <= SMALL_BYTES ? writeLines(db, lines) : rests.run(() => writeLines(db, lines)),
  });
  const loads = createBatcher<RunPlace & TurnItem, RunRecord | undefined>({
    purpose: "read the run",
    clock,
    maxItems: MAX_BATCH,
    maxInFlight: LOADS_AT_ONCE,
    line: createFairLine({ maxItems: MAX_BATCH, atOnce: LOADS_AT_ONCE, mostOfOne }),
    flush: (items) => loadRuns({ db, clock }, items),
  });
  async function submit(entry: JournalEntry): Promise<Recorded> {
    const end = await records.submit(toLine(entry, clock));
    const isRecorded = end === "recorded" || end === "before_pause";
    if (isRecorded && entry.outputs?.length) onKept(entry.job.installationId, storedBytesOf(entry.outputs));
    return end;
  }

  return {
    record: async (entry) => {
      const end = await submit(entry);
      if (end === "recorded") return;
      if (end === "woken") throw new RunWoken(entry.runId);
      const rest = restOf(entry, end);
      const ended = rest && await submit(rest);
      throw end !== "refused" && ended === "recorded" ? new RunPaused(entry.runId) : leaseLost(entry.job);
    },
    load: async (place) => {
      // A copy: the batcher distinguishes its items by identity.
      const run = await loads.submit({ ...place, bytes: 0, batchKey: place.runId });
      if (!run?.plan.loops) return run;
      const steps = await loadOpenSteps(db, place, run.plan);
      return { ...run, steps: steps.map((step) => toStepHistory(step, clock.now())) };
    },
    readItems: (place, paths) => readItems(db, place, paths),
    readOutputs: (place, ids) => readOutputs(db, place, ids),
  };
}

/**
 * What became of an entry. before_pause: recorded, and the run is paused, so that nothing may follow. paused: not recorded,
 * since a call is about to begin and the run is paused. refused: not recorded, for its owner or for an uninstall. woken: not
 * recorded, since a signal came for the run.
 */
type Recorded = "recorded" | "before_pause" | "paused" | "refused" | "woken";

/**
 * What is left to record after such an end: of an entry that was refused for a call that may not begin, all but the start.
 * Of a job that has another owner this one is refused too. Undefined for a refused entry without a start: that one was
 * refused for its owner.
 */
function restOf(
  { job, runId, steps = [], attempts = [], outputs, waits }: JournalEntry,
  end: Recorded,
): JournalEntry | undefined {
  const close = end === "refused"
    ? { run: UNINSTALLED, close: { kind: "done" } } as const
    : { run: { state: "waiting" }, close: PAUSED } as const;
  if (end === "before_pause") return { job, runId, ...close };
  const begun = new Set(attempts.filter(({ state }) => state === "started").map(({ path }) => path));
  if (begun.size === 0) return undefined;
  return {
    job,
    runId,
    steps: steps.filter(({ path }) => !begun.has(path)),
    attempts: attempts.filter(({ state }) => state !== "started"),
    outputs,
    waits: end === "refused" ? { ended: [parsePath([...begun][0]!)![0]!.id] } : waits,
    ...close,
  };
}

/** One run's records never overtake each other: the run is the key. */
function toLine(entry: JournalEntry, clock: Clock): Line {
  const { job, runId, steps, attempts, outputs = [], run, close } = entry;
  const json = jsonText({
    installation_id: job.installationId,
    job_id: job.id,
    fence: job.fence,
    generation: job.generation,
    wakes: job.wakes,
    run_id: runId,
    ...withFirstAttempts({
      steps: referencingSteps(steps)?.map((step) => withDelay(step, clock.now())),
      attempts,
    }),
    run,
    outcome: close?.kind,
    wait_ms: close && "delayMs" in close ? close.delayMs : 0,
    reason: close && "reason" in close ? close.reason : null,
  });
  const bytes = outputs.reduce((sum, output) => sum + output.bytes, Buffer.byteLength(json));
  const endsFirst = mayEndFirst({ steps, attempts });
  const hasProgress = steps?.some((step) => "progress" in step) ?? false;
  return { json, entry, outputs, endsFirst, hasProgress, installationId: job.installationId, bytes, batchKey: runId };
}

/** The database counts from its own time: the time of a step comes with that of the job which is closed in the same statement, or before it. */
function withDelay<Step extends object>(step: Step, nowMs: number) {
  if (!("dueAt" in step) || typeof step.dueAt !== "number") return step;
  const { dueAt, ...fields } = step;
  return { ...fields, dueInMs: Math.max(0, dueAt - nowMs) };
}

/** What became of each: recorded are those whose job is still under the worker's claim. */
export async function writeLines(db: Database, lines: Line[]): Promise<Recorded[]> {
  const scope = { installationIds: lines.map(({ installationId }) => installationId) };
  const waiting = lines.some(({ entry }) => changesWaits(entry));
  const outputs = outputsOf(lines);
  if (!waiting && outputs.pieces.length <= 1) {
    // Unsent: COMMIT travels with it (db/transaction.ts).
    return endsOf(lines, await retryRolledBack(() => db.scoped(scope, (sql) => writeSteps(sql, lines, outputs))));
  }
  return await retryRolledBack(() =>
    db.scoped(scope, async (sql) => {
      // Before anything is locked.
      await sendPieces(sql, outputs);
      if (!waiting) return endsOf(lines, await writeSteps(sql, lines, outputs));
      const entries = lines.map(({ entry }) => entry);
      const woken = await lockBeforeWaits(sql, entries);
      const awake = lines.filter(({ entry }) => !woken.has(entry));
      const left = woken.size === 0 ? outputs : outputsOf(awake);
      if (left !== outputs) await sendPieces(sql, left);
      const ends = endsOf(awake, await writeSteps(sql, awake, left));
      const all = entries.map((entry) => woken.has(entry) ? "woken" : ends.shift()!);
      await writeWaits(sql, entries.filter((_, place) => all[place] === "recorded" || all[place] === "before_pause"));
      return all;
    })
  );
}

function outputsOf(lines: readonly Line[]): JoinedOutputs {
  return joinOutputs(lines.map((line) => line.outputs));
}

interface EndRow {
  o: number;
  recorded: boolean;
  paused: boolean;
  closed: boolean;
}

function writeSteps(sql: Query, lines: readonly Line[], outputs: JoinedOutputs): Promise<EndRow[]> {
  const input = `[${lines.map(({ json }, ordinal) => `{"o":${ordinal},${json.slice(1)}`).join()}]`;
  const endsFirst = lines.some((line) => line.endsFirst);
  const progress = lines.some((line) => line.hasProgress);
  return sql<EndRow[]>`
      with input as materialized (
        select * from jsonb_to_recordset(${input}::text::jsonb) as t(
          o int, installation_id bigint, job_id bigint, fence int, generation int, wakes int, run_id uuid, steps jsonb,
          attempts jsonb, run jsonb,
          outcome text, wait_ms float8, reason text)
      ),
      locked as materialized (
        ${lockClaims(sql, sql`select job_id, fence from input`)}
      ),
      -- Nearly always empty. Asked by "in": joined to the input, the plans of what follows took three times the time.
      held as materialized (select id from locked where paused),
      owned as materialized (
        select input.*, input.outcome in ('retry', 'snooze') and input.job_id in (select id from held) as held,
          case when input.job_id in (select id from held) then ${HELD_MS}::float8 else input.wait_ms end as delay_ms
        from input where (input.job_id, input.fence) in (select id, fence from locked)
          -- While the run is paused no call begins, nor after an uninstall; how one ended that was in progress is recorded.
          and (not coalesce(input.attempts @> '[{"state": "started"}]' or input.steps @> '[{"called": "started"}]', false)
            or (input.job_id not in (select id from held) and not exists (
              select from installation
              where installation.id = input.installation_id and ${workIsOver(sql, "input.generation")})))
      ),
      ${insertOutputs(sql, outputs)}
      ${endsFirst ? moveFirst(sql) : sql``}
      steps as (
        insert into step as s (installation_id, run_id, path, kind, parent_path, decision, action, state, attempts, waited_ms,
          output, output_ref, output_bytes, called, request, http_status, error_code, error_message, finished_at, due_at${
    progress ? sql`, progress` : sql``
  })
        select installation_id, run_id, step->>'path', coalesce(step->>'kind', 'action'), step->>'parentPath',
          step->'decision', step->>'action', step->>'state', coalesce((step->>'attempts')::int, 0),
          coalesce((step->>'waitedMs')::bigint, 0), nullif(step->'output', 'null'), step->>'outputRef',
          (step->>'outputBytes')::int, step ? 'called', nullif(step->'request', 'null'), (step->>'httpStatus')::int,
          step->>'errorCode', step->>'errorMessage', case when step->>'state' <> 'running' then now() end,
          now() + (step->>'dueInMs')::float8 * interval '1 millisecond'${progress ? sql`, step->'progress'` : sql``}
        from owned, jsonb_array_elements(owned.steps) as step
        on conflict (run_id, path) do update set state = excluded.state, attempts = excluded.attempts,
          waited_ms = greatest(s.waited_ms, excluded.waited_ms), output = excluded.output,
          output_ref = excluded.output_ref, output_bytes = excluded.output_bytes,
          called = excluded.called, http_status = excluded.http_status,
          request = case when excluded.called then coalesce(excluded.request, s.request) end,
          decision = coalesce(s.decision, excluded.decision),
          error_code = excluded.error_code, error_message = excluded.error_message, finished_at = excluded.finished_at,
          due_at = excluded.due_at${progress ? sql`, progress = coalesce(excluded.progress, s.progress)` : sql``}
        -- What has ended stays as it is: a person's retry alone begins it again.
        where s.state = 'running'
      ),
      attempts as (
        insert into attempt as a (installation_id, run_id, path, number, state, request, http_status, error_code, error_message,
          started_at, finished_at)
        select owned.installation_id, owned.run_id, attempt->>'path', (attempt->>'number')::int, attempt->>'state',
          coalesce(nullif(attempt->'request', 'null'), first.request), (attempt->>'httpStatus')::int,
          attempt->>'errorCode', attempt->>'errorMessage', coalesce(first.started_at, now()),
          case when attempt->>'state' <> 'started' then now() end
        from owned cross join jsonb_array_elements(owned.attempts) as attempt
        -- Of one that stood in its step's row until now.
        left join step first on first.run_id = owned.run_id and first.installation_id = owned.installation_id
          and first.path = attempt->>'path' and first.attempts = (attempt->>'number')::int
          and first.called and first.state = 'running'
        on conflict (run_id, path, number) do update set state = excluded.state,
          request = coalesce(excluded.request, a.request), http_status = excluded.http_status,
          error_code = excluded.error_code, error_message = excluded.error_message, finished_at = excluded.finished_at,
          started_at = case when excluded.state = 'started' then excluded.started_at else a.started_at end
      ),
      runs as (
        update run set state = owned.run->>'state', error_code = owned.run->>'errorCode',
          error_message = owned.run->>'errorMessage', started_at = coalesce(run.started_at, now()),
          finished_at = case when owned.run->>'state' in ('completed', 'failed', 'cancelled') then now() end,
          resume_due_at = case when owned.held then now() + owned.wait_ms * interval '1 millisecond' end
        from owned where run.id = owned.run_id and run.installation_id = owned.installation_id and owned.run is not null
      ),
      ${endClaims(sql)}
      select o, o in (select o from owned) as recorded, job_id in (select id from held) as paused,
        outcome is not null as closed
      from input where (job_id, fence) in (select id, fence from locked)`;
}

function endsOf(lines: readonly Line[], rows: readonly EndRow[]): Recorded[] {
  const ends = new Map(rows.map(({ o, recorded, paused, closed }): [number, Recorded] => [
    o,
    recorded ? (paused && !closed ? "before_pause" : "recorded") : paused ? "paused" : "refused",
  ]));
  return lines.map((_, ordinal) => ends.get(ordinal) ?? "refused");
}

interface RunRow extends Omit<DeliveryRow, "body"> {
  id: string;
  installation_id: number;
  workspace_id: string;
  time_zone: string | null;
  flow_id: number;
  flow_version: number;
  /** Null: no event started it; then the columns of the event are null too. */
  event_id: number | null;
  has_input: boolean;
  input: unknown;
  state: RunState;
  created_at: Date;
  plan: Plan;
  /** Null where another of the rows has it. */
  body: Uint8Array | null;
  over: boolean;
  paused: boolean;
  deadline_at: Date | null;
  may_have_waits: boolean;
  /** None of a run with loops: of those the open ones are read (load_steps.ts). */
  steps: StepRow[];
}

export async function loadRuns(
  { db, clock }: { db: Database; clock: Clock },
  wanted: RunPlace[],
): Promise<(RunRecord | undefined)[]> {
  const input = JSON.stringify(wanted.map(({ installationId, runId, generation, wakes }) => ({
    i: installationId,
    id: runId,
    g: generation,
    w: wakes,
  })));
  const scope = { installationIds: wanted.map(({ installationId }) => installationId) };
  const rows = await db.scoped(scope, (sql) =>
    sql<RunRow[]>`
    select run.id, run.installation_id, run.workspace_id, run.flow_id, run.flow_version, run.event_id, run.state, run.created_at,
      run.input is not null as has_input, run.input, run.paused_at is not null as paused, run.deadline_at,
      ${mayHaveWaits(sql, sql`wanted.w`)} as may_have_waits,
      plan.body as plan, ${deliveryColumns(sql, firstBody(sql))},
      ${workIsOver(sql, "wanted.g")} as over,
      (select entity_cache.body->'settings'->>'timeZone' from installation
        join entity_cache on entity_cache.installation_id = installation.id and entity_type = 'user'
          and entity_id = installation.as_user
        where installation.id = run.installation_id) as time_zone,
      case when plan.body ? 'loops' then '[]' else coalesce((
        select json_agg(${stepRow(sql)})
        from step where step.run_id = run.id and step.installation_id = run.installation_id), '[]') end as steps
    from json_to_recordset(${input}::text::json) as wanted(i bigint, id uuid, g int, w int)
    join installation on installation.id = wanted.i
    join run on run.id = wanted.id and run.installation_id = wanted.i
    join plan on plan.id = run.plan_id and plan.installation_id = run.installation_id
    left join event on event.id = run.event_id and event.installation_id = run.installation_id
    where run.event_id is null or event.id is not null`);
  const waiting = rows.filter((row) => row.may_have_waits)
    .map((row) => ({ installationId: row.installation_id, runId: row.id }));
  const waits = waiting.length === 0
    ? new Map<string, WaitFacts>()
    : await db.scoped(scope, (sql) => readWaits(sql, waiting));
  const events = new Map<number | null, ReadEvent>();
  for (const { body, ...row } of rows) {
    const { event_id: id, workspace_id: workspaceId } = row;
    if (body && id !== null) events.set(id, readDelivery({ ...row, body }, { id, workspaceId }));
  }
  const nowMs = clock.now();
  const byId = new Map(
    rows.map((row) => [row.id, { ...toRun(row, { event: events.get(row.event_id), nowMs }), ...waits.get(row.id) }]),
  );
  return wanted.map(({ runId }) => byId.get(runId));
}

type ReadEvent = ReturnType<typeof readDelivery>;

/** The body of an event for one of its runs among those that are read: hundreds may be of one event of 5 MB. */
function firstBody(sql: Query) {
  return sql`case when row_number() over (partition by run.event_id order by run.id) = 1 then event.body end as body`;
}

function toRun(row: RunRow, { event, nowMs }: { event: ReadEvent | undefined; nowMs: number }): RunRecord {
  return {
    id: row.id,
    installationId: row.installation_id,
    workspaceId: row.workspace_id,
    timeZone: row.time_zone,
    flowId: row.flow_id,
    flowVersion: row.flow_version,
    eventId: row.event_id,
    state: row.state,
    createdAt: row.created_at,
    plan: row.plan,
    event: event && !row.has_input ? event.body : row.input,
    delivery: event?.delivery,
    over: row.over,
    paused: row.paused,
    deadlineAt: row.deadline_at ?? undefined,
    steps: row.steps.map((step) => toStepHistory(step, nowMs)),
  };
}
