/**
 * Failed runs that a bulk job sends again, held against what their flows say of concurrency and throttle: each goes into a line
 * of its key, and the job waits where no more may begin. A flow that says nothing of it costs nothing more.
 */

import type { TransactionSql } from "../db/db.ts";
import { buildScope, installationFacts } from "../engine/scope.ts";
import { gatesOf } from "../flows/triggers/flow_cache.ts";
import { heldBackWords } from "../flows/triggers/gated_start.ts";
import { type Gate, gateOf } from "../flows/gates/gates.ts";
import { lockGates, passGates, type PassOptions } from "../flows/gates/pass_gates.ts";
import { readRunScope } from "../flows/gates/run_scope.ts";
import { delayJobsOfRuns } from "../queue/delay.ts";
import type { RetryVersion, StoppedRun } from "../runs/retry_plan.ts";
import { reopenRuns } from "../runs/retry.ts";

interface FlowRow {
  id: number;
  name: string;
  definition: unknown;
}

/** No run in progress gives way to one that failed before. */
const WAITS: PassOptions = { cancelRun: () => Promise.resolve() };

/**
 * Reopens the runs in their order, up to the first that may not begin now: `held` is that one, and why, as the second half of a
 * sentence.
 */
export async function reopenGated(
  sql: TransactionSql,
  installationId: number,
  { runs, version }: { runs: readonly StoppedRun[]; version: RetryVersion },
): Promise<{ held?: { runId: string; words: string } }> {
  const flows = await gatedFlows(sql, installationId, runs);
  const reopen = (some: readonly StoppedRun[], orderKey?: string) =>
    reopenRuns(sql, installationId, some.map((run) => ({ run, retryPlan: run[version], orderKey })));
  if (flows.size === 0) {
    if (runs.length > 0) await reopen(runs);
    return {};
  }
  const gates = new Map<string, Gate>();
  for (const run of runs) {
    const flow = flows.get(run.flowId);
    const gate = flow && await gateOfRun(sql, flow, { installationId, run });
    if (gate) gates.set(run.id, gate);
  }
  // In the order that all lock them in; one after another they would wait in a circle with who starts runs.
  await lockGates(sql, [...gates.values()].map((gate) => ({ installationId, gate })));
  for (const run of runs) {
    const gate = gates.get(run.id);
    if (!gate) {
      await reopen([run]);
      continue;
    }
    const [passage] = await passGates(sql, [{ installationId, gate, runId: run.id }], WAITS);
    if (!passage!.starts) {
      return { held: { runId: run.id, words: `of flow "${gate.flow.name}" ${heldBackWords(passage!.why)}` } };
    }
    // The next one sees its line.
    await reopen([run], passage!.orderKey);
    if (passage!.delayMs > 0) {
      await delayJobsOfRuns(sql, [{ installationId, runId: run.id, delayMs: passage!.delayMs }]);
    }
  }
  return {};
}

async function gatedFlows(
  sql: TransactionSql,
  installationId: number,
  runs: readonly StoppedRun[],
): Promise<Map<number, FlowRow>> {
  const ids = JSON.stringify([...new Set(runs.map(({ flowId }) => flowId))]);
  const rows = await sql<FlowRow[]>`
    select id, name, jsonb_build_object('concurrency', definition->'concurrency', 'throttle', definition->'throttle') as definition
    from flow where installation_id = ${installationId}
      and id in (select value::bigint from json_array_elements_text(${ids}::text::json))
      and (definition->>'concurrency' is not null or definition->>'throttle' is not null)`;
  return new Map(rows.map((row) => [row.id, row]));
}

async function gateOfRun(
  sql: TransactionSql,
  flow: FlowRow,
  { installationId, run }: { installationId: number; run: StoppedRun },
): Promise<Gate | undefined> {
  const gates = gatesOf(flow.definition);
  // Bodies have up to 5 MB: they are read, one at a time, where a key is made of them.
  const isKeyed = (gates.concurrency?.key ?? gates.throttle?.key) !== undefined;
  const scope = isKeyed ? await readRunScope(sql, { installationId, runId: run.id }) : undefined;
  const seen = scope ??
    buildScope({ body: null, installation: installationFacts({ workspaceId: "", timeZone: null }), results: [] });
  const gate = gateOf(flow, { concurrency: gates.concurrency ?? undefined, throttle: gates.throttle ?? undefined }, {
    scope: () => seen,
    of: "other",
  });
  return gate && { ...gate, ...(gate.concurrency && { concurrency: patient(gate.concurrency) }) };
}

/** The job waits for a place in a line that is full. */
function patient(concurrency: NonNullable<Gate["concurrency"]>): NonNullable<Gate["concurrency"]> {
  return concurrency.whenFull === "cancel_oldest" ? { ...concurrency, whenFull: "queue" } : concurrency;
}
