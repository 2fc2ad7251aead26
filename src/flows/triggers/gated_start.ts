/** The start of a run that no event starts, held against what its flow says of order, concurrency and throttle. */

import type { TransactionSql } from "../../db/db.ts";
import { buildScope, installationFacts } from "../../engine/scope.ts";
import { delayJobsOfRuns } from "../../queue/delay.ts";
import { gatesOf } from "./flow_cache.ts";
import { gateOf, keyOf } from "../gates/gates.ts";
import { type HeldBack, lockGates, passGates, type PassOptions } from "../gates/pass_gates.ts";
import { type RunStart, startedFor, type StartedRun, startRun } from "./start.ts";

/** The flow of the run, as it is stored. */
export interface StoredFlow {
  id: number;
  name: string;
  workspace_id: string;
  definition: unknown;
}

/** Without cancels: a flow that asks for them has its run wait in the line of the oldest. */
export const NO_CANCELS: PassOptions = { cancelRun: () => Promise.resolve() };

/** As startRun(); `heldBack`: it does not start, and why. A flow that holds nothing back costs no statement more. */
export async function startGated(
  sql: TransactionSql,
  start: RunStart,
  { flow, options }: { flow: StoredFlow; options: PassOptions },
): Promise<StartedRun | { heldBack: HeldBack } | undefined> {
  const { installationId, key } = start;
  const gates = gatesOf(flow.definition);
  const scope = () =>
    buildScope({
      body: start.input,
      installation: installationFacts({ workspaceId: flow.workspace_id, timeZone: null }),
      results: [],
    });
  const gate = gateOf(flow, gates, { scope, of: "other" });
  const orderKey = gates.order_key === undefined ? undefined : `flow:${flow.id}:${keyOf(gates.order_key, scope())}`;
  if (!gate) return await startRun(sql, { ...start, ...(orderKey !== undefined && { orderKey }) });
  // Who asks twice at the same time finds the first one's run, and neither counts twice nor takes its place.
  await lockGates(sql, [{ installationId, gate }]);
  const earlier = await startedFor(sql, installationId, key);
  if (earlier) return earlier;
  const [passage] = await passGates(sql, [{ installationId, gate, runId: "" }], options);
  if (!passage!.starts) return { heldBack: passage!.why };
  const run = await startRun(sql, { ...start, orderKey: passage!.orderKey ?? orderKey });
  if (run?.isNew && passage!.delayMs > 0) {
    await delayJobsOfRuns(sql, [{ installationId, runId: run.id, delayMs: passage!.delayMs }]);
  }
  return run;
}

/** Why a run was not started, as the second half of a sentence. */
export function heldBackWords(why: HeldBack): string {
  return why === "concurrency_full"
    ? "as many of its runs are in progress as its concurrency allows"
    : "as many of its runs have begun as its throttle allows";
}
