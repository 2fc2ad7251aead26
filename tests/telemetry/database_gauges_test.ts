/** The gauges that say what a database holds, what waits in it and what is stopped, and the histogram of a held thread. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { watchDatabase, watchFolder } from "../../src/app/database_gauges.ts";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { watchLoopDelay } from "../../src/telemetry/loop_delay.ts";
import { createMetrics, type Metrics } from "../../src/telemetry/metrics.ts";
import { createFakeClock } from "../clockify/fake_clock.ts";
import { addInstallation, addJobs } from "../db/rows.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";

Deno.test.afterAll(stopSharedDatabase);

const SERVICES = ["api-studio", "universal-webhook"];
/** A scrape that waits for its gauges, on a machine however busy. */
const PATIENT: Clock = { ...systemClock, sleep: () => new Promise(() => {}) };
const startMetrics = (clock = PATIENT) =>
  createMetrics({ clock, services: SERVICES, eventTypes: [], reasons: [], keepMs: 0 });

async function read(metrics: Metrics): Promise<Map<string, number>> {
  const lines = (await metrics.scrape()).split("\n").filter((line) => /^\w/.test(line));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ")))]),
  );
}

Deno.test("gauges of a database: ages of what may begin, stops, installations, size, and how far its clock is ahead", async () => {
  const database = await testDatabase();
  const { db } = database;
  const metrics = startMetrics();
  try {
    const [own, other, off] = await Promise.all([
      addInstallation(db, { addon: "api_studio" }),
      addInstallation(db, { addon: "universal_webhook" }),
      addInstallation(db, { addon: "universal_webhook", status: "inactive" }),
    ]);
    await addJobs(db, { installationId: own, dueInMs: -300_000 });
    await addJobs(db, { installationId: own, dueInMs: -100_000 });
    await addJobs(db, { installationId: own, kind: "run", dueInMs: 60_000 });
    // Of one key only the first may begin: the second waits for it, not for a worker.
    await addJobs(db, { installationId: other, kind: "run", orderKey: "k", dueInMs: 60_000 });
    await addJobs(db, { installationId: other, kind: "run", orderKey: "k", dueInMs: -900_000 });
    // Held back by its pace.
    await addJobs(db, { installationId: off, dueInMs: -900_000 });
    await db.sql`
      update queue_lane set not_before = now() + interval '1 hour' where installation_id = ${off} and kind = 'event'`;
    await db.sql`
      insert into breaker (installation_id, host, state, failures, error_code, probe_at) values
        (${own}, 'a.example', 'open', 5, 'UPSTREAM_FAILED', now()),
        (${own}, 'b.example', 'half_open', 5, 'UPSTREAM_FAILED', now()),
        (${other}, 'c.example', 'closed', 5, 'UPSTREAM_FAILED', now())`;
    await db.sql`
      insert into upstream_budget (installation_id, paused_until) values
        (${own}, now() - interval '1 minute'), (${other}, now() + interval '1 hour'), (${off}, now() + interval '1 hour')`;

    // This process is 90 s behind the database.
    const clock = { ...systemClock, now: () => systemClock.now() - 90_000 };
    watchDatabase({ metrics, db, clock }, { services: SERVICES });
    const found = await read(metrics);
    const of = (name: string, labels: string) => found.get(`${name}{${labels}}`);
    const age = of("queue_oldest_seconds", 'service="api-studio",kind="event"')!;
    assert(age >= 300 && age < 400, String(age));
    assertEquals(of("queue_oldest_seconds", 'service="api-studio",kind="run"'), 0);
    assertEquals(of("queue_oldest_seconds", 'service="universal-webhook",kind="run"'), 0);
    assertEquals(of("queue_oldest_seconds", 'service="universal-webhook",kind="event"'), 0);
    assertEquals(SERVICES.map((service) => of("breakers_open", `service="${service}"`)), [2, 0]);
    assertEquals(SERVICES.map((service) => of("clockify_paused", `service="${service}"`)), [0, 1]);
    assertEquals(of("installations", 'service="universal-webhook",state="active"'), 1);
    assertEquals(of("installations", 'service="universal-webhook",state="inactive"'), 1);
    assertEquals(of("installations", 'service="api-studio",state="uninstalled"'), 0);
    const skew = of("database_clock_skew_seconds", 'service="api-studio"')!;
    assert(Math.abs(skew - 90) < 30, String(skew));
    assert(of("database_size_bytes", 'service="api-studio"')! > 1_000_000);

    // What is over is 0, not what it was.
    await db.sql`delete from job`;
    await db.sql`update breaker set state = 'closed'`;
    const later = await read(metrics);
    assertEquals(later.get('queue_oldest_seconds{service="api-studio",kind="event"}'), 0);
    assertEquals(later.get('breakers_open{service="api-studio"}'), 0);
  } finally {
    await metrics.stop();
    await database.stop();
  }
});

Deno.test("data_folder_bytes are those of the disk; a folder that is not there leaves them out", async () => {
  const metrics = startMetrics();
  watchFolder(metrics, "/no/such/folder");
  assert(![...(await read(metrics)).keys()].some((name) => name.startsWith("data_folder_bytes")));
  watchFolder(metrics, Deno.cwd());
  const found = await read(metrics);
  for (const state of ["free", "used"]) assert(found.get(`data_folder_bytes{state="${state}"}`)! > 1_000_000, state);
  await metrics.stop();
});

Deno.test("event_loop_delay_seconds has how late a timer fired: 0 where nothing held the thread", async () => {
  const clock = createFakeClock();
  const metrics = startMetrics(clock);
  let lateMs = 0;
  const watched = watchLoopDelay({
    metrics,
    clock: { ...clock, sleep: (ms, signal) => clock.sleep(ms + lateMs, signal) },
  });
  await clock.advance(99);
  lateMs = 400;
  await clock.advance(1);
  await clock.advance(500);
  await watched.stop();
  const text = await metrics.scrape();
  assertMatch(text, /^event_loop_delay_seconds_count 2$/m);
  assertMatch(text, /^event_loop_delay_seconds_sum 0\.4$/m);
  assertMatch(text, /^event_loop_delay_seconds_bucket\{le="0\.001"\} 1$/m);
  await metrics.stop();
});
