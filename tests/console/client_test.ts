/** The console's one fetch: what creates has a key, one for a wish until it is answered. */

import { assert, assertEquals, assertMatch, assertNotStrictEquals, assertRejects, fail } from "@std/assert";
import { assertRejectsLike } from "../support/assert_like.ts";
import { type Api, ApiError, createApi } from "../../src/console/shell/client.ts";

interface Sent {
  method: string;
  path: string;
  key: string | null;
  body: string | undefined;
}

/** Answers each request by the next of `answers`: a status, or none at all. */
async function withApi(
  answers: (number | "lost" | Promise<number>)[],
  test: (api: Api, sent: Sent[]) => Promise<void>,
) {
  const sent: Sent[] = [];
  const real = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const key = new Headers(init?.headers).get("idempotency-key");
    sent.push({ method: init?.method ?? "GET", path: String(input), key, body: init?.body as string | undefined });
    const status = await (answers.shift() ?? 201);
    if (status === "lost") throw new TypeError("connection lost");
    const body = status < 400
      ? { number: sent.length }
      : { code: status === 409 ? "IDEMPOTENCY_KEY_IN_USE" : "X", detail: "No" };
    return Response.json(body, { status });
  };
  const connection = { base: "", headers: () => ({}), renew: () => Promise.resolve(true), ended: () => {} };
  try {
    await test(createApi(connection), sent);
  } finally {
    globalThis.fetch = real;
  }
}

Deno.test("create() sends a new key for each wish that was answered", () =>
  withApi([201, 201, 422], async (api, sent) => {
    assertEquals(await api.create("/flows", { name: "a" }), { number: 1 });
    assertEquals(await api.create("/flows", { name: "a" }), { number: 2 });
    await assertRejects(() => api.create("/flows", { name: "b" }), ApiError);
    await api.create("/flows", { name: "b" });
    assertEquals(new Set(sent.map(({ key }) => key)).size, 4);
    for (const { method, path, key, body } of sent) {
      assertEquals([method, path], ["POST", "/ui/flows"]);
      assertMatch(key!, /^[0-9a-f]{32}$/);
      assert(body!.startsWith('{"name"'));
    }
  }));

Deno.test("create() twice at once is one request, and both get its answer", () =>
  withApi([], async (api, sent) => {
    const [one, two, other] = await Promise.all([
      api.create("/flows", { name: "a" }),
      api.create("/flows", { name: "a" }),
      api.create("/flows", { name: "b" }),
    ]);
    assertEquals([one, two, other], [{ number: 2 }, { number: 2 }, { number: 2 }]);
    assertEquals(sent.map(({ body }) => body), ['{"name":"a"}', '{"name":"b"}']);
  }));

Deno.test("create() keeps its key until the server has decided", () =>
  withApi(["lost", 500, 503, 429, 409, 401, 201, 201], async (api, sent) => {
    const lost = await api.create("/flows", {}).then(() => fail(), (error) => error);
    assertMatch(lost.message, /trying again does not make it twice/);
    for (let n = 0; n < 4; n++) await assertRejects(() => api.create("/flows", {}), ApiError);
    // After the 401 the login is renewed, and the request sent once more.
    await api.create("/flows", {});
    assertEquals(sent.length, 7);
    assertEquals(new Set(sent.map(({ key }) => key)).size, 1);
    await api.create("/flows", {});
    assertNotStrictEquals(sent.at(-1)!.key, sent[0]!.key);
  }));

Deno.test("send() has no key, and says that a change may have been made", () =>
  withApi(["lost"], async (api, sent) => {
    await assertRejectsLike(api.send("PUT", "/flows/1", {}), /check before you try again/);
    assertEquals(sent[0]!.key, null);
  }));

Deno.test("open() with a body is a read by POST: it has no key, and where no answer comes nothing was changed", () =>
  withApi(["lost", 200], async (api, sent) => {
    await assertRejectsLike(api.open("/api-explorer/execute", { post: {} }), /Nothing was changed/);
    const answer = await api.open("/api-explorer/execute", { post: { page: 2 } });
    assertEquals([answer.status, await answer.json()], [200, { number: 2 }]);
    assertEquals(sent.map(({ method, key, body }) => [method, key, body]), [["POST", null, "{}"], [
      "POST",
      null,
      '{"page":2}',
    ]]);
  }));
