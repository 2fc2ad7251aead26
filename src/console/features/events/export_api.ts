/** The export of events as a file, with progress. */

import type { Api, Query } from "../../shell/client.ts";
import type { EventQuery } from "./api.ts";

export const MAX_EXPORTED = 10_000;

/** The file of what matches, newest first, one event a line. */
export async function exportEvents(
  api: Api,
  query: EventQuery,
  { signal, onBytes }: { signal: AbortSignal; onBytes(received: number): void },
): Promise<{ file: Blob; truncated: boolean }> {
  const response = await api.open("/webhooks/export", { query: { ...query, limit: MAX_EXPORTED } as Query, signal });
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let received = 0;
  for await (const part of response.body as ReadableStream<Uint8Array<ArrayBuffer>>) {
    parts.push(part);
    onBytes(received += part.length);
  }
  const file = new Blob(parts, { type: "application/x-ndjson" });
  const end = await file.slice(Math.max(0, file.size - 200)).text();
  return { file, truncated: /\n?\{"truncated":true[^\n]*\n?$/.test(end) };
}
