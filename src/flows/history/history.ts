/** History dry runs as stored: what a flow would have done on stored events, had it been on. One at a time in a workspace. */

import { AppError } from "../../base/errors.ts";
import { jsonText } from "../../base/json_text.ts";
import type { AtEnd } from "../../db/at_end.ts";
import type { Database, Query, TransactionSql } from "../../db/db.ts";
import { enqueueOnce } from "../../queue/enqueue.ts";
import { hasOpenJob } from "../../queue/open_jobs.ts";
import type { VersionDefinition } from "../store/versions.ts";

/** Events that one looks at, at most: some minutes of work. */
export const MAX_HISTORY_EVENTS = 100_000;
/** Matches that are listed; those beyond are counted. */
export const MAX_LISTED = 10_000;
/** Failures that are named. */
export const MAX_FAILURES = 50;

/** Numbers of one definition. */
export interface HistoryCounts {
  matched: number;
  /** Matches whose requests were counted: the first ones, newest first. */
  described: number;
  /** Requests that would be made, in all and by operation and host; reads that a write makes before it among them. */
  requests: number;
  by_operation: Record<string, number>;
  by_host: Record<string, number>;
  /** Matches of which a step would fail. */
  failing: number;
  /** Matches of which the condition took too much work, or could not be read. */
  undecided: number;
}

export interface HistoryFailure {
  event_id: string;
  step: string;
  reason: string;
}

export interface HistoryAsked {
  /** What is looked at: the published version, another one, the draft, or a definition of the request. */
  what: "published" | "version" | "draft" | "definition";
  version: number | null;
  since: string;
  until: string;
  limit: number;
}

export interface HistoryRun {
  id: number;
  flowId: number;
  at: Date;
  finishedAt: Date | null;
  state: "running" | "stopping" | "stopped" | "finished";
  person: string;
  asked: HistoryAsked;
  /** Null: they are not counted yet. */
  total: number | null;
  looked: number;
  counts: HistoryCounts;
  /** Null: it is the published version that is looked at. */
  published: HistoryCounts | null;
  failures: HistoryFailure[];
}

export interface HistoryMatch {
  eventId: number;
  matched: boolean;
  published: boolean;
  requests: number | null;
  problem: { step: string; reason: string } | null;
}

export interface NewHistory {
  flowId: number;
  person: string;
  asked: HistoryAsked;
  /** Masked; null: the published one. */
  definition: Record<string, unknown> | null;
  published: VersionDefinition;
  atEnd?: AtEnd<HistoryRun>;
}

export interface HistoryRuns {
  /** Throws CONFLICT while another one of the workspace is in progress. */
  start(installationId: number, history: NewHistory): Promise<HistoryRun>;
  find(installationId: number, key: { flowId: number; id: number }): Promise<HistoryRun | undefined>;
  /** Newest first: ids of events below `before`. */
  matches(
    installationId: number,
    page: { id: number; limit: number; before?: number },
  ): Promise<{ matches: HistoryMatch[]; next: number | null }>;
  /** Undefined: there is no such one. One that is over stays as it is. */
  stop(installationId: number, key: { flowId: number; id: number }): Promise<HistoryRun | undefined>;
}

/** As it is stored in `counts`. */
export interface StoredCounts {
  definition: HistoryCounts;
  published: HistoryCounts | null;
  failures: HistoryFailure[];
}

interface Row {
  id: number;
  flow_id: number;
  created_at: Date;
  finished_at: Date | null;
  state: HistoryRun["state"];
  person: string;
  asked: HistoryAsked;
  total: number | null;
  looked: number;
  counts: StoredCounts;
}

export const NO_COUNTS: HistoryCounts = {
  matched: 0,
  described: 0,
  requests: 0,
  by_operation: {},
  by_host: {},
  failing: 0,
  undecided: 0,
};

export function createHistoryRuns({ db, wake }: { db: Pick<Database, "scoped">; wake(): void }): HistoryRuns {
  const within = <T>(installationId: number, work: (sql: TransactionSql) => Promise<T>) =>
    db.scoped({ installationIds: [installationId] }, work);
  return {
    async start(installationId, { flowId, person, asked, definition, published, atEnd }) {
      const made = await within(installationId, async (sql) => {
        await sql`select 1 from installation where id = ${installationId} for no key update`;
        // One whose work is gone, as with an add-on that was uninstalled meanwhile, keeps out no other.
        await sql`
          update flow_history set state = 'stopped', finished_at = now()
          where installation_id = ${installationId} and finished_at is null
            and not ${hasOpenJob(sql, { installationId, kind: "history" })}`;
        const [open] = await sql<{ id: number; flow_id: number }[]>`
          select id, flow_id from flow_history where installation_id = ${installationId} and finished_at is null limit 1`;
        if (open) {
          throw new AppError(
            "CONFLICT",
            `Cannot look at the history: history run ${open.id} of flow ${open.flow_id} is in progress; stop it or wait for its end`,
          );
        }
        const counts: StoredCounts = {
          definition: NO_COUNTS,
          published: definition === null ? null : NO_COUNTS,
          failures: [],
        };
        const [{ id }] = await sql<[{ id: number }]>`
          insert into flow_history (installation_id, flow_id, state, person, asked, definition, published, counts)
          values (${installationId}, ${flowId}, 'running', ${person}, ${jsonText(asked)}::text::jsonb,
            ${definition === null ? null : jsonText(definition)}::text::jsonb, ${jsonText(published)}::text::jsonb,
            ${jsonText(counts)}::text::jsonb)
          returning id`;
        await enqueueOnce(sql, { kind: "history", installationId, payload: { history_id: id } });
        const row = (await readRun(sql, installationId, { flowId, id }))!;
        await atEnd?.(sql, row);
        return row;
      });
      wake();
      return made;
    },
    find: (installationId, key) => within(installationId, (sql) => readRun(sql, installationId, key)),
    matches: (installationId, { id, limit, before }) =>
      within(installationId, async (sql) => {
        const rows = await sql<
          {
            event_id: number;
            matched: boolean;
            published: boolean;
            requests: number | null;
            problem: HistoryMatch["problem"];
          }[]
        >`
          select event_id, matched, published, requests, problem from flow_history_match
          where installation_id = ${installationId} and history_id = ${id}
            ${before === undefined ? sql`` : sql`and event_id < ${before}`}
          order by event_id desc limit ${limit + 1}`;
        const matches = rows.slice(0, limit).map(({ event_id: eventId, ...row }) => ({ eventId, ...row }));
        return { matches, next: rows.length > limit ? matches.at(-1)!.eventId : null };
      }),
    stop: async (installationId, key) => {
      const stopped = await within(installationId, async (sql) => {
        const running = await sql`
          update flow_history set state = 'stopping'
          where installation_id = ${installationId} and id = ${key.id} and flow_id = ${key.flowId}
            and finished_at is null returning 1`;
        // Its own job may have been discarded.
        if (running.length > 0) {
          await enqueueOnce(sql, { kind: "history", installationId, payload: { history_id: key.id } });
        }
        return await readRun(sql, installationId, key);
      });
      wake();
      return stopped;
    },
  };
}

async function readRun(
  sql: Query,
  installationId: number,
  { flowId, id }: { flowId: number; id: number },
): Promise<HistoryRun | undefined> {
  const [row] = await sql<Row[]>`
    select id, flow_id, created_at, finished_at, state, person, asked, total, looked, counts from flow_history
    where installation_id = ${installationId} and flow_id = ${flowId} and id = ${id}`;
  return row && {
    id: row.id,
    flowId: row.flow_id,
    at: row.created_at,
    finishedAt: row.finished_at,
    state: row.state,
    person: row.person,
    asked: row.asked,
    total: row.total,
    looked: row.looked,
    counts: row.counts.definition,
    published: row.counts.published,
    failures: row.counts.failures,
  };
}
