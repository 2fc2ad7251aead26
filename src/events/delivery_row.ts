/** A stored event as flows see it: its body read, and the facts beside it. */

import type { Fragment, Query } from "../db/db.ts";
import { type DeliveryFacts, deliveryFacts } from "../engine/scope.ts";
import type { BodyReading } from "./body_reading.ts";
import { readBody } from "./read_body.ts";

export interface DeliveryRow {
  event_type: string;
  received_at: Date;
  custom_source: string | null;
  custom_type: string | null;
  /** JSON: few flows ask for headers, so it is parsed for those. */
  headers: string;
  query: Record<string, string | string[]> | null;
  body: Uint8Array;
}

/** Columns of the table event that readDelivery() needs; `body` in place of its column. */
export function deliveryColumns(sql: Query, body: Fragment = sql`event.body`) {
  return sql`event.event_type, event.received_at, event.custom_source, event.custom_type, event.headers::text as headers,
    event.query, ${body}`;
}

export function readDelivery(
  row: DeliveryRow,
  { id, workspaceId }: { id: number; workspaceId: string },
): { delivery: DeliveryFacts; body: unknown; form: BodyReading["form"] } {
  const delivery = deliveryFacts({
    id,
    type: row.event_type,
    workspaceId,
    receivedAt: row.received_at,
    customType: row.custom_type,
    source: row.custom_source,
    query: row.query,
    headers: row.headers,
  });
  const contentType = row.custom_source === null ? null : delivery.content_type;
  const { value, form } = readBody({ body: row.body, customSource: row.custom_source, contentType });
  return { delivery, body: value, form };
}
