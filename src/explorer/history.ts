/** The calls that people made by hand, newest first: who, what, when, and what came of it. */

import type { Database, TransactionSql } from "../db/db.ts";
import type { AtEnd } from "../db/at_end.ts";
import { explorerCallContext } from "../secrets/contexts.ts";
import type { Keyring } from "../secrets/encryption.ts";
import type { Via } from "./execute.ts";

/** Kept of an installation, and of them of one person: a member's reads do not push out what others did. */
export const MAX_CALLS = 1_000;
export const MAX_CALLS_OF_PERSON = 400;

/** One call, as lists show it. */
export interface CallRow {
  id: number;
  at: Date;
  person: string;
  via: Via;
  operation: string;
  method: string;
  path: string;
  actedAs: "addon" | "viewer";
  outcome: string;
  statusCode: number | null;
  errorCode: string | null;
  durationMs: number;
  size: number | null;
}

/** What of a call is encrypted: without secrets, and cut (record.ts). */
export interface CallContent {
  request: { path_params: unknown; query_params: unknown; body: unknown; replace?: boolean; pages?: number | "all" };
  answer: unknown;
}

export interface ExplorerHistory {
  /** Keeps the call and lets the oldest beyond the limits go. `atEnd` is called with its id. */
  add(
    installationId: number,
    call: Omit<CallRow, "id" | "at"> & { content: CallContent },
    options?: { atEnd?: AtEnd<number> },
  ): Promise<number>;
  /** `person`: of that one alone. */
  list(
    installationId: number,
    page: { limit: number; before?: number; person?: string; operation?: string },
  ): Promise<{ calls: CallRow[]; next: number | null }>;
  /** Undefined also for another person's where `person` is given. */
  find(installationId: number, id: number, options: { person?: string }): Promise<CallRow & CallContent | undefined>;
}

interface Row {
  id: number;
  at: Date;
  person: string;
  via: Via;
  operation: string;
  method: string;
  path: string;
  acted_as: CallRow["actedAs"];
  outcome: string;
  status_code: number | null;
  error_code: string | null;
  duration_ms: number;
  size: number | null;
}

export function createExplorerHistory(
  { db, keyring }: { db: Pick<Database, "scoped">; keyring: Keyring },
): ExplorerHistory {
  const within = <T>(installationId: number, work: (sql: TransactionSql) => Promise<T>) =>
    db.scoped({ installationIds: [installationId] }, work);
  return {
    add: (installationId, { content, ...call }, { atEnd } = {}) =>
      within(installationId, async (sql) => {
        const [next] = await sql<{ id: number }[]>`select nextval('explorer_call_id_seq') as id`;
        const { id } = next!;
        const sealed = await keyring.seal(JSON.stringify(content), explorerCallContext(installationId, id));
        await sql`
          insert into explorer_call
            (id, installation_id, person, via, operation, method, path, acted_as, outcome, status_code, error_code,
              duration_ms, size, sealed)
          overriding system value
          values (${id}, ${installationId}, ${call.person}, ${call.via}, ${call.operation}, ${call.method}, ${call.path},
            ${call.actedAs}, ${call.outcome}, ${call.statusCode}, ${call.errorCode}, ${call.durationMs}, ${call.size},
            ${sealed})`;
        await sql`
          delete from explorer_call where installation_id = ${installationId} and (
            id <= (select id from explorer_call where installation_id = ${installationId}
              order by id desc offset ${MAX_CALLS} limit 1)
            or (person = ${call.person} and id <= (select id from explorer_call
              where installation_id = ${installationId} and person = ${call.person}
              order by id desc offset ${MAX_CALLS_OF_PERSON} limit 1)))`;
        await atEnd?.(sql, id);
        return id;
      }),

    list: async (installationId, { limit, before, person, operation }) => {
      const rows = await within(installationId, (sql) =>
        sql<Row[]>`
          select ${columns(sql)} from explorer_call where installation_id = ${installationId}
            ${before === undefined ? sql`` : sql`and id < ${before}`}
            ${person === undefined ? sql`` : sql`and person = ${person}`}
            ${operation === undefined ? sql`` : sql`and operation = ${operation}`}
          order by id desc limit ${limit + 1}`);
      const calls = rows.slice(0, limit).map(toCall);
      return { calls, next: rows.length > limit ? calls.at(-1)!.id : null };
    },

    find: async (installationId, id, { person }) => {
      const [row] = await within(installationId, (sql) =>
        sql<(Row & { sealed: string })[]>`
          select ${columns(sql)}, sealed from explorer_call where installation_id = ${installationId} and id = ${id}
            ${person === undefined ? sql`` : sql`and person = ${person}`}`);
      if (!row) return undefined;
      const content: CallContent = JSON.parse(await keyring.open(row.sealed, explorerCallContext(installationId, id)));
      return { ...toCall(row), ...content };
    },
  };
}

function columns(sql: TransactionSql) {
  return sql`id, at, person, via, operation, method, path, acted_as, outcome, status_code, error_code, duration_ms, size`;
}

function toCall(row: Row): CallRow {
  return {
    id: row.id,
    at: row.at,
    person: row.person,
    via: row.via,
    operation: row.operation,
    method: row.method,
    path: row.path,
    actedAs: row.acted_as,
    outcome: row.outcome,
    statusCode: row.status_code,
    errorCode: row.error_code,
    durationMs: row.duration_ms,
    size: row.size,
  };
}
