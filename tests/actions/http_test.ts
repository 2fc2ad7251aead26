/** The action "http" against a receiver on loopback: what is sent, how answers end a try, what the history keeps. */

import { assert, assertEquals, assertMatch, assertNotMatch, assertStrictEquals } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { Buffer } from "node:buffer";
import { createHmac } from "node:crypto";
import type { ActionCall } from "../../src/engine/action.ts";
import { createHttpAction, type HttpActionOptions } from "../../src/actions/http.ts";
import { newSigningSecret } from "../../src/installations/signing_secrets.ts";
import { parseEgressAllow } from "../../src/egress/allow.ts";
import { createPinnedFetch } from "../../src/egress/pinned.ts";
import { AppError } from "../../src/base/errors.ts";
import { createFakeClock } from "../clockify/fake_clock.ts";
import { type Sink, startSink } from "../support/sink.ts";

let sink: Sink;
Deno.test.beforeEach(() => {
  sink = startSink();
});
Deno.test.afterEach(() => sink.stop());

function action(options: Partial<HttpActionOptions> = {}) {
  const clock = createFakeClock();
  return createHttpAction({
    fetch: createPinnedFetch({ allow: parseEgressAllow(`127.0.0.1:${sink.port}`), clock }),
    clock,
    permit: () => Promise.resolve(),
    openSecrets: (input) => Promise.resolve(input),
    secrets: () => Promise.resolve([]),
    maxResponseBytes: 10_000,
    ...options,
  });
}

function step(input: unknown, signal = new AbortController().signal): ActionCall {
  const tenant = { installationId: 1, workspaceId: "w1" };
  return {
    input,
    tenant,
    runId: "r1",
    flow: { id: 1 },
    stepPath: "root/a1",
    attempt: 1,
    idempotencyKey: "r1/root/a1",
    signal,
  };
}

Deno.test("run() sends method, address, query, headers and a JSON body, and gives status, headers and body", async () => {
  sink.answer = () =>
    Response.json({ id: 7 }, { status: 201, headers: { etag: '"x"', "set-cookie": "session=secret", "x-other": "1" } });
  const result = await action().run(step({
    method: "PUT",
    url: `${sink.url}/a/b?x=1`,
    headers: { "X-Plain": 5, Authorization: "Bearer t" },
    query: { name: "a b&c", tags: ["x", "y"], none: null },
    body: { text: "ü" },
  }));
  assert(result.outcome === "done");
  const output = result.output as { headers: Record<string, string> };
  assertEquals<unknown>(output.headers, { "content-type": "application/json", date: output.headers.date, etag: '"x"' });
  assertEquals({ ...output, headers: {} }, { status: 201, headers: {}, body: { id: 7 } });
  assertEquals(result.httpStatus, 201);
  const [sent] = sink.requests;
  assertEquals([sent!.method, sent!.path], ["PUT", "/a/b?x=1&name=a+b%26c&tags=x&tags=y"]);
  assertEquals(sent!.body, '{"text":"ü"}');
  const { headers } = sent!;
  assertEquals(
    [headers["x-plain"], headers.authorization, headers["content-type"], headers.host],
    ["5", "Bearer t", "application/json", `127.0.0.1:${sink.port}`],
  );
  assertEquals([headers["idempotency-key"], headers["webhook-id"]], ["r1/root/a1", "r1/root/a1"]);
  assertMatch(headers["webhook-timestamp"]!, /^\d+$/);
  assertEquals(headers["webhook-signature"], undefined, "there is no secret");
});

Deno.test("run() signs as Standard Webhooks say, with each secret in use", async () => {
  const secrets = [newSigningSecret(), newSigningSecret()];
  await action({ secrets: () => Promise.resolve(secrets) }).run(step({ method: "POST", url: sink.url, body: "plain" }));
  const { headers, body } = sink.requests[0]!;
  assertEquals([body, headers["content-type"]], ["plain", "text/plain; charset=utf-8"]);
  const signed = `${headers["webhook-id"]}.${headers["webhook-timestamp"]}.plain`;
  const expected = secrets.map((secret) => {
    const key = Buffer.from(secret.slice("whsec_".length), "base64");
    assertEquals(key.byteLength, 32);
    return `v1,${createHmac("sha256", key).update(signed).digest("base64")}`;
  });
  assertStrictEquals(headers["webhook-signature"], expected.join(" "));
});

Deno.test("run() tells answers that may be tried again from those that may not, and from a 429, which puts off", async () => {
  const table: [number, string, boolean, number | undefined][] = [
    [500, "UPSTREAM_FAILED", true, undefined],
    [503, "UPSTREAM_FAILED", true, 7_000],
    [400, "UPSTREAM_REJECTED", false, undefined],
    [401, "UPSTREAM_REJECTED", false, undefined],
    [404, "UPSTREAM_REJECTED", false, undefined],
    [410, "UPSTREAM_REJECTED", false, undefined],
    [302, "UPSTREAM_REJECTED", false, undefined],
  ];
  for (const [status, code, retryable, retryAfterMs] of table) {
    const headers = { location: sink.url, ...(retryAfterMs !== undefined && { "retry-after": "7" }) };
    sink.answer = () => new Response(null, { status, headers });
    const result = await action().run(step({ method: "POST", url: sink.url }));
    assert(result.outcome === "failed");
    assertEquals(
      [result.error.code, result.error.retryable, result.retryAfterMs, result.httpStatus],
      [code, retryable, retryAfterMs, status],
    );
  }
  assertEquals(sink.requests.length, table.length, "no redirect was followed");
  sink.answer = () => new Response(null, { status: 503, headers: { "retry-after": "86401" } });
  const hopeless = await action().run(step({ method: "POST", url: sink.url }));
  assert(hopeless.outcome === "failed");
  assertEquals([hopeless.error.code, hopeless.error.retryable, hopeless.retryAfterMs], [
    "UPSTREAM_FAILED",
    false,
    undefined,
  ]);
  assertMatch(hopeless.error.message, /503 and asks for a wait of more than 24 hours/);
  const puts = async (headers: Record<string, string>) => {
    sink.answer = () => new Response(null, { status: 429, headers });
    return await action().run(step({ method: "POST", url: sink.url }));
  };
  const reason = "the receiver answered 429: too many requests";
  const snooze = { outcome: "snooze", delayMs: undefined, reason, httpStatus: 429 };
  assertEquals<unknown>(await puts({}), snooze);
  assertEquals<unknown>(await puts({ "retry-after": "7" }), { ...snooze, delayMs: 7_000 });
  const { port } = sink;
  await sink.stop();
  const lost = await action().run(step({ method: "POST", url: `http://127.0.0.1:${port}/` }));
  assert(lost.outcome === "failed");
  assertEquals([lost.error.code, lost.error.retryable], ["UPSTREAM_UNREACHABLE", true]);
  sink = startSink();
});

Deno.test("run() gives text as text, bytes as null, broken JSON as text, and refuses what is too large", async () => {
  const table: [BodyInit, string, unknown][] = [
    ["hello", "text/plain", "hello"],
    ["{broken", "application/json", "{broken"],
    ['{"a":1}', "application/problem+json; charset=utf-8", { a: 1 }],
    [new Uint8Array([0xff, 0xfe, 0x00]), "application/octet-stream", null],
    ["", "text/plain", ""],
    [new Uint8Array([0x47, 0xf6]), "text/plain; charset=ISO-8859-1", "Gö"],
    [new Uint8Array([0x22, 0xf6, 0x22]), 'application/json; charset="iso-8859-1"', "ö"],
    ['{"id":9007199254740993}', "application/json", { id: "9007199254740993" }],
  ];
  for (const [body, type, expected] of table) {
    sink.answer = () => new Response(body, { headers: { "content-type": type } });
    const result = await action().run(step({ method: "GET", url: sink.url }));
    assert(result.outcome === "done");
    assertEquals((result.output as { body: unknown }).body, expected);
  }
  sink.answer = () => new Response("x".repeat(10_001));
  const large = await action().run(step({ method: "GET", url: sink.url }));
  assert(large.outcome === "failed");
  assertEquals(large.error.code, "UPSTREAM_RESPONSE_TOO_LARGE");
  sink.answer = () =>
    new Response(`${"[".repeat(4_900)}${"]".repeat(4_900)}`, { headers: { "content-type": "application/json" } });
  const deep = await action().run(step({ method: "GET", url: sink.url }));
  assert(deep.outcome === "done");
  assertEquals(typeof (deep.output as { body: unknown }).body, "string", "JSON that is nested too deep stays text");
});

Deno.test("run() fails for good and sends nothing when its input is bad, naming the field", async () => {
  const good = { method: "POST", url: sink.url };
  const table: [unknown, string][] = [
    [undefined, "input"],
    [{ url: sink.url }, "method"],
    [{ ...good, method: "TRACE" }, "method"],
    [{ ...good, method: "get" }, "method"],
    [{ method: "POST" }, "url"],
    [{ ...good, url: 5 }, "url"],
    [{ ...good, headers: { "x-a": "b\r\nX-Addon-Token: c" } }, "headers.x-a"],
    [{ ...good, headers: { "x-a": "b\n" } }, "headers.x-a"],
    [{ ...good, headers: { "x-a": "b\u0000" } }, "headers.x-a"],
    [{ ...good, headers: { "x-a": "snow ☃" } }, "headers.x-a"],
    [{ ...good, headers: { "x-a": { b: 1 } } }, "headers.x-a"],
    [{ ...good, headers: { "x a": "b" } }, 'headers["x a"]'],
    [{ ...good, headers: { "x-a:": "b" } }, 'headers["x-a:"]'],
    [{ ...good, headers: { "": "b" } }, 'headers[""]'],
    [{ ...good, headers: { "x-a": "1", "X-A": "2" } }, "headers.X-A"],
    ...[
      "Host",
      "content-length",
      "Transfer-Encoding",
      "Connection",
      "X-Addon-Token",
      "webhook-signature",
      "Idempotency-Key",
      "TE",
    ]
      .map((name): [unknown, string] => [{ ...good, headers: { [name]: "x" } }, `headers.${name}`]),
    [{ ...good, query: { a: { b: 1 } } }, "query.a"],
    [{ ...good, timeout_ms: 30_001 }, "timeout_ms"],
    [{ ...good, method: "GET", body: {} }, "body"],
    [{ ...good, body: "x".repeat(1_048_577) }, "body"],
  ];
  for (const [input, path] of table) {
    const result = await action().run(step(input));
    assert(result.outcome === "failed", path);
    assertEquals([result.error.code, result.error.details.path], ["OPERATION_INPUT_INVALID", path]);
    assertEquals(result.error.retryable, false);
  }
  assertEquals(sink.requests.length, 0);
});

Deno.test("run() fails for good at a private target, and while the workspace does not allow requests", async () => {
  const refused = await action().run(step({ method: "POST", url: "http://169.254.169.254/latest/meta-data/" }));
  assert(refused.outcome === "failed");
  assertEquals([refused.error.code, refused.error.retryable], ["HOST_NOT_ALLOWED", false]);
  assertMatch(refused.error.message, /169\.254\.169\.254: its address is not public/);
  const permit = () => Promise.reject(new AppError("FEATURE_OFF", "Cannot make the request: off"));
  const switchedOff = new AppError("INSTALLATION_UNKNOWN", "Cannot make the request: switched off", {
    retryable: true,
  });
  const waits = await action({ permit: () => Promise.reject(switchedOff) }).run(step({ url: sink.url }));
  assertEquals(waits, { outcome: "snooze", reason: switchedOff.message, code: "INSTALLATION_UNKNOWN" });
  const off = await action({ permit }).run(step({ method: "POST", url: sink.url }));
  assert(off.outcome === "failed");
  assertEquals(off.error.code, "FEATURE_OFF");
  assertEquals(sink.requests.length, 0);
});

Deno.test("run() ends with the caller's reason", async () => {
  const abort = new AbortController();
  sink.answer = () => {
    abort.abort(new Error("lease lost"));
    return new Response();
  };
  await assertRejectsLike(action().run(step({ method: "POST", url: sink.url }, abort.signal)), /lease lost/);
});

Deno.test("describe() keeps no secret of headers, query or body", () => {
  const picture = action().describe(step({
    method: "POST",
    url: `${sink.url}/hook?token=marker-1&sig=marker-2&page=3`,
    headers: { Authorization: "marker-3", "x-functions-key": "marker-4", "x-api-key": "marker-5", "x-plain": "yes" },
    query: { api_key: "marker-6", q: "w" },
    body: { password: "marker-7", nested: [{ access_token: "marker-8", name: "n" }], __proto__x: 1 },
  }));
  const text = JSON.stringify(picture);
  assertNotMatch(text, /marker/);
  for (const kept of ["page=3", "q=w", '"x-plain":"yes"', '"name":"n"', '"method":"POST"']) {
    assert(text.includes(kept), kept);
  }
  assertMatch(JSON.stringify(action().describe(step({ method: "POST" }))), /url is missing/);
});
