/** Runs that wait, over the real queue and journal, and what comes for them. */

import type { Action } from "../../src/engine/action.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { Database, TransactionSql } from "../../src/db/db.ts";
import { createPostgresQueue } from "../../src/queue/postgres.ts";
import { createRunControl } from "../../src/runs/control.ts";
import { answerWait, signalRun } from "../../src/signals/signal.ts";
import { type EngineSetup, fakeAction, readRun, setUpEngine } from "../engine/setup.ts";
import { TYPE, WAITING_KINDS } from "../engine/waiting_kinds.ts";
import { setUpWorker, type WorkerSetup } from "../queue/setup.ts";
import { testDatabase } from "../support/database.ts";

const ANA = { kind: "user", name: "user-1" } as const;

export async function withDatabase(body: (db: Database) => Promise<void>) {
  const { db, stop } = await testDatabase();
  try {
    await body(db);
  } finally {
    await stop();
  }
}

export function engineOver(db: Database, actions: Action[] = [fakeAction()], options: EngineSetup = {}) {
  return setUpEngine(db, actions, { kinds: WAITING_KINDS, ...options });
}

export async function installationOf(db: Database, runId: string): Promise<number> {
  const [row] = await db.sql<{ id: number }[]>`select installation_id as id from run where id = ${runId}`;
  return row!.id;
}

/** In the scope of the run's installation. */
export async function within<T>(
  db: Database,
  runId: string,
  body: (sql: TransactionSql, installationId: number) => Promise<T>,
): Promise<T> {
  const installationId = await installationOf(db, runId);
  return await db.scoped({ installationIds: [installationId] }, (sql) => body(sql, installationId));
}

/** `also` is done in the same transaction, after it. */
export async function send(
  db: Database,
  runId: string,
  key: string,
  value: unknown = key,
  also?: (sql: TransactionSql) => Promise<void>,
): Promise<void> {
  await within(db, runId, async (sql, installationId) => {
    await signalRun(sql, { installationId, runId, type: TYPE, key, value });
    await also?.(sql);
  });
}

export const answer = (db: Database, runId: string, path: string, key: string, value: unknown = key) =>
  within(db, runId, (sql, installationId) => answerWait(sql, { installationId, runId, path, type: TYPE, key, value }));

/** Waits and signals of all runs. */
export async function rowsOf({ sql }: Database) {
  const waits = await sql<{ path: string }[]>`select path from wait order by path`;
  const signals = await sql<{ key: string }[]>`select match_key as key from signal order by id`;
  return { waits: waits.map(({ path }) => path), signals: signals.map(({ key }) => key) };
}

/** What the steps of the run completed with, by path. */
export async function outputs(db: Database, runId: string): Promise<Record<string, unknown>> {
  return Object.fromEntries((await readRun(db, runId)).steps.map(({ path, output }) => [path, output]));
}

/** A worker that serves with the engine, on the time of the system. */
export function serve(db: Database, actions: Action[], options: WorkerSetup & { engine?: EngineSetup } = {}) {
  const { engine } = engineOver(db, actions, options.engine);
  const { worker, queue } = setUpWorker(db, { run: engine.advance, clock: systemClock, ...options });
  worker.run();
  return { queue, stop: () => worker.stop(1_000) };
}

/** A person who cancels, pauses and resumes. */
export function personOver(db: Database) {
  const { wake, sayWithdrawn } = createPostgresQueue(db, systemClock);
  const control = createRunControl({ db, wake, sayWithdrawn });
  return {
    cancel: async (runId: string) => await control.cancel(await installationOf(db, runId), runId, ANA),
    pause: async (runId: string) => await control.pause(await installationOf(db, runId), runId, ANA),
    resume: async (runId: string) => await control.resume(await installationOf(db, runId), runId),
  };
}
