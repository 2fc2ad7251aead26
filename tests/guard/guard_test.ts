/** The guard over a database: policies, confirm tokens and approvals; each token is good for one request, once. */

import { assert, assertEquals, assertMatch, assertNotEquals, assertRejects, assertStrictEquals } from "@std/assert";
import type { AppError } from "../../src/base/errors.ts";
import { builtinCatalogue } from "../../src/clockify/operations.ts";
import type { Database, TransactionSql } from "../../src/db/db.ts";
import {
  type Approvals,
  createApprovals,
  MAX_OPEN_OF_PERSON,
  MAX_OPEN_REQUESTS,
  MAX_SHOWN_BYTES,
} from "../../src/guard/approvals.ts";
import { MAX_OPEN_TOKENS } from "../../src/guard/confirm_tokens.ts";
import {
  createGuard,
  type Decision,
  type Guard,
  type GuardedRequest,
  type PolicyChangeRequest,
  type PolicyGuard,
  type PublicationGuard,
} from "../../src/guard/guard.ts";
import { createPolicyStore, type Leaving, type PolicyChange, type PolicyStore } from "../../src/guard/policy.ts";
import { createKeyring, newKey } from "../../src/secrets/encryption.ts";
import { addInstallation } from "../db/rows.ts";
import { assertRejectsLike } from "../support/assert_like.ts";
import { stopSharedDatabase, testDatabase } from "../support/database.ts";
import { textsHolding } from "../support/text_columns.ts";

Deno.test.afterAll(stopSharedDatabase);

const MARK = "MARK-body-of-a-request";
const ASKER = "user-asker";
const OTHER = "user-other";

interface Scene {
  db: Database;
  installationId: number;
  guard: Guard & PublicationGuard & PolicyGuard;
  policies: PolicyStore;
  approvals: Approvals;
  /** What the observer got. */
  facts: string[];
  writes: { allowed: true } | { allowed: false; why: string };
  set(change: PolicyChange): Promise<void>;
  /** Another process over the same database. */
  another(): Promise<Guard>;
}

/** As if a second person had agreed. */
const agree = () => Promise.resolve();
const keys = await createKeyring(newKey("test"));

function withGuard(name: string, body: (scene: Scene) => Promise<void>) {
  Deno.test(name, async () => {
    const { db, stop } = await testDatabase();
    try {
      const installationId = await addInstallation(db);
      const facts: string[] = [];
      const policies = createPolicyStore(db);
      const approvals = createApprovals({ db, keyring: keys });
      const scene: Scene = {
        db,
        installationId,
        policies,
        approvals,
        facts,
        writes: { allowed: true },
        guard: undefined as unknown as Scene["guard"],
        set: async (change) => void (await policies.change(installationId, { change, by: "admin", leaving: agree })),
        another: () => Promise.resolve(make()),
      };
      const make = () =>
        createGuard({
          db,
          policies: createPolicyStore(db),
          approvals: createApprovals({ db, keyring: keys }),
          writesByHand: () => Promise.resolve(scene.writes),
          observer: {
            onDecision: ({ grade, outcome }) => facts.push(`${grade} ${outcome}`),
            onTokenRefused: ({ code }) => facts.push(code),
          },
        });
      scene.guard = make();
      await body(scene);
    } finally {
      await stop();
    }
  });
}

function requestOf(
  { installationId }: Pick<Scene, "installationId">,
  change: Partial<GuardedRequest> = {},
  name = "deleteTag",
) {
  const operation = builtinCatalogue().find(name)!;
  const request: GuardedRequest = {
    installationId,
    workspaceId: "w1",
    person: ASKER,
    operation,
    request: { method: operation.method, path: operation.path.replaceAll("{id}", "t1"), query: "", body: undefined },
    ...change,
  };
  return request;
}

const withBody = (request: GuardedRequest, body: unknown): GuardedRequest => ({
  ...request,
  request: { ...request.request, body },
});

function tokenOf(decision: Decision): string {
  assert(decision.kind === "preview", JSON.stringify(decision));
  return decision.confirmToken;
}

withGuard("a read is allowed, and each write by hand is shown before, as the defaults have it", async (scene) => {
  const { guard } = scene;
  assertEquals(await guard.decide(requestOf(scene, {}, "getTags")), { kind: "allow", grade: "read" });
  for (
    const [name, grade] of [["createNewTag", "routine"], ["createInvoice", "business"], ["deleteTag", "destructive"]]
  ) {
    const decision = await guard.decide(requestOf(scene, {}, name));
    assertEquals([decision.kind, decision.grade], ["preview", grade]);
    assertMatch(tokenOf(decision), /^[\w-]{43}$/);
  }
  assertEquals(scene.facts, ["read allow", "routine preview", "business preview", "destructive preview"]);
});

withGuard("a token is good once, and for exactly the request that was shown", async (scene) => {
  const { guard, installationId } = scene;
  const request = withBody(requestOf(scene), '{"name":"a"}');
  const token = tokenOf(await guard.decide(request));
  const other = await addInstallation(scene.db);
  const strangers: Record<string, GuardedRequest> = {
    "another person": { ...request, person: OTHER },
    "another installation": { ...request, installationId: other },
    "one byte more": withBody(request, '{"name":"a"} '),
    "the same as a value": withBody(request, { name: "a" }),
    "the same as bytes": withBody(request, new TextEncoder().encode('{"name":"a"}')),
    "no body": withBody(request, undefined),
    "another path": { ...request, request: { ...request.request, path: `${request.request.path}x` } },
    "another method": { ...request, request: { ...request.request, method: "GET" } },
    "a query": { ...request, request: { ...request.request, query: "a=1" } },
    "the person's own rights": { ...request, as: "viewer" },
    "another host": { ...request, operation: { ...request.operation, service: "reports" } },
  };
  for (const [name, stranger] of Object.entries(strangers)) {
    const refused = await guard.redeem(token, stranger).then(() => undefined, (error: AppError) => error);
    assertEquals([name, refused?.code], [name, "CONFIRM_TOKEN_INVALID"]);
    assertEquals(refused?.message.includes(token), false);
  }
  for (const wrong of ["", "x", token.slice(1), `${token}A`, token.toLowerCase(), "ö".repeat(43), "A".repeat(43)]) {
    await assertRejectsLike(guard.redeem(wrong, request), { code: "CONFIRM_TOKEN_INVALID" });
  }
  await guard.redeem(token, request);
  await assertRejectsLike(guard.redeem(token, request), { code: "CONFIRM_TOKEN_USED" });
  // Of a used token a stranger hears no more than of one that never was.
  await assertRejectsLike(guard.redeem(token, { ...request, person: OTHER }), { code: "CONFIRM_TOKEN_INVALID" });
  assertEquals(scene.facts.filter((fact) => fact === "destructive confirmed").length, 1);
  const rows = await scene.db.sql`select token_sha256 from confirm_token where installation_id = ${installationId}`;
  assertNotEquals(rows[0]!.token_sha256, token);
  assertEquals(await textsHolding(scene.db, [token]), []);
});

withGuard("an old token is refused as expired, an old used one as used", async (scene) => {
  const { guard, db } = scene;
  const request = requestOf(scene);
  const [late, used] = [tokenOf(await guard.decide(request)), tokenOf(await guard.decide(request))];
  await guard.redeem(used, request);
  await db.sql`update confirm_token set expires_at = expires_at - interval '11 minutes'`;
  await assertRejectsLike(guard.redeem(late, request), { code: "CONFIRM_TOKEN_EXPIRED" });
  await assertRejectsLike(guard.redeem(used, request), { code: "CONFIRM_TOKEN_USED" });
});

withGuard(
  "of many that come with one token at once, one is let through; another instance knows the token too",
  async (scene) => {
    const request = requestOf(scene);
    const token = tokenOf(await scene.guard.decide(request));
    const guards = [scene.guard, await scene.another(), await scene.another()];
    const ended = await Promise.allSettled(
      Array.from({ length: 12 }, (_, index) => guards[index % 3]!.redeem(token, request)),
    );
    assertEquals(ended.filter(({ status }) => status === "fulfilled").length, 1);
    for (const one of ended) if (one.status === "rejected") assertStrictEquals(one.reason.code, "CONFIRM_TOKEN_USED");
  },
);

withGuard(
  "a person has so many open tokens; used and expired ones, and those of others, do not count",
  async (scene) => {
    const { guard, db } = scene;
    const request = requestOf(scene);
    const first = tokenOf(await guard.decide(request));
    for (let made = 1; made < MAX_OPEN_TOKENS; made++) await guard.decide(request);
    await assertRejectsLike(guard.decide(request), { code: "RATE_LIMITED", retryable: true });
    tokenOf(await guard.decide({ ...request, person: OTHER }));
    await guard.redeem(first, request);
    tokenOf(await guard.decide(request));
    await assertRejectsLike(guard.decide(request), { code: "RATE_LIMITED" });
    await db.sql`update confirm_token set expires_at = now() where person = ${ASKER}`;
    tokenOf(await guard.decide(request));
  },
);

withGuard("what the policy denies by now is not sent, whatever was confirmed before", async (scene) => {
  const { guard } = scene;
  const request = requestOf(scene);
  const token = tokenOf(await guard.decide(request));
  await scene.set({ by_hand: { destructive: "deny" } });
  const decision = await guard.decide(request);
  assertEquals(decision.kind, "deny");
  assertMatch(
    (decision as { reason: string }).reason,
    /DELETE .+ denies destructive writes by hand; .+ PUT \/ui\/guard$/,
  );
  await assertRejectsLike(guard.redeem(token, request), { code: "CLOCKIFY_WRITE_DENIED" });
  // Not used up by the refusal.
  await scene.set({ by_hand: { destructive: null } });
  await guard.redeem(token, request);
  const another = tokenOf(await guard.decide(request));
  await scene.set({ by_hand: { destructive: "second_person" } });
  await assertRejectsLike(guard.redeem(another, request), { code: "CONFIRM_TOKEN_INVALID" });
});

withGuard(
  "where the settings keep people from writing by hand, reads pass and writes are denied with why",
  async (scene) => {
    const { guard } = scene;
    const request = requestOf(scene);
    const token = tokenOf(await guard.decide(request));
    scene.writes = { allowed: false, why: "the add-on's setting allows reads only" };
    await scene.set({ by_hand: { routine: "allow", destructive: "allow" } });
    assertEquals((await guard.decide(requestOf(scene, {}, "getTags"))).kind, "allow");
    const decision = await guard.decide(request);
    assert(decision.kind === "deny");
    assertMatch(decision.reason, /by hand: the add-on's setting allows reads only$/);
    await assertRejectsLike(guard.redeem(token, request), { code: "CLOCKIFY_WRITE_DENIED" });
  },
);

withGuard("a second person approves, and then the same request of who asked gets its one token", async (scene) => {
  const { guard, approvals, installationId } = scene;
  await scene.set({ by_hand: { destructive: "second_person" } });
  const request = withBody(requestOf(scene), JSON.stringify({ name: MARK }));
  const waiting = await guard.decide(request);
  assert(waiting.kind === "second_person");
  const id = Number(waiting.requestId);
  // Asked again, and by another instance, it is the one request.
  assertEquals(await (await scene.another()).decide(request), waiting);
  const { shown, ...found } = await approvals.find(installationId, id);
  assertEquals([found.state, found.person, found.grade, found.kind], ["waiting", ASKER, "destructive", "call"]);
  assertEquals((shown as { body: unknown }).body, { name: MARK }, "shown whole");
  assertEquals(await textsHolding(scene.db, [MARK]), [], "and stored encrypted");
  await assertRejectsLike(approvals.decide(installationId, id, { by: ASKER, state: "approved", note: null }), {
    code: "ROLE_INSUFFICIENT",
  });
  // Somebody else's same request is another one.
  const others = await guard.decide({ ...request, person: OTHER });
  assert(others.kind === "second_person" && others.requestId !== waiting.requestId);

  await approvals.decide(installationId, id, { by: OTHER, state: "approved", note: "as agreed" });
  await assertRejectsLike(approvals.decide(installationId, id, { by: "third", state: "rejected", note: null }), {
    code: "CONFLICT",
  });
  assertEquals((await guard.decide(withBody(request, "{}"))).kind, "second_person", "other bytes are not approved");
  const [one, two] = [tokenOf(await guard.decide(request)), tokenOf(await guard.decide(request))];
  const ended = await Promise.allSettled([guard.redeem(one, request), guard.redeem(two, request)]);
  assertEquals(ended.map(({ status }) => status).sort(), ["fulfilled", "rejected"], "one approval, one request");
  assertEquals((await approvals.find(installationId, id)).state, "used");
  const again = await guard.decide(request);
  assert(again.kind === "second_person" && again.requestId !== waiting.requestId);
});

withGuard("of two who decide a request at once one does, and the other hears that it is decided", async (scene) => {
  const { guard, approvals, installationId } = scene;
  await scene.set({ by_hand: { destructive: "second_person" } });
  const waiting = await guard.decide(requestOf(scene));
  assert(waiting.kind === "second_person");
  const id = Number(waiting.requestId);
  const ended = await Promise.allSettled([
    approvals.decide(installationId, id, { by: "admin-1", state: "approved", note: null }),
    approvals.decide(installationId, id, { by: "admin-2", state: "rejected", note: null }),
  ]);
  const refused = ended.find((one) => one.status === "rejected") as PromiseRejectedResult;
  assertEquals([ended.filter(({ status }) => status === "fulfilled").length, refused.reason.code], [1, "CONFLICT"]);
});

withGuard("a request expires, waiting or approved, and makes room for the same one", async (scene) => {
  const { guard, approvals, installationId, db } = scene;
  await scene.set({ by_hand: { destructive: "second_person" } });
  const request = requestOf(scene);
  const asked = async () => {
    const decision = await guard.decide(request);
    assert(decision.kind === "second_person", JSON.stringify(decision));
    return Number(decision.requestId);
  };
  const pass = () => db.sql`update guard_request set expires_at = expires_at - interval '25 hours'`;
  const first = await asked();
  await pass();
  assertEquals((await approvals.find(installationId, first)).state, "expired");
  await assertRejectsLike(approvals.decide(installationId, first, { by: OTHER, state: "approved", note: null }), {
    code: "CONFLICT",
  });
  const second = await asked();
  assertNotEquals(second, first);
  await approvals.decide(installationId, second, { by: OTHER, state: "approved", note: null });
  const token = tokenOf(await guard.decide(request));
  await pass();
  await assertRejectsLike(guard.redeem(token, request), { code: "CONFIRM_TOKEN_USED" });
  assertNotEquals(await asked(), second);
  await assertRejectsLike(approvals.find(installationId, first, { person: OTHER }), { code: "NOT_FOUND" });
  await assertRejectsLike(approvals.find(await addInstallation(db), first), { code: "NOT_FOUND" });
  const { requests, next } = await approvals.list(installationId, { limit: 2, person: ASKER });
  assertEquals([requests.length, next], [2, second]);
  assertEquals((await approvals.list(installationId, { limit: 2, before: second })).requests.map(({ id }) => id), [
    first,
  ]);
  assertEquals((await approvals.list(installationId, { limit: 9, state: "expired" })).requests.length, 2);
});

withGuard("requests that wait are bounded: of a person, of an installation, and in their size", async (scene) => {
  const { guard } = scene;
  await scene.set({ by_hand: { destructive: "second_person" } });
  const ask = (person: string, body: unknown) => guard.decide(withBody({ ...requestOf(scene), person }, body));
  for (let person = 0; person < MAX_OPEN_REQUESTS / MAX_OPEN_OF_PERSON; person++) {
    for (let made = 0; made < MAX_OPEN_OF_PERSON; made++) await ask(`p${person}`, made);
    await assertRejectsLike(ask(`p${person}`, "more"), { code: "RATE_LIMITED", retryable: true });
    assertEquals((await ask(`p${person}`, 0)).kind, "second_person", "one that is open already");
  }
  await assertRejectsLike(ask("late", 0), { code: "RATE_LIMITED" });
  await assertRejectsLike(ask("large", "x".repeat(MAX_SHOWN_BYTES)), { code: "BODY_TOO_LARGE" });
});

withGuard("a policy keeps what was set, gives a default back, and refuses a change over another one", async (scene) => {
  const { policies, installationId } = scene;
  assertEquals((await policies.read(installationId)).version, 0);
  const first = await policies.change(installationId, {
    change: { by_hand: { business: "second_person" }, flows: { destructive: "deny" } },
    by: "admin",
    expectedVersion: 0,
    leaving: agree,
  });
  assertEquals([first.version, first.updatedBy], [1, "admin"]);
  assertEquals(first.own, { by_hand: { business: "second_person" }, flows: { destructive: "deny" } });
  assertEquals(first.policy.by_hand, {
    read: "allow",
    routine: "preview",
    business: "second_person",
    destructive: "preview",
  });
  await assertRejectsLike(
    policies.change(installationId, {
      change: { flows: { read: "deny" } },
      by: "b",
      expectedVersion: 0,
      leaving: agree,
    }),
    { code: "CONFLICT" },
  );
  const second = await policies.change(installationId, {
    change: { flows: { destructive: null } },
    by: "b",
    leaving: agree,
  });
  assertEquals([second.version, second.own], [2, { by_hand: { business: "second_person" } }]);
  assertEquals(await policies.read(installationId), second);
  const both = await Promise.allSettled(
    ["a", "b"].map((by) =>
      policies.change(installationId, {
        change: { flows: { business: "deny" } },
        by,
        expectedVersion: 2,
        leaving: agree,
      })
    ),
  );
  assertEquals(both.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
});

withGuard(
  "a grade leaves the second person only with one, in whatever direction; all else one person changes",
  async (scene) => {
    const { policies, approvals, guard, installationId } = scene;
    const refuse = () => Promise.reject(new Error("asked"));
    const set = (change: PolicyChange, leaving: Parameters<PolicyStore["change"]>[1]["leaving"] = refuse) =>
      policies.change(installationId, { change, by: ASKER, leaving });
    await set({ by_hand: { business: "deny" }, flows: { routine: "deny" } });
    await set({ by_hand: { business: "allow", destructive: "second_person" }, flows: { routine: null } });
    for (const outcome of ["allow", "preview", "deny", null] as const) {
      await assertRejects(() => set({ by_hand: { destructive: outcome } }), Error, "asked");
    }
    await set({ by_hand: { destructive: "second_person", routine: "deny" }, flows: { destructive: "allow" } });
    assertEquals((await policies.read(installationId)).policy.by_hand.destructive, "second_person");

    const change: PolicyChange = { by_hand: { destructive: "allow" } };
    let request: PolicyChangeRequest | undefined;
    await assertRejects(() =>
      set(change, (_, found) => {
        request = { installationId, person: ASKER, change, ...found };
        return Promise.reject(new Error("asked"));
      })
    );
    assertEquals(request!.left, [{ way: "by_hand", grade: "destructive", to: "allow" }]);
    const waiting = await guard.decidePolicyChange(request!);
    assert(waiting.kind === "second_person");
    await approvals.decide(installationId, Number(waiting.requestId), { by: OTHER, state: "approved", note: null });
    const token = tokenOf(await guard.decidePolicyChange(request!));
    const redeem = (sql: TransactionSql, found: Leaving) =>
      guard.redeemPolicyChange(sql, token, { installationId, person: ASKER, change, ...found });
    await set({ by_hand: { read: "deny" } });
    await assertRejectsLike(set(change, redeem), { code: "CONFIRM_TOKEN_INVALID" });
    assertEquals((await policies.read(installationId)).policy.by_hand.destructive, "second_person");
  },
);
