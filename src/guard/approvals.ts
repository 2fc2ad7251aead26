/**
 * Requests that wait for a second person. Who asked gets nothing in hand: once another administrator approved, the same
 * request of the same person, byte for byte, is answered with a confirm token, and the approval is spent with it. So no secret
 * passes from one to the other, and the last look before anything is sent is that of who asked.
 */

import { AppError } from "../base/errors.ts";
import type { Database, TransactionSql } from "../db/db.ts";
import { guardRequestContext } from "../secrets/contexts.ts";
import type { Keyring } from "../secrets/encryption.ts";
import type { Grade } from "./grades.ts";
import type { Subject, SubjectKind } from "./subject.ts";

/** A request waits so long, and is good for so long once it is approved. */
export const APPROVAL_HOURS = 24;
/** Retention deletes older ones. What was sent is in the record of calls, who approved it in the audit. */
export const APPROVAL_KEPT_DAYS = 7;
/** Open ones, of a person and of an installation: they wait for people, who read a few of them. */
export const MAX_OPEN_OF_PERSON = 20;
export const MAX_OPEN_REQUESTS = 100;
/** Of what it would send, as JSON: a person reads it whole. With the numbers above an installation has 6.5 MB of them a day. */
export const MAX_SHOWN_BYTES = 65_536;
export const MAX_NOTE_CHARS = 500;

/** expired: it was not decided, or it was approved and not used in time. */
export const APPROVAL_STATES = ["waiting", "approved", "rejected", "used", "expired"] as const;
export type ApprovalState = (typeof APPROVAL_STATES)[number];

export interface Approval {
  id: number;
  kind: SubjectKind;
  /** Who asked, as GuardedRequest.person. */
  person: string;
  grade: Grade;
  title: string;
  state: ApprovalState;
  decidedBy: string | null;
  decidedAt: Date | null;
  note: string | null;
  createdAt: Date;
  expiresAt: Date;
}

export interface ApprovalDecision {
  /** Who decides. */
  by: string;
  state: "approved" | "rejected";
  note: string | null;
}

export interface Approvals {
  /** The open request of this subject, made where there is none. Throws BODY_TOO_LARGE, and RATE_LIMITED at the numbers above. */
  ask(subject: Subject): Promise<Approval>;
  /** Newest first. `person`: of that one alone. */
  list(
    installationId: number,
    page: { limit: number; before?: number; person?: string; state?: ApprovalState },
  ): Promise<{ requests: Approval[]; next: number | null }>;
  /** With what it would do. Throws NOT_FOUND; also for another one's where `person` is given. */
  find(installationId: number, id: number, options?: { person?: string }): Promise<Approval & { shown: unknown }>;
  /** Throws NOT_FOUND, CONFLICT when it is no longer waiting, and ROLE_INSUFFICIENT for the person who asked. */
  decide(installationId: number, id: number, decision: ApprovalDecision): Promise<Approval>;
}

interface ApprovalRow {
  id: number;
  kind: SubjectKind;
  person: string;
  grade: Grade;
  title: string;
  state: ApprovalState;
  decided_by: string | null;
  decided_at: Date | null;
  note: string | null;
  created_at: Date;
  expires_at: Date;
}

export function createApprovals({ db, keyring }: { db: Pick<Database, "scoped">; keyring: Keyring }): Approvals {
  const within = <T>(installationId: number, work: (sql: TransactionSql) => Promise<T>) =>
    db.scoped({ installationIds: [installationId] }, work);
  return {
    ask: async (subject) => {
      const { installationId, kind, person, grade, title, sha256 } = subject;
      const text = JSON.stringify(subject.shown);
      const bytes = new TextEncoder().encode(text).byteLength;
      if (bytes > MAX_SHOWN_BYTES) throw tooLarge(bytes);
      const sealed = await keyring.seal(text, guardRequestContext(installationId, sha256));
      return await within(installationId, async (sql) => {
        // An expired one makes room for another of the same bytes: one that is open is unique.
        await sql`
          update guard_request set state = 'expired'
          where installation_id = ${installationId} and state in ('waiting', 'approved') and expires_at <= now()`;
        const [made] = await sql<ApprovalRow[]>`
          insert into guard_request as r
            (installation_id, kind, person, grade, title, request_sha256, sealed, state, expires_at)
          values (${installationId}, ${kind}, ${person}, ${grade}, ${title.slice(0, 500)}, ${sha256}, ${sealed},
            'waiting', now() + ${APPROVAL_HOURS}::int * interval '1 hour')
          on conflict (installation_id, person, request_sha256) where state in ('waiting', 'approved') do nothing
          returning ${columns(sql)}`;
        if (made) {
          await requireRoom(sql, { installationId, person });
          return toApproval(made);
        }
        const [present] = await sql<ApprovalRow[]>`
          select ${columns(sql)} from guard_request r where installation_id = ${installationId} and person = ${person}
            and request_sha256 = ${sha256} and state in ('waiting', 'approved')`;
        if (present) return toApproval(present);
        // Decided between the two statements.
        throw new AppError("CONFLICT", "Cannot ask for the approval: the request is being decided; try again");
      });
    },
    list: (installationId, { limit, before, person, state }) =>
      within(installationId, async (sql) => {
        const rows = await sql<ApprovalRow[]>`
          select * from (
            select ${columns(sql)} from guard_request r where installation_id = ${installationId}
              ${before === undefined ? sql`` : sql`and id < ${before}`}
              ${person === undefined ? sql`` : sql`and person = ${person}`}
          ) listed ${state === undefined ? sql`` : sql`where state = ${state}`}
          order by id desc limit ${limit + 1}`;
        const requests = rows.slice(0, limit).map(toApproval);
        return { requests, next: rows.length > limit ? requests.at(-1)!.id : null };
      }),
    find: async (installationId, id, { person } = {}) => {
      const [row] = await within(
        installationId,
        (sql) =>
          sql<(ApprovalRow & { sealed: string; request_sha256: string })[]>`
          select ${columns(sql)}, sealed, request_sha256 from guard_request r
          where installation_id = ${installationId} and id = ${id}`,
      );
      if (!row || (person !== undefined && row.person !== person)) throw unknown(id);
      const text = await keyring.open(row.sealed, guardRequestContext(installationId, row.request_sha256));
      return { ...toApproval(row), shown: JSON.parse(text) };
    },
    decide: (installationId, id, { by, state, note }) =>
      within(installationId, async (sql) => {
        // Approved, it is good for as long again: who asked may be away just now.
        const [row] = await sql<ApprovalRow[]>`
          update guard_request r set state = ${state}, decided_by = ${by}, decided_at = now(), note = ${note},
            expires_at = case when ${state} = 'approved' then now() + ${APPROVAL_HOURS}::int * interval '1 hour'
              else expires_at end
          where installation_id = ${installationId} and id = ${id} and person <> ${by}
            and state = 'waiting' and expires_at > now()
          returning ${columns(sql)}`;
        if (row) return toApproval(row);
        const [present] = await sql<ApprovalRow[]>`
          select ${columns(sql)} from guard_request r where installation_id = ${installationId} and id = ${id}`;
        if (!present) throw unknown(id);
        if (present.person === by) {
          throw new AppError("ROLE_INSUFFICIENT", "Cannot decide the request: you asked for it; another person has to");
        }
        const now = present.decided_by === null ? present.state : `${present.state} by ${present.decided_by}`;
        throw new AppError("CONFLICT", `Cannot decide request "${id}": it is no longer waiting: ${now}`);
      }),
  };
}

/** The id of an approval of the subject that is not used yet. */
export async function findApproved(
  sql: TransactionSql,
  { installationId, person, sha256 }: Pick<Subject, "installationId" | "person" | "sha256">,
): Promise<number | undefined> {
  const [row] = await sql<{ id: number }[]>`
    select id from guard_request where installation_id = ${installationId} and person = ${person}
      and request_sha256 = ${sha256} and state = 'approved' and expires_at > now()`;
  return row?.id;
}

function columns(sql: TransactionSql) {
  return sql`r.id, r.kind, r.person, r.grade, r.title, r.decided_by, r.decided_at, r.note, r.created_at, r.expires_at,
    case when r.state in ('waiting', 'approved') and r.expires_at <= now() then 'expired' else r.state end as state`;
}

/** After the insert, which is rolled back. Requests at the same moment may pass it by their number. */
async function requireRoom(
  sql: TransactionSql,
  { installationId, person }: Pick<Subject, "installationId" | "person">,
): Promise<void> {
  const [open] = await sql<{ all: number; own: number }[]>`
    select count(*)::int as all, count(*) filter (where person = ${person})::int as own from guard_request
    where installation_id = ${installationId} and state in ('waiting', 'approved')`;
  const { all, own } = open!;
  if (all <= MAX_OPEN_REQUESTS && own <= MAX_OPEN_OF_PERSON) return;
  const [whose, most] = own > MAX_OPEN_OF_PERSON ? ["of yours", MAX_OPEN_OF_PERSON] : ["here", MAX_OPEN_REQUESTS];
  throw new AppError(
    "RATE_LIMITED",
    `Cannot ask for an approval: ${most} requests ${whose} are open; they have to be decided, used or expire first`,
    { retryable: true, details: { retryInMs: 600_000 } },
  );
}

function toApproval(row: ApprovalRow): Approval {
  return {
    id: row.id,
    kind: row.kind,
    person: row.person,
    grade: row.grade,
    title: row.title,
    state: row.state,
    decidedBy: row.decided_by,
    decidedAt: row.decided_at,
    note: row.note,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  };
}

function unknown(id: number): AppError {
  return new AppError("NOT_FOUND", `Cannot find request "${id}": there is none`);
}

function tooLarge(actualBytes: number): AppError {
  return new AppError(
    "BODY_TOO_LARGE",
    `Cannot ask for an approval: what it would send has ${actualBytes} bytes, and a person reads ${MAX_SHOWN_BYTES} at most`,
    { details: { maxBytes: MAX_SHOWN_BYTES, actualBytes } },
  );
}
