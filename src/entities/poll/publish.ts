/** Hands what polling found to ingest, as if Clockify had sent it. */

import { deliveryIdentity } from "../../clockify/events.ts";
import type { Ingest } from "../../ingest/ingest.ts";
import type { FoundEvent } from "./families.ts";

export interface TellTarget {
  id: number;
  generation: number;
  workspaceId: string;
}

/** Resolves once all are committed; one that was told before is a duplicate. Throws what ingest's receive() throws. */
export type TellEvents = (target: TellTarget, events: FoundEvent[], requestId: string) => Promise<void>;

export function createTell(ingest: Pick<Ingest, "receive">): TellEvents {
  return async ({ id, generation, workspaceId }, events, requestId) => {
    await Promise.all(events.map(({ eventType, body }) => {
      const full = { ...body, workspaceId };
      const text = JSON.stringify(full);
      return ingest.receive({
        installationId: id,
        generation,
        eventType,
        body: new TextEncoder().encode(text),
        text,
        ...deliveryIdentity(eventType, full),
        headers: { "x-timewire-source": "poll" },
        requestId,
      });
    }));
  };
}
