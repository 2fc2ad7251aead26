/** kill -9 at each step boundary: no acknowledged event is lost, no finished step is repeated, a repeat carries the same key. */

import { assert, assertEquals, fail } from "@std/assert";
import type { CrashPoint } from "../../src/base/crash_point.ts";
import type { Simulator } from "../../src/simulator/simulator.ts";
import { startChild } from "../support/child.ts";
import { CRASH_TIMES } from "../support/crash_times.ts";
import { openDoor } from "../support/crash_world.ts";
import { fillDataFolder, migratedOnServer } from "../support/database.ts";
import { startTestSimulator } from "../support/simulator.ts";
import { eventually, OPERATOR_KEY, worldEnv } from "../support/world.ts";

const PROGRAM = new URL("../support/crash_program.ts", import.meta.url);
/** Of each point, one at a first, second and third passing after another. */
const CRASHES_PER_POINT = Math.max(3, CRASH_TIMES);
const EVENTS = 4;

const FLOW = {
  name: "Two creates",
  trigger_event_types: ["TIMER_STOPPED"],
  // Clockify makes a new entry at each of these: a repeat would be seen.
  actions: ["first", "second"].map((id) => ({
    id,
    operation_id: "createTimeEntry",
    body: {
      start: "2026-11-20T09:00:00Z",
      end: "2026-11-20T09:30:00Z",
      description: `{{ concat('${id} ', $.webhook.id) }}`,
    },
  })),
};

const POINTS: CrashPoint[] = ["after_commit", "after_claim", "before_call", "after_call", "before_run_end"];

for (const point of POINTS) {
  Deno.test(`kill -9 ${point.replaceAll("_", " ")} loses no acknowledged event and repeats no finished step`, async () => {
    await crashAndRecover(point);
  });
}

async function crashAndRecover(point: CrashPoint) {
  const simulator = await startTestSimulator({ ratePerSecond: 1_000 });
  const database = await migratedOnServer();
  const dataDir = await Deno.makeTempDir({ prefix: "timewire-crash-" });
  await fillDataFolder(dataDir);
  /** While it is there, the process dies at the point, on the pass that it names. */
  const fuse = `${dataDir}/fuse`;
  // A short lease: on a server the next process takes a dead one's claims only when they end.
  const env = {
    ...worldEnv(simulator),
    PROFILES: "universal_webhook",
    DATA_DIR: dataDir,
    // Long enough that no stall of a busy machine ends the lease of a living owner: that would be a repeat of its own.
    JOB_LEASE_SECONDS: "3",
    ...(database && { DATABASE_URL: database.url }),
    CRASH_AT: point,
    CRASH_WHEN: fuse,
  };
  let child = await startChild(PROGRAM, env);
  try {
    const [workspace] = await simulator.workspaces();
    const workspaceId = workspace!.id;
    // Ports change with every start: deliveries go through a fixed address that follows the child.
    const door = openDoor(() => child.ready.universal_webhook);
    try {
      await simulator.install({ manifestUrl: `${door.url}/manifest`, workspaceId });
      const headers = { "x-api-key": OPERATOR_KEY, "content-type": "application/json" };
      const flows = `${door.url}/ui/flows?workspace_id=${workspaceId}`;
      const saved = await fetch(flows, { method: "POST", headers, body: JSON.stringify(FLOW) });
      assertEquals(saved.status, 201, await saved.text());

      // The process that sees one crash through is the one that dies next.
      const sent: string[] = [];
      for (let crash = 0; crash < CRASHES_PER_POINT; crash++) {
        // One claim may take all events at once, so only its first passing is sure to come.
        const nth = point === "after_claim" ? 1 : 1 + crash % 3;
        await Deno.writeTextFile(fuse, String(nth));
        const died = child.status;
        sent.push(...await sendEvents(simulator, workspaceId));
        const { signal } = await died;
        assertEquals(signal, "SIGKILL", child.errors());
        await Deno.remove(fuse);
        child = await startChild(PROGRAM, env);
        await simulator.settled();
        await allRunsEnd(`${door.url}/ui/runs?workspace_id=${workspaceId}&limit=100`, sent.length, child.errors);
      }
      child.kill("SIGTERM");
      assertEquals((await child.status).code, 0);
      await assertEffects(simulator, sent);
    } finally {
      await door.stop();
    }
  } finally {
    child.kill("SIGKILL");
    await simulator.stop();
    await database?.stop();
    await Deno.remove(dataDir, { recursive: true });
  }
}

/** Events that Clockify sends and, as it does, sends again until they are acknowledged. */
async function sendEvents(simulator: Simulator, workspaceId: string): Promise<string[]> {
  await simulator.configureDeliveries({ retryDelayMs: 200, maxAttempts: 100 });
  const ids = Array.from({ length: EVENTS }, () => crypto.randomUUID().replaceAll("-", "").slice(0, 24));
  for (const id of ids) {
    await simulator.deliver({ workspaceId, event: "TIMER_STOPPED", payload: { id, workspaceId } });
  }
  return ids;
}

/** By their records, not by what was sent: a run whose end was not recorded goes on in the next process, to be killed there again. */
async function allRunsEnd(url: string, count: number, errors: () => string) {
  await eventually(async () => {
    const answer = await fetch(url, { headers: { "x-api-key": OPERATOR_KEY } });
    const { runs } = await answer.json() as { runs: { status: string }[] };
    return runs.filter(({ status }) => status === "COMPLETED").length === count;
  }).catch(() => fail(`some runs did not end: ${errors()}`));
}

/** Every event's two effects happened; a request that was repeated carried the same key; no key belongs to two steps. */
async function assertEffects(simulator: Simulator, sent: string[]) {
  const requests = (await simulator.listRequests({ method: "POST" })).filter(({ path }) =>
    path.endsWith("/time-entries")
  );
  const keysByName = new Map<string, Set<string>>();
  const triesByName = new Map<string, (number | null)[]>();
  for (const { body, headers, status } of requests) {
    const name = JSON.parse(body).description;
    keysByName.set(name, (keysByName.get(name) ?? new Set()).add(String(headers["idempotency-key"])));
    triesByName.set(name, [...triesByName.get(name) ?? [], status]);
  }
  const all = sent.flatMap((id) => [`first ${id}`, `second ${id}`]);
  for (const name of all) {
    assertEquals(keysByName.get(name)?.size, 1, `${name}: one key over all tries`);
    const tries = triesByName.get(name)!;
    assert(tries.length <= 2, `${name}: at most one extra send per crash, answers were ${tries.join()}`);
  }
  assertEquals(new Set([...keysByName.values()].flatMap((keys) => [...keys])).size, all.length);
  assertEquals(keysByName.size, all.length, "nothing ran that was not asked for");
}
