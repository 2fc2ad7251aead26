/**
 * Results of earlier steps for a dry run: those of the newest completed run of the stored flow, where its step did the
 * same.
 */

import type { Database } from "../../db/db.ts";
import { MAX_OUTPUTS_BYTES } from "../../engine/outputs.ts";
import { type ActionStep, listsOf, type Plan, type PlanStep } from "../../engine/plan.ts";
import { joinOutput } from "../store/step_outputs.ts";

export interface SampleResults {
  runId: string;
  /** Output by path, of the wanted steps that are in the run and did the same, up to MAX_OUTPUTS_BYTES of all together. */
  outputs: ReadonlyMap<string, unknown>;
}

/** Runs of the flow that are looked through for a completed one, newest first. */
const LOOKED_THROUGH = 200;

/** A step of the draft, by its path. */
export interface WantedStep {
  path: string;
  step: ActionStep;
}

/** Undefined where the flow has no completed run among its newest. */
export async function readSample(
  db: Pick<Database, "scoped">,
  { installationId, flowId, wanted }: { installationId: number; flowId: number; wanted: readonly WantedStep[] },
): Promise<SampleResults | undefined> {
  const paths = JSON.stringify(wanted.map(({ path }) => ({ path })));
  const [row] = await db.scoped(
    { installationIds: [installationId] },
    (sql) =>
      sql<{ id: string; plan: Plan; steps: { path: string; output: unknown }[] }[]>`
      with newest as materialized (
        select id, plan_id, state, created_at from run
        where installation_id = ${installationId} and flow_id = ${flowId}
        order by created_at desc limit ${LOOKED_THROUGH}
      ),
      chosen as materialized (select id, plan_id from newest where state = 'completed' order by created_at desc limit 1)
      select chosen.id, plan.body as plan,
        coalesce((
          select json_agg(json_build_object('path', sized.path,
            'output', case when sized.output_ref is null then sized.output::json else output.body::json end))
          from (
            select step.*, sum(coalesce(step.output_bytes, octet_length(step.output::text), 0)) over (order by step.path) as bytes
            from json_to_recordset(${paths}::text::json) as wanted(path text)
            join step on step.run_id = chosen.id and step.path = wanted.path and step.installation_id = ${installationId}
            where step.state = 'completed') sized
          ${joinOutput(sql, { installationId, step: "sized" })}
          where sized.bytes <= ${MAX_OUTPUTS_BYTES}), '[]') as steps
      from chosen join plan on plan.id = chosen.plan_id and plan.installation_id = ${installationId}`,
  );
  if (!row) return undefined;
  const outputs = new Map<string, unknown>();
  const ran = new Map(actionSteps(row.plan.root.steps).map((step) => [step.id, step]));
  for (const { path, step } of wanted) {
    const before = ran.get(step.id);
    const record = row.steps.find((one) => one.path === path);
    if (before && record && doTheSame(before, step)) outputs.set(path, record.output);
  }
  return { runId: row.id, outputs };
}

/** True for the same operation or the same address: only then do both outputs have one shape. */
function doTheSame(one: ActionStep, other: ActionStep): boolean {
  const [a, b] = [one.input, other.input] as Record<string, unknown>[];
  return one.action === other.action && ["operation_id", "method", "url"].every((key) => a![key] === b![key]);
}

/** The actions of a plan, those below other steps too. */
function actionSteps(steps: readonly PlanStep[]): ActionStep[] {
  return steps.flatMap((step) => {
    if (step.kind === "action") return [step];
    return listsOf(step).flatMap((list) => actionSteps(list.steps));
  });
}
