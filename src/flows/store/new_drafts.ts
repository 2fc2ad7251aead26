/** Drafts of flows that were never saved, as stored: what somebody works on in the editor, so that a closed tab loses nothing. */

import { hash } from "node:crypto";
import { AppError } from "../../base/errors.ts";
import type { AtEnd } from "../../db/at_end.ts";
import type { Database, TransactionSql } from "../../db/db.ts";
import { requireRoomForDraft } from "./draft_room.ts";
import type { DraftDefinition } from "./draft_shape.ts";
import { authorName } from "./versions.ts";

/** Of a workspace: each is one that somebody left open, and they are listed as a whole. Their bytes are bounded with those of other drafts. */
export const MAX_NEW_DRAFTS = 50;

export interface NewDraftRow {
  id: number;
  /** As its author called it; null: not yet. */
  name: string | null;
  /** Who saved it last: a Clockify user id, or the name of an operator's key. */
  author: string | null;
  /** Null: the workspace knows no such user, or it was an operator. */
  authorName: string | null;
  createdAt: Date;
  updatedAt: Date;
}

export interface NewDraft extends NewDraftRow {
  /** Its secrets sealed. */
  definition: DraftDefinition;
  /** Of what it says: another one after each change. */
  tag: string;
}

export interface NewDrafts {
  /** Newest change first. */
  list(installationId: number): Promise<NewDraftRow[]>;
  find(installationId: number, id: number): Promise<NewDraft | undefined>;
  /**
   * `sealed` gives what is stored: its secrets are bound to the id that it gets. Throws CONFLICT where the workspace has
   * MAX_NEW_DRAFTS, and FLOW_INVALID where its drafts have no room for it (draft_room.ts).
   */
  create(
    installationId: number,
    change: { sealed(id: number): Promise<DraftDefinition>; author: string },
    options?: { atEnd?: AtEnd<NewDraft> },
  ): Promise<NewDraft>;
  /** Undefined where it is gone. Throws CONFLICT when it is another one than expected, and FLOW_INVALID as create(). */
  save(
    installationId: number,
    id: number,
    change: { definition: DraftDefinition; author: string; expectedTag?: string },
  ): Promise<NewDraft | undefined>;
  /** False where there is none. */
  remove(installationId: number, id: number): Promise<boolean>;
}

interface StoredRow {
  id: number;
  name: string | null;
  author: string | null;
  author_name: string | null;
  created_at: Date;
  updated_at: Date;
}

type StoredDraft = StoredRow & { definition: DraftDefinition; text: string };

/** `maxBytes`: of all drafts of a workspace. */
export function createNewDrafts(db: Pick<Database, "scoped">, { maxBytes }: { maxBytes: number }): NewDrafts {
  const within = <T>(installationId: number, work: (sql: TransactionSql) => Promise<T>) =>
    db.scoped({ installationIds: [installationId] }, work);
  return {
    list: (installationId) =>
      within(installationId, async (sql) => {
        const rows = await sql<StoredRow[]>`
          select ${columns(sql)} from new_flow_draft v where v.installation_id = ${installationId}
          order by updated_at desc, id desc`;
        return rows.map(toRow);
      }),
    find: (installationId, id) => within(installationId, (sql) => readDraft(sql, { installationId, id })),
    create: (installationId, { sealed, author }, { atEnd } = {}) =>
      within(installationId, async (sql) => {
        const [next] = await sql<{ id: number }[]>`select nextval('new_flow_draft_id_seq') as id`;
        const { id } = next!;
        const definition = await sealed(id);
        // Two at once are counted one after the other, from here on.
        await requireRoomForDraft(sql, { installationId, newDraftId: id }, { definition, maxBytes });
        const [made] = await sql<{ id: number }[]>`
          insert into new_flow_draft (id, installation_id, definition, author) overriding system value
          select ${id}::bigint, ${installationId}::bigint, ${JSON.stringify(definition)}::text::jsonb, ${author}::text
          where (select count(*) from new_flow_draft where installation_id = ${installationId}) < ${MAX_NEW_DRAFTS}
          returning id`;
        if (!made) {
          throw new AppError(
            "CONFLICT",
            `Cannot keep the draft: the workspace has ${MAX_NEW_DRAFTS} of flows that were never saved; discard one first`,
          );
        }
        const draft = (await readDraft(sql, { installationId, id }))!;
        await atEnd?.(sql, draft);
        return draft;
      }),
    save: (installationId, id, { definition, author, expectedTag }) =>
      within(installationId, async (sql) => {
        const before = await readDraft(sql, { installationId, id, lock: true });
        if (!before) return undefined;
        if (expectedTag !== undefined && expectedTag !== before.tag) {
          throw new AppError("CONFLICT", `Cannot change draft "${id}": it was changed meanwhile; read it again`);
        }
        await requireRoomForDraft(sql, { installationId, newDraftId: id }, { definition, maxBytes });
        await sql`
          update new_flow_draft set definition = ${JSON.stringify(definition)}::text::jsonb, author = ${author},
            updated_at = now()
          where installation_id = ${installationId} and id = ${id}`;
        return await readDraft(sql, { installationId, id });
      }),
    remove: (installationId, id) => within(installationId, (sql) => dropNewDraft(sql, { installationId, id })),
  };
}

/** Within the transaction that makes it a flow. False where there is none. */
export async function dropNewDraft(
  sql: TransactionSql,
  { installationId, id }: { installationId: number; id: number },
): Promise<boolean> {
  const rows = await sql`
    delete from new_flow_draft where installation_id = ${installationId} and id = ${id} returning 1`;
  return rows.length > 0;
}

async function readDraft(
  sql: TransactionSql,
  { installationId, id, lock = false }: { installationId: number; id: number; lock?: boolean },
): Promise<NewDraft | undefined> {
  const [row] = await sql<StoredDraft[]>`
    select ${columns(sql)}, definition, definition::text as text from new_flow_draft v
    where v.installation_id = ${installationId} and v.id = ${id} ${lock ? sql`for update` : sql``}`;
  if (!row) return undefined;
  return { ...toRow(row), definition: row.definition, tag: hash("sha256", row.text, "hex").slice(0, 32) };
}

function columns(sql: TransactionSql) {
  return sql`v.id, left(v.definition->>'name', 200) as name, author, ${
    authorName(sql)
  } as author_name, created_at, updated_at`;
}

function toRow(row: StoredRow): NewDraftRow {
  return {
    id: row.id,
    name: row.name,
    author: row.author,
    authorName: row.author_name,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
