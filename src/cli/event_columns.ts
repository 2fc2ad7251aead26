/** An event as tables show it. */

import type { z } from "zod";
import type { eventRow } from "../http/api/events.ts";
import { type Column, time } from "./table.ts";

export type EventJson = z.output<typeof eventRow>;

export const EVENT_COLUMNS: readonly Column<EventJson>[] = [
  { name: "id", of: ({ id }) => id },
  { name: "received", of: ({ received_at }) => time(received_at) },
  { name: "type", of: ({ event_type, custom_type }) => custom_type ?? event_type, mayShrink: true },
  { name: "outcome", of: ({ outcome }) => outcome },
  { name: "runs", of: ({ runs }) => runs.failed > 0 ? `${runs.total}, ${runs.failed} failed` : runs.total },
  { name: "about", of: ({ subject, entity }) => subject ?? entity, mayShrink: true },
  { name: "reason", of: ({ reason }) => reason, mayShrink: true },
];
