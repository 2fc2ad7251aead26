/**
 * Confirm tokens: after a preview, the one right to do exactly what was shown. Only hashes are stored. A token holds for one
 * person, one installation and one request; it lies in the database, so a restart, or another instance, changes nothing.
 */

import { createHash } from "node:crypto";
import { Buffer } from "node:buffer";
import { AppError } from "../base/errors.ts";
import type { TransactionSql } from "../db/db.ts";
import type { Subject } from "./subject.ts";

/** For so long what was shown is taken as still in mind. */
export const TOKEN_MINUTES = 10;
/** Of a person in an installation: each is a row, and one who previews leaves most of them unused. */
export const MAX_OPEN_TOKENS = 100;
/** Retention deletes older ones: until then a late token is answered as expired or used, not as unknown. */
export const TOKEN_KEPT_DAYS = 1;

const TOKEN_BYTES = 32;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/**
 * A new token for the subject. `approvalId`: the approval that it spends with itself. Throws RATE_LIMITED when the person has
 * MAX_OPEN_TOKENS already; requests at the same moment may pass it by their number.
 */
export async function makeToken(
  sql: TransactionSql,
  { installationId, person, sha256, grade }: Subject,
  { approvalId = null }: { approvalId?: number | null } = {},
): Promise<{ confirmToken: string; expiresAt: Date }> {
  const confirmToken = Buffer.from(crypto.getRandomValues(new Uint8Array(TOKEN_BYTES))).toString("base64url");
  const [row] = await sql<{ expires_at: Date }[]>`
    insert into confirm_token (token_sha256, installation_id, person, request_sha256, grade, approval_id, expires_at)
    select ${hashOf(confirmToken)}, ${installationId}::bigint, ${person}, ${sha256}, ${grade}, ${approvalId}::bigint,
      now() + ${TOKEN_MINUTES}::int * interval '1 minute'
    where (select count(*) from (
      select 1 from confirm_token where installation_id = ${installationId} and person = ${person}
        and used_at is null and expires_at > now() limit ${MAX_OPEN_TOKENS}
    ) open) < ${MAX_OPEN_TOKENS}::int
    returning expires_at`;
  if (row) return { confirmToken, expiresAt: row.expires_at };
  throw new AppError(
    "RATE_LIMITED",
    `Cannot make a confirm token: ${MAX_OPEN_TOKENS} of yours are open; use them, or wait until the first expires`,
    { retryable: true, details: { retryInMs: 60_000 } },
  );
}

/**
 * Uses the token up, in the caller's transaction: of two at once one wins. `approved`: only a token of an approval will do.
 * Throws CONFIRM_TOKEN_INVALID, CONFIRM_TOKEN_EXPIRED, CONFIRM_TOKEN_USED.
 */
export async function useToken(
  sql: TransactionSql,
  token: string,
  { installationId, person, sha256, approved }: Pick<Subject, "installationId" | "person" | "sha256"> & {
    approved: boolean;
  },
): Promise<void> {
  // Nothing that no token looks like needs to be looked up.
  if (!TOKEN.test(token)) throw invalid();
  const hash = hashOf(token);
  const [used] = await sql<{ approval_id: number | null }[]>`
    update confirm_token set used_at = now()
    where token_sha256 = ${hash} and installation_id = ${installationId} and person = ${person}
      and request_sha256 = ${sha256} and used_at is null and expires_at > now()
    returning approval_id`;
  if (!used) throw await refusal(sql, hash, { installationId, person, sha256 });
  if (used.approval_id === null) {
    if (approved) throw invalid("the policy asks for a second person by now: ask again without the token");
    return;
  }
  const [spent] = await sql`
    update guard_request set state = 'used', used_at = now()
    where id = ${used.approval_id} and installation_id = ${installationId} and state = 'approved' and expires_at > now()
    returning 1`;
  if (!spent) throw new AppError("CONFIRM_TOKEN_USED", "Cannot confirm: the approval was used, or has expired");
}

async function refusal(
  sql: TransactionSql,
  hash: string,
  { installationId, person, sha256 }: Pick<Subject, "installationId" | "person" | "sha256">,
): Promise<AppError> {
  const [row] = await sql<{ person: string; request_sha256: string; used: boolean }[]>`
    select person, request_sha256, used_at is not null as used from confirm_token
    where token_sha256 = ${hash} and installation_id = ${installationId}`;
  // Whose it is, or that it is there at all, is not said.
  if (!row || row.person !== person || row.request_sha256 !== sha256) return invalid();
  if (row.used) {
    return new AppError("CONFIRM_TOKEN_USED", "Cannot confirm: the token was used; each is good for one request");
  }
  return new AppError(
    "CONFIRM_TOKEN_EXPIRED",
    `Cannot confirm: the token is older than ${TOKEN_MINUTES} minutes; ask again, and confirm what is shown then`,
  );
}

function invalid(why = "the token is not of you, this workspace and exactly this request"): AppError {
  return new AppError("CONFIRM_TOKEN_INVALID", `Cannot confirm: ${why}`);
}

function hashOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
