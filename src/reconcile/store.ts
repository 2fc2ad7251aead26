/** Rows of the search for missed events: where each log and feed is looked through to, and what the events received say of it. */

import type { Database, TransactionSql } from "../db/db.ts";
import { jsonText } from "../base/json_text.ts";
import { AppError } from "../base/errors.ts";
import type { HostClaims } from "../clockify/hosts.ts";
import type { Job } from "../queue/queue.ts";
import { hasOlderJob } from "../queue/open_jobs.ts";

export const SOURCES = ["delivery_log", "entity_feed"] as const;
export type Source = (typeof SOURCES)[number];

export interface ReconcileFacts {
  id: number;
  addon: string;
  workspaceId: string;
  generation: number;
  status: "active" | "inactive" | "uninstalled";
  hosts: HostClaims;
  installedAt: Date;
  /** The database's. */
  now: Date;
  /** Event types that a webhook brings. */
  delivered: ReadonlySet<string>;
  /** Those that we registered. */
  webhooks: readonly { remoteId: string; eventType: string }[];
  /** Another job of the kind does the same. */
  beside: boolean;
}

/** A log or a feed, and how far it is looked through. */
export interface Place {
  source: Source;
  name: string;
  reached: Date;
  /** The end of the span in progress. */
  until?: Date;
  /** Its next page, from 0. */
  page: number;
  checkedAt?: Date;
}

/** What one page says. */
export interface Counted {
  expected: number;
  seen: number;
  found: number;
}

/** An event that is looked for among those received. */
export interface Wanted {
  entityKey: string;
  types: readonly string[];
  since: Date | null;
}

export interface Held {
  eventType: string;
  body: Uint8Array;
  /** It was found by a search like this one: no delivery of it was received. */
  wasFound: boolean;
}

export interface ReconcileView {
  source: Source;
  name: string;
  checkedAt: Date | null;
  reached: Date;
  expected: number;
  seen: number;
  found: number;
  error: string | null;
}

export interface ReconcileStore {
  /** Undefined when the installation's row is gone. */
  facts(job: Job): Promise<ReconcileFacts | undefined>;
  /** Where it is, not before `from`; one that was never looked through, or that of another generation, begins at `first`. */
  place(
    facts: Pick<ReconcileFacts, "id" | "generation">,
    at: { source: Source; name: string; from: Date; first: Date },
  ): Promise<Place>;
  /** Forgets places that are looked through no more. */
  keepOnly(installationId: number, kept: readonly { source: Source; name: string }[]): Promise<void>;
  begin(installationId: number, place: Place, until: Date): Promise<Place>;
  /** Notes a page and what it says; `last` ends the span. Throws LEASE_LOST when another job moved it. */
  save(installationId: number, place: Place, page: Counted & { last: boolean }): Promise<Place>;
  /** Ends the look of now without an answer: the next one goes on at the page. */
  fail(installationId: number, place: Place, error: string): Promise<void>;
  /** Of each wanted one the newest events received that fit, at most MAX_HELD. */
  held(installationId: number, wanted: readonly Wanted[]): Promise<Held[][]>;
  view(installationId: number): Promise<ReconcileView[]>;
}

/** Events of one entity and type that are compared: of more in one span the newest are. */
const MAX_HELD = 50;

export function createReconcileStore(db: Pick<Database, "scoped">): ReconcileStore {
  const within = <T>(installationId: number, work: (sql: TransactionSql) => Promise<T>) =>
    db.scoped({ installationIds: [installationId] }, work);

  return {
    facts: (job) => within(job.installationId, (sql) => readFacts(sql, job)),

    place: ({ id, generation }, { source, name, from, first }) =>
      within(id, async (sql) => {
        const [row] = await sql<PlaceRow[]>`
          insert into reconcile_place as old (installation_id, source, name, reached, generation)
          values (${id}, ${source}, ${name}, ${first}, ${generation})
          on conflict (installation_id, source, name) do update set
            reached = case when old.generation = excluded.generation then greatest(old.reached, ${from})
              else excluded.reached end,
            until = case when old.generation = excluded.generation then old.until end,
            page = case when old.generation = excluded.generation then old.page else 0 end,
            checked_at = case when old.generation = excluded.generation then old.checked_at end,
            generation = excluded.generation
          returning source, name, reached, until, page, checked_at`;
        return toPlace(row!);
      }),

    keepOnly: (installationId, kept) =>
      within(installationId, async (sql) => {
        await sql`
          delete from reconcile_place where installation_id = ${installationId} and (source, name) not in (
            select source, name from json_to_recordset(${jsonText(kept)}::text::json) as kept(source text, name text))`;
      }),

    begin: (installationId, { source, name }, until) =>
      within(installationId, async (sql) => {
        const [row] = await sql<PlaceRow[]>`
          update reconcile_place set until = coalesce(until, ${until}), page = case when until is null then 0 else page end
          where installation_id = ${installationId} and source = ${source} and name = ${name}
          returning source, name, reached, until, page, checked_at`;
        if (!row) throw moved(source, name);
        return toPlace(row);
      }),

    save: (installationId, { source, name, until, page }, { last, expected, seen, found }) =>
      within(installationId, async (sql) => {
        const [row] = await sql<PlaceRow[]>`
          update reconcile_place set expected = expected + ${expected}, seen = seen + ${seen}, found = found + ${found},
            error = null, page = case when ${last} then 0 else page + 1 end,
            reached = case when ${last} then until else reached end,
            checked_at = case when ${last} then now() else checked_at end, until = case when ${last} then null else until end
          where installation_id = ${installationId} and source = ${source} and name = ${name} and page = ${page}
            and until = ${until!}
          returning source, name, reached, until, page, checked_at`;
        if (!row) throw moved(source, name);
        return toPlace(row);
      }),

    fail: (installationId, { source, name }, error) =>
      within(installationId, async (sql) => {
        await sql`
          update reconcile_place set error = ${error}, checked_at = now()
          where installation_id = ${installationId} and source = ${source} and name = ${name}`;
      }),

    held: (installationId, wanted) =>
      within(installationId, async (sql) => {
        const input = jsonText(wanted.map((one, o) => ({ o, k: one.entityKey, t: one.types, s: one.since })));
        const rows = await sql<{ o: number; event_type: string; body: Uint8Array; was_found: boolean }[]>`
          select o, found.* from json_to_recordset(${input}::text::json) as wanted(o int, k text, t json, s timestamptz)
          cross join lateral (
            select event_type, body, found_by is not null as was_found from event
            where installation_id = ${installationId} and entity_key = wanted.k
              and received_at >= coalesce(wanted.s, '-infinity')
              and event_type in (select json_array_elements_text(wanted.t))
            order by received_at desc limit ${MAX_HELD}
          ) found`;
        const found: Held[][] = wanted.map(() => []);
        for (const row of rows) {
          found[row.o]!.push({ eventType: row.event_type, body: row.body, wasFound: row.was_found });
        }
        return found;
      }),

    view: (installationId) =>
      within(installationId, async (sql) => {
        const rows = await sql<(Omit<ReconcileView, "checkedAt"> & { checked_at: Date | null })[]>`
          select source, name, checked_at, reached, expected::float8 as expected, seen::float8 as seen, found::float8 as found,
            error
          from reconcile_place where installation_id = ${installationId} order by source, name`;
        return rows.map(({ checked_at, ...row }) => ({ ...row, checkedAt: checked_at }));
      }),
  };
}

async function readFacts(sql: TransactionSql, job: Job): Promise<ReconcileFacts | undefined> {
  const { installationId } = job;
  const [row] = await sql<FactsRow[]>`
    select addon, workspace_id, generation, status, hosts, installed_at, now() as now, ${
    hasOlderJob(sql, job)
  } as beside,
      (select coalesce(json_agg(event_type), '[]') from coverage
        where installation_id = ${installationId} and way in ('manifest', 'user_webhook')) as delivered,
      (select coalesce(json_agg(json_build_object('remoteId', remote_id, 'eventType', event_type) order by remote_id), '[]')
        from user_webhook where installation_id = ${installationId}
          and user_webhook.generation = installation.generation) as webhooks
    from installation where id = ${installationId}`;
  return row && {
    id: installationId,
    addon: row.addon,
    workspaceId: row.workspace_id,
    generation: row.generation,
    status: row.status,
    hosts: row.hosts,
    installedAt: row.installed_at,
    now: row.now,
    delivered: new Set(row.delivered),
    webhooks: row.webhooks,
    beside: row.beside,
  };
}

function moved(source: Source, name: string): AppError {
  return new AppError("LEASE_LOST", `Cannot continue the search in ${source} "${name}": another job has moved it on`);
}

interface FactsRow {
  addon: string;
  workspace_id: string;
  generation: number;
  status: ReconcileFacts["status"];
  hosts: HostClaims;
  installed_at: Date;
  now: Date;
  beside: boolean;
  delivered: string[];
  webhooks: { remoteId: string; eventType: string }[];
}

interface PlaceRow {
  source: Source;
  name: string;
  reached: Date;
  until: Date | null;
  page: number;
  checked_at: Date | null;
}

function toPlace({ checked_at, until, ...row }: PlaceRow): Place {
  return { ...row, until: until ?? undefined, checkedAt: checked_at ?? undefined };
}
