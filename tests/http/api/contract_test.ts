/** Tests of a route's contract: nothing is mounted without a caller, and what is mounted reads as it says. */

import { assert, assertEquals, assertNotMatch, fail } from "@std/assert";
import { assertThrowsLike } from "../../support/assert_like.ts";
import { Hono } from "hono";
import { z } from "zod";
import { AppError } from "../../../src/base/errors.ts";
import { defineRoute, honoPath, mount, type RouteContract } from "../../../src/http/api/contract.ts";
import { CONTRACTS } from "../../../src/http/api/contracts.ts";
import { problemsOf } from "../../../src/http/api/openapi.ts";
import type { AppEnv } from "../../../src/http/server/app_env.ts";
import type { BodyHold } from "../../../src/http/server/body_account.ts";
import { oneOf, text, time, wholeNumber } from "../../../src/http/server/query.ts";
import { assertFits } from "../../support/contract_answers.ts";

const LIMITS = { maxBytes: 100, maxDepth: 3 };

const saveThing = defineRoute({
  method: "post",
  path: "/things/{id}",
  tag: "Service",
  summary: "Save a thing",
  who: "public",
  creates: false,
  params: { id: z.string() },
  query: z.object({
    limit: wholeNumber("rows", { fallback: 50, min: 1, max: 100 }),
    from: time("not before"),
    state: oneOf("of the thing", ["new", "OLD"]),
    q: text("a word"),
  }),
  body: { schema: z.strictObject({ name: z.string("must be text") }), refusal: "Cannot save", example: { name: "a" } },
  answer: { status: 201, about: "it", schema: z.record(z.string(), z.unknown()), example: {} },
});

function app(route: RouteContract = saveThing) {
  const app = new Hono<AppEnv>();
  mount(app, { body: LIMITS } as never, route as typeof saveThing, async ({ c, query, params, body }) => {
    c.header("x-thing", "yes");
    const { id } = params;
    return { id, ...query, from: query.from?.toISOString(), ...await body() };
  });
  app.onError((error) => {
    throw error;
  });
  return async (path: string, body: string, type = "application/json") => {
    const sizes: number[] = [];
    const hold: Partial<BodyHold> = { resize: (bytes) => void sizes.push(bytes), within: (reading) => reading };
    const length = String(body.length);
    const init = { method: "POST", body, headers: { "content-type": type, "content-length": length } };
    const response = await app.request(path, init, { hold } as AppEnv["Bindings"]);
    return { status: response.status, thing: response.headers.get("x-thing"), body: await response.json(), sizes };
  };
}

async function refusal(promise: Promise<unknown>): Promise<[string, string, unknown?]> {
  const error = await promise.then(() => fail("it was not refused"), (error) => error);
  assert(error instanceof AppError, String(error));
  const { faults } = error.details;
  return faults === undefined ? [error.code, error.message] : [error.code, error.message, faults];
}

Deno.test("a contract that names no caller, or an unknown one, is not mounted", () => {
  for (const who of [undefined, "everyone"]) {
    const route = { ...saveThing, who } as unknown as RouteContract;
    assertThrowsLike(() => app(route), { code: "START_FAILED", message: /names no caller/ });
  }
  // @ts-expect-error -- `who` is part of every contract
  defineRoute({
    method: "get",
    path: "/x",
    tag: "Service",
    summary: "x",
    answer: { status: 200, about: "x", media: "a/b" },
  });
});

Deno.test("a handler gets parameters, query and body as the contract types them", async () => {
  const post = app();
  const answer = await post("/things/7?limit=3&from=2026-11-21&state=old&q=a&else=1", '{"name":"b"}');
  assertEquals([answer.status, answer.thing], [201, "yes"]);
  const from = "2026-11-21T00:00:00.000Z";
  assertEquals(answer.body, { id: "7", limit: 3, from, state: "OLD", q: "a", name: "b" });
  assertEquals((await post("/things/7", '{"name":"b"}')).body, { id: "7", limit: 50, name: "b" });
});

Deno.test("a body that may be absent is so where no byte comes, whatever the request says of its type and length", async () => {
  const post = new Hono<AppEnv>();
  const route = { ...saveThing, body: { ...saveThing.body!, absent: { name: "none" } } };
  mount(post, { body: LIMITS } as never, route, async ({ body }) => await body());
  post.onError((error) => {
    throw error;
  });
  const names = [];
  for (const bytes of ["", '{"name":"b"}']) {
    for (const type of bytes === "" ? [undefined, "text/plain", "application/json"] : ["application/json"]) {
      const body = new Blob([bytes]).stream();
      const init = { method: "POST", body, headers: type === undefined ? undefined : { "content-type": type } };
      const hold: Partial<BodyHold> = { isKnown: () => true, resize: () => {}, within: (reading) => reading };
      const response = await post.request("/things/7", init, { hold } as AppEnv["Bindings"]);
      names.push((await response.json()).name);
    }
  }
  assertEquals(names, ["none", "none", "none", "b"]);
});

Deno.test("a wrong query is refused with the parameter and its bounds", async () => {
  const post = app();
  const refused = (query: string) => refusal(post(`/things/7?${query}`, '{"name":"b"}'));
  const refusedAs = (path: string, expected: string) => [
    "REQUEST_INVALID",
    `Cannot read ${path}: expected ${expected}`,
    [{ path, message: `expected ${expected}` }],
  ];
  assertEquals<unknown>(
    await refused("limit=0"),
    refusedAs("limit", "a whole number from 1 to 100"),
  );
  assertEquals<unknown>(
    await refused("limit=1e1"),
    refusedAs("limit", "a whole number from 1 to 100"),
  );
  assertEquals<unknown>(
    await refused("from=soon"),
    refusedAs("from", "a time such as 2026-11-21T08:00:00Z"),
  );
  assertEquals<unknown>(await refused("state=x"), refusedAs("state", "one of new, OLD"));
  assertEquals<unknown>(await refused("q=%00"), refusedAs("q", "1 to 200 printable characters"));
  assertEquals<unknown>(
    await refused("q=%00&limit=x"),
    refusedAs("limit", "a whole number from 1 to 100"),
  );
});

Deno.test("a body is read within the limits and the request's room, then held against its schema", async () => {
  const post = app();
  assertEquals((await post("/things/7", '{"name":"b"}')).sizes, [12]);
  assertEquals(await refusal(post("/things/7", '{"name":1}')), ["REQUEST_INVALID", "Cannot save", [
    { path: "name", message: "must be text" },
  ]]);
  assertEquals((await refusal(post("/things/7", "{")))[0], "BODY_NOT_JSON");
  assertEquals((await refusal(post("/things/7", "[[[[1]]]]")))[0], "JSON_TOO_DEEP");
  assertEquals((await refusal(post("/things/7", `{"name":"${"b".repeat(100)}"}`)))[0], "BODY_TOO_LARGE");
  assertEquals((await refusal(post("/things/7", "{}", "text/plain")))[0], "CONTENT_TYPE_UNSUPPORTED");
});

Deno.test("the example of each contract fits its schema, and each parameter of its path has a meaning", () => {
  for (const { method, path, answer, body, params = {}, patterns = {}, summary } of CONTRACTS) {
    const route = `${method} ${path}`;
    const schema = "media" in answer ? answer.message : answer.schema;
    if (schema) assertFits(schema, answer.example, route);
    if (body) assert(body.schema.safeParse(body.example).success, `${route}: example of the body`);
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    assertEquals(Object.keys(params), named, route);
    for (const name of Object.keys(patterns)) assert(named.includes(name), route);
    assertNotMatch(summary, /\.$/);
  }
});

Deno.test("a path with a pattern is mounted with it, and the problems of a contract are those of its parts and its own", () => {
  assertEquals(honoPath({ path: "/a/{id}/b/{name}", patterns: { id: "[0-9]+" } }), "/a/:id{[0-9]+}/b/:name");
  const { body: _, query: __, ...bare } = saveThing;
  assertEquals(problemsOf({ ...bare, problems: ["NOT_FOUND"] }), [
    "NOT_FOUND",
    "OVERLOADED",
    "DATABASE_UNAVAILABLE",
    "INTERNAL",
  ]);
  const admin = problemsOf({ ...saveThing, who: "admin" });
  for (const code of ["LOGIN_REQUIRED", "ROLE_INSUFFICIENT", "CROSS_SITE", "BODY_TOO_LARGE", "REQUEST_INVALID"]) {
    assert(admin.some((one) => one === code), code);
  }
});
