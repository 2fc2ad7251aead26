/**
 * Decides approvals, and hands them to others. A decision is one transaction over the approval, the answer to its step's wait and
 * the run's job: the run goes on with exactly what people see that was decided. The job's lock orders decisions among each other,
 * and with the walk that ends the wait for its time; the first counts.
 */

import { AppError, toAppError } from "../base/errors.ts";
import { type Database, type Query, retryRolledBack, type TransactionSql } from "../db/db.ts";
import { answerWait } from "../signals/signal.ts";
import { type ApprovalState, approvalUnknown } from "./store.ts";
import { mayDecide, type Viewer, whoMay } from "./who.ts";

/** Type of the wait of an approval; the key is its id. */
export const APPROVAL_WAIT = "approval";
export const MAX_NOTE_CHARS = 2_000;
/** As of the flow form. */
const MAX_PEOPLE = 50;

export type Decision = "approve" | "reject";

/** What a person does to an approval that is open. */
export interface Decisions {
  /**
   * Throws NOT_FOUND, ROLE_INSUFFICIENT with who may, and CONFLICT where it is no longer open, with who decided.
   */
  decide(
    installationId: number,
    id: string,
    request: { by: Viewer; decision: Decision; note: string | null },
  ): Promise<void>;
  /**
   * The person who hands it over need not decide any more, and `to` may; an admin who was not asked only adds someone. Throws as
   * decide(), and REQUEST_INVALID for one who is no user of the workspace.
   */
  hand(installationId: number, id: string, request: { by: Viewer; to: string }): Promise<void>;
}

interface Row {
  run_id: string;
  path: string;
  state: ApprovalState;
  people: string[];
  roles: string[];
  decided_by: string | null;
  decided_by_name: string | null;
  decided_at: Date | null;
  expires_at: Date | null;
  is_late: boolean;
}

export function createDecisions(
  { db, wake, onDecided = () => {} }: {
    db: Pick<Database, "scoped">;
    /** Says that a run may go on, after the commit. */
    wake(): void;
    onDecided?(fact: { installationId: number; decision: "approved" | "rejected" }): void;
  },
): Decisions {
  const within = <T>(installationId: number, work: (sql: TransactionSql) => Promise<T>) =>
    retryRolledBack(() => db.scoped({ installationIds: [installationId] }, work));

  async function decideOnce(
    sql: TransactionSql,
    { installationId, id, by, state, note }: {
      installationId: number;
      id: string;
      by: Viewer;
      state: "approved" | "rejected";
      note: string | null;
    },
  ) {
    const found = await read(sql, installationId, id);
    await requireMay(sql, { installationId, row: found, by, verb: "decide" });
    if (found.state !== "open") throw over(found);
    const name = await nameOf(sql, installationId, by.person);
    const [now] = await sql<{ at: Date }[]>`select clock_timestamp() as at`;
    const value = { decision: state, by: by.person, by_name: name, note, at: now!.at.toISOString() };
    const { run_id: runId, path } = found;
    await answerWait(sql, { installationId, runId, path, type: APPROVAL_WAIT, key: id, value });
    // Under the job's lock by now; it may have been handed to another meanwhile.
    const locked = await read(sql, installationId, id, { lock: true });
    await requireMay(sql, { installationId, row: locked, by, verb: "decide" });
    if (locked.state !== "open") throw over(locked);
    await sql`
      update approval set state = ${state}, decided_by = ${by.person}, decided_by_name = ${name}, decision_note = ${note},
        decided_at = ${now!.at}, changed_at = now()
      where installation_id = ${installationId} and id = ${id}`;
  }

  return {
    decide: async (installationId, id, { by, decision, note }) => {
      const state = decision === "approve" ? "approved" : "rejected";
      try {
        await within(installationId, (sql) => decideOnce(sql, { installationId, id, by, state, note }));
      } catch (error) {
        if (toAppError(error).code !== "CONFLICT" && toAppError(error).code !== "NOT_FOUND") throw error;
        // The wait is over, or was answered: what became of it says more than that.
        const now = await within(installationId, (sql) => read(sql, installationId, id));
        throw now.state !== "open" ? over(now) : now.is_late ? late(now) : error;
      }
      wake();
      onDecided({ installationId, decision: state });
    },

    hand: (installationId, id, { by, to }) =>
      within(installationId, async (sql) => {
        const row = await read(sql, installationId, id, { lock: true });
        if (!by.isAdmin) await requireMay(sql, { installationId, row, by, verb: "hand over" });
        if (row.state !== "open") throw over(row);
        await requireUser(sql, installationId, to);
        const people = [...new Set([...row.people.filter((one) => one !== by.person), to])];
        if (people.length > MAX_PEOPLE) {
          throw new AppError(
            "REQUEST_INVALID",
            `Cannot hand the approval over: ${MAX_PEOPLE} people may decide it already`,
          );
        }
        await sql`
          update approval set people = array(select jsonb_array_elements_text(${JSON.stringify(people)}::text::jsonb)),
            handed_by = ${by.person}, changed_at = now()
          where installation_id = ${installationId} and id = ${id}`;
      }),
  };
}

async function read(sql: Query, installationId: number, id: string, { lock = false } = {}): Promise<Row> {
  const [row] = await sql<Row[]>`
    select run_id, path, state, to_json(people) as people, to_json(roles) as roles, decided_by, decided_by_name, decided_at,
      expires_at, coalesce(expires_at <= now(), false) as is_late from approval
    where installation_id = ${installationId} and id = ${id} ${lock ? sql`for update` : sql``}`;
  if (!row) throw approvalUnknown(id);
  return row;
}

async function requireMay(
  sql: Query,
  { installationId, row, by, verb }: { installationId: number; row: Row; by: Viewer; verb: string },
): Promise<void> {
  if (mayDecide(row, by)) return;
  const people = await Promise.all(
    row.people.map(async (id) => ({ id, name: await nameOf(sql, installationId, id) })),
  );
  const may = whoMay({ people, roles: row.roles });
  const way = by.isAdmin ? "; an owner or admin may hand it to somebody, who may decide then" : "";
  throw new AppError("ROLE_INSUFFICIENT", `Cannot ${verb} the approval: it is for ${may}${way}`);
}

/** As the workspace knows a user, where that was read. */
async function nameOf(sql: Query, installationId: number, person: string): Promise<string | null> {
  const [row] = await sql<{ name: string | null }[]>`
    select body->>'name' as name from entity_cache
    where installation_id = ${installationId} and entity_type = 'user' and entity_id = ${person}`;
  return row?.name ?? null;
}

/** Where the workspace's users were read, it is one of them. */
async function requireUser(sql: Query, installationId: number, id: string): Promise<void> {
  const [row] = await sql<{ known: boolean; any: boolean }[]>`
    select exists (
        select from entity_cache where installation_id = ${installationId} and entity_type = 'user' and entity_id = ${id}
          and deleted_at is null) as known,
      exists (select from entity_cache where installation_id = ${installationId} and entity_type = 'user') as any`;
  if (row!.known || !row!.any) return;
  throw new AppError("REQUEST_INVALID", `Cannot hand the approval over: "${id}" is no user of the workspace`);
}

/** The walk that ends its wait has not come yet. */
function late({ expires_at: at }: Row): AppError {
  return new AppError(
    "CONFLICT",
    `Cannot decide the approval: its time was over at ${at!.toISOString()}; its run goes on without an answer`,
  );
}

function over({ state, decided_by: by, decided_by_name: name, decided_at: at }: Row): AppError {
  const who = name ?? (by === null ? null : by.startsWith("operator:") ? by : `user ${by}`);
  const when = at ? ` at ${at.toISOString()}` : "";
  const now = state === "expired"
    ? `its time was over${when}`
    : state === "cancelled"
    ? `its run went on or ended without it${when}`
    : `${who} ${state} it${when}`;
  return new AppError("CONFLICT", `Cannot decide the approval: ${now}`);
}
