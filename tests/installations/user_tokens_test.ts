/** Tokens of users by exchange: checked, kept until shortly before their end, and asked for once at a time. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import type { ClockifyAnswer } from "../../src/clockify/client.ts";
import type { Credentials } from "../../src/installations/credentials.ts";
import { AppError } from "../../src/base/errors.ts";
import { createUserTokens } from "../../src/installations/user_tokens.ts";
import type { VerifiedUser } from "../../src/verify/user.ts";
import { createFakeClock } from "../clockify/fake_clock.ts";

const INSTALLATION: Credentials = { addonKey: "clockify_addon", workspaceId: "w1", token: "of the add-on", hosts: {} };
const MINUTE_MS = 60_000;

function ok(data: unknown): ClockifyAnswer {
  return { kind: "ok", status: 200, headers: {}, data };
}

function setUp(user: Partial<VerifiedUser> = {}) {
  const clock = createFakeClock();
  const state: { calls: string[]; answer: ClockifyAnswer | undefined } = { calls: [], answer: undefined };
  const control = { held: Promise.resolve(), verifyFails: undefined as unknown };
  const tokens = createUserTokens({
    clock,
    api: {
      readSettings: () => Promise.reject(new Error("not used here")),
      exchangeUserToken: async ({ userId }) => {
        const number = state.calls.push(userId);
        await control.held;
        return state.answer ?? ok(`token ${number} of ${userId}\n`);
      },
    },
    verify: (token, key) => {
      assertEquals(key, "clockify_addon");
      if (control.verifyFails) return Promise.reject(control.verifyFails);
      const userId = token.split(" ").at(-1)!;
      return Promise.resolve(
        { userId, workspaceId: "w1", expiresAtMs: clock.now() + 30 * MINUTE_MS, ...user } as VerifiedUser,
      );
    },
  });
  const get = (userId = "u1", { installation = INSTALLATION, signal = new AbortController().signal } = {}) =>
    tokens.get({ installation, userId, maxWaitMs: 100, signal });
  const tokenOf = async (...args: Parameters<typeof get>) => {
    const result = await get(...args);
    assert(result.kind === "ok", JSON.stringify(result));
    return result.credentials.token;
  };
  return { clock, state, control, tokens, get, tokenOf };
}

Deno.test("get() exchanges once for all who ask, and again a minute before the token's end", async () => {
  const { clock, state, tokenOf } = setUp();
  const both = await Promise.all([tokenOf(), tokenOf(), tokenOf("u2")]);
  assertEquals(both, ["token 1 of u1", "token 1 of u1", "token 2 of u2"]);
  await clock.advance(29 * MINUTE_MS - 1);
  assertEquals(await tokenOf(), "token 1 of u1");
  await clock.advance(1);
  assertEquals(await tokenOf(), "token 3 of u1");
  assertEquals(state.calls, ["u1", "u2", "u1"]);
});

Deno.test("get() takes the token as it is or as JSON", async () => {
  const { state, tokenOf } = setUp();
  for (const data of ["a token of u1", '"a token of u1"\n']) {
    state.answer = ok(data);
    assertEquals(await tokenOf("u1", { installation: { ...INSTALLATION, token: data } }), "a token of u1");
  }
});

Deno.test("get() asks anew for a reinstalled add-on and after forget()", async () => {
  const { tokens, tokenOf } = setUp();
  await tokenOf();
  assertEquals(await tokenOf("u1", { installation: { ...INSTALLATION, token: "newer" } }), "token 2 of u1");
  assertEquals(await tokenOf(), "token 1 of u1");
  tokens.forget({ installation: INSTALLATION, userId: "u1" });
  assertEquals(await tokenOf(), "token 3 of u1");
});

Deno.test("get() gives what Clockify refused and keeps no failure", async () => {
  const { state, get, tokenOf } = setUp();
  state.answer = { kind: "limited", retryInMs: 5_000 };
  assertEquals(await get(), { kind: "limited", retryInMs: 5_000 });
  const error = new AppError("UPSTREAM_REJECTED", "Cannot call exchangeUserToken");
  state.answer = { kind: "refused", status: 400, reason: "validation", retryable: false, error };
  assertEquals(await get(), state.answer);
  state.answer = undefined;
  assertEquals(await tokenOf(), "token 3 of u1");
});

Deno.test("get() refuses a token of another user or workspace, and what is no user token", async () => {
  const cases: [ReturnType<typeof setUp>, RegExp][] = [
    [setUp({ userId: "u2" }), /another user or workspace/],
    [setUp({ workspaceId: "w2" }), /another user or workspace/],
  ];
  const invalid = setUp();
  invalid.control.verifyFails = new AppError("LOGIN_INVALID", "Cannot accept user token");
  cases.push([invalid, /no user token/]);
  for (const data of [null, { token: "x" }, ["x"]]) {
    const odd = setUp();
    odd.state.answer = ok(data);
    odd.control.verifyFails = new AppError("LOGIN_REQUIRED", "Cannot accept user token");
    cases.push([odd, /no user token/]);
  }
  for (const [{ get }, message] of cases) {
    const result = await get();
    assert(result.kind === "refused");
    assertEquals([result.error.code, result.error.retryable], ["UPSTREAM_REJECTED", false]);
    assertMatch(result.error.message, message);
  }
  const away = setUp();
  away.control.verifyFails = new AppError("OVERLOADED", "Cannot fetch the keys", { retryable: true });
  const result = await away.get();
  assert(result.kind === "failed" && result.error.retryable);
});

Deno.test("get() ends with its signal while others go on waiting for the exchange", async () => {
  const { control, get, tokenOf } = setUp();
  const held = Promise.withResolvers<void>();
  control.held = held.promise;
  const end = new AbortController();
  const aborted = get("u1", { signal: end.signal });
  const patient = tokenOf();
  end.abort(new Error("the lease ended"));
  await assertRejectsLike(aborted, /the lease ended/);
  held.resolve();
  assertEquals(await patient, "token 1 of u1");
});
