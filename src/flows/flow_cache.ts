/** Flows as the dispatcher needs them, compiled once per version: a version never changes, so the cache needs no invalidation. */

import type { Database } from "../db/db.ts";
import type { Condition } from "../engine/condition.ts";
import type { Plan } from "../engine/plan.ts";
import { compileCondition } from "./definition.ts";

/** A flow that listens for an event, as the database says at this moment. */
export interface ListeningFlow {
  id: number;
  version: number;
  ordered: boolean;
}

export interface LoadedFlow extends ListeningFlow {
  planId: number;
  plan: Plan;
  condition: Condition;
}

const MAX_CACHED = 5_000;

export function createFlowCache(db: Pick<Database, "scoped">) {
  const cache = new Map<string, LoadedFlow>();

  return {
    /** The flows, compiled; one that was changed or deleted in this moment is left out. */
    load: async (installationId: number, listening: ListeningFlow[]): Promise<LoadedFlow[]> => {
      const missing = listening.filter((flow) => !cache.has(keyOf(flow)));
      if (missing.length > 0) {
        for (const flow of await read(db, installationId, missing)) {
          if (cache.size >= MAX_CACHED) cache.delete(cache.keys().next().value!);
          cache.set(keyOf(flow), flow);
        }
      }
      return listening.map((flow) => cache.get(keyOf(flow))).filter((flow) => flow !== undefined);
    },
  };
}

function keyOf({ id, version }: ListeningFlow): string {
  return `${id}:${version}`;
}

async function read(
  db: Pick<Database, "scoped">,
  installationId: number,
  wanted: ListeningFlow[],
): Promise<LoadedFlow[]> {
  const rows = await db.scoped(
    { installationIds: [installationId] },
    (sql) =>
      sql<{ id: number; version: number; plan_id: number; definition: unknown; plan: Plan }[]>`
    select flow.id, flow.version, flow.plan_id, flow.definition, plan.body as plan
    from json_to_recordset(${JSON.stringify(wanted)}::text::json) as wanted(id bigint, version int)
    join flow on flow.id = wanted.id and flow.version = wanted.version and flow.installation_id = ${installationId}
    join plan on plan.id = flow.plan_id and plan.installation_id = flow.installation_id`,
  );
  return rows.map((row) => ({
    id: row.id,
    version: row.version,
    ordered: wanted.some(({ id, ordered }) => id === row.id && ordered),
    planId: row.plan_id,
    plan: row.plan,
    condition: compileCondition(row.definition),
  }));
}
