/**
 * The work of a bulk job: a few of its dead letters at a time, at its rate. What is sent, where the job stands and what it came
 * to are one transaction, so that a process that ends in between sends nothing twice, nor do two that have the job at once.
 */

import { type Database, retryRolledBack, type TransactionSql } from "../db/db.ts";
import type { RunBudget } from "../flows/gates/run_budget.ts";
import { readBacklog } from "../queue/open_jobs.ts";
import type { JobHandler } from "../queue/worker.ts";
import { readStopped, type StoppedRunOptions } from "../runs/retry_plan.ts";
import { retryRefusal } from "../runs/retry.ts";
import { reopenGated } from "./bulk_gates.ts";
import { filterOf } from "./bulk_filter.ts";
import { bulkFits, type StoredRequest } from "./bulk_jobs.ts";
import { endedWithin, lettersWithRuns } from "./letter_filter.ts";
import { leftOutFor, storeJobs } from "./replay.ts";

export interface BulkWorkOptions extends StoppedRunOptions {
  db: Pick<Database, "scoped">;
  /** False where the setting enable_flows is off. */
  flowsEnabled(installation: { id: number; addon: string }): Promise<boolean>;
  /** Of the runs that installations start. */
  budget: RunBudget;
  /** Says that there are jobs. */
  wake(): void;
  onSent(fact: { installationId: number; sent: number; skipped: number }): void;
}

/** Of one transaction, and thus of one turn: what others wait for it is bounded. */
const MAX_AT_ONCE = 100;
/** While so many jobs of the workspace wait to be claimed, no more are added: its new events go before what is sent again. */
const MAX_BEHIND = 500;
const WAIT_MS = 5_000;

/** The handler of jobs of kind "bulk": one turn, then the slot is free until the next one. */
export function createBulkWork({ db, flowsEnabled, budget, wake, onSent, openInput }: BulkWorkOptions): JobHandler {
  return async ({ installationId, payload }, { signal }) => {
    const jobId = Number(payload.bulk_job_id);
    const within = <T>(work: (sql: TransactionSql) => Promise<T>) =>
      db.scoped({ installationIds: [installationId] }, work);
    const facts = await within((sql) => readFacts(sql, installationId, jobId));
    if (!facts) return { kind: "done" };
    const { state, addon, status, behind } = facts;
    if (status === "uninstalled" || state === "stopping") {
      await within((sql) => finish(sql, { installationId, jobId, state: "stopped" }));
      return { kind: "done" };
    }
    if (status !== "active" || !await flowsEnabled({ id: installationId, addon })) {
      return { kind: "snooze", delayMs: WAIT_MS, reason: "the flows of the workspace are switched off" };
    }
    if (behind) return { kind: "snooze", delayMs: WAIT_MS, reason: "other work of the workspace goes first" };
    const limit = Math.min(MAX_AT_ONCE, Math.max(1, Math.floor(facts.rate / 60)), budget.most);
    const waitMs = budget.take(installationId, limit);
    if (waitMs > 0) {
      const reason = `the installation makes more than ${budget.perMinute} runs a minute`;
      return { kind: "snooze", delayMs: waitMs, reason };
    }
    signal.throwIfAborted();
    const turn = await retryRolledBack(() =>
      within((sql) => takeTurn(sql, { installationId, jobId, limit, openInput }))
    );
    if (!turn) return { kind: "done" };
    if (turn.sent + turn.skipped > 0) {
      wake();
      onSent({ installationId, sent: turn.sent, skipped: turn.skipped });
    }
    return turn.held === undefined
      ? { kind: "snooze", delayMs: turn.pauseMs, reason: "keeps to its rate" }
      : { kind: "snooze", delayMs: Math.max(WAIT_MS, turn.pauseMs), reason: turn.held };
  };
}

interface Place {
  installationId: number;
  jobId: number;
}

async function readFacts(sql: TransactionSql, installationId: number, jobId: number) {
  const [job] = await sql<{ state: string; addon: string; status: string; rate: number }[]>`
    select bulk_job.state, installation.addon, installation.status, (asked->>'rate_per_minute')::float8 as rate from bulk_job
    join installation on installation.id = bulk_job.installation_id
    where bulk_job.installation_id = ${installationId} and bulk_job.id = ${jobId} and bulk_job.finished_at is null`;
  if (!job) return undefined;
  const { waiting } = await readBacklog(sql, installationId);
  return { ...job, behind: waiting > MAX_BEHIND };
}

interface LetterRow {
  id: number;
  /** When it ended, exactly. */
  at: string;
  kind: "run" | "event";
  run_id: string | null;
  event_id: number | null;
  entity_key: string | null;
  /** Another letter of the event was sent by this job. */
  again: boolean;
}

interface Item {
  letter_id: number;
  run_id?: string;
  event_id?: number;
  replay?: number;
  skipped?: string;
}

/** Undefined once the job is over. */
async function takeTurn(
  sql: TransactionSql,
  { installationId, jobId, limit, openInput }: Place & { limit: number } & StoppedRunOptions,
): Promise<{ sent: number; skipped: number; pauseMs: number; held?: string } | undefined> {
  const [job] = await sql<{ state: string; asked: StoredRequest }[]>`
    select state, asked from bulk_job
    where installation_id = ${installationId} and id = ${jobId} and finished_at is null for update`;
  if (!job) return undefined;
  const { filter, version, rate_per_minute: rate } = job.asked;
  const letters = job.state === "running" ? await nextLetters(sql, { installationId, jobId, filter, limit }) : [];
  if (letters.length === 0) {
    await finish(sql, { installationId, jobId, state: job.state === "running" ? "finished" : "stopped" });
    return undefined;
  }
  const runs = await sendRuns(
    sql,
    { installationId, version, openInput },
    letters.filter(({ kind }) => kind === "run"),
  );
  // What stands behind one that is held back has its turn later.
  const sent = runs.held === undefined ? letters : letters.slice(0, letters.indexOf(runs.held.letter));
  const items = [
    ...runs.items,
    ...await sendEvents(sql, installationId, sent.filter(({ kind }) => kind === "event")),
  ];
  const last = sent.at(-1);
  if (last) await standBehind(sql, { installationId, jobId, last });
  await sql`
    insert into bulk_item (installation_id, job_id, letter_id, run_id, event_id, replay, skipped)
    select ${installationId}, ${jobId}, letter_id, run_id, event_id, replay, skipped
    from json_to_recordset(${JSON.stringify(items)}::text::json)
      as t(letter_id bigint, run_id uuid, event_id bigint, replay int, skipped text)`;
  const skipped = items.filter((item) => item.skipped !== undefined).length;
  const turn = { sent: items.length - skipped, skipped, pauseMs: sent.length * 60_000 / rate };
  return runs.held ? { ...turn, held: runs.held.words } : turn;
}

/** The next of those that had ended when the job began, oldest first. */
async function nextLetters(
  sql: TransactionSql,
  { installationId, jobId, filter, limit }: Place & { filter: StoredRequest["filter"]; limit: number },
): Promise<LetterRow[]> {
  const wanted = filterOf(filter);
  const job = sql`from bulk_job where installation_id = ${installationId} and id = ${jobId}`;
  return await sql<LetterRow[]>`
    with next as materialized (
      select letter.id, letter.finished_at, letter.kind, letter.run_id, event.id as event_id, event.entity_key
      from ${
    lettersWithRuns(
      sql,
      installationId,
      sql`${endedWithin(sql, wanted)} and finished_at <= (select created_at ${job})
        and (finished_at, id) > (select coalesce(at_finished, '-infinity'), coalesce(at_id, 0) ${job})`,
    )
  }
      where ${bulkFits(sql, wanted)}
      order by letter.finished_at, letter.id limit ${limit}
    )
    select id, finished_at::text as at, kind, run_id, event_id, entity_key,
      kind = 'event' and exists (select 1 from bulk_item item where item.job_id = ${jobId}
        and item.installation_id = ${installationId} and item.event_id = next.event_id) as again
    from next order by finished_at, id`;
}

/** The job goes on behind the letter. */
async function standBehind(
  sql: TransactionSql,
  { installationId, jobId, last }: Place & { last: LetterRow },
): Promise<void> {
  await sql`
    update bulk_job set at_finished = ${last.at}::text::timestamptz, at_id = ${last.id}
    where installation_id = ${installationId} and id = ${jobId}`;
}

/** `held`: the first whose flow lets no more begin now; it and those behind it are left as they are. */
async function sendRuns(
  sql: TransactionSql,
  { installationId, version, openInput }:
    & { installationId: number; version: StoredRequest["version"] }
    & StoppedRunOptions,
  letters: readonly LetterRow[],
): Promise<{ items: Item[]; held?: { letter: LetterRow; words: string } }> {
  if (letters.length === 0) return { items: [] };
  const ids = letters.map(({ run_id }) => run_id!);
  const stopped = await readStopped(sql, { installationId, ids, lock: true, openInput });
  const whyNot = new Map(stopped.map((run) => [run.id, retryRefusal(run) ?? leftOutFor(run, version)]));
  const byId = new Map(stopped.map((run) => [run.id, run]));
  const going = ids.flatMap((id) => whyNot.get(id) === undefined ? byId.get(id) ?? [] : []);
  const { held } = await reopenGated(sql, installationId, { runs: going, version });
  const place = held ? ids.indexOf(held.runId) : letters.length;
  const items = letters.slice(0, place).map(({ id, run_id }) => ({
    letter_id: id,
    run_id: run_id!,
    skipped: whyNot.has(run_id!) ? whyNot.get(run_id!) : "the run no longer exists",
  }));
  return held ? { items, held: { letter: letters[place]!, words: held.words } } : { items };
}

/** Events whose flows were never asked are dispatched once more, as a replay of all that match. */
async function sendEvents(sql: TransactionSql, installationId: number, letters: readonly LetterRow[]): Promise<Item[]> {
  const seen = new Set<number>();
  const going = letters.filter(({ event_id, again }) => !again && !seen.has(event_id!) && seen.add(event_id!));
  const replay = going.length === 0 ? undefined : await storeJobs(
    sql,
    installationId,
    going.map(({ event_id, entity_key }) => ({ eventId: event_id!, orderKey: `entity:${entity_key}` })),
  );
  return letters.map((letter) => ({
    letter_id: letter.id,
    event_id: letter.event_id!,
    ...(going.includes(letter) ? { replay } : { skipped: "the event was sent again by an earlier letter of it" }),
  }));
}

async function finish(
  sql: TransactionSql,
  { installationId, jobId, state }: Place & { state: "stopped" | "finished" },
): Promise<void> {
  await sql`
    update bulk_job set state = ${state}, finished_at = now()
    where installation_id = ${installationId} and id = ${jobId} and finished_at is null`;
}
