/** Rows of polling: where the round of each list is, and what the last look at it showed. */

import type { Database, TransactionSql } from "../db/db.ts";
import { jsonText } from "../db/json_text.ts";
import { AppError } from "../errors.ts";
import type { Job } from "../queue/queue.ts";

export interface PollFacts {
  addon: string;
  workspaceId: string;
  generation: number;
  installation: "active" | "inactive" | "uninstalled";
  /** The first read is under way: both share one rate. */
  reading: boolean;
  /** Another job polls for the installation: "waiting" or "executing". */
  older?: "executing" | "waiting";
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
  /** Milliseconds since its end; undefined while it is under way. */
  endedForMs?: number;
}

/** What the last look showed of an entity. */
export interface Seen {
  id: string;
  sha256: string;
  body: Record<string, unknown>;
  /** Seen in the present round already. */
  inRound: boolean;
}

export interface SeenNow {
  id: string;
  sha256: string;
  body: Record<string, unknown>;
}

export interface Missing extends Pick<Seen, "id" | "body"> {
  /** Whole rounds in a row that did not see it, the present one included. */
  missed: number;
}

export interface PollStore {
  facts(job: Job): Promise<PollFacts | undefined>;
  /** Forgets lists that are not polled any more: when they are again, nothing of the time between is told. */
  keepOnly(installationId: number, families: readonly string[]): Promise<void>;
  /** The newest round of a list; a new baseline when there is none of this generation. */
  round(installationId: number, family: string, generation: number): Promise<Round>;
  nextRound(round: Round, options: { confirming: boolean }): Promise<Round>;
  lookUp(round: Round, ids: string[]): Promise<Seen[]>;
  /** Stores what a page showed and the place after it. */
  savePage(
    round: Round,
    page: { entities: SeenNow[]; next: Pick<Round, "parentId" | "page" | "truncated"> },
  ): Promise<void>;
  /** Entities that the round, at its end, did not see: `limit` of them, by id, those after `after`. */
  missing(round: Round, page: { after: string; limit: number }): Promise<Missing[]>;
  forget(round: Round, ids: string[]): Promise<void>;
  /** Ends the round. With `error`, or truncated, it says nothing of what is missing. */
  end(round: Round, end: { events: readonly string[]; error?: string }): Promise<void>;
}

export function createPollStore(db: Pick<Database, "scoped">): PollStore {
  const within = <T>(installationId: number, work: (sql: TransactionSql) => Promise<T>) =>
    db.scoped({ installationIds: [installationId] }, work);

  const read = async (sql: TransactionSql, installationId: number, family: string) => {
    const [row] = await sql<RoundRow[]>`
      select generation, round, baseline, confirming, events, parent_id, page, pages, truncated,
        (extract(epoch from now() - finished_at) * 1000)::float8 as ended_for_ms
      from polled_family where installation_id = ${installationId} and family = ${family}`;
    return row;
  };

  return {
    facts: (job) =>
      within(job.installationId, async (sql) => {
        const [row] = await sql<FactsRow[]>`
          select addon, workspace_id, generation, status,
            exists (select 1 from bootstrap_state s join job on job.id = s.job_id and job.installation_id = ${job.installationId}
              where s.installation_id = ${job.installationId} and s.status = 'IN_PROGRESS'
                and job.finished_at is null) as reading,
            (select bool_or(state = 'executing') from job where installation_id = ${job.installationId}
              and kind = ${job.kind} and id < ${job.id} and finished_at is null) as older_executing
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
      }),

    round: (installationId, family, generation) =>
      within(installationId, async (sql) => {
        const row = await read(sql, installationId, family);
        if (row?.generation === generation) return toRound(installationId, family, row);
        await sql`delete from polled_family where installation_id = ${installationId} and family = ${family}`;
        await sql`delete from polled_entity where installation_id = ${installationId} and family = ${family}`;
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

    lookUp: ({ installationId, family, number }, ids) =>
      within(installationId, async (sql) => {
        const rows = await sql<{ entity_id: string; sha256: string; body: Record<string, unknown>; seen: number }[]>`
          select entity_id, encode(body_sha256, 'hex') as sha256, body, seen from polled_entity
          where installation_id = ${installationId} and family = ${family}
            and entity_id in (select json_array_elements_text(${jsonText(ids)}::text::json))`;
        return rows.map(({ entity_id, sha256, body, seen }) => ({
          id: entity_id,
          sha256,
          body,
          inRound: seen === number,
        }));
      }),

    savePage: ({ installationId, family, number }, { entities, next }) =>
      within(installationId, async (sql) => {
        await sql`
          insert into polled_entity as old (installation_id, family, entity_id, body_sha256, body, seen)
          select ${installationId}, ${family}, id, decode(sha256, 'hex'), body, ${number}
          from json_to_recordset(${jsonText(entities)}::text::json) as t(id text, sha256 text, body json) order by id
          on conflict (installation_id, family, entity_id) do update set
            body_sha256 = excluded.body_sha256, body = excluded.body, seen = excluded.seen, missed = 0`;
        const moved = await sql`
          update polled_family set parent_id = ${next.parentId}, page = ${next.page}, pages = pages + 1,
            truncated = ${next.truncated}
          where installation_id = ${installationId} and family = ${family} and round = ${number} returning 1`;
        if (moved.length === 0) {
          throw new AppError("LEASE_LOST", `Cannot go on polling ${family}: another job began a newer round`);
        }
      }),

    missing: ({ installationId, family, number }, { after, limit }) =>
      within(installationId, async (sql) => {
        const rows = await sql<{ entity_id: string; body: Record<string, unknown>; missed: number }[]>`
          select entity_id, body, missed + 1 as missed from polled_entity
          where installation_id = ${installationId} and family = ${family} and seen < ${number} and entity_id > ${after}
          order by entity_id limit ${limit}`;
        return rows.map(({ entity_id, body, missed }) => ({ id: entity_id, body, missed }));
      }),

    forget: ({ installationId, family }, ids) =>
      within(installationId, async (sql) => {
        await sql`
          delete from polled_entity where installation_id = ${installationId} and family = ${family}
            and entity_id in (select json_array_elements_text(${jsonText(ids)}::text::json))`;
      }),

    end: ({ installationId, family, number, truncated }, { events, error }) =>
      within(installationId, async (sql) => {
        const whole = error === undefined;
        await sql`
          update polled_entity set missed = missed + 1
          where ${
          whole && !truncated
        } and installation_id = ${installationId} and family = ${family} and seen < ${number}`;
        await sql`
          update polled_family set finished_at = now(), error = ${error ?? null}, baseline = baseline and not ${whole},
            events = case when ${whole} then ${jsonText(events)}::text::jsonb else events end
          where installation_id = ${installationId} and family = ${family} and round = ${number}`;
      }),
  };
}

interface FactsRow {
  addon: string;
  workspace_id: string;
  generation: number;
  status: PollFacts["installation"];
  reading: boolean;
  older_executing: boolean | null;
}

function toFacts(row: FactsRow): PollFacts {
  return {
    addon: row.addon,
    workspaceId: row.workspace_id,
    generation: row.generation,
    installation: row.status,
    reading: row.reading,
    older: row.older_executing === null ? undefined : row.older_executing ? "executing" : "waiting",
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
    endedForMs: row.ended_for_ms ?? undefined,
  };
}
