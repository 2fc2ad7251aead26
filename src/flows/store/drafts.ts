/** The draft of a flow as stored, one at most: what somebody works on beside the published version. It never runs. */

import { hash } from "node:crypto";
import type { AtEnd } from "../../db/at_end.ts";
import type { Database, TransactionSql } from "../../db/db.ts";
import { AppError } from "../../base/errors.ts";
import { requireRoomForDraft } from "./draft_room.ts";
import type { DraftDefinition } from "./draft_shape.ts";
import { lockFlow } from "./store.ts";
import type { FlowKey } from "./version_rows.ts";
import { authorName } from "./versions.ts";

/** A draft without its definition. */
export interface DraftRow {
  /** The version that it is a change of. */
  baseVersion: number;
  /** The earlier version that it repeats; null once it says something else. */
  restoredFrom: number | null;
  /** Who saved it last: a Clockify user id, or the name of an operator's key. */
  author: string | null;
  /** Null: the workspace knows no such user, or it was an operator. */
  authorName: string | null;
  note: string | null;
  createdAt: Date;
  updatedAt: Date;
}

export interface FlowDraft extends DraftRow {
  /** Its secrets sealed. */
  definition: DraftDefinition;
  /** Of what it says: another one after each change. */
  tag: string;
}

export interface DraftChange {
  /** Its secrets sealed. */
  definition: DraftDefinition;
  note: string | null;
  author: string;
  /** Absent: as before, and of a new draft the version that is published. */
  baseVersion?: number;
  /** The tag of the draft that it replaces; null: there is none; absent: whatever is there, or nothing. */
  expectedTag?: string | null;
  /** The earlier version whose definition it is. */
  restoredFrom?: number;
}

export interface FlowDrafts {
  find(installationId: number, flowId: number): Promise<FlowDraft | undefined>;
  /** Of all flows that have one, with their secrets sealed. */
  list(installationId: number): Promise<Map<number, DraftDefinition>>;
  about(installationId: number, flowId: number): Promise<DraftRow | undefined>;
  /**
   * Makes or replaces the draft. Throws NOT_FOUND without the flow, REQUEST_INVALID for a base that is no version of it yet,
   * CONFLICT when the draft is another one than expected, and FLOW_INVALID where the workspace's drafts have no room for it.
   */
  save(
    installationId: number,
    flowId: number,
    change: DraftChange,
    options?: { atEnd?: AtEnd<FlowDraft> },
  ): Promise<FlowDraft>;
  /** False where there is none. Throws CONFLICT when it is another one than expected. */
  remove(installationId: number, flowId: number, options?: { expectedTag?: string }): Promise<boolean>;
}

interface StoredRow {
  base_version: number;
  restored_from: number | null;
  author: string | null;
  author_name: string | null;
  note: string | null;
  created_at: Date;
  updated_at: Date;
}

interface StoredDraft extends StoredRow {
  definition: DraftDefinition;
  text: string;
}

/** `maxBytes`: of all drafts of a workspace (draft_room.ts). */
export function createFlowDrafts(db: Pick<Database, "scoped">, { maxBytes }: { maxBytes: number }): FlowDrafts {
  const within = <T>(installationId: number, work: (sql: TransactionSql) => Promise<T>) =>
    db.scoped({ installationIds: [installationId] }, work);
  return {
    find: (installationId, flowId) => within(installationId, (sql) => readDraft(sql, { installationId, flowId })),
    list: (installationId) =>
      within(installationId, async (sql) => {
        const rows = await sql<{ flow_id: number; definition: DraftDefinition }[]>`
          select flow.id as flow_id, v.definition
          from flow join flow_version v
            on v.flow_id = flow.id and v.version = 0 and v.installation_id = ${installationId}
          where flow.installation_id = ${installationId} and flow.deleted_at is null and flow.builtin is null`;
        return new Map(rows.map(({ flow_id, definition }) => [flow_id, definition]));
      }),
    about: (installationId, flowId) =>
      within(installationId, async (sql) => {
        const [row] = await sql<StoredRow[]>`
          select ${columns(sql)} from flow_version v
          where v.installation_id = ${installationId} and v.flow_id = ${flowId} and v.version = 0`;
        return row && toRow(row);
      }),
    save: (installationId, flowId, { definition, note, author, baseVersion, expectedTag, restoredFrom }, options) =>
      within(installationId, async (sql) => {
        const key = { installationId, flowId };
        // Every change of its draft waits for the one before.
        const { version } = await lockFlow(sql, key);
        await requireTag(sql, key, expectedTag);
        if (baseVersion !== undefined && baseVersion > version) {
          throw new AppError(
            "REQUEST_INVALID",
            `Cannot save the draft: expected a base_version from 1 to ${version}, the version of flow "${flowId}"`,
          );
        }
        await requireRoomForDraft(sql, key, { definition, maxBytes });
        await sql`
          insert into flow_version (installation_id, flow_id, version, definition, base_version, restored_from, author, note)
          values (${installationId}, ${flowId}, 0, ${JSON.stringify(definition)}::text::jsonb,
            ${baseVersion ?? version}, ${restoredFrom ?? null}::int, ${author}, ${note})
          on conflict (flow_id, version) do update set definition = excluded.definition, author = excluded.author,
            note = excluded.note, updated_at = now(), restored_from = coalesce(excluded.restored_from,
              case when flow_version.definition = excluded.definition then flow_version.restored_from end),
            base_version = coalesce(${baseVersion ?? null}::int, flow_version.base_version)`;
        const saved = (await readDraft(sql, key))!;
        await options?.atEnd?.(sql, saved);
        return saved;
      }),
    remove: (installationId, flowId, { expectedTag } = {}) =>
      within(installationId, async (sql) => {
        const key = { installationId, flowId };
        await lockFlow(sql, key);
        await requireTag(sql, key, expectedTag);
        return await dropDraft(sql, key);
      }),
  };
}

/** Within the transaction that publishes it, the flow locked: the draft goes. Throws CONFLICT where it is another one by now. */
export async function takeDraft(sql: TransactionSql, key: FlowKey, tag: string): Promise<void> {
  await requireTag(sql, key, tag);
  await dropDraft(sql, key);
}

async function dropDraft(sql: TransactionSql, { installationId, flowId }: FlowKey): Promise<boolean> {
  const rows = await sql`
    delete from flow_version where installation_id = ${installationId} and flow_id = ${flowId} and version = 0
    returning 1`;
  return rows.length > 0;
}

async function requireTag(sql: TransactionSql, key: FlowKey, expected: string | null | undefined): Promise<void> {
  if (expected === undefined || ((await readDraft(sql, key))?.tag ?? null) === expected) return;
  throw new AppError(
    "CONFLICT",
    `Cannot change the draft of flow "${key.flowId}": it was changed meanwhile; read it again`,
  );
}

async function readDraft(
  sql: TransactionSql,
  { installationId, flowId }: FlowKey,
): Promise<FlowDraft | undefined> {
  const [row] = await sql<StoredDraft[]>`
    select ${columns(sql)}, definition, definition::text as text from flow_version v
    where v.installation_id = ${installationId} and v.flow_id = ${flowId} and v.version = 0`;
  if (!row) return undefined;
  const tag = hash("sha256", JSON.stringify([row.base_version, row.note, row.text]), "hex").slice(0, 32);
  return { ...toRow(row), definition: row.definition, tag };
}

function columns(sql: TransactionSql) {
  return sql`base_version, restored_from, author, ${authorName(sql)} as author_name, note, created_at, updated_at`;
}

function toRow(row: StoredRow): DraftRow {
  return {
    baseVersion: row.base_version,
    restoredFrom: row.restored_from,
    author: row.author,
    authorName: row.author_name,
    note: row.note,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
