/** Starts runs of workflows: held against the input's schema, one for a key, with what the API says of a run beside it. */

import { isDeepStrictEqual } from "node:util";
import { appendAudit, type Audit } from "../access/audit.ts";
import type { ApiCaller } from "../access/roles.ts";
import type { By } from "../access/by.ts";
import type { Home } from "../access/home.ts";
import type { Clock } from "../base/clock.ts";
import type { AtEnd } from "../db/at_end.ts";
import type { Database, TransactionSql } from "../db/db.ts";
import { AppError } from "../base/errors.ts";
import { jsonText } from "../base/json_text.ts";
import type { RunBudget } from "../flows/gates/run_budget.ts";
import { startRun } from "../flows/triggers/start.ts";
import { inputFaults, type InputSchema, requireSmall } from "./input.ts";
import { EXECUTABLE, type Workflow, workflowUnknown } from "./store.ts";

export interface Execution {
  workflowId: string;
  /** JSON object. */
  input: Record<string, unknown>;
  by: By;
  correlationId?: string;
  /** One run for a key, whoever asks twice; absent: a run of its own. */
  key?: string;
  /** UUID that the run is to have; absent: a new one. It has come by a message, so that none is sent for it. */
  runId?: string;
  atEnd?: AtEnd<Executed>;
}

/** Hands runs on by messages. */
export interface Dispatch {
  /** In the transaction that accepts the run: it begins when its message comes, or by itself after a bounded time. */
  accepted(sql: TransactionSql, run: DispatchedRun): Promise<void>;
  /** In the transaction that cancels it. */
  cancelled(sql: TransactionSql, run: DispatchedRun & { by: string; reason: string | null }): Promise<void>;
  /** After the commit. */
  wake(): void;
}

export interface DispatchedRun {
  installationId: number;
  runId: string;
}

/** A run, and what it is a run of. */
export interface Executed {
  runId: string;
  workflowName: string;
  version: number;
  createdAt: Date;
}

export interface Executions {
  /**
   * Throws NOT_FOUND; CONFLICT for a workflow that is not active; REQUEST_INVALID with every fault of the input; BODY_TOO_LARGE;
   * RATE_LIMITED; IDEMPOTENCY_KEY_REUSED where the key has started another run. With a runId also CONFLICT, where it is in use.
   */
  start(home: Home, execution: Execution): Promise<Executed>;
}

export function createExecutions({ db, clock, budget, wake, dispatch, audit = appendAudit }: {
  db: Pick<Database, "scoped">;
  clock: Clock;
  budget: RunBudget;
  /** Of the queue: called after the commit. */
  wake(): void;
  /** Absent: the queue alone. */
  dispatch?: Pick<Dispatch, "accepted" | "wake">;
  audit?: Audit;
}): Executions {
  return {
    start: async ({ installationId }, { workflowId, input, by, correlationId, key, runId, atEnd }) => {
      requireSmall(input, "Cannot execute the workflow");
      const sent = runId === undefined ? dispatch : undefined;
      let isCounted = false;
      const started = await db.scoped({ installationIds: [installationId] }, async (sql) => {
        const workflow = await readExecutable(sql, installationId, workflowId);
        if (!workflow) throw workflowUnknown(workflowId);
        requireExecutable(workflow);
        requireFit(workflow.name, { ...workflow, workflowId }, input);
        // Counted once, also where the transaction runs again.
        if (!isCounted) requireBudget(budget, installationId);
        isCounted = true;
        const planId = workflow.plan_id;
        const run = await startRun(sql, {
          id: runId,
          installationId,
          flow: { id: workflow.flow_id, version: workflow.version, planId },
          kind: "api",
          key: `api:${key ?? crypto.randomUUID()}`,
          input,
          asked: { by: by.actor, correlationId },
        });
        if (!run) throw new AppError("CONFLICT", "Cannot execute the workflow: the API is switched off");
        const version = run.isNew
          ? workflow.version
          : await requireSame(sql, { installationId, runId: run.id, workflowId, input });
        const made = { runId: run.id, workflowName: workflow.name, version, createdAt: run.createdAt };
        await atEnd?.(sql, made);
        if (run.isNew) {
          await sent?.accepted(sql, { installationId, runId: run.id });
          await audit(sql, { installationId, at: clock.now() }, {
            ...by,
            action: "execute",
            entityType: "run",
            entityId: run.id,
            changes: { workflow_id: workflowId, version },
          });
        }
        return made;
      });
      (sent ?? { wake }).wake();
      return started;
    },
  };
}

/**
 * What a start key has of a caller and its key. No two give the same: a name holds no space in it, and its own percent signs
 * are written as %25.
 */
export function callerKey({ kind, name }: Pick<ApiCaller, "kind" | "name">, key: string): string {
  return `${kind} ${name.replaceAll("%", "%25").replaceAll(" ", "%20")} ${key}`;
}

interface Row extends Pick<Workflow, "name" | "version" | "status"> {
  flow_id: number;
  plan_id: number;
  input_schema: InputSchema["input_schema"];
}

/** What a run of the workflow begins with; undefined where there is none. It stays so until the commit. */
export async function readExecutable(
  sql: TransactionSql,
  installationId: number,
  id: string,
): Promise<Row | undefined> {
  const [row] = await sql<Row[]>`
    select workflow.name, workflow.version, workflow.status, workflow.flow_id, flow.plan_id,
      workflow_version.definition->'input_schema' as input_schema
    from workflow
    join flow on flow.installation_id = ${installationId} and flow.id = workflow.flow_id
    join workflow_version on workflow_version.workflow_id = workflow.id and workflow_version.version = workflow.version
    where workflow.installation_id = ${installationId} and workflow.id = ${id} and workflow.status <> 'deleted'
    for share of workflow, flow`;
  return row;
}

function requireExecutable({ name, status }: Row): void {
  if (EXECUTABLE.includes(status)) return;
  throw new AppError("CONFLICT", `Cannot execute workflow "${name}": it is ${status}; set its status to active`);
}

function requireFit(name: string, schema: InputSchema, input: unknown): void {
  const faults = inputFaults(schema, input);
  if (faults.length === 0) return;
  const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
  throw new AppError("REQUEST_INVALID", `Cannot execute workflow "${name}": input_data has ${count}`, {
    details: { faults },
  });
}

function requireBudget(budget: RunBudget, installationId: number): void {
  const retryInMs = budget.take(installationId);
  if (retryInMs === 0) return;
  const reason = `more than ${budget.perMinute} runs a minute are started`;
  throw new AppError("RATE_LIMITED", `Cannot execute the workflow: ${reason}`, {
    retryable: true,
    details: { retryInMs },
  });
}

/** The version of the run that an earlier request started under the key. */
async function requireSame(
  sql: TransactionSql,
  { installationId, runId, workflowId, input }: {
    installationId: number;
    runId: string;
    workflowId: string;
    input: unknown;
  },
): Promise<number> {
  const [run] = await sql<{ workflow_id: string; version: number; input: unknown }[]>`
    select workflow_id, workflow_run.version, input from run join workflow_run on workflow_run.run_id = run.id
    where run.installation_id = ${installationId} and run.id = ${runId}`;
  if (run?.workflow_id === workflowId && isDeepStrictEqual(run.input, JSON.parse(jsonText({ input })).input)) {
    return run.version;
  }
  throw new AppError(
    "IDEMPOTENCY_KEY_REUSED",
    "Cannot execute the workflow: the Idempotency-Key has started a run of another workflow, or with another input",
  );
}
