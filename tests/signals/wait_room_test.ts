/** Tests of how much the runs of a workspace may wait for together (src/signals/wait_room.ts). */

import { assertEquals, assertMatch } from "@std/assert";
import { type Clock, systemClock } from "../../src/base/clock.ts";
import { createWaitRoom, MAX_WORKSPACE_WAITS } from "../../src/signals/wait_room.ts";
import { readRun, setUpEngine } from "../engine/setup.ts";
import { addWaitingRun, approvalStep, waitForEvent } from "../flows/event_waits_setup.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";

Deno.test.afterAll(stopSharedDatabase);

Deno.test("a step begins no wait beyond those of its workspace, which are counted again; other workspaces wait on", async () => {
  const { db, stop } = await testDatabase();
  let nowMs = 0;
  const clock: Clock = { ...systemClock, monotonicMs: () => nowMs };
  const waitRoom = createWaitRoom({ db, clock });
  const { next } = setUpEngine(db, [], { waitRoom });
  const fill = (runId: string, waits: number) =>
    db.sql`
      insert into wait (installation_id, run_id, path, match_type, match_key)
      select installation_id, gen_random_uuid(), 'root/other', 'event', 'NEW_TAG' from run, generate_series(1, ${waits}::int)
      where run.id = ${runId}`;
  const first = await addWaitingRun(db, [waitForEvent("come", ["NEW_TAG", "NEW_CLIENT"])]);
  await fill(first, MAX_WORKSPACE_WAITS - 1);
  await next();
  const { state, error_code, error_message } = await readRun(db, first);
  assertEquals([state, error_code], ["failed", "RUN_LIMIT_REACHED"]);
  assertMatch(error_message!, /^Cannot wait: .* 100,000 events and approvals, .*; cancel some of them/);
  const other = await addWaitingRun(db, [approvalStep("boss")]);
  await next();
  assertEquals((await readRun(db, other)).state, "waiting");

  const [{ id }] = await db.sql<[{ id: number }]>`select installation_id as id from run where id = ${first}`;
  await waitRoom(id, 1);
  const full = () => waitRoom(id, 1).then(() => "room", ({ code }) => code);
  assertEquals(await full(), "RUN_LIMIT_REACHED");
  await db.sql`delete from wait where installation_id = ${id}`;
  assertEquals(await full(), "RUN_LIMIT_REACHED");
  nowMs += 10_001;
  assertEquals(await full(), "room");
  await stop();
});
