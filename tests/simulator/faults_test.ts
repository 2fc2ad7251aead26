/** Faults on demand, and the control API from outside. */

import { assert, assertEquals, assertMatch, assertRejects, assertStrictEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { simulatorClient } from "../../src/simulator/control.ts";
import { createFaults } from "../../src/simulator/faults.ts";
import { type Sample, SAMPLE_KINDS } from "../../src/simulator/samples.ts";
import { call, withScene } from "./setup.ts";

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

Deno.test("a fault with forMs ends by itself, and the list says whom it met", () => {
  let ms = 0;
  const clock = { now: () => 1_000_000 + ms, monotonicMs: () => ms, sleep: () => Promise.resolve() };
  const faults = createFaults(clock);
  const { id } = faults.add({ kind: "cut", count: null, forMs: 30_000 });
  for (let i = 0; i < 2; i++) faults.take("GET", "/api/v1/user");
  const said = { id, kind: "cut", count: null, forMs: 30_000, endsAt: 1_030_000 } as const;
  assertEquals(faults.list(), [{ ...said, state: "active", hits: 2 }]);
  ms = 31_000;
  assertStrictEquals(faults.take("GET", "/api/v1/user"), undefined);
  assertEquals(faults.list(), [{ ...said, state: "ended", hits: 2 }]);
});

Deno.test("/_sim/makeSample makes what people try, and deliveryOutcomes says who got which event and answered what", () =>
  withScene({}, async ({ simulator, workspaceId, memberId, addon }) => {
    const client = simulatorClient(simulator.url);
    const who = { workspaceId, userId: memberId };
    const made: Record<string, string[]> = {};
    const sent: Record<string, string[]> = {};
    addon.answers.push(500);
    await client.configureDeliveries({ retryDelayMs: 1 });
    for (const what of SAMPLE_KINDS) {
      const sample = await client.makeSample({ ...who, what, ...(what === "burst" && { count: 3 }) });
      await client.settled();
      made[what] = sample.made.map(({ type, name }) => `${type} ${name}`);
      sent[what] = (await client.deliveryOutcomes({ ids: sample.deliveries })).map((one) =>
        `${one.event} to ${one.to}: ${one.sent} sent, ${one.pending} pending, ${one.repeats} repeated, ` +
        one.answers.map(({ answer, count }) => `${count} x ${answer}`).join()
      );
    }
    const nothing: string[] = [];
    assertEquals(sent, {
      long_entry: ["NEW_TIME_ENTRY to fake-addon: 1 sent, 0 pending, 1 repeated, 1 x 200"],
      burst: ["NEW_TIME_ENTRY to fake-addon: 3 sent, 0 pending, 0 repeated, 3 x 200"],
      tag: ["NEW_TAG to fake-addon: 1 sent, 0 pending, 0 repeated, 1 x 200"],
      ...{ project: nothing, client: nothing, approval: nothing, time_off: nothing },
    });
    assertEquals(made.burst?.length, 3);
    assertEquals([made.project, made.tag, made.client], [["project Quay works 1"], ["tag quayside 1"], [
      "client Harbour company 1",
    ]]);

    // A second of each has a name, a week and a day of its own.
    for (const what of ["project", "tag", "client", "approval", "time_off"] as const) {
      const [{ id, type, name }] = (await client.makeSample({ ...who, what })).made as [Sample["made"][number]];
      assert(`${type} ${name}` !== made[what]![0], name);
      assertMatch(id, /^[0-9a-f]{24}$/);
    }
    const entries = await client.change({
      ...who,
      method: "GET",
      path: `/user/${memberId}/time-entries?description=nine%20hours`,
    }) as { timeInterval: { duration: string } }[];
    assertEquals(entries.map(({ timeInterval }) => timeInterval.duration), ["PT9H"]);
  }));

Deno.test("bad input of the door's commands is refused with a sentence, and makes nothing", () =>
  withScene({}, async ({ simulator, workspaceId, api }) => {
    const before = (await api("GET", "/tags")).json.length;
    const post = async (name: string, input: unknown) => {
      const answer = await call(`${simulator.url}/_sim/${name}`, "POST", input);
      return `${answer.status} ${answer.json.code}: ${answer.json.message}`;
    };
    for (
      const [name, input, expected] of [
        ["makeSample", { workspaceId, what: "rocket" }, /^400 REQUEST_INVALID: Cannot make a sample: what: .*"burst"/],
        ["makeSample", { workspaceId, what: "burst", count: 201 }, /count: .*200/],
        ["makeSample", { workspaceId, what: "tag", count: 2 }, /only a burst has a count/],
        ["makeSample", { workspaceId, what: "tag", name: "mine" }, /name/],
        ["makeSample", { workspaceId: "none", what: "tag" }, /^400 NOT_FOUND: Cannot find workspace "none"/],
        ["makeSample", { workspaceId, userId: "none", what: "tag" }, /^400 NOT_FOUND: Cannot find user "none"/],
        ["deliveryOutcomes", {}, /^400 REQUEST_INVALID: Cannot read outcomes: ids/],
        ["addFault", { kind: "cut", forMs: 3_600_001 }, /^400 REQUEST_INVALID: Cannot add a fault: forMs is 3600001/],
        ["addFault", { kind: "hang", forMs: 10 }, /a hang has no forMs/],
        ["addFault", { kind: "status", status: 42 }, /status is 42/],
      ] as const
    ) assertMatch(await post(name, input), expected);
    assertEquals((await api("GET", "/tags")).json.length, before);
    assertEquals(await simulator.listFaults(), []);
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
