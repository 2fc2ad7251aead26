/** Writes the audit: who did what to which installation, and how it ended. */

import type { Clock } from "../base/clock.ts";
import { createBatcher } from "../db/batcher.ts";
import type { Database } from "../db/db.ts";
import { jsonText } from "../base/json_text.ts";
import type { Logger } from "../telemetry/log.ts";

export type ActorKind = "operator" | "user" | "clockify" | "system";
export type AuditOutcome = "done" | "refused" | "failed";

export interface AuditFact {
  /** Absent: an operator named none of ours, or the act is about no tenant. */
  installationId?: number;
  workspaceId?: string;
  actorKind: ActorKind;
  /** Clockify user id, name of an operator's key, or the part of the program. */
  actor: string;
  /** Method and route pattern, or the name of what was done: "DELETE /ui/flows/:id", "INSTALLED". */
  action: string;
  /** Id of what it was done to. */
  target?: string;
  outcome: AuditOutcome;
  requestId?: string;
  /** Plain facts; never a secret, never a body. */
  details?: Record<string, unknown>;
}

export interface AuditRecorder {
  /**
   * Resolves when the row is committed. Never rejects: a row that cannot be written in time goes whole to the log as
   * `audit.failed`. Rows that come together are written together, so reads need not be awaited; a killed process may
   * lose those of its last moments.
   */
  record(fact: AuditFact): Promise<void>;
  /** Waits for what was recorded. */
  stop(): Promise<void>;
}

const MAX_BATCH = 200;
const MAX_WAITING = 10_000;
/** Below the 5 s within which a client must be answered that the database is away. */
const MAX_WAIT_MS = 1_500;
const MAX_CHARS = 200;

export function createAuditRecorder(
  { db, clock, log }: { db: Database; clock: Clock; log: Logger },
): AuditRecorder {
  const batcher = createBatcher<AuditFact, void>({
    purpose: "record the audit",
    clock,
    maxItems: MAX_BATCH,
    maxInFlight: 1,
    maxWaiting: MAX_WAITING,
    maxWaitMs: MAX_WAIT_MS,
    flush: async (facts) => {
      await write(db, facts);
      return facts.map(() => undefined);
    },
  });
  const open = new Set<Promise<void>>();
  return {
    record: (fact) => {
      // A copy: the batcher distinguishes its items by identity.
      const written = batcher.submit({ ...fact })
        .catch((error) => log.error("audit.failed", { audit: fact, error }))
        .finally(() => open.delete(written));
      open.add(written);
      return written;
    },
    stop: async () => void (await Promise.all(open)),
  };
}

/** Under the scope "all": a batch holds rows of several installations, and rows of none. */
function write(db: Database, facts: readonly AuditFact[]): Promise<unknown> {
  // jsonText(): what an operator names as a workspace may hold what SQL text refuses.
  const rows = jsonText(facts.map((fact) => ({
    installation_id: fact.installationId,
    workspace_id: fact.workspaceId?.slice(0, MAX_CHARS),
    actor_kind: fact.actorKind,
    actor: fact.actor.slice(0, MAX_CHARS),
    action: fact.action.slice(0, MAX_CHARS),
    target: fact.target?.slice(0, MAX_CHARS),
    outcome: fact.outcome,
    request_id: fact.requestId,
    details: fact.details ?? {},
  })));
  return db.scoped("all", (sql) =>
    sql`
      insert into audit (installation_id, workspace_id, actor_kind, actor, action, target, outcome, request_id, details)
      select * from json_to_recordset(${rows}::text::json)
        as t(installation_id bigint, workspace_id text, actor_kind text, actor text, action text, target text, outcome text,
          request_id text, details json)`);
}
