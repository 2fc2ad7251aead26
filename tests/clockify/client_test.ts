/** The Clockify client with doubles for clock and fetch: what is sent, how answers are read, what is tried again. */

import { assert, assertEquals, assertMatch, assertNotMatch, assertRejects, assertStrictEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { CALL_ORIGINS, type CallOrigin, type CallOriginKind } from "../../src/clockify/call_origin.ts";
import { createClockifyClient } from "../../src/clockify/client.ts";
import type { ClockifyAnswer, ClockifyCall, SentCall } from "../../src/clockify/client.ts";
import { parseAllowedDomains, serviceHosts } from "../../src/clockify/hosts.ts";
import { builtinCatalogue } from "../../src/clockify/operations.ts";
import { createRateLimiter } from "../../src/clockify/rate_limit.ts";
import { AppError } from "../../src/base/errors.ts";
import type { SafeRequest, SafeResponse } from "../../src/egress/safe_fetch.ts";
import { createFakeClock } from "./fake_clock.ts";

const WORKSPACE = "64a687e29ae1f428e7ebe303";
const INSTALLATION = {
  addonKey: "clockify-api-studio",
  workspaceId: WORKSPACE,
  token: "token-of-the-installation",
  hosts: serviceHosts({
    backendUrl: "https://euc1.clockify.me/api",
    reportsUrl: "https://euc1.clockify.me/report",
    ptoUrl: "https://pto.api.clockify.me",
  }),
};

function answer(status: number, body?: unknown, headers: Record<string, string> = {}): SafeResponse {
  const json: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
  const text = body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body);
  return { status, headers: new Headers({ ...json, ...headers }), body: new TextEncoder().encode(text) };
}

const unreachable = (sent: boolean) =>
  new AppError("UPSTREAM_UNREACHABLE", "Cannot get an answer", { retryable: true, details: { sent } });
const timeout = new AppError("UPSTREAM_TIMEOUT", "Cannot get an answer", { retryable: true, details: { sent: true } });

/** A client whose fetch gives these answers in turn, the last one for ever. */
function setUp(...answers: (SafeResponse | Error | (() => Error))[]) {
  const clock = createFakeClock();
  const sent: SafeRequest[] = [];
  const reports: SentCall[] = [];
  const limiter = createRateLimiter({ clock, random: () => 1 });
  const client = createClockifyClient({
    clock,
    limiter,
    allowed: parseAllowedDomains("*.clockify.me"),
    timeoutMs: 30_000,
    maxResponseBytes: 1_000_000,
    random: () => 1,
    onSent: (report) => reports.push(report),
    fetch: (request) => {
      const given = answers[Math.min(sent.length, answers.length - 1)]!;
      sent.push(request);
      const next = typeof given === "function" ? given() : given;
      return next instanceof Error ? Promise.reject(next) : Promise.resolve(next);
    },
  });
  const ask = (operation: string, more: Partial<ClockifyCall> = {}): Promise<ClockifyAnswer> =>
    client.call({
      operation: builtinCatalogue().find(operation)!,
      origin: { kind: "lookup" },
      installation: INSTALLATION,
      priority: "flow",
      maxWaitMs: 10_000,
      ...more,
    });
  /** Calls and lets an hour pass, so that every pause is over. */
  const call: typeof ask = async (operation, more) => {
    const result = ask(operation, more);
    result.catch(() => {});
    await clock.advance(3_600_000);
    return await result;
  };
  return { clock, sent, reports, limiter, ask, call };
}

Deno.test("call() sends the token, the key and the body to the installation's host", async () => {
  const { sent, call } = setUp(answer(200, { id: "e1" }, { "last-page": "true", "set-cookie": "s=1" }));
  const result = await call("updateTimeEntry", {
    pathParams: { id: "e 1?" },
    body: { start: "2026-01-01T00:00:00Z" },
    idempotencyKey: "run-1-step-1",
  });
  assertEquals(result, {
    kind: "ok",
    status: 200,
    headers: { "content-type": "application/json", "last-page": "true" },
    data: { id: "e1" },
  });
  assertEquals(sent[0]!.method, "PUT");
  assertEquals(sent[0]!.url, `https://euc1.clockify.me/api/v1/workspaces/${WORKSPACE}/time-entries/e%201%3F`);
  assertEquals(sent[0]!.headers, {
    "x-addon-token": "token-of-the-installation",
    accept: "application/json",
    "idempotency-key": "run-1-step-1",
    "content-type": "application/json",
  });
  assertEquals(sent[0]!.body, '{"start":"2026-01-01T00:00:00Z"}');
});

Deno.test("call() uses the reports and time-off hosts of the claims", async () => {
  const { sent, call } = setUp(answer(200, {}), answer(200, []));
  await call("generateSummaryReport", { body: {} });
  await call("findPtoPoliciesForWorkspace");
  assertEquals(sent.map((request) => request.url), [
    `https://euc1.clockify.me/report/v1/workspaces/${WORKSPACE}/reports/summary`,
    `https://pto.api.clockify.me/v1/workspaces/${WORKSPACE}/policies`,
  ]);
});

Deno.test("call() writes query values, repeats lists and leaves out what is absent", async () => {
  const { sent, call } = setUp(answer(200, []));
  await call("getProjects", { queryParams: { clients: ["a", "b&c"], archived: false, name: null, page: 2 } });
  assertEquals(new URL(sent[0]!.url).search, "?clients=a&clients=b%26c&archived=false&page=2");
});

Deno.test("call() refuses another workspace, climbing paths and missing hosts without sending anything", async () => {
  const { sent, call } = setUp(answer(200, {}));
  const refused = async (more: Partial<ClockifyCall>, code: string, operation = "getTag") => {
    const result = await call(operation, more);
    assert(result.kind === "refused");
    assertEquals(result.reason, "input");
    assertEquals(result.error.code, code);
  };
  await refused({ pathParams: { id: "t", workspaceId: "other" } }, "OPERATION_INPUT_INVALID");
  for (const id of ["..", "a/b", "", undefined, null, {}]) {
    await refused({ pathParams: { id } }, "OPERATION_INPUT_INVALID");
  }
  await refused({ queryParams: { name: {} } }, "OPERATION_INPUT_INVALID", "getTags");
  const hosts = serviceHosts({ backendUrl: "https://api.evil.test/api", ptoUrl: "https://pto.clockify.me/other" });
  await refused({ pathParams: { id: "t" }, installation: { ...INSTALLATION, hosts } }, "HOST_NOT_ALLOWED");
  await refused({ pathParams: { id: "t" }, installation: { ...INSTALLATION, hosts: {} } }, "HOST_NOT_ALLOWED");
  assertEquals(sent.length, 0);
  assertEquals((await call("getTag", { pathParams: { id: "t", workspaceId: WORKSPACE } })).kind, "ok");
});

Deno.test("call() classifies refusals by status and code", async () => {
  const secret = "what the user typed";
  const table: [number, unknown, string][] = [
    [400, { code: 501 }, "invalid_or_gone"],
    [400, { code: 3002 }, "validation"],
    [400, { code: 4033 }, "plan_limit"],
    [401, { code: 1000 }, "credential_invalid"],
    [401, { code: 4017 }, "credential_invalid"],
    [401, { code: 9999 }, "scope_missing"],
    [401, undefined, "scope_missing"],
    [401, { code: 4017, message: "Webhooks API is not accessible for addons" }, "closed_to_addons"],
    [403, { code: 1003 }, "forbidden"],
    [403, { code: 4005 }, "forbidden"],
    [403, undefined, "scope_missing"],
    [404, undefined, "gone"],
    [404, { code: 3000 }, "route"],
    [405, { code: 3000 }, "route"],
    [409, {}, "conflict"],
    [302, "<html>", "route"],
    [418, "{not json", "other"],
  ];
  for (const [status, body, reason] of table) {
    const echoed = typeof body === "object" ? { message: secret, ...body } : body;
    const { sent, call } = setUp(answer(status, echoed));
    const result = await call("createNewTag", { body: { name: secret } });
    assert(result.kind === "refused", `${status}`);
    assertStrictEquals(result.reason, reason, `${status} ${JSON.stringify(body)}`);
    assertEquals(result.status, status);
    assertEquals(result.error.code, "UPSTREAM_REJECTED");
    assertEquals(result.error.retryable, false);
    assert(!result.error.message.includes(secret));
    assert(!Deno.inspect(result.error, { depth: 8 }).includes("token-of-the-installation"));
    if (reason === "scope_missing") assertEquals(result.error.details.scope, "TAG_WRITE");
    assertEquals(sent.length, 1);
  }
});

Deno.test("call() cuts the upstream message that it keeps for the workspace's admin", async () => {
  const { call } = setUp(answer(400, { code: 501, message: "m".repeat(1_000) }));
  const result = await call("createNewTag", { body: {} });
  assert(result.kind === "refused");
  assertEquals((result.error.details.upstreamMessage as string).length, 300);
});

Deno.test("call() reads empty, text and file answers", async () => {
  const data = async (response: SafeResponse, operation = "getTags", pathParams = {}) => {
    const result = await setUp(response).call(operation, { pathParams });
    assert(result.kind === "ok");
    return result.data;
  };
  assertEquals(await data(answer(204)), null);
  const text = { "content-type": "text/csv" };
  assertEquals(await data(answer(200, "a,b", text), "generateSummaryReport"), "a,b");
  assertEquals(await data(answer(200, "done", text), "deleteTimeEntry", { id: "e" }), "done");
  assertEquals(
    await data(answer(200, "%PDF", { "content-type": "application/pdf" }), "exportInvoice", { invoiceId: "i" }),
    { contentType: "application/pdf", base64: btoa("%PDF") },
  );
});

Deno.test("call() asks for another try only of a read when a 2xx is not JSON", async () => {
  for (const [operation, retryable] of [["getTags", true], ["createNewTag", false]] as const) {
    const result = await setUp(answer(200, "{cut")).call(operation, { body: undefined });
    assert(result.kind === "failed");
    assertEquals(result.error.code, "UPSTREAM_RESPONSE_INVALID");
    assertStrictEquals(result.error.retryable, retryable);
    assertEquals(result.sent, true);
  }
});

Deno.test("call() takes no page and no other shape for an answer that the catalogue knows", async () => {
  const page = { "content-type": "text/html; charset=utf-8" };
  const table: [string, SafeResponse, RegExp][] = [
    ["createNewTag", answer(200, "<html>Sign in</html>", page), /it is text\/html, not JSON/],
    ["getTags", answer(200, "<html>Sign in</html>", page), /it is text\/html, not JSON/],
    ["getSharedReportsV1", answer(200, "<html>Sign in</html>", page), /it is text\/html, not JSON/],
    ["createNewTag", answer(201, "created", { "content-type": "text/plain" }), /it is text\/plain/],
    ["createNewTag", answer(201, []), /it is not an object/],
    ["getTags", answer(200, { tags: [] }), /it is not a list/],
    ["getTags", answer(200, '"text"', { "content-type": "application/json" }), /it is not a list/],
  ];
  for (const [operation, response, message] of table) {
    const result = await setUp(response).call(operation);
    assert(result.kind === "failed", operation);
    assertEquals(result.error.code, "UPSTREAM_RESPONSE_INVALID");
    assertMatch(result.error.message, message);
    assertEquals(result.error.retryable, operation !== "createNewTag", "a create has happened");
    assertNotMatch(result.error.message, /Sign in/);
  }
  assertEquals((await setUp(answer(201, { id: "t" })).call("createNewTag")).kind, "ok");
});

Deno.test("call() tries a GET twice more on 5xx, 429 and a lost connection", async () => {
  for (
    const fault of [answer(503), answer(500, { message: "x" }), answer(429), unreachable(true), unreachable(false)]
  ) {
    const healed = setUp(fault, fault, answer(200, []));
    assertEquals((await healed.call("getTags")).kind, "ok");
    assertEquals(healed.sent.length, 3);
    const lasting = setUp(fault);
    const result = await lasting.call("getTags");
    assert(result.kind === "limited" || (result.kind === "failed" && result.error.retryable));
    assertEquals(lasting.sent.length, 3);
  }
  const slow = setUp(timeout);
  assertEquals((await slow.call("getTags")).kind, "failed");
  assertEquals(slow.sent.length, 1);
});

Deno.test("call() repeats a write only when it surely never left", async () => {
  for (const fault of [answer(503), unreachable(true), timeout]) {
    const { sent, call } = setUp(fault);
    const result = await call("createNewTag", { body: {} });
    assert(result.kind === "failed" && result.sent);
    assertEquals(sent.length, 1);
  }
  // Not done, and left to the caller: it says when to come back.
  const busy = setUp(answer(429));
  assertEquals(await busy.call("createNewTag", { body: {} }), { kind: "limited", status: 429, retryInMs: 1_000 });
  assertEquals(busy.sent.length, 1);
  const { sent, call } = setUp(unreachable(false), answer(201, {}));
  assertEquals((await call("createNewTag", { body: {}, idempotencyKey: "k" })).kind, "ok");
  assertEquals(sent.map((request) => request.headers["idempotency-key"]), ["k", "k"]);
});

Deno.test("call() obeys Retry-After and holds back everyone else in the workspace meanwhile", async () => {
  const { clock, sent, limiter, ask } = setUp(answer(429, {}, { "retry-after": "3700" }), answer(200, []));
  // The workspace is closed for an hour at most; who asked knows what Clockify asked for.
  assertEquals(await ask("getTags"), { kind: "limited", status: 429, retryInMs: 3_600_000, askedMs: 3_700_000 });
  await clock.advance(3_500_000);
  assertEquals(await ask("getTags"), { kind: "limited", retryInMs: 100_000 });
  assertEquals(sent.length, 1);
  const elsewhere = { key: "clockify-api-studio:other", priority: "flow" as const, maxWaitMs: 0 };
  assertEquals(await limiter.acquire(elsewhere), { ok: true, waitedMs: 0 });
  await clock.advance(100_000);
  assertEquals((await ask("getTags")).kind, "ok");
});

Deno.test("call() reads a refused token again, and calls at once when it changed", async () => {
  const invalid = answer(401, { code: 4017 });
  const renewing = (token: string | undefined) => {
    const refused: string[] = [];
    const renewToken = (one: string) => Promise.resolve((refused.push(one), token));
    return { refused, installation: { ...INSTALLATION, renewToken } };
  };
  const changed = renewing("the new token");
  const healed = setUp(invalid, answer(201, { id: "t1" }));
  const created = await healed.ask("createNewTag", { body: {}, installation: changed.installation, maxWaitMs: 0 });
  assertEquals(created.kind, "ok");
  assertEquals(changed.refused, [INSTALLATION.token]);
  assertEquals(healed.sent.map(({ headers }) => headers["x-addon-token"]), [INSTALLATION.token, "the new token"]);

  for (
    const [same, reason] of [[INSTALLATION.token, "credential_invalid"], [undefined, "credential_invalid"]] as const
  ) {
    const { sent, ask } = setUp(invalid);
    const result = await ask("getTags", { installation: renewing(same).installation });
    assert(result.kind === "refused");
    assertEquals([result.reason, sent.length], [reason, 1]);
  }
  // A new one each time: it ends all the same.
  let count = 0;
  const endless = setUp(invalid);
  const installation = { ...INSTALLATION, renewToken: () => Promise.resolve(`token ${++count}`) };
  assertEquals((await endless.ask("getTags", { installation })).kind, "refused");
  assertEquals(endless.sent.length, 3);

  const closed = renewing("the new token");
  const message = "API is not accessible for addon";
  const answered = await setUp(answer(401, { message })).ask("getTags", { installation: closed.installation });
  assertEquals([answered.kind, closed.refused], ["refused", []]);
});

Deno.test("call() names what is wrong with a claim whose service is off, and calls the others", async () => {
  const { sent, call } = setUp(answer(200, []));
  const hosts = serviceHosts({ backendUrl: "https://api.clockify.me/api", ptoUrl: "https://pto.api.clockify.me/api" });
  const installation = { ...INSTALLATION, hosts };
  const refused = await call("findPtoPoliciesForWorkspace", { installation });
  assert(refused.kind === "refused");
  assertEquals(refused.error.code, "HOST_NOT_ALLOWED");
  assertMatch(
    refused.error.message,
    /no usable pto host \(https:\/\/pto\.api\.clockify\.me\/api: path \/api is not one of/,
  );
  assertEquals((await call("getTags", { installation })).kind, "ok");
  assertEquals(sent.length, 1);
});

Deno.test("call() waits no longer than it may between quick tries", async () => {
  const { sent, call } = setUp(answer(503));
  assertEquals((await call("getTags", { maxWaitMs: 250 })).kind, "failed");
  assertEquals(sent.length, 2);
});

Deno.test("call() ends with the caller's reason when the caller aborts while it waits", async () => {
  const abort = new AbortController();
  const { limiter, call } = setUp(answer(200, []));
  limiter.rejected(`clockify-api-studio:${WORKSPACE}`, { askedMs: 5_000 });
  const ended = call("getTags", { signal: abort.signal });
  abort.abort(new Error("shutting down"));
  await assertRejectsLike(ended, /shutting down/);
});

Deno.test("call() uploads a form with its file", async () => {
  const { sent, call } = setUp(answer(201, {}));
  const body = { amount: 12.5, notes: "lunch", file: { name: 'a".png', contentType: "image/png", base64: "iVBORw==" } };
  assertEquals((await call("createExpense", { body })).kind, "ok");
  const { body: bytes, headers } = sent[0]!;
  const form = await new Response(bytes, { headers: { "content-type": headers["content-type"]! } }).formData();
  assertEquals(form.get("amount"), "12.5");
  assertEquals(form.get("notes"), "lunch");
  const file = form.get("file") as File;
  assertEquals([...new Uint8Array(await file.arrayBuffer())], [0x89, 0x50, 0x4e, 0x47]);
  const broken = await call("createExpense", { body: { file: "text" } });
  assert(broken.kind === "refused");
  assertEquals(broken.error.details.path, "body.file");
});

Deno.test("call() reports each request that it sent, with who makes it and without what is secret", async () => {
  const { reports, call } = setUp(answer(500), answer(200, [{ id: "t" }], { "x-request-id": "r-7" }));
  const origin: CallOrigin = { kind: "flow", runId: "run", flowId: 7, version: 2, stepPath: "root/a" };
  await call("getTags", {
    origin,
    installation: { ...INSTALLATION, installationId: 3 },
    queryParams: { name: "a b", page: 1 },
    idempotencyKey: "key-of-the-step",
  });
  const shared = {
    origin,
    addonKey: "clockify-api-studio",
    workspaceId: WORKSPACE,
    installationId: 3,
    operation: "getTags",
    family: "Tag",
    method: "GET" as const,
    path: `/v1/workspaces/${WORKSPACE}/tags`,
    query: { name: "a b", page: 1 },
    durationMs: 0,
    requestBytes: 0,
  };
  assertEquals(reports, [
    {
      ...shared,
      status: 500,
      outcome: "failed",
      errorCode: "UPSTREAM_FAILED",
      attempt: 1,
      answerBytes: 0,
      requestId: undefined,
    },
    { ...shared, status: 200, outcome: "ok", errorCode: undefined, attempt: 2, answerBytes: 12, requestId: "r-7" },
  ]);
  assertNotMatch(JSON.stringify(reports), /token-of-the-installation|key-of-the-step/);
});

Deno.test("call() reports what had no answer, what was refused and the bytes of what was sent", async () => {
  const { reports, call } = setUp(unreachable(true), answer(400, { code: 501, message: "no" }), answer(429));
  for (let time = 0; time < 3; time++) await call("createNewTag", { body: { name: "é" } });
  assertEquals(
    reports.map(({ outcome, status, errorCode, requestBytes }) => [outcome, status, errorCode, requestBytes]),
    [
      ["failed", undefined, "UPSTREAM_UNREACHABLE", 13],
      ["refused", 400, "UPSTREAM_REJECTED", 13],
      ["limited", 429, "UPSTREAM_RATE_LIMITED", 13],
    ],
  );
});

Deno.test("call() reports a request that its caller gave up, and none that never began", async () => {
  const { reports, ask } = setUp(answer(200, []));
  const signal = AbortSignal.abort(new Error("over"));
  await assertRejects(() => ask("getTags", { signal }), Error, "over");
  assertEquals(reports, []);

  const end = new AbortController();
  const { reports: given, ask: askSlowly } = setUp(() => {
    end.abort(new Error("over"));
    return end.signal.reason;
  });
  await assertRejects(() => askSlowly("getTags", { signal: end.signal }), Error, "over");
  assertEquals(given.map(({ outcome, status }) => [outcome, status]), [["aborted", undefined]]);
});

Deno.test("CALL_ORIGINS names each origin once", () => {
  const each: Record<CallOriginKind, true> = {
    flow: true,
    person: true,
    undo: true,
    test: true,
    bootstrap: true,
    poll: true,
    coverage: true,
    settings: true,
    lookup: true,
    token: true,
  };
  assertEquals(CALL_ORIGINS.toSorted(), (Object.keys(each) as CallOriginKind[]).toSorted());
});
