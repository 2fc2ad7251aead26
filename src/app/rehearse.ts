/**
 * What a start does once, so that the first requests need not: the statements of an event's path, and of the Workflow Management
 * API's execute, on the first connections.
 */

import type { Clock } from "../base/clock.ts";
import type { Database, TransactionSql } from "../db/db.ts";
import { onEachConnection } from "../db/each_connection.ts";
import { NO_CANCELS } from "../flows/triggers/gated_start.ts";
import { recordDecisions } from "../flows/triggers/dispatch.ts";
import { loadEvents } from "../flows/triggers/pending_event.ts";
import { startRun } from "../flows/triggers/start.ts";
import { storeDeliveries } from "../ingest/ingest.ts";
import { findWebhooks } from "../installations/webhook_lookup.ts";
import { createPostgresQueue } from "../queue/postgres.ts";
import { loadRuns, writeLines } from "../runs/journal.ts";
import type { Logger } from "../telemetry/log.ts";
import { readExecutable } from "../workflows/executions.ts";

export interface RehearseOptions {
  db: Database;
  /** It is that of the Workflow Management API. */
  isOfApi: boolean;
  clock: Clock;
  log: Logger;
}

/**
 * The pool gives each statement to the connection that rested last, so the first ones do most of the work. Each costs a start
 * 20 ms; with ten in place of three the p99 of others beside 100 workspaces that send after a start is the same (61 and 69 ms).
 */
const MOST_CONNECTIONS = 3;
const NO_ID = "00000000-0000-0000-0000-000000000000";
/** A server that takes longer is slow without us. */
const MOST_MS = 5_000;

/**
 * Has the connections to a server open that are used most, with the path of an event gone through for no event: a session
 * reads the catalogue of each table and parses, plans and compiles at its first use, tens of milliseconds of a processor,
 * which the first events after a start would pay for. Changes no row. A failure is logged: the program starts without it. The embedded database has one session,
 * which the migrations used, and is left out.
 */
export async function rehearse({ db, isOfApi, clock, log }: RehearseOptions): Promise<void> {
  if (db.kind === "embedded") return;
  const over = new AbortController();
  const giveUp = new AbortController();
  const late = clock.sleep(MOST_MS, over.signal).then(() => {
    giveUp.abort();
    log.warn("start.not_rehearsed", { reason: `it was not over in ${MOST_MS} ms` });
  }, () => {});
  const done = Promise.all([
    onEachConnection(db, {
      work: async (sql) => {
        await pathOfNoEvent({ db, clock, sql });
        if (isOfApi) await executionOfNone(sql);
      },
      most: MOST_CONNECTIONS,
      giveUp: giveUp.signal,
    }),
    // On connections of their own (Database.scopedStatement): one for each of the batches in progress.
    storeDeliveries(db, [], undefined),
    storeDeliveries(db, [], undefined),
  ]).catch((error) => log.warn("start.not_rehearsed", { error }));
  await Promise.race([done, late]);
  over.abort();
}

/** From the look-up of a token to the end of a run. */
async function pathOfNoEvent({ db, clock, sql }: { db: Database; clock: Clock; sql: TransactionSql }): Promise<void> {
  const here: Database = { ...db, scoped: (_, work) => work(sql) };
  await findWebhooks(here, []);
  await loadEvents(here, []);
  await recordDecisions(here, [], NO_CANCELS);
  await loadRuns({ db: here, clock }, []);
  await writeLines(here, []);
  // For no slot, so none is claimed.
  await createPostgresQueue(here, clock).claim({ limit: 0, owner: "", leaseMs: 0, held: new Map() });
}

/** From a request to a run that is pending: of an installation that there is not. */
async function executionOfNone(sql: TransactionSql): Promise<void> {
  const installationId = 0;
  await readExecutable(sql, installationId, NO_ID);
  const flow = { id: 0, version: 1, planId: 0 };
  await startRun(sql, { installationId, flow, kind: "api", key: "", input: {} });
}
