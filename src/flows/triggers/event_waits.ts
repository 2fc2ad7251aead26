/**
 * Events that end waits: the handler of "waits" jobs. The dispatch of an event that steps wait for makes one, in its own
 * statement, so that the event counts once whoever dies when; that of an event without waits does not, and costs no more than
 * the look at an index. Here each wait's condition is held against the event, a page at a time: a workspace with many waits
 * holds up its own alone.
 */

import { AppError, toAppError } from "../../base/errors.ts";
import { type Database, type Fragment, type Query, retryRolledBack } from "../../db/db.ts";
import { matches } from "../../engine/condition.ts";
import { parseCondition } from "../../engine/condition_shape.ts";
import { countSteps, inTurn } from "../../engine/turns.ts";
import type { Scope } from "../../engine/scope.ts";
import type { ResolvedCondition } from "../../engine/wait_condition.ts";
import { createWorkBudget, WORK, type WorkBudget } from "../../engine/work_budget.ts";
import { leaseLost, removeJob } from "../../queue/claims.ts";
import { insertJobs } from "../../queue/enqueue.ts";
import type { Job, JobOutcome } from "../../queue/queue.ts";
import { lockJobsOfRuns } from "../../queue/withdraw.ts";
import { answerWithEvent, type EventWait, keysOf, readEventWaits, type WaitCursor } from "../../signals/event_waits.ts";
import { eventScope, loadEvents, type PendingEvent } from "./pending_event.ts";

export interface EventWaitsOptions {
  db: Database;
  /** Says that runs may go on. */
  wake(): void;
  /** A page of waits was looked at; `ended`: runs that go on. leftOut: those whose condition could not be evaluated. */
  onLooked?(
    fact: {
      installationId: number;
      workspaceId: string;
      eventId: number;
      looked: number;
      ended: number;
      leftOut: LeftOut[];
    },
  ): void;
  /** Waits of a page (tests). */
  pageSize?: number;
}

/** A wait whose condition could not be evaluated: it goes on. */
export interface LeftOut {
  runId: string;
  path: string;
  problem: string;
}

/** Of one wait's condition, 1 ms: its values are known, so that fields without wildcards take a step or two each. */
const WAIT_STEPS = 20_000;
/** Reading a condition, of a rule or two: some 50 microseconds. */
const PARSE_STEPS = 1_000;
/** Of the event as a step gets it, in bytes of JSON; of a larger one the step has the id alone. Signals may have 64 kB. */
export const MAX_EVENT_BYTES = 60_000;
/** Waits that are ended in one transaction, and what is written for them in all: each gets the event. */
const MAX_ENDED = 250;
const MAX_ENDED_BYTES = 4_000_000;

/** Reason of an event that no flow began with, and that ended waits of runs. */
export const WAITS_ENDED = "waits_ended";

/** A part of the statement that closes events: a job for each of them that steps wait for, with the time up to which waits count. */
export function insertWaitJobs(sql: Query): Fragment {
  return sql`
      wait_jobs as (
        ${insertJobs(sql)}
        select 'waits', installation_id, generation, jsonb_build_object('event_id', event_id, 'begun_by', now()),
          traceparent, null
        from owned where awaited
      ),`;
}

/** Handles one "waits" job (payload {event_id, begun_by, cursor?}). */
export function createEventWaits({ db, wake, onLooked, pageSize }: EventWaitsOptions) {
  return async function endWaits(job: Job): Promise<JobOutcome> {
    const { installationId, generation } = job;
    const eventId = Number(job.payload.event_id);
    const begunBy = String(job.payload.begun_by);
    const cursor = (job.payload.cursor ?? { key: 0 }) as WaitCursor;
    const [event] = await loadEvents(db, [{ installationId, eventId, generation }]);
    if (!event || !event.active || event.over) return { kind: "done" };
    const keys = keysOf({ eventType: event.eventType, customType: event.delivery.custom_type });
    const key = keys[cursor.key]!;
    const page = await db.scoped(
      { installationIds: [installationId] },
      (sql) => readEventWaits(sql, { installationId, key, begunBy, after: cursor.after, limit: pageSize }),
    );
    const value = eventValue(event);
    const { looked, fitting, leftOut } = await lookAt(page.waits, event, value.bytes);
    const isWhole = page.isWhole && looked.length === page.waits.length;
    const next = !isWhole
      ? placeBehind(looked, cursor)
      : cursor.key + 1 < keys.length
      ? { key: cursor.key + 1 }
      : undefined;
    const ended = await record(job, { value: value.json, begunBy, fitting, next });
    if (ended > 0 || next) wake();
    const { workspaceId } = event;
    onLooked?.({ installationId, workspaceId, eventId, looked: looked.length, ended, leftOut });
    return { kind: "settled" };
  };

  /** The end of the waits, of the job, and the job of the next page are one transaction. */
  function record(
    job: Job,
    { value, begunBy, fitting, next }: {
      value: unknown;
      begunBy: string;
      fitting: readonly EventWait[];
      next: WaitCursor | undefined;
    },
  ): Promise<number> {
    const { installationId } = job;
    const eventId = Number(job.payload.event_id);
    const runs = fitting.map(({ runId }) => ({ installationId, runId }));
    return retryRolledBack(() =>
      db.scoped({ installationIds: [installationId] }, async (sql) => {
        const locked = await lockJobsOfRuns(sql, runs, [job.id]);
        if (!locked.some(({ id, fence, claimed }) => id === job.id && fence === job.fence && claimed)) {
          throw leaseLost(job);
        }
        const ended = fitting.length === 0
          ? 0
          : await answerWithEvent(sql, { installationId, begunBy, value, waits: fitting });
        // No flow began with it, and yet runs go on because of it.
        if (ended > 0) {
          await sql`
            update event set outcome = 'dispatched', reason = ${WAITS_ENDED}
            where installation_id = ${installationId} and id = ${eventId} and outcome = 'skipped'
              and reason in ('no_flow', 'no_match')`;
        }
        await removeJob(sql, job);
        if (next) {
          const payload = JSON.stringify({ ...job.payload, cursor: next });
          await sql`
            ${insertJobs(sql)} values ('waits', ${installationId}, ${job.generation ?? null}::int,
              ${payload}::text::jsonb, ${job.traceparent}::text, null)`;
        }
        return ended;
      })
    );
  }
}

/** Holds them against the event in turns of the thread, until the work of an event or the room of a transaction is used up. */
async function lookAt(waits: readonly EventWait[], event: PendingEvent, valueBytes: number) {
  const scope = eventScope(event);
  const work = createWorkBudget(WORK.event, "the waits for an event");
  const most = Math.max(1, Math.min(MAX_ENDED, Math.floor(MAX_ENDED_BYTES / Math.max(1, valueBytes))));
  const looked: EventWait[] = [];
  const fitting: EventWait[] = [];
  const leftOut: LeftOut[] = [];
  const answered = new Set<string>();
  for (const wait of waits) {
    if (work.left < WAIT_STEPS || fitting.length === most) break;
    looked.push(wait);
    const { runId, path } = wait;
    try {
      const fits = await inTurn(() => holds(wait.condition, scope, work));
      if (!fits || answered.has(`${runId} ${path}`)) continue;
      answered.add(`${runId} ${path}`);
      fitting.push(wait);
    } catch (error) {
      leftOut.push({ runId, path, problem: toAppError(error).message });
    }
  }
  return { looked, fitting, leftOut };
}

/** Throws what the condition cannot be evaluated for. */
function holds(condition: unknown, scope: Scope, work: WorkBudget): boolean {
  countSteps(PARSE_STEPS);
  const { rules = null, types = {} } = (condition ?? {}) as Partial<ResolvedCondition>;
  const parsed = parseCondition(rules, "event.conditions", {
    typeOf: ({ text }) => types[text],
    stored: true,
    isResolved: true,
  });
  if (parsed.faults) {
    const [{ path, message } = { path: "", message: "" }] = parsed.faults;
    throw new AppError("EXPRESSION_INVALID", `Cannot read ${path}: ${message}`);
  }
  return matches(parsed.condition, scope, work.share(WAIT_STEPS, "a wait"));
}

function placeBehind(looked: readonly EventWait[], { key }: WaitCursor): WaitCursor {
  const { at, runId, path } = looked.at(-1)!;
  return { key, after: { at, runId, path } };
}

/** The event as a step has it: {id, type, body}. Of a large one the body is null, and `reason` says why. */
function eventValue({ id, eventType, body }: PendingEvent): { json: unknown; bytes: number } {
  const bytes = new TextEncoder().encode(JSON.stringify(body ?? null)).byteLength;
  const facts = { id: String(id), type: eventType };
  if (bytes <= MAX_EVENT_BYTES) return { json: { ...facts, body: body ?? null }, bytes };
  const reason = `its body has ${bytes} bytes, a step keeps ${MAX_EVENT_BYTES}; the event has it whole`;
  return { json: { ...facts, body: null, reason }, bytes: 0 };
}
