/** The recorder of requests to Clockify: what it writes, and what becomes of it where the database is away, slow or refuses. */

import { assert, assertEquals, assertNotMatch } from "@std/assert";
import { systemClock } from "../../src/base/clock.ts";
import { createCallRecorder, type DropCause } from "../../src/calls/recorder.ts";
import { createCallStore } from "../../src/calls/store.ts";
import type { SentCall } from "../../src/clockify/client.ts";
import type { Database } from "../../src/db/db.ts";
import { createLogger } from "../../src/telemetry/log.ts";
import { createFakeClock } from "../clockify/fake_clock.ts";
import { addInstallation } from "../db/rows.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { eventually } from "../support/world.ts";
import { sentCall } from "./calls.ts";

Deno.test.afterAll(stopSharedDatabase);

function recorderOver(db: Database, clock = systemClock) {
  const dropped: [number, DropCause][] = [];
  const lines: string[] = [];
  const log = createLogger({ level: "INFO", format: "json", clock: systemClock, write: (line) => lines.push(line) });
  const recorder = createCallRecorder({ db, clock, log, onDropped: (...drop) => dropped.push(drop) });
  return { recorder, dropped, lines };
}

/** `db` whose transactions go through `scoped` for as long as it says so. */
function failing(db: Database, scoped: (real: () => Promise<unknown>) => Promise<unknown>): Database {
  const changed: Database = {
    ...db,
    within: () => changed,
    // deno-lint-ignore no-explicit-any -- stands for any work
    scoped: (...given: any[]) => scoped(() => (db.scoped as any)(...given)) as any,
  };
  return changed;
}

const away = () => Promise.reject(Object.assign(new Error("gone"), { code: "CONNECTION_CLOSED" }));

Deno.test("record() keeps who, what and how it ended, and nothing that is secret", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addInstallation(db);
  const { recorder } = recorderOver(db);
  const runId = "0192f0c1-2345-7abc-8def-0123456789ab";
  const calls: Partial<SentCall>[] = [
    { origin: { kind: "flow", runId, flowId: 7, version: 3, stepPath: "root/a" }, attempt: 2 },
    { origin: { kind: "person", name: "user-1", via: "explorer" }, query: { name: "marker-of-a-name", page: 1 } },
    { origin: { kind: "undo", name: "operator:ann", changeId: 12 }, method: "DELETE", requestBytes: 9 },
    { outcome: "refused", status: 400, errorCode: "UPSTREAM_REJECTED" },
    { outcome: "failed", status: undefined, errorCode: "UPSTREAM_UNREACHABLE", answerBytes: 0 },
    { outcome: "limited", status: 429, errorCode: "UPSTREAM_RATE_LIMITED", requestId: "r-1" },
    { outcome: "aborted", status: undefined, answerBytes: 0 },
  ];
  for (const call of calls) recorder.record(sentCall({ installationId, ...call }));
  assertEquals(recorder.waiting(), calls.length);
  await recorder.flush();
  assertEquals(recorder.waiting(), 0);
  const { calls: kept } = await createCallStore(db).list(installationId, {}, { limit: 50 });
  const [flow, person, undo, ...others] = kept.toReversed();
  assertEquals(flow, {
    id: flow!.id,
    at: flow!.at,
    origin: "flow",
    runId,
    flowId: 7,
    flowVersion: 3,
    stepPath: "root/a",
    person: null,
    via: null,
    changeId: null,
    operation: "getTags",
    method: "GET",
    path: "/v1/workspaces/64a687e29ae1f428e7ebe303/tags",
    status: 200,
    outcome: "succeeded",
    errorCode: null,
    attempt: 2,
    durationMs: 12,
    requestBytes: 0,
    answerBytes: 345,
    upstreamId: null,
  });
  assertEquals([person!.person, person!.via, person!.path.split("?")[1]], ["user-1", "explorer", "name=…&page=1"]);
  assertEquals([undo!.origin, undo!.person, undo!.changeId, undo!.requestBytes], ["undo", "operator:ann", 12, 9]);
  assertEquals(others.map(({ outcome, status, errorCode, upstreamId }) => [outcome, status, errorCode, upstreamId]), [
    ["refused", 400, "UPSTREAM_REJECTED", null],
    ["failed", null, "UPSTREAM_UNREACHABLE", null],
    ["limited", 429, "UPSTREAM_RATE_LIMITED", "r-1"],
    ["aborted", null, null, null],
  ]);
  assert(Math.abs(Date.now() - flow!.at.getTime()) < 60_000);
  const everything = await db.sql`select to_json(c)::text as row from clockify_call c`;
  assertNotMatch(JSON.stringify(everything), /marker-of-a-name/);
  await stop();
});

Deno.test("records are written about a second later without anyone who asks for it", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addInstallation(db);
  const { recorder } = recorderOver(db);
  recorder.record(sentCall({ installationId }));
  await eventually(async () => (await db.sql`select 1 from clockify_call`).length === 1);
  recorder.record(sentCall({ installationId }));
  await recorder.stop();
  assertEquals((await db.sql`select 1 from clockify_call`).length, 2, "a stop writes the rest");
  await stop();
});

Deno.test("while the database is away records wait, the oldest are dropped and counted, and it is said once", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addInstallation(db);
  let isAway = true;
  const { recorder, dropped, lines } = recorderOver(failing(db, (real) => isAway ? away() : real()));
  const record = (count: number, operation: string) => {
    for (let index = 0; index < count; index++) recorder.record(sentCall({ installationId, operation }));
  };
  record(1, "oldest");
  for (let attempt = 0; attempt < 3; attempt++) await recorder.flush();
  record(30_000, "getTags");
  record(1, "newest");
  assert(recorder.waiting() <= 20_000, `${recorder.waiting()} wait`);
  assertEquals(dropped.every(([, cause]) => cause === "full"), true);
  const count = dropped.reduce((sum, [one]) => sum + one, 0);
  assertEquals(count + recorder.waiting(), 30_002);
  assertEquals(lines.filter((line) => line.includes("calls.not_written")).length, 1);

  isAway = false;
  await recorder.flush();
  const [row] = await db.sql<{ all: number; newest: number; oldest: number }[]>`
    select count(*)::int as all, (count(*) filter (where operation = 'newest'))::int as newest,
      (count(*) filter (where operation = 'oldest'))::int as oldest from clockify_call`;
  assertEquals({ ...row }, { all: 30_002 - count, newest: 1, oldest: 0 });
  assert(lines.some((line) => line.includes("calls.dropped") && line.includes(String(count))));
  await stop();
});

Deno.test("record() returns at once while a batch does not come back, and a stop waits for 2 s at most", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addInstallation(db);
  const clock = createFakeClock();
  const { recorder, dropped } = recorderOver(failing(db, () => new Promise(() => {})), clock);
  recorder.record(sentCall({ installationId }));
  await clock.advance(1_500);
  recorder.record(sentCall({ installationId }));
  assertEquals(recorder.waiting(), 2);
  const stopped = recorder.stop();
  await clock.advance(2_500);
  await stopped;
  assertEquals(dropped, [[2, "full"]]);
  await stop();
});

Deno.test("a record that the database refuses takes none of the others with it, nor one of an installation that is gone", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addInstallation(db);
  const { recorder, dropped, lines } = recorderOver(db);
  for (let index = 0; index < 20; index++) recorder.record(sentCall({ installationId }));
  const bad = { kind: "flow", runId: "no uuid", flowId: 1, stepPath: "root/a" } as const;
  recorder.record(sentCall({ installationId, origin: bad }));
  recorder.record(sentCall({ installationId: 987_654 }));
  recorder.record(sentCall({ installationId: undefined }));
  for (let index = 0; index < 20; index++) recorder.record(sentCall({ installationId, operation: "a\0b\ud800" }));
  await recorder.flush();
  assertEquals(dropped, [[1, "unwritable"], [1, "unwritable"]]);
  assertEquals((await db.sql`select 1 from clockify_call`).length, 40);
  assertEquals(lines.filter((line) => line.includes("calls.unwritable")).length, 1);
  await stop();
});

Deno.test("a batch whose answer was lost is written again, and leaves each record once", async () => {
  const { db, stop } = await testDatabase();
  const installationId = await addInstallation(db);
  let lost = 1;
  const { recorder, dropped } = recorderOver(failing(db, async (real) => {
    const done = await real();
    return lost-- > 0 ? await away() : done;
  }));
  for (let index = 0; index < 3; index++) recorder.record(sentCall({ installationId }));
  await recorder.flush();
  assertEquals(recorder.waiting(), 3);
  await recorder.flush();
  assertEquals([recorder.waiting(), dropped.length], [0, 0]);
  assertEquals((await db.sql`select 1 from clockify_call`).length, 3);
  await stop();
});
