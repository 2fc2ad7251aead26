/** Rows of the read of a workspace: its state, the position in each list, and the entities themselves. */

import type { AtEnd } from "../../db/at_end.ts";
import type { Database, TransactionSql } from "../../db/db.ts";
import { jsonText } from "../../base/json_text.ts";
import { enqueueOnce } from "../../queue/enqueue.ts";
import { oneRequest, pagesBefore, reopenList, requestList, type TriggeredList } from "./again.ts";
import { deleteGone, noteDifferences } from "./differences.ts";
import type { Job } from "../../queue/queue.ts";
import {
  isGone,
  isSettled,
  MAX_PASSES,
  movePlace,
  openBelow,
  type PageToSave,
  type Place,
  type PlaceRow,
  readLost,
  type Running,
  saveEntities,
  toPlace,
  type Window,
} from "./pages.ts";
import { hasOpenJob, isOpenJob } from "../../queue/open_jobs.ts";

export type ReadStatus = "PENDING" | "IN_PROGRESS" | "COMPLETE" | "FAILED" | "DISABLED";

/** What decides whether a job begins a read, continues with one, or has nothing to do. */
export interface Facts {
  addon: string;
  workspaceId: string;
  installation: "active" | "inactive" | "uninstalled";
  installedForMs: number;
  /** The settings were read from Clockify since the install. */
  settingsRead: boolean;
  status?: ReadStatus;
  jobId?: number;
  /** The job of the state still waits or works. */
  jobOpen: boolean;
}

export interface SavedPage {
  /** unsettled: the list kept changing while it was read, to the last pass that is made. */
  ended: "complete" | "truncated" | "unsettled" | undefined;
  /** Where to continue when it is not at its end. */
  next?: Place;
  /** Places that this one's end opened. */
  opened: Place[];
}

/** How one list stands: the sum over its parents. */
export interface ListSummary {
  entityType: string;
  pending: number;
  complete: number;
  truncated: number;
  failed: number;
  pages: number;
  error?: string;
}

/** What a read that is at its end did not see of one entity type. */
export interface Vanished {
  entityType: string;
  /** Entities held, those that are missing included. */
  known: number;
  missing: number;
  /** Some of them. */
  some: { id: string; parentId: string }[];
}

export interface BootstrapStore {
  /** Undefined when the installation's row is gone. */
  facts(installationId: number): Promise<Facts | undefined>;
  /** Begins a new read of these lists; `first` are those without a parent. */
  begin(job: Job, plan: { workspaceId: string; lists: string[]; first: string[]; window?: Window }): Promise<void>;
  /** bootstrap_on_install is off. */
  disable(job: Job, workspaceId: string): Promise<void>;
  running(installationId: number): Promise<Running>;
  /** Places that are not at their end. */
  pending(running: Running): Promise<Place[]>;
  /** Stores a page and moves the place on, in one commit. Throws LEASE_LOST when another job reads. */
  savePage(running: Running, place: Place, page: PageToSave): Promise<SavedPage>;
  /** Notes a failed attempt. */
  saveTry(running: Running, place: Place): Promise<void>;
  /** Ends a place without a page: its parent is gone, or it cannot be read. Returns the places that this opened. */
  endPlace(running: Running, place: Place, end: { error?: string; below: string[] }): Promise<Place[]>;
  summary(running: Running): Promise<ListSummary[]>;
  /** What finish() would delete of these types, where it is anything. */
  vanished(running: Running, types: readonly string[]): Promise<Vanished[]>;
  /**
   * Ends the read; entities of `whole` types that its last passes did not see are gone, which is noted of all but those that
   * are `volatile`. Returns how many it saw.
   */
  finish(
    running: Running,
    end: { status: "COMPLETE" | "FAILED"; lastError?: string; whole: string[]; volatile: string[] },
  ): Promise<{ entities: number; durationMs: number }>;
  /** Asks for a read, unless one waits or is in progress. */
  trigger: TriggerRead;
  /** Asks for one list of the newest read to be read again, with what hangs on it. */
  triggerList: TriggerList;
  /** Opens the places of that list again for the job; false when the newest read does not have it. */
  reopen(job: Job, list: { entityType: string; below: string[] }): Promise<boolean>;
}

/** What became of the wish for a read. */
export interface TriggeredRead {
  /** False when one waits or is in progress. */
  started: boolean;
  /** Names the read that will be. */
  readNumber: number;
}

export type TriggerRead = (
  installation: { id: number; workspaceId: string },
  options?: { atEnd?: AtEnd<TriggeredRead> },
) => Promise<TriggeredRead>;

export type TriggerList = (
  installation: { id: number },
  entityType: string,
  options?: { atEnd?: AtEnd<TriggeredList> },
) => Promise<TriggeredList>;

export function createBootstrapStore(db: Pick<Database, "scoped">): BootstrapStore {
  const within = <T>(installationId: number, work: (sql: TransactionSql) => Promise<T>) =>
    db.scoped({ installationIds: [installationId] }, work);
  return {
    facts: (id) =>
      within(id, async (sql) => {
        const [row] = await sql<FactsRow[]>`
          select addon, installation.workspace_id, installation.status as installation,
            (extract(epoch from now() - installed_at) * 1000)::float8 as installed_for_ms,
            coalesce(settings_read_at >= installed_at, false) as settings_read, state.status, job_id,
            ${isOpenJob(sql, { installationId: id, id: sql`job_id` })} as job_open
          from installation left join bootstrap_state state on state.installation_id = installation.id
          where installation.id = ${id}`;
        return row && toFacts(row);
      }),

    begin: (job, { workspaceId, lists, first, window }) =>
      within(job.installationId, async (sql) => {
        const [state] = await sql<{ read_number: number }[]>`
          insert into bootstrap_state as old (installation_id, workspace_id, read_number, job_id, status, lists,
            expected_pages, entries_from, entries_to, started_at)
          values (${job.installationId}, ${workspaceId}, 1, ${job.id}, 'IN_PROGRESS',
            ${jsonText(lists)}::text::jsonb, ${pagesBefore(sql, job.installationId)}, ${window?.from ?? null},
            ${window?.to ?? null}, now())
          on conflict (installation_id) do update set
            -- One that a person asked for has its number already.
            read_number = old.read_number + (old.status <> 'PENDING')::int, job_id = excluded.job_id,
            status = excluded.status, lists = excluded.lists, expected_pages = excluded.expected_pages,
            entries_from = excluded.entries_from, entries_to = excluded.entries_to, last_error = null, started_at = now(), finished_at = null,
            updated_at = now()
          returning read_number`;
        await sql`delete from bootstrap_read where installation_id = ${job.installationId}`;
        await sql`
          insert into bootstrap_read (installation_id, entity_type, read_number)
          select ${job.installationId}, type, ${state!.read_number}
          from json_array_elements_text(${jsonText(first)}::text::json) as type`;
      }),

    disable: (job, workspaceId) =>
      within(job.installationId, async (sql) => {
        await sql`
          insert into bootstrap_state as old (installation_id, workspace_id, read_number, job_id, status)
          values (${job.installationId}, ${workspaceId}, 0, ${job.id}, 'DISABLED')
          on conflict (installation_id) do update set job_id = excluded.job_id, status = excluded.status,
            last_error = null, updated_at = now()`;
      }),

    running: (id) =>
      within(id, async (sql) => {
        const [row] = await sql<RunningRow[]>`
          select workspace_id, read_number, lists, entries_from, entries_to
          from bootstrap_state where installation_id = ${id}`;
        return toRunning(id, row!);
      }),

    pending: ({ installationId, readNumber }) =>
      within(installationId, async (sql) => {
        const rows = await sql<PlaceRow[]>`
          select entity_type, parent_id, next_page, tries, pass from bootstrap_read
          where installation_id = ${installationId} and read_number = ${readNumber} and status = 'pending'
          order by entity_type, parent_id`;
        return rows.map(toPlace);
      }),

    savePage: (running, place, page) =>
      within(running.installationId, async (sql) => {
        const { fresh, ...otherwise } = await saveEntities(sql, { running, place }, page);
        await noteDifferences(sql, { running, place, page: page.entities }, otherwise);
        const atEnd = page.last ?? fresh === 0;
        if (!atEnd && place.page < page.maxPages) {
          const next = { ...place, page: place.page + 1, tries: 0 };
          await movePlace(sql, running, place, { status: "pending", next, read: true });
          return { ended: undefined, next, opened: [] };
        }
        const settled = atEnd && await isSettled(sql, { running, place, volatile: page.volatile });
        if (atEnd && !settled && place.pass < MAX_PASSES) {
          const next = { ...place, page: 1, tries: 0, pass: place.pass + 1 };
          await movePlace(sql, running, place, { status: "pending", next, read: true });
          return { ended: undefined, next, opened: [] };
        }
        const ended = settled ? "complete" as const : atEnd ? "unsettled" as const : "truncated" as const;
        const error = ended === "unsettled" ? `it changed while it was read, ${MAX_PASSES} times in a row` : undefined;
        await movePlace(sql, running, place, {
          status: ended === "unsettled" ? "failed" : ended,
          next: { ...place, page: place.page + 1 },
          read: true,
          error,
        });
        return { ended, opened: await openBelow(sql, running, { place, below: page.below }) };
      }),

    saveTry: (running, place) =>
      within(
        running.installationId,
        (sql) => movePlace(sql, running, place, { status: "pending", next: place }),
      ),

    endPlace: (running, place, { error, below }) =>
      within(running.installationId, async (sql) => {
        const status = error === undefined ? "complete" : "failed";
        await movePlace(sql, running, place, { status, next: place, error });
        return await openBelow(sql, running, { place, below });
      }),

    summary: (running) => within(running.installationId, (sql) => summarise(sql, running)),

    vanished: ({ installationId, readNumber }, types) =>
      within(installationId, async (sql) => {
        const rows = await sql<VanishedRow[]>`
          with missing as materialized (
            select entity_type, entity_id, parent_id,
              row_number() over (partition by entity_type order by entity_id) as number
            from entity_cache entity where ${isGone(sql, { installationId, readNumber, types })} and deleted_at is null
          )
          select entity_type, count(*)::int as missing,
            (select count(*)::int from entity_cache known where known.installation_id = ${installationId}
              and known.entity_type = missing.entity_type and deleted_at is null) as known,
            json_agg(json_build_object('id', entity_id, 'parentId', parent_id)) filter (where number <= ${SAMPLE}) as some
          from missing group by entity_type`;
        return rows.map(({ entity_type, ...row }) => ({ ...row, entityType: entity_type }));
      }),

    finish: ({ installationId, readNumber }, { status, lastError, whole, volatile }) =>
      within(installationId, async (sql) => {
        await deleteGone(sql, { installationId, readNumber, types: whole, unnoted: volatile });
        const seen = jsonText(Object.fromEntries(whole.map((type) => [type, readNumber])));
        const [row] = await sql<{ duration_ms: number; entities: number }[]>`
          update bootstrap_state set status = ${status}, last_error = ${lastError ?? null}, finished_at = now(),
            updated_at = now(),
            -- Of a list that is not read any more, no read says what is there.
            whole = (select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(whole) where lists ? key)
              || ${seen}::text::jsonb
          where installation_id = ${installationId} and read_number = ${readNumber} and status = 'IN_PROGRESS'
          returning (extract(epoch from now() - greatest(started_at, requested_at)) * 1000)::float8 as duration_ms,
            (select count(*)::int from entity_cache
             where installation_id = ${installationId} and read_number = ${readNumber} and deleted_at is null) as entities`;
        if (!row) throw readLost(installationId);
        return { entities: row.entities, durationMs: row.duration_ms };
      }),

    trigger: ({ id, workspaceId }, { atEnd } = {}) =>
      within(id, async (sql) => {
        const triggered = await requestRead(sql, { id, workspaceId });
        await atEnd?.(sql, triggered);
        return triggered;
      }),

    triggerList: ({ id }, entityType, { atEnd } = {}) =>
      within(id, async (sql) => {
        const triggered = await requestList(sql, { id, entityType });
        await atEnd?.(sql, triggered);
        return triggered;
      }),

    reopen: (job, list) => within(job.installationId, (sql) => reopenList(sql, { job, ...list })),
  };
}

async function requestRead(
  sql: TransactionSql,
  { id, workspaceId }: { id: number; workspaceId: string },
): Promise<TriggeredRead> {
  await oneRequest(sql, id);
  const [job] = await sql<{ open: boolean }[]>`
    select ${hasOpenJob(sql, { installationId: id, kind: "bootstrap" })} as open`;
  if (job!.open) {
    const [state] = await sql<{ read_number: number; status: ReadStatus }[]>`
      select read_number, status from bootstrap_state where installation_id = ${id}`;
    const begun = state?.status === "PENDING" || state?.status === "IN_PROGRESS";
    return { started: false, readNumber: (state?.read_number ?? 0) + (begun ? 0 : 1) };
  }
  const [state] = await sql<{ read_number: number }[]>`
    insert into bootstrap_state as old (installation_id, workspace_id, read_number, status)
    values (${id}, ${workspaceId}, 1, 'PENDING')
    on conflict (installation_id) do update set read_number = old.read_number + 1, status = 'PENDING',
      job_id = null, lists = '[]', last_error = null, requested_at = now(), started_at = null,
      finished_at = null, updated_at = now()
    returning read_number`;
  await enqueueOnce(sql, { kind: "bootstrap", installationId: id });
  return { started: true, readNumber: state!.read_number };
}

/** Missing entities that are named. */
const SAMPLE = 3;

interface VanishedRow {
  entity_type: string;
  known: number;
  missing: number;
  some: Vanished["some"];
}

/** Per entity type of the read; a list whose places are not open yet has no row. */
export async function summarise(
  sql: TransactionSql,
  { installationId, readNumber }: Pick<Running, "installationId" | "readNumber">,
): Promise<ListSummary[]> {
  const rows = await sql<(Omit<ListSummary, "entityType" | "error"> & { entity_type: string; error: string | null })[]>`
    select entity_type, count(*) filter (where status = 'pending')::int as pending,
      count(*) filter (where status = 'complete')::int as complete,
      count(*) filter (where status = 'truncated')::int as truncated,
      count(*) filter (where status = 'failed')::int as failed, sum(pages)::int as pages, min(error) as error
    from bootstrap_read where installation_id = ${installationId} and read_number = ${readNumber}
    group by entity_type`;
  return rows.map(({ entity_type, error, ...counts }) => ({
    ...counts,
    entityType: entity_type,
    error: error ?? undefined,
  }));
}

interface FactsRow {
  addon: string;
  workspace_id: string;
  installation: Facts["installation"];
  installed_for_ms: number;
  settings_read: boolean;
  status: ReadStatus | null;
  job_id: number | null;
  job_open: boolean;
}

function toFacts(row: FactsRow): Facts {
  return {
    addon: row.addon,
    workspaceId: row.workspace_id,
    installation: row.installation,
    installedForMs: row.installed_for_ms,
    settingsRead: row.settings_read,
    status: row.status ?? undefined,
    jobId: row.job_id ?? undefined,
    jobOpen: row.job_open,
  };
}

interface RunningRow {
  workspace_id: string;
  read_number: number;
  lists: string[];
  entries_from: Date | null;
  entries_to: Date | null;
}

function toRunning(installationId: number, row: RunningRow): Running {
  const { entries_from: from, entries_to: to } = row;
  return {
    installationId,
    workspaceId: row.workspace_id,
    readNumber: row.read_number,
    lists: row.lists,
    window: from && to ? { from, to } : undefined,
  };
}
