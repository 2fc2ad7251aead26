/** The database stops answering, or restarts as after a crash, under deliveries: 503 in time, nothing acknowledged is lost. */

import { assertEquals, assertMatch } from "@std/assert";
import { systemClock } from "../../src/base/clock.ts";
import { openPostgres } from "../../src/db/postgres.ts";
import { CRASH_TIMES } from "../support/crash_times.ts";
import { createServerDatabase } from "../support/database.ts";
import { HURRIED } from "../support/child.ts";
import { ownTimeOver } from "../support/own_time.ts";
import { endsWithin, makeDataDir, startProgram } from "../support/program.ts";
import { type FragileServer, startFragileServer } from "../support/server_faults.ts";
import { effects, EVENT, installFlow, newIds, type SignedEvents, statusOf } from "../support/signed_events.ts";
import { startTestSimulator } from "../support/simulator.ts";
import { eventually, worldEnv } from "../support/world.ts";

const QUEUE_LIMIT = 20;
const ANSWER_LIMIT_MS = 5_000;

/** Only a server that these tests own may be stopped, so DATABASE_URL is not asked. */
let missing = "";
const probe = Deno.build.os === "linux" ? await startFragileServer({ onMissing: (why) => missing = why }) : undefined;
await probe?.stop();
const SKIP = probe ? { ignore: false, why: "" } : { ignore: true, why: ` (ignored: ${missing || "needs Linux"})` };

interface Scene {
  server: FragileServer;
  events: SignedEvents;
  port: number;
  simulator: Awaited<ReturnType<typeof startTestSimulator>>;
  /** Entities whose event the database holds. */
  stored(): Promise<Set<string>>;
}

async function withScene(work: (scene: Scene) => Promise<void>) {
  const server = (await startFragileServer())!;
  const simulator = await startTestSimulator({ ratePerSecond: 1_000 });
  const folder = await makeDataDir({ empty: true });
  const database = await createServerDatabase(server.url);
  await database.db.stop();
  const program = await startProgram({
    ...worldEnv(simulator),
    PROFILES: "universal_webhook",
    DATA_DIR: folder.path,
    DATABASE_URL: database.url,
    INGEST_QUEUE_LIMIT: String(QUEUE_LIMIT),
    ...HURRIED,
    // A claim whose answer the outage swallowed is taken again soon.
    JOB_LEASE_SECONDS: "2",
  });
  try {
    const port = program.ports.universal_webhook!;
    const events = await installFlow(simulator, port);
    const stored = async () => {
      const db = openPostgres({ url: database.url, poolSize: 1, applicationName: "timewire-tests" });
      try {
        const rows = await db.sql<{ id: string }[]>`
          select convert_from(body, 'UTF8')::json ->> 'id' as id from event where event_type = ${EVENT}`;
        assertEquals(new Set(rows.map(({ id }) => id)).size, rows.length, "no event is stored twice");
        return new Set(rows.map(({ id }) => id));
      } finally {
        await db.stop();
      }
    };
    await work({ server, events, port, simulator, stored });
    program.kill("SIGTERM");
    assertEquals((await endsWithin(program, 5_000)).code, 0);
  } finally {
    program.kill("SIGKILL");
    await program.ended;
    await simulator.stop();
    await server.stop();
    await folder.remove();
  }
}

/** The answer to a request that must come within the limit. */
async function answered(
  request: Promise<Response>,
): Promise<{ status: number; retryAfter: string | null; body: Json }> {
  const timer = new AbortController();
  const late = ownTimeOver(ANSWER_LIMIT_MS, timer.signal).then(() => {
    throw new Error(`no answer in ${ANSWER_LIMIT_MS} ms`);
  });
  late.catch(() => {});
  const response = await Promise.race([request, late]).finally(() => timer.abort());
  return { status: response.status, retryAfter: response.headers.get("retry-after"), body: await response.json() };
}

// deno-lint-ignore no-explicit-any -- answers are read as a client would, without our types
type Json = any;

Deno.test({
  name:
    `a frozen database: 503 with Retry-After in 5 s, a bounded queue, degraded health, and on again after it${SKIP.why}`,
  ignore: SKIP.ignore,
  fn: () =>
    withScene(async ({ server, events, port, simulator, stored }) => {
      const [before, ...during] = newIds(1 + 3 * QUEUE_LIMIT);
      assertEquals(await statusOf(events.send(port, before!)), 200);
      await eventually(() => Promise.resolve(effects(simulator).get(before!)?.done));
      // What our own effect made Clockify send is in too, and takes no place in the queue.
      await simulator.settled();

      // Every connection of the pool is open, so that the outage is met on a connection and not while making one.
      await Promise.all(Array.from({ length: 30 }, () => statusOf(events.listFlows(port))));

      await server.freeze();
      try {
        // A sender that is not in the cache: verifying it asks the database.
        const { path, headers } = events.other("TIME_ENTRY_DELETED");
        const cold = fetch(`http://127.0.0.1:${port}${path}`, { method: "POST", headers, body: events.body(before!) });
        assertEquals((await answered(cold)).status, 503, "also when the sender must be looked up first");

        const answers = await Promise.all(during.map((id) => answered(events.send(port, id))));
        for (const { status, retryAfter } of answers) {
          assertEquals(status, 503);
          assertMatch(retryAfter ?? "", /^[1-9]\d*$/);
        }
        const codes = Map.groupBy(answers, ({ body }) => body.code);
        assertEquals(codes.get("DATABASE_UNAVAILABLE")?.length, QUEUE_LIMIT);
        assertEquals(codes.get("OVERLOADED")?.length, during.length - QUEUE_LIMIT, "what exceeds the queue is refused");

        const health = await answered(fetch(`http://127.0.0.1:${port}/healthz`));
        assertEquals(health.status, 200);
        assertEquals(health.body.status, "degraded");
        assertEquals((await answered(fetch(`http://127.0.0.1:${port}/ready`))).status, 503);
      } finally {
        await server.thaw();
      }

      // Clockify repeats what was refused; each is stored once.
      for (const id of during) {
        await eventually(async () => await statusOf(events.send(port, id)) === 200);
      }
      assertEquals(await stored(), new Set([before!, ...during]));
      await eventually(() => Promise.resolve(during.every((id) => effects(simulator).get(id)?.done)));
      assertEquals((await answered(fetch(`http://127.0.0.1:${port}/ready`))).status, 200);
    }),
});

Deno.test({
  name:
    `an immediate restart of the database under load: 200 or 503 only, every acknowledged event is stored and runs${SKIP.why}`,
  ignore: SKIP.ignore,
  fn: () =>
    withScene(async ({ server, events, port, simulator, stored }) => {
      const acknowledged: string[] = [];
      const statuses = new Map<number, number>();
      let over = false;
      let afterwards = 0;
      const sender = async () => {
        // Ends once deliveries are stored again after the last restart.
        while (!over || afterwards < 20) {
          const [id] = newIds(1);
          const status = await statusOf(events.send(port, id!));
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
          if (status === 200) {
            acknowledged.push(id!);
            afterwards++;
          } else await systemClock.sleep(50);
        }
      };
      const senders = Array.from({ length: 4 }, sender);
      for (let time = 0; time < CRASH_TIMES; time++) {
        await eventually(() => Promise.resolve(afterwards >= 20));
        await server.restart();
        afterwards = 0;
      }
      over = true;
      await Promise.all(senders);

      assertEquals([...statuses.keys()].filter((status) => status !== 200 && status !== 503), []);
      const held = await stored();
      assertEquals(acknowledged.filter((id) => !held.has(id)), [], "acknowledged and lost");
      await eventually(() => Promise.resolve(acknowledged.every((id) => effects(simulator).get(id)?.done)));
    }),
});
