/** Why flows matched an event or did not: every flow of the workspace as it is now, asked about a stored event. */

import type { Database } from "../db/db.ts";
import { evaluateCondition, type RuleVerdict } from "../engine/condition.ts";
import type { Scope } from "../engine/scope.ts";
import { AppError } from "../errors.ts";
import { hasFields, redactPayload } from "../events/payload.ts";
import { compileCondition } from "./definition.ts";
import { eventScope, loadEvents, type PendingEvent } from "./pending_event.ts";
import { triggersOn } from "./triggers.ts";
import type { Flow, FlowStore } from "./store.ts";

export interface FlowVerdict {
  flow: Flow;
  /** Its trigger names the event's type; whether it is enabled is another matter. */
  listens: boolean;
  /** Null for a flow that does not listen, or whose condition this version cannot read. */
  matched: boolean | null;
  /** What this version cannot read of its condition, as a sentence; null when it can. */
  problem: string | null;
  /** Empty for a flow that does not listen. */
  rules: RuleVerdict[];
  /** Newest run of the flow for this event. */
  runId: string | null;
}

export interface Explain {
  /** Those that listen first. Undefined for an event that is gone. `redacted`: what rules found is shown as members see events. */
  explain(
    installationId: number,
    eventId: number,
    options: { redacted: boolean },
  ): Promise<FlowVerdict[] | undefined>;
}

export function createExplain(
  { db, flows }: { db: Pick<Database, "scoped">; flows: Pick<FlowStore, "list"> },
): Explain {
  return {
    explain: async (installationId, eventId, { redacted }) => {
      const [event] = await loadEvents(db, [{ installationId, eventId }]);
      if (!event) return undefined;
      const [list, runs] = await Promise.all([
        flows.list(installationId),
        newestRuns(db, installationId, eventId),
      ]);
      const scope = eventScope(event);
      const shown = redacted ? eventScope(redactEvent(event)) : scope;
      const verdicts = list.map((flow): FlowVerdict => {
        const listens = flow.definition.trigger_event_types.some((type) => triggersOn(type, event));
        const verdict = listens ? verdictOf(flow, { scope, shown }) : { matched: null, problem: null, rules: [] };
        return { flow, listens, ...verdict, runId: runs.get(flow.id) ?? null };
      });
      return verdicts.toSorted((a, b) => Number(b.listens) - Number(a.listens));
    },
  };
}

/** As members see events (http/events.ts). */
function redactEvent(event: PendingEvent): PendingEvent {
  const query = redactPayload(event.delivery.query) as typeof event.delivery.query;
  return {
    ...event,
    body: hasFields(event) ? redactPayload(event.body) : null,
    delivery: { ...event.delivery, query },
  };
}

/** Decided on `scope`; what the rules found is taken from `shown`. */
function verdictOf(
  { definition }: Flow,
  { scope, shown }: { scope: Scope; shown: Scope },
): Pick<FlowVerdict, "matched" | "problem" | "rules"> {
  try {
    const condition = compileCondition(definition);
    const { matched, rules } = evaluateCondition(condition, scope);
    if (shown === scope) return { matched, problem: null, rules };
    const { rules: found } = evaluateCondition(condition, shown);
    return {
      matched,
      problem: null,
      rules: rules.map((rule, index) => withFound(rule, found[index]!)),
    };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { matched: null, problem: error.message, rules: [] };
  }
}

/** The verdict with what `shown` found in place of what it found itself; its reason may hold that in words. */
function withFound({ actual, reason, ...rule }: RuleVerdict, shown: RuleVerdict): RuleVerdict {
  const same = JSON.stringify(actual) === JSON.stringify(shown.actual);
  return {
    ...rule,
    ...(shown.actual === undefined ? {} : { actual: shown.actual }),
    ...(reason === undefined ? {} : { reason: same ? reason : `${rule.operator} does not hold` }),
  };
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
