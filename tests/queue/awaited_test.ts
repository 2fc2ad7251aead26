/** Tests of runs that wait for their message while a person pauses them. */

import { assert, assertEquals } from "@std/assert";
import { awaitMessage, messagesCame } from "../../src/queue/awaited.ts";
import { readJobs } from "../db/rows.ts";
import { addRun, step } from "../engine/setup.ts";
import { personOver, withDatabase, within } from "../signals/setup.ts";
import { stopSharedDatabase } from "../support/database.ts";

Deno.test.afterAll(stopSharedDatabase);

const HOUR_MS = 3_600_000;

Deno.test("a message that comes while its run is paused is not forgotten: the run begins when it is resumed", () =>
  withDatabase(async (db) => {
    const { pause, resume } = personOver(db);
    const runId = await addRun(db, { steps: [step("one")] });
    const dueInMs = async () => (await readJobs(db))[0]!.due_in_ms;
    const came = () => within(db, runId, (sql, installationId) => messagesCame(sql, installationId, [runId]));
    await within(
      db,
      runId,
      (sql, installationId) => awaitMessage(sql, { installationId, runId, withinMs: HOUR_MS }),
    );
    await pause(runId);
    await resume(runId);
    assert(await dueInMs() > HOUR_MS / 2, "no message came yet");
    await pause(runId);
    assertEquals(await came(), 0);
    assert(await dueInMs() > HOUR_MS, "paused");
    await resume(runId);
    assert(await dueInMs() <= 0);
    assertEquals(await came(), 0, "the same message again");
  }));
