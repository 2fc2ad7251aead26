/** Rows of polling: the position of each list's round, and the entities that the last round saw. */

import type { Database, TransactionSql } from "../../db/db.ts";
import { jsonText } from "../../base/json_text.ts";
import { AppError } from "../../base/errors.ts";
import type { Job } from "../../queue/queue.ts";
import { isMissing, listDueParents, type Parent } from "./parents.ts";
import { hasOlderJob, isOpenJob } from "../../queue/open_jobs.ts";
import { awaitedTypes } from "../../signals/event_waits.ts";

export interface PollFacts {
  addon: string;
  workspaceId: string;
  generation: number;
  installation: "active" | "inactive" | "uninstalled";
  /** The first read is in progress: both share one rate. */
  reading: boolean;
  /** Event types that an enabled flow listens for. */
  listened: string[];
  /** Another job polls for the installation, or will. */
  beside: boolean;
}

/** One look at a whole list. */
export interface Round {
  installationId: number;
  family: string;
  number: number;
  /** Only takes note. */
  baseline: boolean;
  /** Looks again for what the round before missed. */
  confirming: boolean;
  /** Event types that were polled when the last round ended. */
  events: string[];
  parentId: string;
  /** The next page; 0: all are read. */
  page: number;
  pages: number;
  truncated: boolean;
  /** The last whole round found nothing. */
  empty: boolean;
  /** Milliseconds since its end; undefined while it is in progress. */
  endedForMs?: number;
}

/** What the last look showed of an entity. */
export interface Seen {
  id: string;
  sha256: string;
  body: Record<string, unknown>;
  /** Family.version that the hash was made with. */
  version: number;
  /** Seen in the present round already. */
  inRound: boolean;
}

export interface SeenNow {
  id: string;
  sha256: string;
  body: Record<string, unknown>;
}

export interface Missing extends Pick<Seen, "id" | "body"> {
  parentId: string;
  /** Whole rounds in a row that did not see it, the present one included. */
  missed: number;
}

/** So many were missing at once, of so many, that the list itself is doubted. */
export interface Doubt {
  missing: number;
  known: number;
}

export interface PollStore {
  facts(job: Job): Promise<PollFacts | undefined>;
  /**
   * Forgets lists that are not polled any more: when they are polled again, nothing of the time between is published.
   */
  keepOnly(installationId: number, families: readonly string[]): Promise<void>;
  /** The newest round of a list; a new baseline when there is none of this generation. */
  round(installationId: number, family: string, generation: number): Promise<Round>;
  nextRound(round: Round, options: { confirming: boolean }): Promise<Round>;
  /**
   * Notes which parents there are and gives the ids of those that the round is to read below, in order: in a round that
   * confirms, those that lack something; else those that changed, and as many others as `unchanged`, longest unread first.
   */
  dueParents(round: Round, parents: readonly Parent[], options: { unchanged: number }): Promise<string[]>;
  lookUp(round: Round, ids: string[]): Promise<Seen[]>;
  /** Stores what a page showed and the place after it. `read` is the parent that the page was the last one below. */
  savePage(
    round: Round,
    page: {
      entities: SeenNow[];
      parentId: string;
      version: number;
      next: Pick<Round, "parentId" | "page" | "truncated">;
      read?: Parent;
    },
  ): Promise<void>;
  /** How many entities are known, and how many of them whole rounds missed `least` times in a row, the present included. */
  countMissing(round: Round, least: number): Promise<Doubt>;
  /** Entities that the round, at its end, did not see: `limit` of them, by id, those after `after`. */
  missing(round: Round, page: { after: string; limit: number }): Promise<Missing[]>;
  forget(round: Round, ids: string[]): Promise<void>;
  /** Ends the round. With `error`, or truncated, it says nothing of what is missing. `again`: a baseline stays one. */
  end(round: Round, end: { events: readonly string[]; doubt?: Doubt; error?: string; again?: boolean }): Promise<void>;
}

export function createPollStore(db: Pick<Database, "scoped">): PollStore {
  const within = <T>(installationId: number, work: (sql: TransactionSql) => Promise<T>) =>
    db.scoped({ installationIds: [installationId] }, work);

  const read = async (sql: TransactionSql, installationId: number, family: string) => {
    const [row] = await sql<RoundRow[]>`
      select generation, round, baseline, confirming, events, parent_id, page, pages, truncated, empty,
        (extract(epoch from now() - finished_at) * 1000)::float8 as ended_for_ms
      from polled_family where installation_id = ${installationId} and family = ${family}`;
    return row;
  };

  return {
    facts: (job) =>
      within(job.installationId, async (sql) => {
        const [row] = await sql<FactsRow[]>`
          select addon, workspace_id, generation, status,
            exists (select 1 from bootstrap_state s
              where s.installation_id = ${job.installationId} and s.status = 'IN_PROGRESS'
                and ${isOpenJob(sql, { installationId: job.installationId, id: sql`s.job_id` })}) as reading,
            (select coalesce(json_agg(distinct event_type), '[]') from (
              select event_type from flow_trigger where installation_id = ${job.installationId}
              union ${awaitedTypes(sql, job.installationId)}) wanted) as listened,
            ${hasOlderJob(sql, job)} as beside
          from installation where id = ${job.installationId}`;
        return row && toFacts(row);
      }),

    keepOnly: (installationId, families) =>
      within(installationId, async (sql) => {
        const kept = jsonText(families);
        await sql`
          delete from polled_family where installation_id = ${installationId}
            and family not in (select json_array_elements_text(${kept}::text::json))`;
        await sql`
          delete from polled_entity where installation_id = ${installationId}
            and family not in (select json_array_elements_text(${kept}::text::json))`;
        await sql`
          delete from polled_parent where installation_id = ${installationId}
            and family not in (select json_array_elements_text(${kept}::text::json))`;
      }),

    round: (installationId, family, generation) =>
      within(installationId, async (sql) => {
        const row = await read(sql, installationId, family);
        if (row?.generation === generation) return toRound(installationId, family, row);
        await sql`delete from polled_family where installation_id = ${installationId} and family = ${family}`;
        await sql`delete from polled_entity where installation_id = ${installationId} and family = ${family}`;
        await sql`delete from polled_parent where installation_id = ${installationId} and family = ${family}`;
        await sql`
          insert into polled_family (installation_id, family, generation, round)
          values (${installationId}, ${family}, ${generation}, 1)`;
        return toRound(installationId, family, (await read(sql, installationId, family))!);
      }),

    nextRound: ({ installationId, family, number }, { confirming }) =>
      within(installationId, async (sql) => {
        await sql`
          update polled_family set round = round + 1, confirming = ${confirming}, parent_id = '', page = 1, pages = 0,
            truncated = false, finished_at = null
          where installation_id = ${installationId} and family = ${family} and round = ${number}`;
        return toRound(installationId, family, (await read(sql, installationId, family))!);
      }),

    dueParents: (round, parents, options) =>
      within(round.installationId, (sql) => listDueParents(sql, { round, parents, ...options })),

    lookUp: ({ installationId, family, number }, ids) =>
      within(installationId, async (sql) => {
        const rows = await sql<SeenRow[]>`
          select entity_id, encode(body_sha256, 'hex') as sha256, body, hash_version, seen from polled_entity
          where installation_id = ${installationId} and family = ${family}
            and entity_id in (select json_array_elements_text(${jsonText(ids)}::text::json))`;
        return rows.map(({ entity_id, sha256, body, hash_version, seen }) => ({
          id: entity_id,
          sha256,
          body,
          version: hash_version,
          inRound: seen === number,
        }));
      }),

    savePage: ({ installationId, family, number }, { entities, parentId, version, next, read }) =>
      within(installationId, async (sql) => {
        await sql`
          insert into polled_entity as old (installation_id, family, entity_id, parent_id, body_sha256, hash_version, body, seen)
          select ${installationId}, ${family}, id, ${parentId}, decode(sha256, 'hex'), ${version}, body, ${number}
          from json_to_recordset(${jsonText(entities)}::text::json) as t(id text, sha256 text, body json) order by id
          on conflict (installation_id, family, entity_id) do update set parent_id = excluded.parent_id,
            body_sha256 = excluded.body_sha256, hash_version = excluded.hash_version, body = excluded.body,
            seen = excluded.seen, missed = 0`;
        if (read) {
          await sql`
            update polled_parent set round = ${number}, read_at = now(), body_sha256 = decode(${read.sha256}, 'hex')
            where installation_id = ${installationId} and family = ${family} and parent_id = ${read.id}`;
        }
        const moved = await sql`
          update polled_family set parent_id = ${next.parentId}, page = ${next.page}, pages = pages + 1,
            truncated = ${next.truncated}
          where installation_id = ${installationId} and family = ${family} and round = ${number} returning 1`;
        if (moved.length === 0) {
          throw new AppError("LEASE_LOST", `Cannot continue polling ${family}: another job began a newer round`);
        }
      }),

    countMissing: (round, least) =>
      within(round.installationId, async (sql) => {
        const [row] = await sql<Doubt[]>`
          select count(*)::int as known, (count(*) filter (where ${
          isMissing(sql, round)
        } and missed + 1 >= ${least}))::int
            as missing
          from polled_entity entity where installation_id = ${round.installationId} and family = ${round.family}`;
        return { missing: row!.missing, known: row!.known };
      }),

    missing: (round, { after, limit }) =>
      within(round.installationId, async (sql) => {
        const rows = await sql<MissingRow[]>`
          select entity_id, parent_id, body, missed + 1 as missed from polled_entity entity
          where installation_id = ${round.installationId} and family = ${round.family} and ${isMissing(sql, round)}
            and entity_id > ${after}
          order by entity_id limit ${limit}`;
        return rows.map(({ entity_id, parent_id, ...row }) => ({ ...row, id: entity_id, parentId: parent_id }));
      }),

    forget: ({ installationId, family }, ids) =>
      within(installationId, async (sql) => {
        await sql`
          delete from polled_entity where installation_id = ${installationId} and family = ${family}
            and entity_id in (select json_array_elements_text(${jsonText(ids)}::text::json))`;
      }),

    end: (round, { events, doubt, error, again = false }) =>
      within(round.installationId, async (sql) => {
        const { installationId, family, number } = round;
        const whole = error === undefined;
        if (whole && !round.truncated) {
          await sql`
            update polled_entity entity set missed = missed + 1
            where installation_id = ${installationId} and family = ${family} and ${isMissing(sql, round)}`;
          await sql`
            delete from polled_parent parent where installation_id = ${installationId} and family = ${family}
              and seen < ${number} and not exists (
                select 1 from polled_entity e where e.installation_id = ${installationId} and e.family = ${family}
                  and e.parent_id = parent.parent_id)`;
        }
        await sql`
          update polled_family set finished_at = now(), error = ${error ?? null}, baseline = baseline and not ${
          whole && !again
        },
            events = case when ${whole} then ${jsonText(events)}::text::jsonb else events end,
            doubt = case when ${whole} then ${doubt ? jsonText(doubt) : null}::text::jsonb else doubt end,
            empty = case when ${whole} then not exists (select 1 from polled_entity e
              where e.installation_id = ${installationId} and e.family = ${family}) else empty end
          where installation_id = ${installationId} and family = ${family} and round = ${number}`;
      }),
  };
}

interface SeenRow {
  entity_id: string;
  sha256: string;
  body: Record<string, unknown>;
  hash_version: number;
  seen: number;
}

interface MissingRow {
  entity_id: string;
  parent_id: string;
  body: Record<string, unknown>;
  missed: number;
}

interface FactsRow {
  addon: string;
  workspace_id: string;
  generation: number;
  status: PollFacts["installation"];
  reading: boolean;
  listened: string[];
  beside: boolean;
}

function toFacts(row: FactsRow): PollFacts {
  return {
    addon: row.addon,
    workspaceId: row.workspace_id,
    generation: row.generation,
    installation: row.status,
    reading: row.reading,
    listened: row.listened,
    beside: row.beside,
  };
}

interface RoundRow {
  generation: number;
  round: number;
  baseline: boolean;
  confirming: boolean;
  events: string[];
  parent_id: string;
  page: number;
  pages: number;
  truncated: boolean;
  empty: boolean;
  ended_for_ms: number | null;
}

function toRound(installationId: number, family: string, row: RoundRow): Round {
  return {
    installationId,
    family,
    number: row.round,
    baseline: row.baseline,
    confirming: row.confirming,
    events: row.events,
    parentId: row.parent_id,
    page: row.page,
    pages: row.pages,
    truncated: row.truncated,
    empty: row.empty,
    endedForMs: row.ended_for_ms ?? undefined,
  };
}
