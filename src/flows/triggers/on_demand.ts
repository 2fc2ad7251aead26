/** Runs that a person or a program asks for, with an input of the flow's own form. */

import { Buffer } from "node:buffer";
import { isDeepStrictEqual } from "node:util";
import type { AtEnd } from "../../db/at_end.ts";
import type { Database, TransactionSql } from "../../db/db.ts";
import { AppError } from "../../base/errors.ts";
import { jsonText } from "../../base/json_text.ts";
import type { FlowDefinition } from "../shape/definition.ts";
import { readInputs } from "../shape/inputs.ts";
import type { RunBudget } from "../gates/run_budget.ts";
import { heldBackWords, startGated, type StoredFlow } from "./gated_start.ts";
import type { PassOptions } from "../gates/pass_gates.ts";
import type { RunStart } from "./start.ts";
import { flowUnknown } from "../store/store.ts";

/** Who asks: a person with the flow's form, or a program. */
export const VIA = ["manual", "api"] as const;
export type Via = (typeof VIA)[number];

/** It is stored with the run, and read by each of its walks. */
export const MAX_INPUT_BYTES = 262_144;

export interface DemandedRun {
  flowId: number;
  via: Via;
  /** JSON. */
  input: unknown;
  /** One run for a key, whoever asks twice; absent: a run of its own. */
  key?: string;
  atEnd?: AtEnd<{ runId: string }>;
}

export interface OnDemand {
  /**
   * Starts a run of the published version. Throws NOT_FOUND; CONFLICT for a flow that is off, or whose triggers do not name `via`;
   * FEATURE_OFF where flows are; REQUEST_INVALID with every fault of the input; BODY_TOO_LARGE; RATE_LIMITED;
   * IDEMPOTENCY_KEY_REUSED where the key has started another run.
   */
  start(installation: { id: number; addon: string }, run: DemandedRun): Promise<{ runId: string }>;
}

export interface OnDemandOptions {
  db: Pick<Database, "scoped">;
  /** Ends runs of flows that let no more be in progress. */
  cancels: PassOptions;
  budget: RunBudget;
  flowsEnabled(installation: { id: number; addon: string }): Promise<boolean>;
  /** Of the queue: called after the commit. */
  wake(): void;
}

interface StartedFlow extends StoredFlow {
  version: number;
  plan_id: number;
  enabled: boolean;
  definition: FlowDefinition;
}

export function createOnDemand({ db, cancels, budget, flowsEnabled, wake }: OnDemandOptions): OnDemand {
  return {
    start: async (installation, { flowId, via, input: given, key, atEnd }) => {
      const { id: installationId } = installation;
      const bytes = Buffer.byteLength(jsonText(given ?? null));
      if (bytes > MAX_INPUT_BYTES) {
        throw new AppError(
          "BODY_TOO_LARGE",
          `Cannot run flow "${flowId}": its input has ${bytes} bytes of JSON, ${MAX_INPUT_BYTES} are allowed`,
        );
      }
      if (!await flowsEnabled(installation)) {
        throw new AppError("FEATURE_OFF", `Cannot run flow "${flowId}": flows are switched off in the settings`);
      }
      let isCounted = false;
      const started = await db.scoped({ installationIds: [installationId] }, async (sql) => {
        const flow = await readFlow(sql, { installationId, flowId });
        const input = inputFor(flow, { via, given });
        // Counted once, also where the transaction runs again.
        if (!isCounted) requireBudget(budget, installationId);
        isCounted = true;
        const start: RunStart = {
          installationId,
          flow: { id: flowId, version: flow.version, planId: flow.plan_id },
          kind: via,
          key: `api:${key ?? crypto.randomUUID()}`,
          input,
        };
        const run = await startGated(sql, start, { flow, options: cancels });
        if (run && "heldBack" in run) throw refused(flowId, heldBackWords(run.heldBack));
        if (!run) throw refused(flowId, "the add-on is not active in this workspace");
        if (!run.isNew) await requireSame(sql, { installationId, runId: run.id, flowId, input });
        const made = { runId: run.id };
        await atEnd?.(sql, made);
        return made;
      });
      wake();
      return started;
    },
  };
}

async function readFlow(
  sql: TransactionSql,
  { installationId, flowId }: { installationId: number; flowId: number },
): Promise<StartedFlow> {
  const [flow] = await sql<StartedFlow[]>`
    select id, version, plan_id, enabled, name, workspace_id, definition from flow
    where id = ${flowId} and installation_id = ${installationId} and deleted_at is null and builtin is null for share`;
  if (!flow) throw flowUnknown(flowId);
  return flow;
}

/** What the run finds at $.webhook. */
function inputFor(
  { id, enabled, definition: { triggers } }: StartedFlow,
  { via, given }: { via: Via; given: unknown },
): unknown {
  if (!triggers?.[via]) {
    const way = via === "api" ? "by a program" : "by hand";
    const remedy = via === "api" ? '"api": true' : '"manual": {"inputs": []}';
    throw refused(id, `it is not to be run ${way}; add ${remedy} to its triggers`);
  }
  if (!enabled) throw refused(id, "it is switched off");
  // A program that the flow expects no form of gives what it has.
  if (!triggers.manual) return given ?? {};
  const { input, faults } = readInputs(triggers.manual.inputs, given);
  if (faults.length === 0) return input;
  const count = faults.length === 1 ? "1 fault" : `${faults.length} faults`;
  throw new AppError("REQUEST_INVALID", `Cannot run flow "${id}": its input has ${count}`, { details: { faults } });
}

function requireBudget(budget: RunBudget, installationId: number): void {
  const retryInMs = budget.take(installationId);
  if (retryInMs === 0) return;
  const reason = `the installation makes more than ${budget.perMinute} runs a minute`;
  throw new AppError("RATE_LIMITED", `Cannot run the flow: ${reason}`, { retryable: true, details: { retryInMs } });
}

/** The run that an earlier request started under the key. */
async function requireSame(
  sql: TransactionSql,
  { installationId, runId, flowId, input }: { installationId: number; runId: string; flowId: number; input: unknown },
): Promise<void> {
  const [run] = await sql<{ flow_id: number; input: unknown }[]>`
    select flow_id, input from run where installation_id = ${installationId} and id = ${runId}`;
  if (run?.flow_id === flowId && isDeepStrictEqual(run.input, JSON.parse(jsonText({ input })).input)) return;
  throw new AppError(
    "IDEMPOTENCY_KEY_REUSED",
    "Cannot run the flow: the Idempotency-Key has started a run of another flow, or with another input",
  );
}

function refused(flowId: number, reason: string): AppError {
  return new AppError("CONFLICT", `Cannot run flow "${flowId}": ${reason}`);
}
