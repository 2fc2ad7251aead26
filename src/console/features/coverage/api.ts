/** The delivery path of each event type: GET /ui/webhooks/coverage. */

import type { Api } from "../../shell/client.ts";
import type { Answer, Wire } from "../../wire.ts";

export type DeliveryPath = Wire<"CoveredEvent">["way"];

export interface CoveredEvent {
  eventType: string;
  path: DeliveryPath;
  /** "ok", or what is wrong with its webhook. */
  state: Wire<"CoveredEvent">["state"];
  reason: string;
  nextStep: string | null;
  lastEventAt: Date | null;
}

export interface Coverage {
  checkedAt: Date | null;
  summary: Wire<"CoverageSummary">;
  reconciliation: Wire<"Reconciliation">;
  events: CoveredEvent[];
}

export async function getCoverage(api: Api): Promise<Coverage> {
  const wire = await api.get<Answer<"get_ui_webhooks_coverage">>("/webhooks/coverage");
  const date = (text: string | null) => text === null ? null : new Date(text);
  return {
    checkedAt: date(wire.checked_at),
    summary: wire.summary,
    reconciliation: wire.reconciliation,
    events: wire.events.map((event) => ({
      eventType: event.event_type,
      path: event.way,
      state: event.state,
      reason: event.reason,
      nextStep: event.next_step,
      lastEventAt: date(event.last_event_at),
    })),
  };
}

/** Starts a search for missed events; a later getCoverage() has its result. */
export async function searchMissed(api: Api): Promise<void> {
  await api.create("/webhooks/coverage/reconcile");
}

/** Starts a check of the webhooks; a later getCoverage() has its result. */
export async function checkCoverage(api: Api): Promise<void> {
  await api.create("/webhooks/coverage/check");
}
