/** Why flows matched an event or did not: every flow of the workspace as it is now, evaluated on a stored event. */

import type { Database } from "../../db/db.ts";
import type { RuleVerdict } from "../../engine/condition.ts";
import type { FindEntities } from "../../engine/entity_lookup.ts";
import type { Scope } from "../../engine/scope.ts";
import { countSteps, inTurn } from "../../engine/turns.ts";
import { createWorkBudget, WORK, type WorkBudget } from "../../engine/work_budget.ts";
import { AppError } from "../../base/errors.ts";
import type { ThreadTurns } from "../../limits/thread_turns.ts";
import { hasFields, redactPayload } from "../../events/payload.ts";
import { compileCondition, COMPILING_STEPS, STEPS_PER_RULE } from "../parse/parse_flow.ts";
import { eventScope, loadEvents, type PendingEvent } from "./pending_event.ts";
import { triggersOn } from "../shape/triggers.ts";
import { rulesOf } from "../parse/validate.ts";
import { evaluateLookedUp, type FindOfEvent } from "./looked_up.ts";
import type { Flow, FlowStore } from "../store/store.ts";

export interface FlowVerdict {
  flow: Flow;
  /** Its trigger names the event's type; whether it is enabled is another matter. */
  listens: boolean;
  /** Null for a flow that does not listen, or whose condition cannot be evaluated. */
  matched: boolean | null;
  /**
   * What this version cannot read of its condition, or that evaluating it takes too much work, as a sentence; else
   * null.
   */
  problem: string | null;
  /** Empty for a flow that does not listen. */
  rules: RuleVerdict[];
  /** Newest run of the flow for this event. */
  runId: string | null;
}

export interface Explain {
  /**
   * Verdicts of all flows, those that listen first. Undefined for an event that is gone. `redacted`: what rules found
   * is shown as members see events.
   */
  explain(
    installationId: number,
    eventId: number,
    options: { redacted: boolean },
  ): Promise<FlowVerdict[] | undefined>;
}

export function createExplain(
  { db, flows, thread, findEntities }: {
    db: Pick<Database, "scoped">;
    flows: Pick<FlowStore, "list">;
    thread: ThreadTurns;
    findEntities: FindEntities;
  },
): Explain {
  return {
    explain: async (installationId, eventId, { redacted }) => {
      const [event] = await loadEvents(db, [{ installationId, eventId }]);
      if (!event) return undefined;
      const [list, runs] = await Promise.all([
        flows.list(installationId),
        newestRuns(db, installationId, eventId),
      ]);
      const pace = thread.pace(String(installationId));
      await pace();
      const scope = eventScope(event);
      const shown = redacted ? eventScope(redactEvent(event)) : scope;
      const work = createWorkBudget(WORK.request, "the flows of one event together");
      const listens = ({ definition }: Flow) => definition.trigger_event_types.some((type) => triggersOn(type, event));
      const listening = list.filter(listens);
      const verdicts: FlowVerdict[] = [];
      for (const [index, flow] of listening.entries()) {
        // Work that one flow leaves unused is for those behind it.
        const share = Math.min(WORK.flow, Math.floor(work.left / (listening.length - index)));
        const verdict = await verdictOf(flow, {
          scope,
          shown,
          work: work.share(share, "this flow in this answer"),
          find: (queries) => findEntities(installationId, queries),
        });
        verdicts.push({ flow, listens: true, ...verdict, runId: runs.get(flow.id) ?? null });
      }
      const others = list.filter((flow) => !listens(flow)).map((flow): FlowVerdict => {
        return { flow, listens: false, matched: null, problem: null, rules: [], runId: runs.get(flow.id) ?? null };
      });
      return [...verdicts, ...others];
    },
  };
}

/** As members see events (http/api/events.ts). */
function redactEvent(event: PendingEvent): PendingEvent {
  const query = redactPayload(event.delivery.query) as typeof event.delivery.query;
  return {
    ...event,
    body: hasFields(event) ? redactPayload(event.body) : null,
    delivery: { ...event.delivery, query },
  };
}

/** Decided on `scope`; what the rules found is read from `shown`. */
async function verdictOf(
  { definition }: Flow,
  { scope, shown, work, find }: { scope: Scope; shown: Scope; work: WorkBudget; find: FindOfEvent },
): Promise<Pick<FlowVerdict, "matched" | "problem" | "rules">> {
  try {
    const condition = await inTurn(() => {
      countSteps(COMPILING_STEPS);
      const compiled = compileCondition(definition);
      countSteps(rulesOf(compiled).length * STEPS_PER_RULE);
      return compiled;
    });
    return await evaluateLookedUp(condition, scope, { find, work, shown });
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { matched: null, problem: error.message, rules: [] };
  }
}

async function newestRuns(
  db: Pick<Database, "scoped">,
  installationId: number,
  eventId: number,
): Promise<Map<number, string>> {
  const rows = await db.scoped({ installationIds: [installationId] }, (sql) =>
    sql<{ flow_id: number; id: string }[]>`
      select distinct on (flow_id) flow_id, id from run
      where event_id = ${eventId} and installation_id = ${installationId} order by flow_id, replay desc`);
  return new Map(rows.map(({ flow_id, id }) => [flow_id, id]));
}
