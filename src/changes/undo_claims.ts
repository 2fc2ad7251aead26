/** Who undoes a change: one at a time, and each change once. */

import { AppError } from "../base/errors.ts";
import type { Database, TransactionSql } from "../db/db.ts";
import type { Fields } from "../clockify/object_write.ts";
import { objectWriteNamed } from "../clockify/object_writes.ts";
import { isLookedFor } from "./lost_rows.ts";
import { keep } from "./kept_object.ts";
import { changeUnknown } from "./store.ts";

export interface UndoClaims {
  /**
   * The right to undo the change, until released. Throws NOT_FOUND, UNDO_DONE, and UNDO_IN_PROGRESS while another has it, or
   * where an earlier undo was sent and its answer is not known.
   */
  claim(installationId: number, changeId: number): Promise<string>;
  /** Before each call. Throws UNDO_IN_PROGRESS when the claim ended and another has it. */
  renew(installationId: number, changeId: number, claim: string): Promise<void>;
  release(installationId: number, changeId: number, claim: string): Promise<void>;
  /** What the object of an undo is once all its calls were made. */
  became(installationId: number, undoId: number, object: Fields): Promise<void>;
  /** The id of the object that was made in place of one that was deleted, by its undo; undefined when there is none. */
  successorOf(
    installationId: number,
    object: { entityType: string; entityId: string | undefined },
  ): Promise<string | undefined>;
}

/** A call of an undo and its waits end well within it. */
const CLAIM_SECONDS = 180;

interface Row {
  undone_by: number | null;
  claimed: boolean;
}

/** What makes or deletes once more would do so twice; a field that is put back is the same both times. */
interface Doubt {
  id: number;
  operation_key: string;
}

export function createUndoClaims(db: Pick<Database, "scoped">): UndoClaims {
  const within = <T>(installationId: number, work: (sql: TransactionSql) => Promise<T>) =>
    db.scoped({ installationIds: [installationId] }, work);
  return {
    claim: (installationId, changeId) =>
      within(installationId, async (sql) => {
        const [row] = await sql<Row[]>`
          select undone_by, coalesce(undo_claimed_until > now(), false) as claimed
          from change where installation_id = ${installationId} and id = ${changeId} for update`;
        if (!row) throw changeUnknown(changeId);
        if (row.undone_by !== null) {
          throw new AppError("UNDO_DONE", `Cannot undo change ${changeId}: it was undone by change ${row.undone_by}`);
        }
        if (row.claimed) throw inProgress(changeId);
        const doubts = await sql<Doubt[]>`
          select id, operation_key from change
          where undo_of = ${changeId} and installation_id = ${installationId}
            and state in ('sending', 'uncertain', 'failed') and operation_key ~ '^(POST|DELETE) '
          order by id`;
        const doubt = doubts.find(({ operation_key }) => !isSeen(operation_key));
        if (doubt) {
          const how = isLookedFor(doubt.operation_key)
            ? `look for what it made: GET /ui/changes/${doubt.id}/candidates`
            : "look in Clockify";
          const why = `what came of its earlier undo, change ${doubt.id}, is not known; ${how}`;
          throw new AppError("UNDO_IN_PROGRESS", `Cannot undo change ${changeId}: ${why}`);
        }
        const claim = crypto.randomUUID();
        await sql`
          update change set undo_claim = ${claim}, undo_claimed_until = ${until(sql)}
          where installation_id = ${installationId} and id = ${changeId}`;
        return claim;
      }),
    renew: (installationId, changeId, claim) =>
      within(installationId, async (sql) => {
        const renewed = await sql`
          update change set undo_claimed_until = ${until(sql)}
          where installation_id = ${installationId} and id = ${changeId} and undo_claim = ${claim} returning 1`;
        if (renewed.length === 0) throw inProgress(changeId);
      }),
    release: (installationId, changeId, claim) =>
      within(installationId, async (sql) => {
        await sql`
          update change set undo_claim = null, undo_claimed_until = null
          where installation_id = ${installationId} and id = ${changeId} and undo_claim = ${claim}`;
      }),
    became: (installationId, undoId, object) =>
      within(installationId, async (sql) => {
        const { text } = keep(object);
        if (text === undefined) return;
        await sql`
          update change set after = ${text} where installation_id = ${installationId} and id = ${undoId}`;
      }),
    successorOf: (installationId, { entityType, entityId }) =>
      within(installationId, async (sql) => {
        if (entityId === undefined) return undefined;
        const [row] = await sql<{ entity_id: string | null }[]>`
          select made.entity_id from change gone join change made on made.undo_of = gone.id
          where gone.installation_id = ${installationId} and made.installation_id = ${installationId}
            and gone.entity_type = ${entityType} and gone.entity_id = ${entityId}
            and made.state = 'done' and made.entity_id is not null and made.entity_id <> ${entityId}
          order by made.id desc limit 1`;
        return row?.entity_id ?? undefined;
      }),
  };
}

/** A delete of an object that is read before each undo: where it is gone nothing is sent. */
function isSeen(key: string): boolean {
  const row = objectWriteNamed(key);
  return key.startsWith("DELETE ") && row.read !== undefined && row.id !== undefined && !row.items;
}

function until(sql: TransactionSql) {
  return sql`now() + ${CLAIM_SECONDS}::int * interval '1 second'`;
}

function inProgress(changeId: number): AppError {
  return new AppError("UNDO_IN_PROGRESS", `Cannot undo change ${changeId}: another undo of it is in progress`);
}
