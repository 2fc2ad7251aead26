/** Versions of a flow as stored: what each save published, newest first. */

import type { Database, TransactionSql } from "../../db/db.ts";
import { AppError } from "../../base/errors.ts";
import type { FlowDefinition } from "../shape/definition.ts";

/** What a version says: whether the flow is on is no part of it. */
export type VersionDefinition = Omit<FlowDefinition, "enabled">;

/** A version without its definition. */
export interface VersionRow {
  version: number;
  /** published: the one that new runs begin with. */
  state: "published" | "retired";
  /** The earlier version that it repeats. */
  restoredFrom: number | null;
  /** Clockify user id, or name of an operator's key; null: not known. */
  author: string | null;
  /** Null: the workspace knows no such user, or it was an operator. */
  authorName: string | null;
  note: string | null;
  createdAt: Date;
  publishedAt: Date;
}

export interface FlowVersion extends VersionRow {
  definition: VersionDefinition;
}

export interface FlowVersions {
  /** Newest first, those below `before`; `next`: the `before` of the page that follows. */
  list(
    installationId: number,
    flowId: number,
    page: { limit: number; before?: number },
  ): Promise<{ versions: VersionRow[]; next: number | null }>;
  /** Throws NOT_FOUND for one that there never was, or that is no longer kept (version_rows.ts). */
  find(installationId: number, flowId: number, version: number): Promise<FlowVersion>;
}

interface StoredVersion {
  version: number;
  is_present: boolean;
  definition: VersionDefinition;
  restored_from: number | null;
  author: string | null;
  author_name: string | null;
  note: string | null;
  created_at: Date;
  published_at: Date;
}

export function createFlowVersions(db: Pick<Database, "scoped">): FlowVersions {
  const within = <T>(installationId: number, work: (sql: TransactionSql) => Promise<T>) =>
    db.scoped({ installationIds: [installationId] }, work);
  return {
    list: (installationId, flowId, { limit, before }) =>
      within(installationId, async (sql) => {
        const rows = await sql<Omit<StoredVersion, "definition">[]>`
          select ${columns(sql)} from (${versionsOf(sql, installationId, flowId)}) v
          ${before === undefined ? sql`` : sql`where version < ${before}`}
          order by version desc limit ${limit + 1}`;
        const versions = rows.slice(0, limit).map(toRow);
        return { versions, next: rows.length > limit ? versions.at(-1)!.version : null };
      }),
    find: (installationId, flowId, version) =>
      within(installationId, async (sql) => {
        const [row] = await sql<StoredVersion[]>`
          select ${columns(sql)}, definition from (${versionsOf(sql, installationId, flowId)}) v
          where version = ${version}`;
        if (!row) throw versionUnknown(flowId, version);
        return { ...toRow(row), definition: row.definition };
      }),
  };
}

/** NOT_FOUND. */
export function versionUnknown(flowId: number, version: number | string): AppError {
  return new AppError("NOT_FOUND", `Cannot find version "${version}" of flow "${flowId}": it is not kept`);
}

/**
 * The kept versions of a flow that is there. The present one may have no row of its own: where the previous version of the
 * program saved the flow, as while instances are upgraded one by one.
 */
function versionsOf(sql: TransactionSql, installationId: number, flowId: number) {
  return sql`
    select v.installation_id, v.version, v.version = flow.version as is_present, v.definition, v.restored_from, v.author,
      v.note, v.created_at, v.published_at
    from flow join flow_version v
      on v.installation_id = ${installationId} and v.flow_id = flow.id and v.version > 0
    where flow.id = ${flowId} and flow.installation_id = ${installationId} and flow.deleted_at is null
      and flow.builtin is null
    union all
    select installation_id, version, true, definition - 'enabled', null, null, null, updated_at, updated_at
    from flow
    where id = ${flowId} and installation_id = ${installationId} and deleted_at is null and builtin is null
      and not exists (select from flow_version v
        where v.installation_id = ${installationId} and v.flow_id = flow.id and v.version = flow.version)`;
}

function columns(sql: TransactionSql) {
  return sql`version, is_present, restored_from, author, ${authorName(sql)} as author_name, note, created_at,
    published_at`;
}

/** As the workspace knows a user, where that was read. Of a row `v`. */
export function authorName(sql: TransactionSql) {
  return sql`(select body->>'name' from entity_cache where entity_cache.installation_id = v.installation_id
    and entity_type = 'user' and entity_id = v.author)`;
}

function toRow(row: Omit<StoredVersion, "definition">): VersionRow {
  return {
    version: row.version,
    state: row.is_present ? "published" : "retired",
    restoredFrom: row.restored_from,
    author: row.author,
    authorName: row.author_name,
    note: row.note,
    createdAt: row.created_at,
    publishedAt: row.published_at,
  };
}
