/** Publishes the events that polling found: hands them to ingest, as if Clockify had delivered them. */

import { deliveryIdentity } from "../../clockify/events.ts";
import type { Ingest } from "../../ingest/ingest.ts";
import type { FoundEvent } from "./families.ts";

export interface PublishTarget {
  id: number;
  generation: number;
  workspaceId: string;
}

/**
 * Resolves once all are committed; one that was published before is a duplicate. Throws what ingest's receive() throws.
 */
export type PublishEvents = (target: PublishTarget, events: FoundEvent[], requestId: string) => Promise<void>;

export function createPublish(ingest: Pick<Ingest, "receive">): PublishEvents {
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
