/**
 * The first attempt of a step has no row of its own while it is in progress and once it has succeeded: it stands in the step's
 * row (step.called, request, http_status; it began when the row did). It becomes a row of table attempt when it fails, is put
 * off or cancelled, and when another begins, since then its answer was never recorded.
 */

import type { Fragment, Query } from "../db/db.ts";
import type { AttemptRecord, JournalEntry, StepRecord } from "../engine/journal.ts";

/** A record as it is written: first attempts, as far as they stand there, are parts of their steps. */
export function withFirstAttempts<Step extends { path: string }>(
  { steps = [], attempts = [] }: { steps?: readonly Step[]; attempts?: JournalEntry["attempts"] },
) {
  const inStep = new Map<string, AttemptRecord>();
  const rows: AttemptRecord[] = [];
  for (const attempt of attempts) {
    const stands = attempt.first && (attempt.state === "started" || attempt.state === "succeeded");
    if (stands) inStep.set(attempt.path, attempt);
    else rows.push(attempt);
  }
  return {
    steps: steps.map((step) => {
      const attempt = inStep.get(step.path);
      return attempt
        ? { ...step, called: attempt.state, request: attempt.request, httpStatus: attempt.httpStatus }
        : step;
    }),
    attempts: rows,
  };
}

/** True where the record says something of a step whose first attempt may stand in the step's row, and no longer may. */
export function mayEndFirst({ steps = [], attempts = [] }: Pick<JournalEntry, "steps" | "attempts">): boolean {
  return attempts.some(({ first, state }) => !first || state === "failed" || state === "snoozed") ||
    steps.some((step) => isAction(step) && step.state === "failed" && !attempts.some(({ path }) => path === step.path));
}

function isAction(step: object): step is StepRecord {
  return "action" in step;
}

/**
 * Part of the statement of a record: a first attempt that stood in the step's row of `owned`, and whose answer was never
 * recorded, gets a row.
 */
export function moveFirst(sql: Query) {
  return sql`
      moved as (
        insert into attempt (installation_id, run_id, path, number, state, request, started_at)
        select s.installation_id, s.run_id, s.path, s.attempts, 'started', s.request, s.started_at
        from owned, jsonb_array_elements(owned.steps) as step
        join step s on s.path = step->>'path' and s.called and s.state = 'running'
        where s.run_id = owned.run_id and s.installation_id = owned.installation_id and not (step ? 'called') and not exists (
          select from jsonb_array_elements(owned.attempts) as attempt
          where attempt->>'path' = s.path and (attempt->>'number')::int = s.attempts)
        on conflict (run_id, path, number) do nothing
      ),`;
}

/** SQL condition on a row of step: its first attempt was started, and its answer never recorded. */
export function isFirstUncertain(sql: Query) {
  return sql`(step.called and step.state = 'running' and step.attempts > step.retried_after)`;
}

/**
 * What is in progress of the first attempts of the runs that `ended` selects becomes uncertain, with a row each; the steps are
 * closed by the caller.
 */
export async function closeFirst(
  sql: Query,
  { installationId, ended }: { installationId: number; ended: Fragment },
): Promise<void> {
  await sql`
    with moved as (
      update step set called = false where installation_id = ${installationId} and run_id in (${ended})
        and called and state = 'running'
      returning installation_id, run_id, path, attempts, request, started_at
    )
    insert into attempt (installation_id, run_id, path, number, state, request, started_at, finished_at)
    select installation_id, run_id, path, attempts, 'uncertain', request, started_at, now() from moved`;
}
