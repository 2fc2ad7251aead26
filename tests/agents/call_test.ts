/** Tests of the look at an agent: both of its requests share one limit of time, and a refused address says what allows it. */

import { assertEquals } from "@std/assert";
import { createAgentCalls } from "../../src/agents/call.ts";
import type { CallableAgent } from "../../src/agents/store.ts";
import { refused } from "../../src/egress/target.ts";
import { createFakeClock } from "../clockify/fake_clock.ts";

Deno.test("health: what the card has used up of 5 s is not there for /health", async () => {
  const clock = createFakeClock();
  const asked: [string, number][] = [];
  const calls = createAgentCalls({
    clock,
    fetch: async ({ url, timeoutMs }) => {
      asked.push([new URL(url).pathname, timeoutMs]);
      await clock.advance(4_000);
      return { status: 404, headers: new Headers(), body: new Uint8Array() };
    },
  });
  const agent = { url: "https://a.example/rpc", authType: "none", timeoutMs: 30_000 } as CallableAgent;
  const { status, via, responseTimeMs } = await calls.health(agent);
  assertEquals(asked, [["/.well-known/agent-card.json", 5_000], ["/health", 1_000]]);
  assertEquals([status, via, responseTimeMs], ["unhealthy", "health", 8_000]);
});

Deno.test("health: an address that may not be called is answered with what lets it be", async () => {
  const calls = createAgentCalls({
    clock: createFakeClock(),
    fetch: () => Promise.reject(refused("10.0.0.1", "its address is not public (private)")),
  });
  const { error } = await calls.health({ url: "http://10.0.0.1/rpc", authType: "none" } as CallableAgent);
  assertEquals(
    error,
    "Cannot call 10.0.0.1: its address is not public (private); EGRESS_ALLOW=10.0.0.1:80 lets it be called",
  );
});
