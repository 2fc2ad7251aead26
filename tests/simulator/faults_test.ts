/** Faults on demand, and the control API from outside. */

import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { simulatorClient } from "../../src/simulator/control.ts";
import { withScene } from "./setup.ts";

Deno.test("a status fault hits its method and path as often as asked", () =>
  withScene({}, async ({ simulator, api }) => {
    simulator.faults.add({
      kind: "status",
      status: 429,
      retryAfter: "2",
      method: "GET",
      path: "*/tags",
      count: 2,
      skip: 1,
    });
    const answers = [];
    for (let i = 0; i < 4; i++) answers.push(await api("GET", "/tags"));
    assertEquals(answers.map((answer) => answer.status), [200, 429, 429, 200]);
    assertEquals(answers[1]!.headers.get("Retry-After"), "2");
    simulator.faults.add({ kind: "status" });
    assertEquals((await api("GET", "/tags")).status, 500);
  }));

const entry = { start: "2026-11-20T10:00:00Z", end: "2026-11-20T11:00:00Z", description: "Fault probe" };
for (
  const { kind, acts } of [
    { kind: "cut", acts: 0 },
    { kind: "truncate", acts: 1 },
    { kind: "drop_answer", acts: 1 },
  ] as const
) {
  Deno.test(`a ${kind} fault breaks the connection and ${acts ? "keeps" : "has no"} effect`, () =>
    withScene({}, async ({ simulator, api, ownerId }) => {
      simulator.faults.add({ kind, method: "POST" });
      await assertRejects(() => api("POST", "/time-entries", entry), TypeError);
      const list = await api("GET", `/user/${ownerId}/time-entries?description=${encodeURIComponent("Fault probe")}`);
      assertEquals(list.json.length, acts);
    }));
}

Deno.test("a hanging request goes on when released", () =>
  withScene({}, async ({ simulator, api }) => {
    simulator.faults.add({ kind: "hang", path: "*/clients" });
    const held = api("GET", "/clients");
    assertEquals((await api("GET", "/tags")).status, 200);
    assertEquals(simulator.requests.find((request) => request.path.endsWith("/clients"))!.status, null);
    simulator.faults.release();
    assertEquals((await held).status, 200);
  }));

Deno.test("a slow fault waits on the clock, then acts", () => {
  const waits: number[] = [];
  const clock = {
    now: () => Date.now(),
    monotonicMs: () => performance.now(),
    sleep: (ms: number, signal?: AbortSignal) =>
      ms === 1234
        ? Promise.resolve(void waits.push(ms))
        : new Promise<void>((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
  };
  return withScene({ clock }, async ({ simulator, api }) => {
    simulator.faults.add({ kind: "slow", delayMs: 1234 });
    assertEquals((await api("GET", "/tags")).status, 200);
    assertEquals(waits, [1234]);
  });
});

Deno.test("another process drives the same commands over /_sim", () =>
  withScene({}, async ({ simulator, workspaceId, addon, installed }) => {
    const client = simulatorClient(simulator.url);
    assertStrictEquals((await client.workspaces())[0]!.id, workspaceId);
    await client.addFault({ kind: "status", status: 503 });
    await client.clearFaults();
    const tag = await client.change({ workspaceId, method: "POST", path: "/tags", body: { name: "remote made" } });
    assertEquals((tag as { name: string }).name, "remote made");
    await client.settled();
    assertEquals((await client.listDeliveries({ event: "NEW_TAG" }))[0]!.state, "delivered");
    assertEquals(addon.to("/webhooks/clockify/NEW_TAG").length, 1);
    assertEquals((await client.uninstall({ addonId: installed.addonId })).status, 200);
    await assertRejectsLike(
      client.install({ manifestUrl: addon.manifestUrl, workspaceId: "none" }),
      /workspace "none"/,
    );
    assertEquals(
      (await fetch(`${simulator.url}/_sim/nothing`, { method: "POST" }).then((r) => r.json())).message.length > 0,
      true,
    );
    assertEquals((await client.stats()).requests, 0);
  }));

Deno.test("main.ts prints its address and key and stops on SIGTERM", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-net", "--allow-read", "--allow-env", "src/simulator/main.ts", "--port", "0"],
    cwd: new URL("../..", import.meta.url),
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("END PUBLIC KEY")) text += (await reader.read()).value ?? "";
  const url = text.match(/http:\/\/127\.0\.0\.1:\d+/)![0];
  assertEquals((await simulatorClient(url).workspaces()).length, 2);
  child.kill("SIGTERM");
  await reader.cancel();
  assertEquals((await child.status).code, 0);
});
