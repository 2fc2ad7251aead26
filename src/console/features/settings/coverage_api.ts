/** Which way each event type comes: GET /ui/webhooks/coverage. */

import type { Api } from "../../shell/client.ts";

export type Way = "manifest" | "user_webhook" | "polling" | "none";

export interface CoveredEvent {
  eventType: string;
  way: Way;
  /** "ok", or what is wrong with its webhook. */
  state: string;
  reason: string;
  nextStep: string | null;
  lastEventAt: Date | null;
}

export interface Coverage {
  checkedAt: Date | null;
  summary: { total: number; covered: number; alarms: number } & Record<Way, number>;
  events: CoveredEvent[];
}

interface CoverageWire {
  checked_at: string | null;
  summary: Coverage["summary"];
  events: {
    event_type: string;
    way: Way;
    state: string;
    reason: string;
    next_step: string | null;
    last_event_at: string | null;
  }[];
}

export async function getCoverage(api: Api): Promise<Coverage> {
  const wire = await api.get<CoverageWire>("/webhooks/coverage");
  const date = (text: string | null) => text === null ? null : new Date(text);
  return {
    checkedAt: date(wire.checked_at),
    summary: wire.summary,
    events: wire.events.map((event) => ({
      eventType: event.event_type,
      way: event.way,
      state: event.state,
      reason: event.reason,
      nextStep: event.next_step,
      lastEventAt: date(event.last_event_at),
    })),
  };
}

/** Has the webhooks checked now; the answer comes with a later getCoverage(). */
export async function checkCoverage(api: Api): Promise<void> {
  await api.send("POST", "/webhooks/coverage/check");
}
