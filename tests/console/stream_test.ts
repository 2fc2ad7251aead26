/** The live stream: its messages, and how it comes back after it ended. */

import { assert, assertEquals } from "@std/assert";
import type { Api } from "../../src/console/shell/client.ts";
import { openStream, readMessage, reconnectDelay, type StreamMessage } from "../../src/console/shell/stream.ts";

Deno.test("readMessage() reads what the server tells, and passes over what it does not know", () => {
  assertEquals(readMessage("hello", '{"head": "12", "heartbeat_seconds": 15}'), { kind: "hello", head: "12" });
  assertEquals(readMessage("gap", '{"missed": null}'), { kind: "gap" });
  assertEquals(
    readMessage("runs", '{"runs": [{"id": "r", "flow_id": "1", "event_id": "2", "state": "failed"}]}'),
    { kind: "runs", runs: [{ id: "r", flowId: "1", eventId: "2", state: "failed" }] },
  );
  assertEquals(readMessage("approvals", '{"changed": ["a"]}'), { kind: "approvals", changed: ["a"] });
  assertEquals(readMessage("end", '{"reason": "token_expired"}'), undefined);
});

Deno.test("reconnectDelay() doubles up to 30 s, half of it by chance", () => {
  assertEquals(reconnectDelay(1, 1), 500);
  assertEquals(reconnectDelay(3, 0), 1_000);
  assertEquals(reconnectDelay(40, 1), 30_000);
});

Deno.test("openStream() reconnects after the last event that it received", async () => {
  const asked: (string | undefined)[] = [];
  const received: StreamMessage[] = [];
  const done = Promise.withResolvers<void>();
  const row = { id: "8", event_type: "NEW_TAG", received_at: "2026-11-21T08:00:00Z", payload_size: 3 };
  const bodies = [
    'event: hello\ndata: {"head": "7"}\n\n: hb\n\n',
    `id: 8\nevent: events\ndata: ${JSON.stringify({ events: [row], skipped: 2 })}\n\n`,
  ];
  const api = {
    open: (_path: string, { headers }: { headers: Record<string, string> }) => {
      asked.push(headers["last-event-id"]);
      if (asked.length === 3) done.resolve();
      return Promise.resolve(new Response(bodies.shift() ?? ""));
    },
  } as unknown as Api;
  const stream = openStream(api, {
    onMessage: (message) => received.push(message),
    onState: () => {},
    random: () => 0,
  });
  await done.promise;
  stream.stop();
  assertEquals(asked, [undefined, "7", "8"]);
  assertEquals(received.map(({ kind }) => kind), ["hello", "events"]);
  const [, events] = received;
  assert(events!.kind === "events" && events!.skipped === 2 && events!.rows[0]!.size === 3);
});
