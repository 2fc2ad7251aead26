/** Tests of what a person and an uninstall do to runs that are parked, and to the runs that they wait for. */

import { assert, assertEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { AppError } from "../../src/base/errors.ts";
import type { Database } from "../../src/db/db.ts";
import type { Action } from "../../src/engine/action.ts";
import { createDeadLetters } from "../../src/flows/dead_letter.ts";
import { createCleanup } from "../../src/installations/cleanup.ts";
import { endInstallation } from "../../src/installations/uninstall.ts";
import { createRunRetry } from "../../src/runs/retry.ts";
import { readJobs } from "../db/rows.ts";
import { addRun, fakeAction, makeDue, readRun, setUpEngine, step } from "../engine/setup.ts";
import {
  allOf,
  childKind,
  eventually,
  planOf,
  type TestStep,
  waitFor,
  WAITING_KINDS,
} from "../engine/waiting_kinds.ts";
import { LEASE_MS } from "../queue/setup.ts";
import { stopSharedDatabase } from "../support/database.ts";
import { ownTimeMs } from "../support/own_time.ts";
import { answer, engineOver, installationOf, outputs, personOver, rowsOf, send, serve, withDatabase } from "./setup.ts";

Deno.test.afterAll(stopSharedDatabase);

const YEAR_MS = 365 * 86_400_000;

Deno.test("a parked run that is cancelled ends with its waits; what comes afterwards is refused", () =>
  withDatabase(async (db) => {
    const runId = await addRun(db, { steps: planOf(allOf("fork", waitFor("go"), step("other")), step("after")) });
    const action = fakeAction();
    await engineOver(db, [action]).next();
    await personOver(db).cancel(runId);
    const { state, steps } = await readRun(db, runId);
    assertEquals(state, "cancelled");
    assertEquals(steps.map((one) => [one.path, one.state]), [
      ["root/fork/go", "cancelled"],
      ["root/fork/other", "completed"],
    ]);
    assertEquals([await rowsOf(db), await readJobs(db)], [{ waits: [], signals: [] }, []]);
    for (const bring of [() => send(db, runId, "go"), () => answer(db, runId, "root/fork/go", "go")]) {
      await assertRejectsLike(bring, { code: "CONFLICT", message: `Cannot signal run "${runId}": it is cancelled` });
    }
    assertEquals(action.calls.length, 1);
  }));

Deno.test("a parked run that is paused stays so whatever comes, and takes it when it is resumed", () =>
  withDatabase(async (db) => {
    const runId = await addRun(db, { steps: planOf(waitFor("go"), waitFor("more")) });
    await engineOver(db).next();
    const { pause, resume } = personOver(db);
    await pause(runId);
    await send(db, runId, "go");
    let [job] = await readJobs(db);
    assert(job!.due_in_ms > YEAR_MS, "not claimed while it is paused");
    assertEquals(await resume(runId), { state: "waiting" });
    await engineOver(db).next();
    assertEquals(await outputs(db, runId), { "root/go": "go", "root/more": null });

    // Paused while it is walked, and signalled before the walk's end.
    await send(db, runId, "unrelated");
    const { claim, advance } = engineOver(db);
    const claimed = await claim();
    await pause(runId);
    await send(db, runId, "more");
    await advance(claimed);
    [job] = await readJobs(db);
    assert(job!.due_in_ms > YEAR_MS);
    await resume(runId);
    await engineOver(db).next();
    assertEquals((await readRun(db, runId)).state, "completed");

    // Nothing came: after the resume it waits as before.
    const quiet = await addRun(db, { steps: planOf(waitFor("go")) });
    await engineOver(db).next();
    await pause(quiet);
    await resume(quiet);
    [job] = await readJobs(db);
    assert(job!.due_in_ms > YEAR_MS);
    await send(db, quiet, "go");
    await engineOver(db).next();
    assertEquals((await readRun(db, quiet)).state, "completed");
  }));

Deno.test("a parked run ends with an uninstall, by its clean-up or by the worker that comes first", () =>
  withDatabase(async (db) => {
    for (const by of ["clean-up", "worker"]) {
      await db.sql`delete from job`;
      const runId = await addRun(db, { steps: planOf(waitFor("go")) });
      const installationId = await installationOf(db, runId);
      await db.sql`update job set generation = 1`;
      await engineOver(db).next();
      await db.transaction((sql) => endInstallation(sql, installationId));
      if (by === "worker") {
        await send(db, runId, "go");
        await db.sql`delete from job where kind <> 'run'`;
        await engineOver(db).next();
      } else {
        const [job] = await readJobs(db);
        await createCleanup({ db })(
          { ...job!, id: 0, kind: "cleanup", installationId, payload: {}, traceparent: null, ordered: false },
          { signal: new AbortController().signal, owner: "w", leaseMs: LEASE_MS },
        );
      }
      const { state, error_message } = await readRun(db, runId);
      assertEquals([state, error_message], ["cancelled", "The add-on was uninstalled"], by);
      assertEquals((await rowsOf(db)).waits, [], by);
      await assertRejectsLike(send(db, runId, "go"), { code: "CONFLICT" });
      assertEquals((await readJobs(db)).filter(({ kind }) => kind === "run"), []);
    }
  }));

Deno.test("a run that waits for nothing but a signal ends at its deadline, with its waits", () =>
  withDatabase(async (db) => {
    const runId = await addRun(db, { steps: planOf(waitFor("go")) });
    await db.sql`update run set deadline_at = now() + interval '1 hour'`;
    await engineOver(db).next();
    const [job] = await readJobs(db);
    assert(job!.due_in_ms > 3_500_000 && job!.due_in_ms <= 3_600_000);
    await db.sql`update run set deadline_at = now() - interval '1 second'`;
    await makeDue(db);
    await engineOver(db).next();
    assertEquals([(await readRun(db, runId)).error_code, (await rowsOf(db)).waits], ["RUN_LIMIT_REACHED", []]);
  }));

Deno.test("a run that failed beside an open wait waits anew when a person retries it, and has what came before", () =>
  withDatabase(async (db) => {
    const action = fakeAction((_, count) =>
      count === 1
        ? { outcome: "failed", error: new AppError("UPSTREAM_REJECTED", "refused") }
        : { outcome: "done", output: "done" }
    );
    const once = { maxAttempts: 1, initialDelayMs: 0, maxDelayMs: 0, multiplier: 1 };
    const runId = await addRun(db, {
      steps: planOf(
        allOf("fork", waitFor("go", { withinMs: YEAR_MS }), step("fails", { retry: once })),
        waitFor("late"),
      ),
    });
    await send(db, runId, "late", "kept");
    await engineOver(db, [action]).next();
    assertEquals((await readRun(db, runId)).state, "failed");
    assertEquals(await rowsOf(db), { waits: [], signals: ["late"] });
    const { retry } = createRunRetry({
      db,
      wake: () => {},
      onRetried: () => {},
      openInput: (_, one) => Promise.resolve(one),
    });
    await retry(await installationOf(db, runId), runId);
    await engineOver(db, [action]).next();
    assertEquals(await rowsOf(db), { waits: ["root/fork/go"], signals: ["late"] });
    await send(db, runId, "go");
    await engineOver(db, [action]).next();
    assertEquals((await readRun(db, runId)).state, "completed");
    assertEquals((await outputs(db, runId))["root/late"], "kept");
  }));

/** A parent whose steps are `steps`, and a flow for its children. */
async function addFamily(db: Database, steps: TestStep[], childSteps: TestStep[]) {
  const runId = await addRun(db, { steps: planOf(...steps) });
  const installationId = await installationOf(db, runId);
  const body = JSON.stringify({ schema: 1, root: { kind: "sequence", id: "root", steps: childSteps } });
  const [row] = await db.sql<{ id: number; plan_id: number }[]>`
    with plan as (
      insert into plan (installation_id, body) values (${installationId}, ${body}::text::jsonb) returning id
    )
    insert into flow (installation_id, workspace_id, name, enabled, version, definition, plan_id)
    select ${installationId}, 'workspace-1', 'Child', true, 1, '{}', id from plan returning id, plan_id`;
  const kinds = new Map([...WAITING_KINDS, childKind(db, { id: row!.id, version: 1, planId: row!.plan_id })]);
  const children = async () => [
    ...await db.sql<{ id: string; state: string; parent_path: string }[]>`
      select id, state, parent_path from run where parent_run_id is not null order by parent_path`,
  ];
  return { runId, installationId, kinds, children };
}

const call = (id: string) => ({ kind: "child", id }) as unknown as TestStep;

Deno.test("a run goes on with the end of the run that it waits for, however that ended", () =>
  withDatabase(async (db) => {
    for (const end of ["completed", "failed", "cancelled", "given up"]) {
      await db.sql`delete from run`;
      await db.sql`delete from job`;
      const { runId, kinds, children } = await addFamily(db, [call("call"), step("after")], [
        step("only", { action: "inner" }),
      ]);
      const inner: Action = {
        ...fakeAction(() =>
          end === "failed"
            ? { outcome: "failed", error: new AppError("UPSTREAM_REJECTED", "refused") }
            : { outcome: "done", output: null }
        ),
        type: "inner",
      };
      const { next, claim } = setUpEngine(db, [fakeAction(), inner], { kinds });
      await next();
      const [child] = await children();
      assertEquals((await readRun(db, runId)).state, "waiting");
      if (end === "cancelled") await personOver(db).cancel(child!.id);
      else if (end === "given up") {
        await createDeadLetters(db)(await claim(), { code: "RUN_LIMIT_REACHED", reason: "it ended the process" });
      } else await next();
      const state = end === "given up" ? "failed" : end;
      assertEquals((await children())[0]!.state, state);
      await next();
      const run = await readRun(db, runId);
      assertEquals(run.state, "completed", end);
      const brought = (await outputs(db, runId))["root/call"] as Record<string, unknown>;
      assertEquals([brought.run_id, brought.state], [child!.id, state]);
      assertEquals(brought.error_code === null, state !== "failed");
      assertEquals(await rowsOf(db), { waits: [], signals: [] });
    }
  }));

Deno.test("a run whose child ends while it is walked misses nothing, nor do many that end at once", () =>
  withDatabase(async (db) => {
    const many = Array.from({ length: 12 }, (_, at) => call(`c${at}`));
    const { runId, kinds, children } = await addFamily(db, [allOf("fork", ...many)], [step("only")]);
    const { queue, stop } = serve(db, [fakeAction()], { concurrency: 8, engine: { kinds } });
    try {
      queue.wake();
      await eventually(async () => (await readRun(db, runId)).state === "completed", "the end");
    } finally {
      await stop();
    }
    assertEquals((await children()).map(({ state }) => state), Array(12).fill("completed"));
    assertEquals(await rowsOf(db), { waits: [], signals: [] });
    assertEquals(await readJobs(db), []);
  }));

Deno.test("a cancel ends the runs that its run waits for, and theirs, and stops the calls in progress", () =>
  withDatabase(async (db) => {
    const { runId, installationId, kinds, children } = await addFamily(
      db,
      [allOf("fork", call("one"), call("two"))],
      [step("only")],
    );
    const aborted: string[] = [];
    const begun: string[] = [];
    const held: Action = {
      ...fakeAction(),
      run: ({ signal, runId }) =>
        new Promise((_, reject) => {
          begun.push(runId);
          signal.addEventListener("abort", () => {
            aborted.push(runId);
            reject(signal.reason);
          });
        }),
    };
    // A run of its own: it was started, and is not awaited.
    const own = await addRun(db, { steps: planOf(waitFor("go")) });
    await db
      .sql`update run set parent_run_id = ${runId}, parent_path = 'root/x', installation_id = ${installationId} where id = ${own}`;
    await db.sql`delete from job where payload->>'run_id' = ${own}`;
    const { queue, stop } = serve(db, [held], { concurrency: 8, engine: { kinds } });
    try {
      queue.wake();
      await eventually(() => Promise.resolve(begun.length === 2), "both calls");
      const tookMs = await ownTimeMs(async () => {
        await personOver(db).cancel(runId);
        await eventually(() => Promise.resolve(aborted.length === 2), "both aborts");
      });
      assert(tookMs < 2_000, `${tookMs} ms`);
      assertEquals(aborted.sort(), begun.sort());
      const states = new Map((await children()).map(({ id, state }) => [id, state]));
      assertEquals([...begun, own].map((id) => states.get(id)), ["cancelled", "cancelled", "pending"]);
      const [child] = await db.sql`select error_message, cancel_requested_by from run where id = ${begun[0]!}`;
      assertEquals({ ...child }, { error_message: "Cancelled by user user-1", cancel_requested_by: "user-1" });
      const tries = (await readRun(db, begun[0]!)).tries.map(({ state }) => state);
      assertEquals([(await readRun(db, runId)).state, tries], ["cancelled", ["uncertain"]]);
      assertEquals((await rowsOf(db)).waits, []);
      await assertRejectsLike(personOver(db).cancel(begun[0]!), { code: "CONFLICT" });
    } finally {
      await stop();
    }
  }));
