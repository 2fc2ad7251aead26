/** Tests of src/engine/wait_step.ts: waits for a time; tests/flows/event_waits_test.ts has those for events. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { systemClock } from "../../src/base/clock.ts";
import type { WaitStep } from "../../src/engine/plan.ts";
import { instantAfter, instantAt } from "../../src/engine/wait_time.ts";
import { readJobs } from "../db/rows.ts";
import { addWaitingRun, sceneOver, waitStep } from "../flows/event_waits_setup.ts";
import { outputs, withDatabase } from "../signals/setup.ts";
import { stopSharedDatabase } from "../support/database.ts";
import { done, fakeAction, readRun, step } from "./setup.ts";

Deno.test.afterAll(stopSharedDatabase);

const HOUR_MS = 3_600_000;

Deno.test("a wait for a span holds its end whatever walks come, and says until when", () =>
  withDatabase(async (db) => {
    const action = fakeAction(({ input }) => done(input));
    const runId = await addWaitingRun(db, [
      waitStep("pause", { for: "$.webhook.span" }),
      step("after", { input: { ended: "$.steps.pause.output.ended" } }),
    ], { span: "2 h" });
    const { settle } = sceneOver(db, { actions: [action] });
    await settle();
    const [job] = await readJobs(db);
    assert(job!.due_in_ms > 1.9 * HOUR_MS && job!.due_in_ms <= 2 * HOUR_MS);
    assertMatch(job!.reason!, /^waits until \d{4}-.*Z$/);
    const { steps: [pause] } = await readRun(db, runId);
    assertEquals([pause!.path, pause!.state], ["root/pause", "running"]);
    // Another walk, and one by another version that would read another span, changes nothing.
    await db.sql`update event set body = ${new TextEncoder().encode('{"span": "0"}')}`;
    await db.sql`update job set due_at = now()`;
    await settle();
    assertEquals((await readRun(db, runId)).state, "waiting");
    await db.sql`update step set decision = jsonb_build_object('until', ${systemClock.now() - 1}::float8)`;
    await db.sql`update job set due_at = now()`;
    await settle();
    assertEquals(await outputs(db, runId), {
      "root/pause": { ended: "time" },
      "root/after": { ended: "time" },
    });
  }));

Deno.test("a wait until an instant that is past goes on at once, and one that cannot be read fails with the reason", () =>
  withDatabase(async (db) => {
    const cases: [Partial<WaitStep>, string | null][] = [
      [{ until: "2020-01-01" }, null],
      [{ for: "0" }, null],
      [
        { for: "soon" },
        'Cannot read for: expected a span of time as in "8 h", "1 h 30 min", "8:30", "480 min" or "PT8H", got "soon"',
      ],
      [{ for: "-1 h" }, null],
      [{ until: "$.webhook.none" }, "got nothing"],
      [{ for: "400 d" }, "Cannot wait until for: a step waits 366 days at most"],
      [
        { until: "2020-01-01 09:00", zone: "Mars/Base" },
        'Cannot read zone: "Mars/Base" is no time zone, as in "Europe/Berlin"',
      ],
    ];
    for (const [fields, problem] of cases) {
      const runId = await addWaitingRun(db, [waitStep("pause", fields)]);
      await sceneOver(db).settle();
      const { state, error_message } = await readRun(db, runId);
      if (fields.for === "-1 h") assertEquals(state, "failed");
      else if (problem === null) assertEquals(state, "completed", JSON.stringify(fields));
      else assert(error_message!.includes(problem), error_message!);
    }
  }));

Deno.test("spans and instants are those of the zone: days across a change of summer time, a time of the clock", () => {
  const timeZone = "Europe/Berlin";
  const nowMs = Date.parse("2026-10-24T10:00:00Z");
  const at = (ms: number) => new Date(ms).toISOString();
  assertEquals(at(instantAfter("for", "1 d", { nowMs, timeZone })), "2026-10-25T11:00:00.000Z");
  assertEquals(at(instantAfter("for", "24 h", { nowMs, timeZone })), "2026-10-25T10:00:00.000Z");
  assertEquals(at(instantAfter("for", "PT90M", { nowMs, timeZone })), "2026-10-24T11:30:00.000Z");
  assertEquals(at(instantAt("until", "2026-10-26 09:00", { nowMs, timeZone })), "2026-10-26T08:00:00.000Z");
  assertEquals(at(instantAt("until", "2026-10-24", { nowMs, timeZone })), "2026-10-23T22:00:00.000Z");
  assertEquals(at(instantAt("until", "2026-10-26T09:00:00+02:00", { nowMs, timeZone })), "2026-10-26T07:00:00.000Z");
});
