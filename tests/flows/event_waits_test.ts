/** Tests of src/flows/triggers/event_waits.ts and of steps that wait for events: the first that fits ends the wait, once. */

import { assert, assertEquals } from "@std/assert";
import type { Database } from "../../src/db/db.ts";
import { MAX_EVENT_BYTES } from "../../src/flows/triggers/event_waits.ts";
import { done, fakeAction, readRun, step } from "../engine/setup.ts";
import { eventually } from "../engine/waiting_kinds.ts";
import { readJobs } from "../db/rows.ts";
import { installationOf, outputs, rowsOf, withDatabase } from "../signals/setup.ts";
import { assertRejectsLike } from "../support/assert_like.ts";
import { stopSharedDatabase } from "../support/database.ts";
import { heldMs } from "../support/own_time.ts";
import { addWaitingRun, deliver, sceneOver, waitForEvent } from "./event_waits_setup.ts";

Deno.test.afterAll(stopSharedDatabase);

const ofTag = (value: unknown) => ({ type: "ALL", rules: [{ field: "$.webhook.id", operator: "==", value }] });
const jobsOf = async (db: Database, kind: string) => (await readJobs(db)).filter((job) => job.kind === kind);

Deno.test("an event ends the wait whose condition it fits, with values of the run as they were when the wait began", () =>
  withDatabase(async (db) => {
    const action = fakeAction(({ input }) => done(input));
    const runId = await addWaitingRun(db, [
      step("make", { input: { id: "tag-7", escaped: "$$.webhook.id" } }),
      waitForEvent("made", "NEW_TAG", { rules: ofTag("$.steps.make.output.id") }),
      waitForEvent("again", "NEW_TAG", { rules: ofTag("$.steps.make.output.escaped") }),
      step("after", { input: { name: "$.steps.made.output.event.body.name" } }),
    ]);
    const { settle } = sceneOver(db, { actions: [action] });
    const early = await deliver(db, runId, { body: { id: "tag-7", name: "early" } });
    await db.sql`update job set due_at = now() + interval '1 minute' where kind = 'run'`;
    await settle();
    assertEquals((await db.sql`select outcome, reason from event where id = ${early}`)[0], {
      outcome: "skipped",
      reason: "no_flow",
    });
    await db.sql`update job set due_at = now()`;
    await settle();
    assertEquals((await rowsOf(db)).waits, ["root/made"], "what came before the wait counts for none");
    const [job] = await readJobs(db);
    assertEquals(job!.reason, "waits for NEW_TAG");
    await deliver(db, runId, { body: { id: "tag-8" } });
    await deliver(db, runId, { type: "TAG_DELETED", body: { id: "tag-7" } });
    await settle();
    assertEquals(await rowsOf(db), { waits: ["root/made"], signals: [] });
    const id = await deliver(db, runId, { body: { id: "tag-7", name: "first" } });
    await settle();
    assertEquals((await outputs(db, runId))["root/made"], {
      ended: "event",
      event: { id: String(id), type: "NEW_TAG", body: { id: "tag-7", name: "first" } },
    });
    // No flow matched it, and yet it was good for something.
    assertEquals((await db.sql`select outcome, reason from event where id = ${id}`)[0], {
      outcome: "dispatched",
      reason: "waits_ended",
    });
    // One event, one wait: the next one of the run is not ended by it, nor by a text that only looks like a path.
    assertEquals(await rowsOf(db), { waits: ["root/again"], signals: [] });
    await deliver(db, runId, { body: { id: "$.webhook.id" } });
    await settle();
    assertEquals((await outputs(db, runId))["root/after"], { name: "first" });
    assertEquals((await readRun(db, runId)).state, "completed");
    assertEquals(await readJobs(db), []);
  }));

Deno.test("an event that none waits for makes no job, and one of another workspace, or a replay, ends no wait", () =>
  withDatabase(async (db) => {
    const runId = await addWaitingRun(db, [waitForEvent("made", "NEW_TAG")]);
    const other = await addWaitingRun(db, [waitForEvent("gone", "TAG_DELETED")]);
    const { settle } = sceneOver(db);
    await settle();
    await deliver(db, other, { type: "NEW_TAG" });
    const id = await deliver(db, runId, { type: "NEW_CLIENT" });
    await db.sql`update job set payload = payload || '{"replay": 1}' where kind = 'event' and payload @> ${
      JSON.stringify({ event_id: id })
    }::text::jsonb`;
    const replayed = await deliver(db, runId);
    await db.sql`update job set payload = payload || '{"replay": 1}' where kind = 'event' and payload @> ${
      JSON.stringify({ event_id: replayed })
    }::text::jsonb`;
    await db.sql`create table seen (kind text)`;
    try {
      await db.sql`create function note_job() returns trigger language plpgsql as
        $$ begin insert into seen values (new.kind); return new; end $$`;
      await db.sql`create trigger note before insert on job for each row execute function note_job()`;
      await settle();
      assertEquals([...await db.sql`select kind from seen`], []);
    } finally {
      await db.sql`drop trigger if exists note on job`;
      await db.sql`drop function note_job`;
      await db.sql`drop table seen`;
    }
    assertEquals((await rowsOf(db)).waits, ["root/gone", "root/made"]);
  }));

Deno.test("a deadline ends the wait and walks its list; an event of another system is found by its sender's type", () =>
  withDatabase(async (db) => {
    const action = fakeAction(({ stepPath }) => done(stepPath));
    const late = await addWaitingRun(db, [
      waitForEvent("made", "NEW_TAG", { deadline: "0", expired: [step("chase")] }),
      step("after", { input: "$.steps.chase.output" }),
    ]);
    const { settle } = sceneOver(db, { actions: [action] });
    await settle();
    assertEquals(await outputs(db, late), {
      "root/made": { ended: "deadline" },
      "root/made#0/chase": "root/made#0/chase",
      "root/after": "root/after",
    });
    assertEquals(action.calls.at(-1)!.input, "root/made#0/chase");
    const runId = await addWaitingRun(db, [
      waitForEvent("pushed", ["custom:github/push", "NEW_TAG"]),
      waitForEvent("any", "custom:github"),
    ]);
    await settle();
    await deliver(db, runId, { type: "custom:github", customType: "ping" });
    await settle();
    assertEquals((await rowsOf(db)).waits, ["root/pushed", "root/pushed"]);
    await deliver(db, runId, { type: "custom:github", customType: "push", body: { ref: "main" } });
    await settle();
    await deliver(db, runId, { type: "custom:github", customType: "ping" });
    await settle();
    const { "root/pushed": pushed, "root/any": any } = await outputs(db, runId) as Record<
      string,
      { event: { type: string; body: unknown } }
    >;
    assertEquals([pushed!.event.type, pushed!.event.body, any!.event.body], ["custom:github", { ref: "main" }, {}]);
  }));

Deno.test("a value that is missing fails the step, since the rule would fit other events; a large event comes by its id", () =>
  withDatabase(async (db) => {
    const missing = await addWaitingRun(db, [waitForEvent("made", "NEW_TAG", { rules: ofTag("$.webhook.none") })]);
    const { settle } = sceneOver(db);
    await settle();
    const { state, error_code, error_message } = await readRun(db, missing);
    assertEquals([state, error_code], ["failed", "EXPRESSION_FAILED"]);
    assertEquals(error_message, "Cannot wait for the event: the value of event.conditions.rules[0] is missing");
    assertEquals(await rowsOf(db), { waits: [], signals: [] });

    const runId = await addWaitingRun(db, [waitForEvent("made", "NEW_TAG")]);
    await settle();
    const id = await deliver(db, runId, { body: { text: "x".repeat(MAX_EVENT_BYTES) } });
    await settle();
    const bytes = MAX_EVENT_BYTES + '{"text":""}'.length;
    assertEquals((await outputs(db, runId))["root/made"], {
      ended: "event",
      event: {
        id: String(id),
        type: "NEW_TAG",
        body: null,
        reason: `its body has ${bytes} bytes, a step keeps ${MAX_EVENT_BYTES}; the event has it whole`,
      },
    });
  }));

Deno.test("an event counts once whoever dies: a claim that is over ends nothing, and a page that was ended is not looked at again", () =>
  withDatabase(async (db) => {
    const runId = await addWaitingRun(db, [waitForEvent("one", "NEW_TAG"), waitForEvent("two", "NEW_TAG")]);
    const { settle, queue, endWaits } = sceneOver(db);
    await settle();
    await deliver(db, runId);
    const [event] = await queue.claim({ limit: 1, owner: "w", leaseMs: 60_000 });
    await queue.release("w");
    assertEquals(event!.kind, "event");
    // The event alone: its dispatch leaves the job of the waits, whoever claims that.
    await db.sql`update job set due_at = now() + interval '1 hour' where kind = 'run'`;
    const { settle: dispatchOnly } = sceneOver(db, { waits: { db: failing(db) } });
    await dispatchOnly();
    const [waits] = await jobsOf(db, "waits");
    // On a busy machine its next try is due before the first look has ended.
    assert(waits!.attempt >= 1, "the first try failed, and nothing of it is left");
    assertEquals(await rowsOf(db), { waits: ["root/one"], signals: [] });
    await db.sql`update job set due_at = now() where kind = 'waits'`;
    const jobs = await queue.claim({ limit: 10, owner: "old", leaseMs: 60_000 });
    const old = jobs.find(({ kind }) => kind === "waits")!;
    await queue.release("old");
    const [job] = (await queue.claim({ limit: 10, owner: "new", leaseMs: 60_000 })).filter(({ kind }) =>
      kind === "waits"
    );
    await assertRejectsLike(endWaits(old), { code: "LEASE_LOST" });
    assertEquals((await rowsOf(db)).signals, []);
    assertEquals(await endWaits(job!), { kind: "settled" });
    assertEquals((await rowsOf(db)).signals, ["NEW_TAG"]);
    await assertRejectsLike(endWaits(job!), { code: "LEASE_LOST" });
    await settle();
    assertEquals(await rowsOf(db), { waits: ["root/two"], signals: [] });
    assertEquals((await readRun(db, runId)).state, "waiting");
  }));

Deno.test("waits are looked at in pages, of one event those alone that had begun; a costly condition is left out and said", () =>
  withDatabase(async (db) => {
    const runId = await addWaitingRun(db, [waitForEvent("made", "NEW_TAG")]);
    const facts: { looked: number; ended: number; leftOut: number }[] = [];
    const { settle } = sceneOver(db, {
      waits: {
        pageSize: 20,
        onLooked: ({ looked, ended, leftOut }) => facts.push({ looked, ended, leftOut: leftOut.length }),
      },
    });
    await settle();
    const installationId = await installationOf(db, runId);
    // 43 of runs that are gone by now, some with the same condition, and one that takes too much work.
    await db.sql`
      insert into wait (installation_id, run_id, path, match_type, match_key, condition, created_at)
      select ${installationId}, gen_random_uuid(), 'root/made', 'event', 'NEW_TAG',
        ${
      JSON.stringify({ rules: ofTag("other") })
    }::text::jsonb, now() - interval '1 hour' from generate_series(1, 43)`;
    await db.sql`
      insert into wait (installation_id, run_id, path, match_type, match_key, condition, created_at)
      values (${installationId}, gen_random_uuid(), 'root/made', 'event', 'NEW_TAG',
        ${JSON.stringify({ rules: { field: "$..deep", operator: "==", value: 1 } })}::text::jsonb, now()),
        (${installationId}, gen_random_uuid(), 'root/late', 'event', 'NEW_TAG', null, now() + interval '1 hour')`;
    await deliver(db, runId, { body: { id: "mine", list: Array.from({ length: 30_000 }, (_, n) => ({ n })) } });
    await settle();
    assertEquals(facts, [
      { looked: 20, ended: 0, leftOut: 0 },
      { looked: 20, ended: 0, leftOut: 0 },
      { looked: 5, ended: 1, leftOut: 1 },
    ]);
    assertEquals((await readRun(db, runId)).state, "completed");
    assert((await db.sql`select 1 from wait where path = 'root/late'`).length === 1);
  }));

/** A database that is away when the waits are to be ended. */
function failing(db: Database): Database {
  let calls = 0;
  return {
    ...db,
    scoped: ((scope: never, work: never, options: never) =>
      // Of a job: the event, the page, the record.
      ++calls % 3 === 0
        ? Promise.reject(new Error("the connection was lost"))
        : db.scoped(scope, work, options)) as Database["scoped"],
  };
}

Deno.test("1,000 waits that an event ends hold up no other workspace's events: they are ended in bounded transactions of their own", () =>
  withDatabase(async (db) => {
    const many = await addWaitingRun(db, [waitForEvent("made", "NEW_CLIENT")]);
    const other = await addWaitingRun(db, [waitForEvent("made", "NEW_TAG")]);
    const looks: { looked: number; ended: number }[] = [];
    const { settle, serve, queue } = sceneOver(db, {
      waits: { onLooked: ({ looked, ended }) => looked > 0 && looks.push({ looked, ended }) },
    });
    await settle();
    const installationId = await installationOf(db, many);
    await db.sql`
      with made as (
        insert into run (id, installation_id, workspace_id, flow_id, flow_version, plan_id, event_id, replay, state, started_at)
        select gen_random_uuid(), installation_id, workspace_id, flow_id, flow_version, plan_id, event_id, n, 'waiting', now()
        from run, generate_series(1, 999) n where id = ${many} returning id
      ), step as (
        insert into step (installation_id, run_id, path, kind, state)
        select ${installationId}, made.id, 'root/made', 'wait', 'running' from made
      ), wait as (
        insert into wait (installation_id, run_id, path, match_type, match_key, condition)
        select ${installationId}, made.id, path, match_type, match_key, condition from made, wait where wait.run_id = ${many}
      )
      insert into job (kind, installation_id, payload, state, due_at)
      select 'run', ${installationId}, jsonb_build_object('run_id', made.id), 'scheduled', now() + interval '1 year' from made`;
    const ended = () => looks.reduce((sum, look) => sum + look.ended, 0);
    const { stop } = serve();
    try {
      await deliver(db, many, { type: "NEW_CLIENT", body: { name: "x".repeat(2_000) } });
      const took: number[] = [];
      while (took.length < 5 || ended() < 500) {
        took.push(
          await heldMs(async () => {
            const id = await deliver(db, other, { type: "TAG_DELETED" });
            queue.wake();
            await eventually(
              async () => (await db.sql`select 1 from event where id = ${id} and outcome is not null`).length === 1,
              "the other workspace's event",
            );
          }),
        );
      }
      // Alone it takes some 20 ms.
      const median = took.toSorted((a, b) => a - b)[took.length >> 1]!;
      assert(median < 1_000, took.map(Math.round).join());
      assert(looks.every(({ ended }) => ended <= 250), JSON.stringify(looks));
    } finally {
      await stop();
    }
    const [own] = await db.sql`select 1 from signal where run_id = ${other}`;
    assertEquals(own, undefined);
  }));

Deno.test("of two instances that work at the same time each event ends one wait of a run, and none is lost", () =>
  withDatabase(async (db) => {
    const steps = [waitForEvent("one", "NEW_TAG"), waitForEvent("two", "NEW_TAG"), step("last")];
    const first = await addWaitingRun(db, steps);
    const action = fakeAction(({ runId }) => done(runId));
    const instances = ["instance-1", "instance-2"].map((owner) =>
      sceneOver(db, { actions: [action], owner, waits: { pageSize: 3 } })
    );
    const settle = () => Promise.all(instances.map((one) => one.settle()));
    const installationId = await installationOf(db, first);
    await db.sql`
      with made as (
        insert into run (id, installation_id, workspace_id, flow_id, flow_version, plan_id, event_id, replay, state)
        select gen_random_uuid(), installation_id, workspace_id, flow_id, flow_version, plan_id, event_id, n, 'pending'
        from run, generate_series(1, 9) n where id = ${first} returning id
      )
      insert into job (kind, installation_id, payload)
      select 'run', ${installationId}, jsonb_build_object('run_id', made.id) from made`;
    await settle();
    assertEquals((await rowsOf(db)).waits.length, 10);
    for (let n = 0; n < 2; n++) {
      await deliver(db, first);
      await settle();
    }
    const ends = await db.sql<{ state: string; one: string; two: string }[]>`
      select run.state, one.output->'event'->>'id' as one, two.output->'event'->>'id' as two
      from run join step one on one.run_id = run.id and one.path = 'root/one'
        join step two on two.run_id = run.id and two.path = 'root/two'`;
    assertEquals(ends.length, 10);
    for (const { state, one, two } of ends) assert(state === "completed" && Number(one) < Number(two), `${one} ${two}`);
    assertEquals(action.calls.length, 10);
    assertEquals(await rowsOf(db), { waits: [], signals: [] });
    assertEquals(await readJobs(db), []);
  }));
