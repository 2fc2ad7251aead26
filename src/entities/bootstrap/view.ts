/** What people see of the read of a workspace: its progress, list by list, and the entities that were read. */

import type { Database } from "../../db/db.ts";
import type { ReadList } from "./lists.ts";
import { type ListSummary, type ReadStatus, summarise } from "./store.ts";
import { hasOpenJob, reasonOfJob } from "../../queue/open_jobs.ts";

/** One list of the newest read. */
export interface ListView {
  operationId: string;
  entityType: string;
  status: "pending" | "reading" | "complete" | "truncated" | "failed";
  /** Parts that are at their end, of `parts`: one for each entity that the list hangs on; 1 where it hangs on none. */
  partsDone: number;
  parts: number;
  pages: number;
  /** Pages that it had in the read before; null where there was none. */
  expectedPages: number | null;
  entities: number;
  error: string | null;
}

export interface ReadView {
  status: ReadStatus;
  /** Names the read within the installation; 0: there was none. */
  readNumber: number;
  /** Lists at their end, of `total`. */
  progress: number;
  total: number;
  /** Also of a COMPLETE read, when some of its lists are not whole. */
  lastError: string | null;
  startedAt: Date | null;
  finishedAt: Date | null;
  updatedAt: Date | null;
  lists: ListView[];
  /** Pages a second since the beginning; null unless pages are being read. */
  pagesPerSecond: number | null;
  /** By the pages of the read before; null where one of the lists had none, or nothing is being read. */
  remainingSeconds: number | null;
  /** Entities held, by type. */
  entities: Record<string, number>;
}

export interface CachedEntity {
  id: string;
  operationId: string;
  fetchedAt: Date;
  body: unknown;
}

export interface BootstrapView {
  read(installationId: number): Promise<ReadView>;
  /** By id, those after `after`. */
  entities(
    installationId: number,
    page: { entityType: string; after: string; limit: number },
  ): Promise<CachedEntity[]>;
  counts(installationId: number): Promise<Record<string, number>>;
}

interface StateRow {
  status: ReadStatus;
  read_number: number;
  lists: string[];
  expected_pages: Record<string, number>;
  /** Since its beginning, or since a list of it began again. */
  running_ms: number | null;
  last_error: string | null;
  started_at: Date | null;
  finished_at: Date | null;
  updated_at: Date;
  reading_at: Date | null;
  open: boolean;
  reason: string | null;
}

export function createBootstrapView(db: Pick<Database, "scoped">, lists: readonly ReadList[]): BootstrapView {
  const byType = new Map(lists.map((list) => [list.entityType, list]));

  function toView(row: StateRow, summaries: ListSummary[], seen: Record<string, number>): Omit<ReadView, "entities"> {
    // A read whose job is gone goes nowhere, whatever its row says.
    const stuck = (row.status === "PENDING" || row.status === "IN_PROGRESS") && !row.open;
    const over = stuck || row.status === "COMPLETE" || row.status === "FAILED";
    const found = new Map(summaries.map((summary) => [summary.entityType, summary]));
    const views = row.lists.map((type): ListView => {
      const summary = found.get(type);
      return {
        operationId: byType.get(type)?.operation.operationId ?? type,
        entityType: type,
        status: summary ? statusOf(summary) : over ? "complete" : "pending",
        partsDone: summary ? summary.complete + summary.truncated + summary.failed : 0,
        parts: summary ? summary.pending + summary.complete + summary.truncated + summary.failed : 0,
        pages: summary?.pages ?? 0,
        expectedPages: row.expected_pages[type] ?? null,
        entities: seen[type] ?? 0,
        error: summary?.error ?? null,
      };
    });
    return {
      status: stuck ? "FAILED" : row.status,
      readNumber: row.read_number,
      progress: views.filter(({ status }) => status !== "pending" && status !== "reading").length,
      total: views.length,
      lastError: stuck ? `The read stopped: ${row.reason ?? "its job is gone"}` : row.last_error,
      startedAt: row.started_at,
      finishedAt: row.finished_at,
      updatedAt: row.reading_at && row.reading_at > row.updated_at ? row.reading_at : row.updated_at,
      lists: views,
      ...speedOf(row, stuck ? [] : views),
    };
  }

  const view: BootstrapView = {
    read: async (installationId) => {
      const read = await db.scoped({ installationIds: [installationId] }, async (sql) => {
        const [row] = await sql<StateRow[]>`
          select state.status, state.read_number, lists, expected_pages, last_error,
            (extract(epoch from now() - greatest(started_at, requested_at)) * 1000)::float8 as running_ms, started_at, state.finished_at, state.updated_at,
            (select max(updated_at) from bootstrap_read where installation_id = ${installationId}) as reading_at,
            ${hasOpenJob(sql, { installationId, kind: "bootstrap" })} as open,
            ${reasonOfJob(sql, { installationId, id: sql`job_id` })} as reason
          from bootstrap_state state where state.installation_id = ${installationId}`;
        if (!row) return undefined;
        const seen = await sql<{ entity_type: string; count: number }[]>`
          select entity_type, count(*)::int as count from entity_cache
          where installation_id = ${installationId} and read_number = ${row.read_number} and deleted_at is null
          group by entity_type`;
        const summaries = await summarise(sql, { installationId, readNumber: row.read_number });
        return toView(row, summaries, Object.fromEntries(seen.map((one) => [one.entity_type, one.count])));
      });
      return { ...(read ?? NOTHING), entities: await view.counts(installationId) };
    },

    entities: (installationId, { entityType, after, limit }) =>
      db.scoped({ installationIds: [installationId] }, async (sql) => {
        const rows = await sql<{ entity_id: string; operation_id: string; fetched_at: Date; body: unknown }[]>`
          select entity_id, operation_id, fetched_at, body from entity_cache
          where installation_id = ${installationId} and entity_type = ${entityType} and entity_id > ${after}
            and deleted_at is null
          order by entity_id limit ${limit}`;
        return rows.map((row) => ({
          id: row.entity_id,
          operationId: row.operation_id,
          fetchedAt: row.fetched_at,
          body: row.body,
        }));
      }),

    counts: (installationId) =>
      db.scoped({ installationIds: [installationId] }, async (sql) => {
        const rows = await sql<{ entity_type: string; count: number }[]>`
          select entity_type, count(*)::int as count from entity_cache
          where installation_id = ${installationId} and deleted_at is null group by entity_type order by entity_type`;
        return Object.fromEntries(rows.map((row) => [row.entity_type, row.count]));
      }),
  };
  return view;
}

const NOTHING: Omit<ReadView, "entities"> = {
  status: "PENDING",
  readNumber: 0,
  progress: 0,
  total: 0,
  lastError: null,
  startedAt: null,
  finishedAt: null,
  updatedAt: null,
  lists: [],
  pagesPerSecond: null,
  remainingSeconds: null,
};

/** A rate of less says little. */
const LEAST_RUNNING_MS = 1_000;

/** What is left, by the read before: nothing else says how long a list is before it is read. */
function speedOf(
  { status, running_ms }: Pick<StateRow, "status" | "running_ms">,
  lists: readonly ListView[],
): Pick<ReadView, "pagesPerSecond" | "remainingSeconds"> {
  const pages = lists.reduce((sum, list) => sum + list.pages, 0);
  if (status !== "IN_PROGRESS" || running_ms === null || running_ms < LEAST_RUNNING_MS || pages === 0) {
    return { pagesPerSecond: null, remainingSeconds: null };
  }
  const pagesPerSecond = pages / running_ms * 1_000;
  const open = lists.filter((list) => list.status === "pending" || list.status === "reading");
  const isKnown = open.every(({ expectedPages }) => expectedPages !== null);
  // One that is longer than before has a page left at least.
  const left = open.reduce((sum, list) => sum + Math.max(1, (list.expectedPages ?? 0) - list.pages), 0);
  return { pagesPerSecond, remainingSeconds: isKnown ? Math.ceil(left / pagesPerSecond) : null };
}

function statusOf({ pending, complete, truncated, failed }: ListSummary): ListView["status"] {
  if (pending > 0) return complete + truncated + failed > 0 ? "reading" : "pending";
  if (failed > 0) return "failed";
  return truncated > 0 ? "truncated" : "complete";
}
