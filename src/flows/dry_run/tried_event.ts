/** What a dry run is made on: a stored event, or a sample of an event or of a run's input, which is stored nowhere. */

import type { Database } from "../../db/db.ts";
import { type DeliveryFacts, deliveryFacts, METHOD_NAME } from "../../engine/scope.ts";
import { parseTrigger } from "../shape/triggers.ts";
import { loadEvents } from "../triggers/pending_event.ts";

export interface TriedEvent {
  /** Null: a sample. */
  id: number | null;
  /** Null: no event, but what people, programs, schedules and other flows begin a run with. */
  eventType: string | null;
  /** Of a sample, now. */
  receivedAt: Date;
  /** Clockify's id. */
  workspaceId: string;
  /** As of a stored event. */
  timeZone: string | null;
  /** As flows find it at $.webhook. */
  body: unknown;
  /** Absent without an event. */
  delivery?: DeliveryFacts;
}

/** A sample; its event as a trigger names it, as in NEW_TIME_ENTRY, custom:shop or custom:shop/order. */
export interface EventSample {
  /** Null: `body` is the input of a run that no event begins. */
  eventType: string | null;
  /** JSON. */
  body: unknown;
}

interface Place {
  installation: { id: number; workspaceId: string };
  now: number;
}

/** Undefined for a stored event that is gone. */
export async function readTried(
  db: Pick<Database, "scoped">,
  on: { eventId: number } | { sample: EventSample },
  place: Place,
): Promise<TriedEvent | undefined> {
  if ("sample" in on) return await sampled(db, on.sample, place);
  const [event] = await loadEvents(db, [{ installationId: place.installation.id, eventId: on.eventId }]);
  return event;
}

async function sampled(
  db: Pick<Database, "scoped">,
  { eventType, body }: EventSample,
  { installation: { id, workspaceId }, now }: Place,
): Promise<TriedEvent> {
  const [row] = await db.scoped({ installationIds: [id] }, (sql) =>
    sql<{ time_zone: string | null }[]>`
      select (select body->'settings'->>'timeZone' from entity_cache where entity_cache.installation_id = ${id}
        and entity_type = 'user' and entity_id = installation.as_user) as time_zone
      from installation where id = ${id}`);
  const facts = { id: null, receivedAt: new Date(now), workspaceId, timeZone: row?.time_zone ?? null, body };
  if (eventType === null) return { ...facts, eventType };
  const { eventType: type, customType = null } = parseTrigger(eventType);
  const source = type.startsWith("custom:") ? type.slice("custom:".length) : null;
  const headers = source === null ? {} : { "content-type": "application/json", [METHOD_NAME]: "POST" };
  const delivery = deliveryFacts({
    id: 0,
    type,
    workspaceId,
    receivedAt: facts.receivedAt,
    customType,
    source,
    query: null,
    headers: JSON.stringify(headers),
  });
  return { ...facts, eventType: type, delivery };
}
