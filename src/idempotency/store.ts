/**
 * Keys of requests that create, with the answers they got. A request claims its key for a while, does its work, and keeps its
 * answer in the transaction of the work: a process that is killed before the commit has created nothing, and its claim ends;
 * after it, the answer is there. A claim that ended may be another's by then, and what is done under it is rolled back.
 */

import type { OnPoint } from "../base/crash_point.ts";
import { AppError } from "../base/errors.ts";
import type { Clock } from "../base/clock.ts";
import type { Database, TransactionSql } from "../db/db.ts";
import { idempotencyContext } from "../secrets/contexts.ts";
import type { Keyring } from "../secrets/encryption.ts";
import { createRoom, KEY_HOURS, type RoomLimits } from "./room.ts";

/** A request is answered within a few seconds: past this its process has ended, or will find its claim lost. */
const CLAIM_SECONDS = 30;
/** Of an answer that is kept. The largest is a flow, about as long as its request, which may have 1 MiB by default. */
export const MAX_ANSWER_BYTES = 2_097_152;

export interface StoredAnswer {
  status: number;
  headers: Record<string, string>;
  /** Null where it was larger than MAX_ANSWER_BYTES. */
  body: string | null;
}

/** A key in an installation. */
export interface KeyPlace {
  installationId: number;
  keySha256: string;
}

export interface Claim extends KeyPlace {
  id: string;
  /** Of requestSha256(). */
  requestSha256: string;
}

export interface IdempotencyKeys {
  /**
   * The right to do the request's work, or the answer that it got before. Throws IDEMPOTENCY_KEY_REUSED when the key came with
   * another request, IDEMPOTENCY_KEY_IN_USE (`details.retryInMs`) while the same is in progress, and RATE_LIMITED when the
   * installation has as many keys as it may.
   */
  claim(place: KeyPlace, requestSha256: string): Promise<{ claim: Claim } | { answer: StoredAnswer }>;
  /** In the transaction of the work. Throws IDEMPOTENCY_KEY_IN_USE when the claim was lost: nothing may be done then. */
  keepWithin(sql: TransactionSql, claim: Claim, answer: StoredAnswer): Promise<void>;
  /** Of a request that stored nothing; without effect where an answer is kept already, or the claim was lost. */
  keep(claim: Claim, answer: StoredAnswer): Promise<void>;
  /** An answer that is kept and committed is about to be given: where tests end the process. */
  answering(): void;
  /** Frees the key; without effect where an answer is kept. */
  release(claim: Claim): Promise<void>;
  /** Ends all claims: of a database that one process owns, those at its start are of processes that are gone. */
  releaseAll(): Promise<void>;
}

interface Sealed {
  request: string;
  answer?: StoredAnswer;
}

export interface IdempotencyOptions {
  db: Pick<Database, "scoped">;
  keyring: Keyring;
  onPoint?: OnPoint;
  clock: Clock;
  limits: RoomLimits;
}

export function createIdempotencyKeys(
  { db, keyring, onPoint, clock, limits }: IdempotencyOptions,
): IdempotencyKeys {
  const room = createRoom(limits, clock);
  const within = <T>({ installationId }: KeyPlace, work: (sql: TransactionSql) => Promise<T>) =>
    db.scoped({ installationIds: [installationId] }, work);
  const contextOf = ({ installationId, keySha256 }: KeyPlace) => idempotencyContext(installationId, keySha256);
  const seal = (place: KeyPlace, content: Sealed) => keyring.seal(JSON.stringify(content), contextOf(place));

  /** Whether the claim was there to be answered. */
  async function write(sql: TransactionSql, claim: Claim, answer: StoredAnswer): Promise<boolean> {
    const isLarge = answer.body !== null && new TextEncoder().encode(answer.body).byteLength > MAX_ANSWER_BYTES;
    const kept = isLarge ? { ...answer, body: null } : answer;
    const sealed = await seal(claim, { request: claim.requestSha256, answer: kept });
    const rows = await sql`
      update idempotency_key set sealed = ${sealed}, claimed_until = null
      where installation_id = ${claim.installationId} and key_sha256 = ${claim.keySha256}
        and claim = ${claim.id} and claimed_until is not null
      returning 1`;
    room.stored(claim.installationId, sealed.length);
    return rows.length > 0;
  }

  return {
    claim: (place, requestSha256) =>
      within(place, async (sql) => {
        const { installationId, keySha256 } = place;
        const id = crypto.randomUUID();
        // A claim that is lost with the server has done nothing: what its work commits later is on the disk behind it.
        const claimed = await sql`
          insert into idempotency_key as present (installation_id, key_sha256, claim, claimed_until, sealed)
          select ${installationId}::bigint, ${keySha256}::text, ${id}::uuid,
            now() + ${CLAIM_SECONDS}::int * interval '1 second', ${await seal(place, { request: requestSha256 })}::text
          from set_config('synchronous_commit', 'off', true) quick where quick is not null
          on conflict (installation_id, key_sha256) do update
            set claim = excluded.claim, claimed_until = excluded.claimed_until, sealed = excluded.sealed, created_at = now()
            where present.claimed_until <= now()
              or present.created_at <= now() - ${KEY_HOURS}::int * interval '1 hour'
          returning 1`;
        if (claimed.length > 0) {
          await room.requireRoom(sql, installationId);
          return { claim: { ...place, id, requestSha256 } };
        }
        const [row] = await sql<{ sealed: string }[]>`
          select sealed from idempotency_key
          where installation_id = ${installationId} and key_sha256 = ${keySha256}`;
        // Freed between the two statements.
        if (!row) throw inUse();
        const { request, answer }: Sealed = JSON.parse(await keyring.open(row.sealed, contextOf(place)));
        if (request !== requestSha256) {
          throw new AppError(
            "IDEMPOTENCY_KEY_REUSED",
            "Cannot serve the request: its Idempotency-Key came with another request; each request needs a key of its own",
          );
        }
        if (!answer) throw inUse();
        return { answer };
      }),
    keepWithin: async (sql, claim, answer) => {
      onPoint?.("before_answer_kept");
      if (!await write(sql, claim, answer)) throw inUse();
      onPoint?.("after_answer_kept");
    },
    keep: async (claim, answer) => {
      await within(claim, (sql) => write(sql, claim, answer));
    },
    answering: () => onPoint?.("before_answer"),
    release: (claim) =>
      within(claim, async (sql) => {
        await sql`
          delete from idempotency_key where installation_id = ${claim.installationId}
            and key_sha256 = ${claim.keySha256} and claim = ${claim.id} and claimed_until is not null`;
      }),
    releaseAll: () =>
      db.scoped("all", async (sql) => {
        await sql`delete from idempotency_key where claimed_until is not null`;
      }),
  };
}

/** Most requests end within the second; what a killed process left in progress ends with its claim. */
const RETRY_MS = 1_000;

function inUse(): AppError {
  return new AppError(
    "IDEMPOTENCY_KEY_IN_USE",
    "Cannot serve the request: the first one with this Idempotency-Key is in progress; send it again later",
    { retryable: true, details: { retryInMs: RETRY_MS } },
  );
}
