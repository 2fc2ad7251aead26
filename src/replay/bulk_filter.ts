/** What a bulk job is narrowed to, and how its row keeps that: times as texts. */

import type { EventRowFilter } from "../events/store.ts";
import type { LetterFilter } from "./letter_filter.ts";

/** A background letter is none of these: its work comes back by itself. */
export type BulkFilter = LetterFilter & { kind?: "run" | "event" };

/** As the row has it. */
export interface StoredFilter {
  kind?: "run" | "event";
  flow_id?: number;
  code?: string;
  since?: string;
  until?: string;
  text?: string;
  run_ids?: string[];
  issue?: string;
  event_id?: number;
  run_since?: string;
  run_until?: string;
  events?: StoredEvents;
}

/** What a list of events is narrowed to. */
interface StoredEvents {
  event_type?: string;
  source?: EventRowFilter["source"];
  outcome?: EventRowFilter["outcome"];
  reconciled?: boolean;
  since?: string;
  until?: string;
  q?: string;
}

export function storedFilter(
  { kind, flowId, code, from, to, text, runIds, cause, eventId, runFrom, runTo, events }: BulkFilter,
): StoredFilter {
  return {
    kind,
    flow_id: flowId,
    code,
    since: from?.toISOString(),
    until: to?.toISOString(),
    text,
    run_ids: runIds && [...runIds],
    issue: cause,
    event_id: eventId,
    run_since: runFrom?.toISOString(),
    run_until: runTo?.toISOString(),
    events: events && storedEvents(events),
  };
}

function storedEvents({ eventType, source, outcome, reconciled, from, to, q }: EventRowFilter): StoredEvents {
  return {
    event_type: eventType,
    source,
    outcome,
    reconciled,
    since: from?.toISOString(),
    until: to?.toISOString(),
    q,
  };
}

export function filterOf(stored: StoredFilter): BulkFilter {
  const { kind, flow_id, code, since, until, text, run_ids, issue, event_id, run_since, run_until, events } = stored;
  return {
    kind,
    flowId: flow_id,
    code,
    from: timeOf(since),
    to: timeOf(until),
    text,
    runIds: run_ids,
    cause: issue,
    eventId: event_id,
    runFrom: timeOf(run_since),
    runTo: timeOf(run_until),
    events: events && {
      eventType: events.event_type,
      source: events.source,
      outcome: events.outcome,
      reconciled: events.reconciled,
      from: timeOf(events.since),
      to: timeOf(events.until),
      q: events.q,
    },
  };
}

function timeOf(text: string | undefined): Date | undefined {
  return text === undefined ? undefined : new Date(text);
}
