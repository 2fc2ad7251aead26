/** Calls that people keep to make again: for themselves, or for all of the workspace. */

import { AppError, toAppError } from "../base/errors.ts";
import type { AtEnd } from "../db/at_end.ts";
import type { Database, TransactionSql } from "../db/db.ts";
import { explorerSavedContext } from "../secrets/contexts.ts";
import { type Keyring, type SealContext, UNOPENED } from "../secrets/encryption.ts";

/** Of an installation, and of them of one person. */
export const MAX_SAVED = 500;
export const MAX_SAVED_OF_PERSON = 100;
/** Of a request, as JSON: with the numbers above an installation has 32 MB at most. */
export const MAX_SAVED_BYTES = 65_536;

export interface SavedCall {
  id: number;
  /** Clockify user id, or "operator:<name>". */
  person: string;
  name: string;
  shared: boolean;
  /** As POST /ui/api-explorer/execute takes it; null where it cannot be opened. */
  request: unknown;
  /** Why it cannot be opened, and what to do; null where it can. */
  fault: string | null;
  createdAt: Date;
  updatedAt: Date;
}

export type SavedInput = Pick<SavedCall, "name" | "shared" | "request">;

/** Who asks: people see their own and what is shared, and change their own; an admin changes what is shared too. */
export interface SavedReader {
  installationId: number;
  person: string;
  isAdmin: boolean;
}

export interface SavedCalls {
  /** By name. */
  list(reader: SavedReader): Promise<SavedCall[]>;
  /** Undefined for one that the reader may not see. */
  find(reader: SavedReader, id: number): Promise<SavedCall | undefined>;
  /** Throws BODY_TOO_LARGE, and CONFLICT at the numbers above. */
  create(reader: SavedReader, input: SavedInput, options?: { atEnd?: AtEnd<SavedCall> }): Promise<SavedCall>;
  /** Undefined for one that the reader may not change. Throws BODY_TOO_LARGE. */
  update(reader: SavedReader, id: number, input: SavedInput): Promise<SavedCall | undefined>;
  remove(reader: SavedReader, id: number): Promise<boolean>;
}

interface Row {
  id: number;
  person: string;
  name: string;
  shared: boolean;
  sealed: string;
  created_at: Date;
  updated_at: Date;
}

export function createSavedCalls({ db, keyring }: { db: Pick<Database, "scoped">; keyring: Keyring }): SavedCalls {
  const within = <T>(installationId: number, work: (sql: TransactionSql) => Promise<T>) =>
    db.scoped({ installationIds: [installationId] }, work);
  const textOf = (request: unknown): string => {
    const text = JSON.stringify(request);
    const actualBytes = new TextEncoder().encode(text).byteLength;
    if (actualBytes > MAX_SAVED_BYTES) {
      throw new AppError("BODY_TOO_LARGE", `Cannot save the call: it has more than ${MAX_SAVED_BYTES} bytes`, {
        details: { maxBytes: MAX_SAVED_BYTES, actualBytes },
      });
    }
    return text;
  };
  const open = async ({ sealed, created_at, updated_at, ...row }: Row, installationId: number): Promise<SavedCall> => ({
    ...row,
    ...await requestOf(keyring, sealed, explorerSavedContext(installationId, row.id)),
    createdAt: created_at,
    updatedAt: updated_at,
  });
  const mayChange = (sql: TransactionSql, { person, isAdmin }: SavedReader) =>
    isAdmin ? sql`(person = ${person} or shared)` : sql`person = ${person}`;
  return {
    list: async (reader) => {
      const { installationId, person } = reader;
      const rows = await within(installationId, (sql) =>
        sql<Row[]>`
          select ${columns(sql)} from explorer_saved
          where installation_id = ${installationId} and (person = ${person} or shared)
          order by lower(name), id limit ${MAX_SAVED}`);
      return await Promise.all(rows.map((row) => open(row, installationId)));
    },

    find: async ({ installationId, person }, id) => {
      const [row] = await within(installationId, (sql) =>
        sql<Row[]>`
          select ${columns(sql)} from explorer_saved
          where installation_id = ${installationId} and id = ${id} and (person = ${person} or shared)`);
      return row && await open(row, installationId);
    },

    create: async ({ installationId, person }, { name, shared, request }, { atEnd } = {}) => {
      const text = textOf(request);
      return await within(installationId, async (sql) => {
        const [count] = await sql<{ all: number; own: number; id: number }[]>`
          select count(*)::int as all, count(*) filter (where person = ${person})::int as own,
            nextval('explorer_saved_id_seq') as id
          from explorer_saved where installation_id = ${installationId}`;
        const { all, own, id } = count!;
        if (all >= MAX_SAVED || own >= MAX_SAVED_OF_PERSON) {
          const [whose, most] = all >= MAX_SAVED ? ["the workspace has", MAX_SAVED] : ["you have", MAX_SAVED_OF_PERSON];
          throw new AppError("CONFLICT", `Cannot save the call: ${whose} ${most} saved calls; delete some first`);
        }
        const [row] = await sql<Row[]>`
          insert into explorer_saved (id, installation_id, person, name, shared, sealed) overriding system value
          values (${id}, ${installationId}, ${person}, ${name}, ${shared},
            ${await keyring.seal(text, explorerSavedContext(installationId, id))}) returning ${columns(sql)}`;
        const { created_at: createdAt, updated_at: updatedAt } = row!;
        const saved = { id, person, name, shared, request, fault: null, createdAt, updatedAt };
        await atEnd?.(sql, saved);
        return saved;
      });
    },

    update: async (reader, id, { name, shared, request }) => {
      const { installationId } = reader;
      const sealed = await keyring.seal(textOf(request), explorerSavedContext(installationId, id));
      const [row] = await within(installationId, (sql) =>
        sql<Row[]>`
          update explorer_saved set name = ${name}, shared = ${shared}, sealed = ${sealed}, updated_at = now()
          where installation_id = ${installationId} and id = ${id} and ${mayChange(sql, reader)}
          returning ${columns(sql)}`);
      return row && await open(row, installationId);
    },

    remove: async (reader, id) => {
      const { installationId } = reader;
      const gone = await within(installationId, (sql) =>
        sql`
          delete from explorer_saved where installation_id = ${installationId} and id = ${id} and ${
          mayChange(sql, reader)
        }
          returning 1`);
      return gone.length > 0;
    },
  };
}

/** One that cannot be opened is shown by its name all the same: whoever saved it can save it again, and the others are seen. */
async function requestOf(
  keyring: Keyring,
  sealed: string,
  context: SealContext,
): Promise<Pick<SavedCall, "request" | "fault">> {
  try {
    return { request: JSON.parse(await keyring.open(sealed, context)), fault: null };
  } catch (error) {
    const { code, message } = toAppError(error);
    if (!UNOPENED.includes(code)) throw error;
    return { request: null, fault: `${message}; save the call again, or delete it` };
  }
}

function columns(sql: TransactionSql) {
  return sql`id, person, name, shared, sealed, created_at, updated_at`;
}
