/** Tests of the reads that a test of a flow makes: their time, and whose they are. */

import { assertEquals, assertMatch } from "@std/assert";
import { createTestReads } from "../../src/actions/test_reads.ts";
import type { BreakerTarget } from "../../src/breakers/store.ts";
import { CallPutOff } from "../../src/breakers/breakers.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { ClockifyCall } from "../../src/clockify/client.ts";
import { builtinCatalogue } from "../../src/clockify/operations.ts";
import type { UserTokens } from "../../src/installations/user_tokens.ts";

const installation = { id: 7, workspaceId: "w1" };
const credentials = { installationId: 7, addonKey: "a", workspaceId: "w1", token: "t", hosts: {} as never };

Deno.test("a read that does not come in time ends with all that would follow, and a write is never asked for", async () => {
  const asked: ClockifyCall[] = [];
  let now = 0;
  const reads = createTestReads({
    catalogue: builtinCatalogue(),
    client: {
      call: (call) => {
        asked.push(call);
        return new Promise((_, reject) =>
          call.signal!.addEventListener("abort", () => {
            now = 30;
            reject(call.signal!.reason);
          })
        );
      },
    },
    credentials: { find: () => Promise.resolve({ kind: "ready", credentials }) },
    userTokens: {} as UserTokens,
    breakers: { guard: (_, call) => call() },
    clean: (value) => value,
    clock: { ...systemClock, monotonicMs: () => now },
    maxMs: 30,
  });
  const reader = reads.begin({ installation, person: "u1" });
  assertEquals(await reader.read({ operation_id: "createNewTag", body: { name: "x" } }), { kind: "none" });
  for (const _ of [1, 2]) {
    const read = await reader.read({ operation_id: "getTags" });
    assertMatch(read.kind === "failed" ? read.problem : "", /have 0\.03 s, which are over/);
  }
  // A report is read by a POST: what it may do is not for a test to find out.
  assertEquals((await reader.read({ operation_id: "generateDetailedReport", body: {} })).kind !== "made", true);
  assertEquals(asked.map(({ operation, origin, priority }) => [operation.operationId, origin, priority]), [
    ["getTags", { kind: "test", name: "u1" }, "interactive"],
  ]);
  assertEquals(reader.calls(), 1);
});

Deno.test("a read asks the breaker of its host: where that is open nothing is sent, and the test says so", async () => {
  const asked: string[] = [];
  const guarded: BreakerTarget[] = [];
  let isOpen = true;
  const reads = createTestReads({
    catalogue: builtinCatalogue(),
    client: {
      call: ({ operation }) => {
        asked.push(operation.operationId);
        return Promise.resolve({ kind: "ok", status: 200, headers: {}, data: [] });
      },
    },
    credentials: {
      find: () =>
        Promise.resolve({
          kind: "ready",
          credentials: { ...credentials, hosts: { api: "https://api.clockify.me/api" } as never },
        }),
    },
    userTokens: {} as UserTokens,
    breakers: {
      guard: (target, call) => {
        guarded.push(target);
        return isOpen ? Promise.resolve(new CallPutOff(1_000, "calls to api.clockify.me are stopped")) : call();
      },
    },
    clean: (value) => value,
    clock: systemClock,
  });
  const reader = reads.begin({ installation, person: "u1" });
  assertEquals(await reader.read({ operation_id: "getTags" }), {
    kind: "failed",
    operation: "getTags",
    problem: "calls to api.clockify.me are stopped",
  });
  assertEquals([asked, reader.calls()], [[], 0]);
  isOpen = false;
  assertEquals((await reader.read({ operation_id: "getTags" })).kind, "made");
  assertEquals([asked, reader.calls()], [["getTags"], 1]);
  assertEquals(guarded, Array(2).fill({ installationId: 7, host: "api.clockify.me" }));
});
