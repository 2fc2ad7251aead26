/** Filters of the Events page that a workspace keeps under a name, for all who may read its events. */

import { AppError } from "../base/errors.ts";
import type { AtEnd } from "../db/at_end.ts";
import type { Database, TransactionSql } from "../db/db.ts";

/** Of an installation: with the bound of the table, 4 kB a filter, 0.2 MB. */
export const MAX_VIEWS = 50;
export const MAX_VIEW_NAME = 80;

export interface EventView {
  id: number;
  name: string;
  filter: unknown;
  /** Who changed it last: Clockify user id, or "operator:<name>". */
  person: string;
  createdAt: Date;
  updatedAt: Date;
}

export type ViewInput = Pick<EventView, "name" | "filter" | "person">;

export interface EventViews {
  /** By name. */
  list(installationId: number): Promise<EventView[]>;
  /** Throws CONFLICT for a name that another has, in any case, and at MAX_VIEWS. */
  create(installationId: number, input: ViewInput, options?: { atEnd?: AtEnd<EventView> }): Promise<EventView>;
  has(installationId: number, id: number): Promise<boolean>;
  /** Undefined where there is none. Throws CONFLICT for a name that another has, in any case. */
  update(installationId: number, id: number, input: ViewInput): Promise<EventView | undefined>;
  remove(installationId: number, id: number): Promise<boolean>;
}

interface Row {
  id: number;
  name: string;
  filter: unknown;
  person: string;
  created_at: Date;
  updated_at: Date;
}

export function createEventViews(db: Pick<Database, "scoped">): EventViews {
  const within = <T>(installationId: number, work: (sql: TransactionSql) => Promise<T>) =>
    db.scoped({ installationIds: [installationId] }, work);
  return {
    list: (installationId) =>
      within(installationId, async (sql) => {
        const rows = await sql<Row[]>`
          select ${columns(sql)} from event_view where installation_id = ${installationId} order by lower(name)`;
        return rows.map(toView);
      }),

    create: (installationId, { name, filter, person }, { atEnd } = {}) =>
      within(installationId, async (sql) => {
        await lockNames(sql, installationId);
        await requireFree(sql, { installationId, name });
        const [row] = await sql<Row[]>`
          insert into event_view (installation_id, name, filter, person)
          select ${installationId}::bigint, ${name}::text, ${JSON.stringify(filter)}::text::jsonb, ${person}::text
          where (select count(*) from event_view where installation_id = ${installationId}) < ${MAX_VIEWS}
          returning ${columns(sql)}`;
        if (!row) {
          throw new AppError("CONFLICT", `Cannot save the view: the workspace has ${MAX_VIEWS}; delete one first`);
        }
        const view = toView(row);
        await atEnd?.(sql, view);
        return view;
      }),

    has: (installationId, id) =>
      within(installationId, async (sql) => {
        const found = await sql`select 1 from event_view where installation_id = ${installationId} and id = ${id}`;
        return found.length > 0;
      }),

    update: (installationId, id, { name, filter, person }) =>
      within(installationId, async (sql) => {
        await lockNames(sql, installationId);
        await requireFree(sql, { installationId, name, id });
        const [row] = await sql<Row[]>`
          update event_view set name = ${name}, filter = ${JSON.stringify(filter)}::text::jsonb, person = ${person},
            updated_at = now()
          where installation_id = ${installationId} and id = ${id} returning ${columns(sql)}`;
        return row && toView(row);
      }),

    remove: (installationId, id) =>
      within(installationId, async (sql) => {
        const gone = await sql`
          delete from event_view where installation_id = ${installationId} and id = ${id} returning 1`;
        return gone.length > 0;
      }),
  };
}

/** Two at once count, and look for the name, one after the other. */
async function lockNames(sql: TransactionSql, installationId: number): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('event_view', ${installationId}))`;
}

async function requireFree(
  sql: TransactionSql,
  { installationId, name, id = 0 }: { installationId: number; name: string; id?: number },
): Promise<void> {
  const other = await sql`
    select 1 from event_view where installation_id = ${installationId} and lower(name) = lower(${name}) and id <> ${id}`;
  if (other.length === 0) return;
  throw new AppError("CONFLICT", `Cannot save the view: another one is named "${name}"`);
}

function columns(sql: TransactionSql) {
  return sql`id, name, filter, person, created_at, updated_at`;
}

function toView({ created_at, updated_at, ...row }: Row): EventView {
  return { ...row, createdAt: created_at, updatedAt: updated_at };
}
