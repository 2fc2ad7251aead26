/** Hands events that were missed to ingest, as if Clockify had delivered them, and marks them. */

import type { Ingest } from "../ingest/ingest.ts";
import type { Missed } from "./missed.ts";
import type { ReconcileFacts, Source } from "./store.ts";

/** Longer than a search goes back: the same event is published once, whoever finds it, and however often. */
const MEMORY_SECONDS = 8 * 86_400;

/** Gives those that are new; one that was received or found meanwhile is a repeat. Throws what ingest's receive() throws. */
export async function publishMissed(
  missed: readonly Missed[],
  { facts, source, requestId }: {
    facts: Pick<ReconcileFacts, "id" | "generation">;
    source: Source;
    requestId: string;
  },
  ingest: Pick<Ingest, "receive">,
): Promise<Missed[]> {
  const receipts = await Promise.all(missed.map(({ eventType, text, entityKey, once, fingerprint }) =>
    ingest.receive({
      installationId: facts.id,
      generation: facts.generation,
      eventType,
      body: new TextEncoder().encode(text),
      text,
      entityKey,
      memorySeconds: MEMORY_SECONDS,
      keyDecides: once,
      otherKey: fingerprint,
      headers: { "x-timewire-source": "reconcile" },
      requestId,
      foundBy: source,
    })
  ));
  return missed.filter((_, index) => !receipts[index]!.duplicate);
}
