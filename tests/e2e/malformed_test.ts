/** 10,000 malformed requests to each listener of the real program: no 5xx, no crash, no growth. */

import { assert, assertEquals, fail } from "@std/assert";
import type { ProfileKey } from "../../src/profiles/profile.ts";
import { PROFILES } from "../../src/profiles/profiles.ts";
import { type Malformed, malformedRequests, type Seedling } from "../support/malformed.ts";
import { LONG_LIVED } from "../support/child.ts";
import { makeDataDir, type Program, startProgram } from "../support/program.ts";
import { startTestSimulator } from "../support/simulator.ts";
import { eventually, OPERATOR_KEY, worldEnv } from "../support/world.ts";

const COUNT = 10_000;
const SENDERS = 16;
/** Memory of a program that took 10,000 malformed requests may have grown by so much, and by no more. */
const MOST_GROWTH_BYTES = 50 * 1024 * 1024;
const EVENT = "NEW_TIME_ENTRY";

/** As it is by default, up to 140 MB of garbage wait to be swept, which hide growth or look like it. */
const SWEPT_OFTEN = { DENO_V8_FLAGS: "--max-semi-space-size=4,--heap-growing-percent=20" };
const NO_LIMITS = { WEBHOOK_RATE_LIMIT_RPS: "1000000", API_RATE_LIMIT_RPS: "1000000" };

Deno.test("10,000 malformed requests to each listener end without 5xx, crash or growth", async () => {
  const simulator = await startTestSimulator();
  const data = await makeDataDir();
  const program = await startProgram({
    ...worldEnv(simulator),
    ...NO_LIMITS,
    ...SWEPT_OFTEN,
    ...LONG_LIVED,
    DATA_DIR: data.path,
  });
  try {
    const [workspace] = await simulator.workspaces();
    const workspaceId = workspace!.id;
    for (const [index, { key, addonKey }] of PROFILES.entries()) {
      const base = `http://127.0.0.1:${program.ports[key]}`;
      const installed = await simulator.install({ manifestUrl: `${base}/manifest`, workspaceId });
      assertEquals(installed.lifecycle.status, 200);
      const names = { addonKey, workspaceId, addonId: installed.addonId };
      const lifecycle = await simulator.signToken({ kind: "lifecycle", ...names });
      const webhook = installed.webhooks.find(({ event }) => event === EVENT)!.authToken;
      const seeds = seedlings({ workspaceId, addonId: installed.addonId, webhook, lifecycle });
      // Once uncounted: what a new process takes for its first requests of any kind is no growth.
      if (index === 0) await assault(program, key, malformedRequests(seeds, { count: COUNT, seed: 3 }));
      const before = await residentBytes(program.pid);
      await assault(program, key, malformedRequests(seeds, { count: COUNT, seed: 7 }));
      await grewLittle(program, { port: program.ports[key]!, before });
    }
    const errors = program.log().filter(({ level }) => level === "ERROR");
    assertEquals(errors, []);
  } finally {
    program.kill("SIGKILL");
    await program.ended;
    await simulator.stop();
    await data.remove();
  }
});

function seedlings(
  { workspaceId, addonId, webhook, lifecycle }: Record<"workspaceId" | "addonId" | "webhook" | "lifecycle", string>,
): Seedling[] {
  const json = { "content-type": "application/json" };
  const operator = { ...json, "x-api-key": OPERATOR_KEY };
  const signed = { ...json, "clockify-signature": webhook, "clockify-webhook-event-type": EVENT };
  const called = { ...json, "x-addon-lifecycle-token": lifecycle };
  const flow = {
    name: "One",
    trigger_event_types: [EVENT],
    conditions: { type: "ALL", rules: [{ field: "$.webhook.id", operator: "==", value: "1" }] },
    actions: [{ operation_id: "getTags", query_params: { name: "$.webhook.description" } }],
  };
  const query = `?workspace_id=${workspaceId}`;
  return [
    {
      method: "POST",
      path: `/webhooks/clockify/${EVENT}`,
      headers: signed,
      body: { id: "e1", workspaceId, description: "x", timeInterval: { start: "2026-11-20T09:00:00Z" } },
    },
    { method: "POST", path: "/webhooks/clockify", headers: signed, body: { id: "e2", workspaceId } },
    {
      method: "POST",
      path: "/lifecycle/settings-updated",
      headers: called,
      body: { workspaceId, addonId, settings: [] },
    },
    { method: "POST", path: "/lifecycle/installed", headers: called, body: { workspaceId, addonId, apiUrl: "x" } },
    { method: "POST", path: `/ui/flows${query}`, headers: operator, body: flow },
    { method: "PUT", path: `/ui/flows/1${query}`, headers: operator, body: flow },
    { method: "GET", path: `/ui/flows${query}`, headers: operator },
    { method: "POST", path: `/ui/sources${query}`, headers: operator, body: { name: "x", scheme: "none" } },
    { method: "PUT", path: `/ui/webhooks/api-key${query}`, headers: operator, body: { api_key: "x" } },
    { method: "POST", path: `/ui/bootstrap/trigger${query}`, headers: operator, body: {} },
    { method: "GET", path: `/ui/webhooks${query}`, headers: operator },
  ];
}

async function assault(program: Program, profile: ProfileKey, requests: Malformed[]) {
  const port = program.ports[profile]!;
  const statuses = new Map<number, number>();
  const failed: string[] = [];
  let ended = false;
  void program.ended.then(() => ended = true);
  let next = 0;
  await Promise.all(Array.from({ length: SENDERS }, async () => {
    while (next < requests.length && !ended) {
      const request = requests[next++]!;
      const status = request.kind === "raw" ? await sendRaw(port, request.bytes) : await sendHttp(port, request);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status >= 500) failed.push(`${status} for ${describe(request)}`);
    }
  }));
  assert(!ended, `the program ended: ${JSON.stringify(program.log().at(-1))}`);
  assertEquals(failed.slice(0, 10), [], `${failed.length} answers of 5xx at ${profile}`);
  const health = await fetch(`http://127.0.0.1:${port}/healthz`);
  assertEquals([health.status, (await health.json()).status], [200, "ok"]);
  // The run means something only when requests got past the doors as well as being stopped at them.
  const spread = [200, 400, 401, 404, 405, 422].filter((status) => !statuses.has(status));
  assertEquals(spread, [], `answers were ${JSON.stringify([...statuses])}`);
}

/**
 * What is left after the requests, not the garbage of their last moment: that goes within a few seconds, with the garbage of the
 * few requests that are made meanwhile. A process that does nothing sweeps nothing.
 */
async function grewLittle(program: Program, { port, before }: { port: number; before: number }): Promise<void> {
  let grown = Infinity;
  await eventually(async () => {
    for (let i = 0; i < 20; i++) await (await fetch(`http://127.0.0.1:${port}/ready`)).body?.cancel();
    grown = await residentBytes(program.pid) - before;
    return grown < MOST_GROWTH_BYTES;
  }).catch(() => fail(`grew by ${Math.round(grown / 1024 / 1024)} MB`));
}

async function sendHttp(port: number, request: Malformed & { kind: "http" }): Promise<number> {
  const { method, path, headers, body } = request;
  try {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers, body, redirect: "manual" });
    await response.body?.cancel();
    return response.status;
  } catch {
    // Refused before an answer: header floods end so.
    return 0;
  }
}

/** Status of the answer, or 0 when the server closed without one. Half a request is ended by our side. */
async function sendRaw(port: number, bytes: Uint8Array): Promise<number> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  try {
    for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
    await connection.closeWrite();
    const buffer = new Uint8Array(64);
    const read = await connection.read(buffer) ?? 0;
    return Number(/^HTTP\/1\.[01] (\d{3})/.exec(new TextDecoder().decode(buffer.subarray(0, read)))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

async function residentBytes(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
}

function describe(request: Malformed): string {
  if (request.kind === "raw") return JSON.stringify(new TextDecoder("latin1").decode(request.bytes.slice(0, 200)));
  const { method, path, headers, body } = request;
  const secret = /signature|token|key/;
  const shown = Object.fromEntries(Object.entries(headers).filter(([name]) => !secret.test(name)));
  return `${method} ${path} ${JSON.stringify(shown)} ${new TextDecoder().decode(body?.slice(0, 200))}`;
}
