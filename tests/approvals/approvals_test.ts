/** Tests of src/engine/approval_step.ts and src/approvals: who is asked, who may answer, that the first answer counts, and what follows. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { systemClock } from "../../src/base/clock.ts";
import { AppError } from "../../src/base/errors.ts";
import { createDecisions } from "../../src/approvals/decide.ts";
import { followsOf } from "../../src/approvals/follows.ts";
import { createApprovalStore } from "../../src/approvals/store.ts";
import { rolesOf, type Viewer } from "../../src/approvals/who.ts";
import type { Database } from "../../src/db/db.ts";
import type { ApprovalStep, PlanStep } from "../../src/engine/plan.ts";
import type { Journal } from "../../src/engine/journal.ts";
import { createCleanup } from "../../src/installations/cleanup.ts";
import { endInstallation } from "../../src/installations/uninstall.ts";
import { createRunRetry } from "../../src/runs/retry.ts";
import { done, fakeAction, readRun, step } from "../engine/setup.ts";
import {
  addWaitingRun,
  approvalStep,
  deliver,
  type SceneOptions,
  sceneOver,
  waitForEvent,
} from "../flows/event_waits_setup.ts";
import { installationOf, outputs, personOver, rowsOf, withDatabase } from "../signals/setup.ts";
import { assertRejectsLike } from "../support/assert_like.ts";
import { stopSharedDatabase } from "../support/database.ts";

Deno.test.afterAll(stopSharedDatabase);

const ana: Viewer = { person: "user-1", roles: [], isAdmin: false };
const bo: Viewer = { person: "user-2", roles: [], isAdmin: false };
const owner: Viewer = { person: "owner", roles: rolesOf({ kind: "user", roleClaim: "OWNER" }), isAdmin: true };

/** A run that waits for an approval, and what people do to it. */
async function asked(
  db: Database,
  fields: Partial<ApprovalStep> = {},
  options: SceneOptions & { after?: PlanStep[] } = {},
) {
  const runId = await addWaitingRun(db, [approvalStep("manager", fields), ...options.after ?? []], { user: "user-1" });
  const { settle } = sceneOver(db, options);
  await settle();
  const installationId = await installationOf(db, runId);
  const decisions = createDecisions({ db, wake: () => {} });
  const store = createApprovalStore(db);
  const [row] = await db.sql<{ id: string }[]>`select id from approval where run_id = ${runId}`;
  const id = row?.id ?? "";
  return {
    runId,
    id,
    installationId,
    settle,
    store,
    decide: (by: Viewer, decision: "approve" | "reject" = "approve", note: string | null = null) =>
      decisions.decide(installationId, id, { by, decision, note }),
    hand: (by: Viewer, to: string) => decisions.hand(installationId, id, { by, to }),
    approval: async () => (await store.find(installationId, id)).approval,
    output: async () => (await outputs(db, runId))["root/manager"],
  };
}

async function nameUsers(db: Database, installationId: number) {
  await db.sql`
    insert into entity_cache (installation_id, workspace_id, entity_type, entity_id, operation_id, body, read_number, parent_id)
    select ${installationId}, 'w', 'user', id, 'o', jsonb_build_object('name', name), 1, ''
    from (values ('user-1', 'Ana Lopez'), ('user-2', 'Bo Chen')) one(id, name)`;
}

Deno.test("an approval is recorded with its wait, its link is sent, and the first decision goes on with the run", () =>
  withDatabase(async (db) => {
    const action = fakeAction(({ input }) => done(input));
    const one = await asked(db, {
      people: ["$.webhook.user", "$.webhook.none"],
      note: "For {{$.webhook.user}}",
      deadline: "2 d",
      ask: [step("mail", { input: { to: "manager" } })],
      approved: [step("thank", { input: { by: "$.webhook.user" } })],
    }, { actions: [action], after: [step("after", { input: "$.steps.thank.output.by" })] });
    await nameUsers(db, one.installationId);
    const open = await one.approval();
    assertEquals([open.state, open.note, open.path, open.roles], ["open", "For user-1", "root/manager", []]);
    assertEquals(open.people, [{ id: "user-1", name: "Ana Lopez" }]);
    assert(open.expiresAt!.getTime() - open.askedAt.getTime() > 47 * 3_600_000);
    assertEquals(action.calls.map(({ stepPath }) => stepPath), ["root/manager#3/mail"]);
    assertEquals(await one.store.countOpen(), 1);
    const list = (fields: object) => one.store.list(one.installationId, { limit: 10, ...fields });
    assertEquals((await list({ state: "open", mine: ana })).approvals.map(({ id }) => id), [one.id]);
    assertEquals((await list({ mine: bo })).approvals, []);
    assertEquals((await list({ before: { micros: open.askedMicros, id: open.id } })).approvals, []);

    await assertRejectsLike(one.decide(bo), {
      code: "ROLE_INSUFFICIENT",
      message: "Cannot decide the approval: it is for Ana Lopez",
    });
    await assertRejectsLike(one.decide({ person: "user-9", roles: ["WORKSPACE_ADMIN"], isAdmin: true }), {
      code: "ROLE_INSUFFICIENT",
      message:
        "Cannot decide the approval: it is for Ana Lopez; an owner or admin may hand it to somebody, who may decide then",
    });
    await one.decide(ana, "approve", "As agreed");
    const { state, decidedByName, decisionNote, decidedAt } = await one.approval();
    assertEquals([state, decidedByName, decisionNote], ["approved", "Ana Lopez", "As agreed"]);
    await assertRejectsLike(one.decide(ana, "reject"), {
      code: "CONFLICT",
      message: /^Cannot decide the approval: Ana Lopez approved it at 2/,
    });
    await one.settle();
    assertEquals((await readRun(db, one.runId)).state, "completed");
    assertEquals(await one.output(), {
      decision: "approved",
      by: "user-1",
      by_name: "Ana Lopez",
      note: "As agreed",
      at: decidedAt!.toISOString(),
    });
    assertEquals(action.calls.slice(1).map(({ stepPath, input }) => [stepPath, input]), [
      ["root/manager#0/thank", { by: "user-1" }],
      ["root/after", "user-1"],
    ]);
    assertEquals(await rowsOf(db), { waits: [], signals: [] });
    assertEquals((await one.approval()).state, "approved");
    await assertRejectsLike(one.decide(ana), { code: "CONFLICT" });
  }));

Deno.test("a rejection cancels the run, or walks its list; a deadline fails it, or walks its own", () =>
  withDatabase(async (db) => {
    const rejected = await asked(db, {}, { after: [step("after")] });
    await rejected.decide(ana, "reject", "too much");
    await rejected.settle();
    const [run] = await db.sql`select state, error_message from run where id = ${rejected.runId}`;
    assertEquals(run, { state: "cancelled", error_message: "Rejected by user user-1: too much" });

    const listed = await asked(db, { rejected: [step("say")] }, { after: [step("after")] });
    await listed.decide(ana, "reject");
    await listed.settle();
    assertEquals((await readRun(db, listed.runId)).steps.map(({ path, state }) => [path, state]), [
      ["root/after", "completed"],
      ["root/manager", "completed"],
      ["root/manager#1/say", "completed"],
    ]);

    const failed = await asked(db, { deadline: "0" });
    const { state, error_code, error_message } = await readRun(db, failed.runId);
    assertEquals([state, error_code], ["failed", "APPROVAL_EXPIRED"]);
    assertMatch(error_message!, /^Cannot go on: no one decided the approval by 2\d{3}-/);
    assertEquals((await failed.approval()).state, "expired");
    await assertRejectsLike(failed.decide(ana), { code: "CONFLICT", message: /its time was over at 2/ });

    const expired = await asked(db, { deadline: "0", expired: [step("escalate")] });
    assertEquals((await readRun(db, expired.runId)).state, "completed");
    const { decision, by, note } = await expired.output() as Record<string, unknown>;
    assertEquals([decision, by, note], ["expired", null, null]);
  }));

Deno.test("two people who decide at the same moment: one counts, and the other is answered who decided", () =>
  withDatabase(async (db) => {
    const one = await asked(db, { people: ["user-1", "user-2"], rejected: [] });
    const ends = await Promise.allSettled([one.decide(ana, "approve"), one.decide(bo, "reject")]);
    const refused = ends.filter((end) => end.status === "rejected");
    assertEquals(refused.length, 1);
    const { state, decidedBy } = await one.approval();
    assertEquals(decidedBy, state === "approved" ? "user-1" : "user-2");
    assertMatch(
      refused[0]!.reason.message,
      new RegExp(`^Cannot decide the approval: user ${decidedBy} ${state} it at `),
    );
    await one.settle();
    assertEquals((await one.output() as { decision: string }).decision, state);
  }));

Deno.test("a decision at the moment of the deadline: the run goes by the one, and the approval says the same", () =>
  withDatabase(async (db) => {
    for (const first of ["decision", "deadline"] as const) {
      let racing: (() => Promise<void>) | undefined;
      const journal = (real: Journal): Journal => ({
        ...real,
        record: async (entry) => {
          if (entry.waits?.unlessWoken && first === "decision") await racing?.();
          await real.record(entry);
          if (entry.waits?.unlessWoken && first === "deadline") await racing?.();
        },
      });
      const one = await asked(db, { deadline: "1 h", expired: [] }, { journal });
      await db.sql`update wait set expires_at = now() + interval '50 milliseconds' where run_id = ${one.runId}`;
      await db.sql`update job set due_at = now()`;
      await systemClock.sleep(60);
      const said: string[] = [];
      racing = async () => {
        racing = undefined;
        // As one whose transaction began in time.
        if (first === "decision") await db.sql`update wait set expires_at = now() + interval '1 minute'`;
        await one.decide(ana).then(() => said.push("decided"), ({ code }) => said.push(code));
      };
      await one.settle();
      const { decision } = await one.output() as { decision: string };
      const { state } = await one.approval();
      assertEquals(
        [said, decision, state],
        first === "decision" ? [["decided"], "approved", "approved"] : [["CONFLICT"], "expired", "expired"],
      );
    }
  }));

Deno.test("who is asked may hand it over, an admin may add someone, and only roles that were named may decide beside them", () =>
  withDatabase(async (db) => {
    const one = await asked(db, { roles: ["WORKSPACE_ADMIN"] });
    await nameUsers(db, one.installationId);
    await assertRejectsLike(one.hand(bo, "user-2"), {
      code: "ROLE_INSUFFICIENT",
      message: "Cannot hand over the approval: it is for Ana Lopez, who is WORKSPACE_ADMIN in the workspace",
    });
    await assertRejectsLike(one.hand(ana, "user-9"), { code: "REQUEST_INVALID" });
    await one.hand(owner, "user-2");
    assertEquals((await one.approval()).people.map(({ id }) => id), ["user-1", "user-2"]);
    await one.hand(ana, "user-2");
    const { people, handedBy } = await one.approval();
    assertEquals([people, handedBy], [[{ id: "user-2", name: "Bo Chen" }], "user-1"]);
    await assertRejectsLike(one.decide(ana), { code: "ROLE_INSUFFICIENT" });
    assertEquals((await one.store.list(one.installationId, { limit: 1, mine: owner })).approvals.length, 1);
    const manager: Viewer = {
      person: "x",
      roles: rolesOf({ kind: "user", roleClaim: "PROJECT_MANAGER" }),
      isAdmin: false,
    };
    await assertRejectsLike(one.decide(manager), { code: "ROLE_INSUFFICIENT" });
    await one.decide(owner);
    await assertRejectsLike(one.hand(owner, "user-1"), { code: "CONFLICT" });
    assertEquals(rolesOf({ kind: "operator" }), ["OWNER", "WORKSPACE_ADMIN"]);
    assertEquals(rolesOf({ kind: "user", roleClaim: "ADMIN" }), ["WORKSPACE_ADMIN"]);
  }));

Deno.test("who did not answer is reminded once, after the time, and no more once it is decided", () =>
  withDatabase(async (db) => {
    const action = fakeAction(({ stepPath }) => done(stepPath));
    const one = await asked(db, {
      ask: [step("mail")],
      remind: { after: "1 h", steps: [step("nudge")] },
    }, { actions: [action] });
    const paths = () => action.calls.map(({ stepPath }) => stepPath);
    const [job] = await db.sql<{ seconds: number }[]>`
      select extract(epoch from due_at - now())::float8 as seconds from job`;
    assert(job!.seconds > 3_000 && job!.seconds <= 3_600, "due for the reminder");
    const pass = async () => {
      await db.sql`update wait set condition = '{"remind_at": 1}'`;
      await db.sql`update job set due_at = now()`;
      await one.settle();
    };
    await pass();
    assertEquals(paths(), ["root/manager#3/mail", "root/manager#4/nudge"]);
    const { remindedAt, state } = await one.approval();
    assert(remindedAt !== null && state === "open");
    await pass();
    assertEquals(paths().length, 2);
    assertEquals((await one.approval()).remindedAt, remindedAt);
    await one.decide(ana);
    await one.settle();
    assertEquals((await readRun(db, one.runId)).state, "completed");
    assertEquals(paths().length, 2);
  }));

Deno.test("a decision while the link is being sent counts, and what is open of it is cancelled", () =>
  withDatabase(async (db) => {
    const put = fakeAction(() => ({ outcome: "snooze", delayMs: 3_600_000, reason: "429" }));
    const one = await asked(db, { ask: [step("mail")] }, { actions: [put] });
    assertEquals((await readRun(db, one.runId)).state, "waiting");
    await one.decide(ana);
    await one.settle();
    const { state, steps } = await readRun(db, one.runId);
    assertEquals([state, steps.map(({ path, state }) => [path, state])], ["completed", [
      ["root/manager", "completed"],
      ["root/manager#3/mail", "cancelled"],
    ]]);
    // By who has the link before the call that sends it has ended: the approval was recorded before.
    const quick = fakeAction(async ({ runId }) => {
      const [row] = await db.sql<{ id: string }[]>`select id from approval where run_id = ${runId}`;
      const by = { by: ana, decision: "approve", note: null } as const;
      await createDecisions({ db, wake: () => {} }).decide(await installationOf(db, runId), row!.id, by);
      return done("sent");
    });
    const early = await asked(db, { ask: [step("mail")] }, { actions: [quick] });
    assertEquals((await readRun(db, early.runId)).steps.map(({ path, state }) => [path, state]), [
      ["root/manager", "completed"],
      ["root/manager#3/mail", "completed"],
    ]);
    await assertRejectsLike(
      createDecisions({ db, wake: () => {} })
        .decide(early.installationId, crypto.randomUUID(), { by: ana, decision: "approve", note: null }),
      { code: "NOT_FOUND" },
    );

    const broken = fakeAction(() => ({
      outcome: "failed",
      error: new AppError("UPSTREAM_REJECTED", "Cannot send it"),
    }));
    const failed = await asked(db, {
      ask: [
        step("mail", { action: "fake", retry: { maxAttempts: 1, initialDelayMs: 0, maxDelayMs: 0, multiplier: 1 } }),
      ],
    }, { actions: [broken] });
    assertEquals((await readRun(db, failed.runId)).state, "failed");
    assertEquals((await failed.approval()).state, "cancelled", "no one was asked");
  }));

Deno.test("the approval follows its run: paused it may be decided, cancelled it is no more, and it goes with the run", () =>
  withDatabase(async (db) => {
    const one = await asked(db);
    const { cancel, pause, resume } = personOver(db);
    await pause(one.runId);
    assertEquals((await one.approval()).runPaused, true);
    await one.decide(ana);
    await one.settle();
    assertEquals((await readRun(db, one.runId)).state, "waiting");
    await resume(one.runId);
    await one.settle();
    assertEquals((await readRun(db, one.runId)).state, "completed");

    const other = await asked(db);
    await cancel(other.runId);
    assertEquals((await other.approval()).state, "cancelled");
    await assertRejectsLike(other.decide(ana), {
      code: "CONFLICT",
      message: /^Cannot decide the approval: its run went on or ended without it at /,
    });
    await db.sql`delete from run where id = ${other.runId}`;
    assertEquals([...await db.sql`select 1 from approval where id = ${other.id}`], []);
    await assertRejectsLike(other.decide(ana), { code: "NOT_FOUND" });
    await assertRejectsLike(other.store.find(one.installationId, other.id), { code: "NOT_FOUND" });
    // Of another installation nothing is known.
    await assertRejectsLike(other.store.find(other.installationId, one.id), { code: "NOT_FOUND" });
  }));

Deno.test("no approval without someone who may answer, and what follows is read from the plan that the run has", () =>
  withDatabase(async (db) => {
    const none = await asked(db, { people: ["$.webhook.none"] });
    const { error_message } = await readRun(db, none.runId);
    assertEquals(error_message, "Cannot ask: people gives no id of a user, and there are no roles");
    const inner = approvalStep("inner", { rejected: [step("no")] });
    const plan = {
      schema: 1 as const,
      root: {
        kind: "sequence" as const,
        id: "root",
        steps: [{ kind: "branch", id: "b", cases: [{ steps: [inner, step("then")] }] }, step("last")] as never[],
      },
    };
    const follows = followsOf(plan, "root/b#0/inner")!;
    const ids = (steps?: readonly PlanStep[]) => steps?.map(({ id }) => id);
    assertEquals([ids(follows.approved), ids(follows.rejected), ids(follows.expired), ids(follows.then)], [
      [],
      ["no"],
      undefined,
      ["then"],
    ]);
    assertEquals(followsOf(plan, "root/gone"), undefined);
  }));

Deno.test("an approval that no longer matters is cancelled: its join is decided, or the add-on was uninstalled; a retry asks again", () =>
  withDatabase(async (db) => {
    const both = {
      kind: "parallel",
      id: "both",
      join: "any",
      branches: [[approvalStep("manager")], [waitForEvent("paid", "NEW_TAG")]],
    } as unknown as PlanStep;
    const runId = await addWaitingRun(db, [both]);
    const { settle } = sceneOver(db);
    await settle();
    assertEquals((await rowsOf(db)).waits, ["root/both#0/manager", "root/both#1/paid"]);
    await deliver(db, runId);
    await settle();
    assertEquals((await readRun(db, runId)).state, "completed");
    const stateOf = async (id: string) =>
      (await db.sql<{ state: string }[]>`select state from approval where run_id = ${id} order by asked_at`)
        .map(({ state }) => state);
    assertEquals(await stateOf(runId), ["cancelled"]);

    const expired = await asked(db, { deadline: "0" });
    assertEquals((await readRun(db, expired.runId)).state, "failed");
    const openInput = (_: unknown, input: unknown) => Promise.resolve(input);
    await createRunRetry({ db, wake: () => {}, onRetried: () => {}, openInput })
      .retry(expired.installationId, expired.runId);
    await db.sql`update plan set body = jsonb_set(body, '{root,steps,0,deadline}', '"1 d"')`;
    await expired.settle();
    assertEquals(await stateOf(expired.runId), ["expired", "open"]);
    const [again] = await db.sql<{ id: string }[]>`select id from approval where state = 'open'`;
    await createDecisions({ db, wake: () => {} })
      .decide(expired.installationId, again!.id, { by: ana, decision: "approve", note: null });
    await expired.settle();
    assertEquals((await readRun(db, expired.runId)).state, "completed");

    const left = await asked(db);
    await db.sql`update job set generation = 1`;
    await db.transaction((sql) => endInstallation(sql, left.installationId));
    await createCleanup({ db })(
      {
        id: 0,
        kind: "cleanup",
        installationId: left.installationId,
        payload: {},
        attempt: 0,
        fence: 1,
        traceparent: null,
        ordered: false,
      },
      { signal: new AbortController().signal, owner: "w", leaseMs: 30_000 },
    );
    assertEquals([await stateOf(left.runId), (await rowsOf(db)).waits], [["cancelled"], []]);
  }));
