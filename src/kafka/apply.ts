/** What messages do: a hint lets a run begin that was accepted here; a request of another producer starts or cancels one. */

import type { Home } from "../access/home.ts";
import { appendAudit, type Audit } from "../access/audit.ts";
import type { Clock } from "../base/clock.ts";
import { AppError } from "../base/errors.ts";
import type { Database, TransactionSql } from "../db/db.ts";
import { type Fault, isObject } from "../engine/faults.ts";
import { messagesCame } from "../queue/awaited.ts";
import { cancelTree, type RunControl } from "../runs/control.ts";
import type { Executions } from "../workflows/executions.ts";
import type { WorkflowStore } from "../workflows/store.ts";
import type { CancellationRequest, ExecutionRequest } from "./message.ts";
import { workflowOfPlan } from "./outside_plan.ts";

export interface Applied {
  /** Runs that may begin now, for hints; what became of a request. */
  outcome: "started" | "woken" | "cancelled" | "kept" | "repeated" | "gone";
}

export interface Apply {
  /** The runs are accepted already: those that wait for their message begin. Gives the ids that are known. */
  hints(home: Home, runIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** What is wrong with a plan beside its shape. */
  planFaults(home: Home, plan: unknown): Promise<Fault[]>;
  /** Throws what Executions.start() and a save of its workflow throw. */
  execute(home: Home, request: ExecutionRequest): Promise<Applied>;
  /** A run that is over stays as it is; a cancellation that comes before its run is kept for it. */
  cancel(home: Home, request: CancellationRequest): Promise<Applied>;
}

export interface ApplyOptions {
  db: Pick<Database, "scoped">;
  clock: Clock;
  executions: Pick<Executions, "start">;
  workflows: Pick<WorkflowStore, "create" | "faults">;
  runs: Pick<RunControl, "cancel">;
  /** Of the queue. */
  wake(): void;
  onCancelled(): void;
  audit?: Audit;
}

export function createApply(options: ApplyOptions): Apply {
  const { db, clock, executions, runs, wake, audit = appendAudit } = options;
  const within = <T>({ installationId }: Home, body: (sql: TransactionSql) => Promise<T>) =>
    db.scoped({ installationIds: [installationId] }, body);

  async function knownOf(sql: TransactionSql, { installationId }: Home, runIds: readonly string[]) {
    const ids = JSON.stringify(runIds.map((id) => ({ id })));
    const rows = await sql<{ id: string }[]>`
      select run.id from json_to_recordset(${ids}::text::json) as given(id uuid)
      join run on run.installation_id = ${installationId} and run.id = given.id`;
    return new Set(rows.map(({ id }) => id));
  }

  /** One that came before the run did, in the transaction that starts it. Gives whether there was one. */
  async function applyEarly(sql: TransactionSql, { installationId }: Home, runId: string): Promise<boolean> {
    await lockEarly(sql, installationId, runId);
    const [early] = await sql<{ cancelled_by: string; reason: string | null }[]>`
      delete from kafka_early_cancel where installation_id = ${installationId} and run_id = ${runId}
      returning cancelled_by, reason`;
    if (!early) return false;
    const { cancelled_by: by, reason } = early;
    await cancelTree(sql, { installationId, runId, message: sql`${`Cancelled by ${by}`}::text`, by });
    await noteCancel(sql, installationId, { runId, by, reason });
    return true;
  }

  async function noteCancel(
    sql: TransactionSql,
    installationId: number,
    { runId, by, reason }: Pick<CancellationRequest, "runId" | "by" | "reason">,
  ): Promise<void> {
    await sql`
      update workflow_run set cancel_reason = ${reason} where installation_id = ${installationId} and run_id = ${runId}`;
    await audit(sql, { installationId, at: clock.now() }, {
      actor: "kafka",
      action: "cancel",
      entityType: "run",
      entityId: runId,
      changes: { reason, cancelled_by: by },
    });
  }

  async function cancelKnown(home: Home, { runId, by, reason }: CancellationRequest): Promise<Applied["outcome"]> {
    try {
      await runs.cancel(home.installationId, runId, { kind: "operator", name: by }, {
        atEnd: (sql) => noteCancel(sql, home.installationId, { runId, by, reason }),
      });
    } catch (error) {
      // It is over: the request itself cancelled it, this message came before, or the run was faster.
      if (error instanceof AppError && error.code === "CONFLICT") return "repeated";
      if (error instanceof AppError && error.code === "NOT_FOUND") return "gone";
      throw error;
    }
    options.onCancelled();
    return "cancelled";
  }

  return {
    hints: async (home, runIds) => {
      const { known, moved } = await within(home, async (sql) => ({
        known: await knownOf(sql, home, runIds),
        moved: await messagesCame(sql, home.installationId, runIds),
      }));
      if (moved > 0) wake();
      return known;
    },

    planFaults: async ({ installationId }, plan) => {
      const faults = isObject(plan) ? await options.workflows.faults(installationId, plan) : [];
      return faults.map(({ path, message }) => ({ path: `workflow_plan.${path}`, message }));
    },

    execute: async (home, { runId, definition, input }) => {
      const known = await within(home, (sql) => knownOf(sql, home, [runId]));
      if (known.size > 0) return { outcome: "repeated" };
      const workflowId = await workflowOfPlan(home, definition, options);
      let isCancelled = false;
      await executions.start(home, {
        workflowId,
        input,
        by: { actor: "kafka" },
        runId,
        key: `kafka ${runId}`,
        atEnd: async (sql) => void (isCancelled = await applyEarly(sql, home, runId)),
      });
      if (isCancelled) options.onCancelled();
      return { outcome: isCancelled ? "cancelled" : "started" };
    },

    cancel: async (home, request) => {
      const { runId, by, reason } = request;
      const { installationId } = home;
      let outcome = await cancelKnown(home, request);
      if (outcome !== "gone") return { outcome };
      const isKept = await within(home, async (sql) => {
        // Whoever starts the run at this moment is awaited, or finds the row.
        await lockEarly(sql, installationId, runId);
        if ((await knownOf(sql, home, [runId])).size > 0) return false;
        await sql`
          insert into kafka_early_cancel (installation_id, run_id, cancelled_by, reason)
          values (${installationId}, ${runId}, ${by}, ${reason}) on conflict do nothing`;
        return true;
      });
      if (!isKept) outcome = await cancelKnown(home, request);
      return { outcome: isKept ? "kept" : outcome };
    },
  };
}

async function lockEarly(sql: TransactionSql, installationId: number, runId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`kafka_early_cancel ${runId}`}, ${installationId}))`;
}
