/** Tests of who may call the Workflow Management API, and of the form of its refusals. */

import { assertEquals, assertMatch } from "@std/assert";
import { OPERATOR_KEY, type World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { ask } from "../door.ts";

let world: World;
worldOfFile({}, (started) => void (world = started));
const at = (path: string) => `http://127.0.0.1:${world.serving.operatorPort}/api/v1${path}`;

Deno.test("GET /api/v1/me names the caller; an operator of the program is an admin", async () => {
  const { status, body } = await ask(at("/me"), { headers: { "x-api-key": OPERATOR_KEY } });
  assertEquals([status, body.kind, body.role], [200, "operator", "admin"]);
});

Deno.test("a refusal has the facts of a problem under the names of the API's documents too", async () => {
  const { status, body } = await ask(at("/me"));
  const { timestamp, request_id, ...rest } = body;
  assertMatch(timestamp, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  assertMatch(request_id, /./);
  assertEquals(status, 401);
  assertEquals(rest, {
    type: "about:blank",
    title: "Unauthorized",
    status: 401,
    code: "LOGIN_REQUIRED",
    detail: "Cannot serve the request: send a key (X-API-Key) or a token (Authorization: Bearer)",
    error: "LOGIN_REQUIRED",
    status_code: 401,
    path: "/api/v1/me",
    errors: [],
  });
  const wrong = await ask(at("/me"), { headers: { "x-api-key": "x".repeat(40) } });
  assertEquals([wrong.status, wrong.body.error], [401, "LOGIN_INVALID"]);
  const unknown = await ask(at("/none"), { headers: { "x-api-key": OPERATOR_KEY } });
  assertEquals([unknown.status, unknown.body.error, unknown.body.path], [404, "ROUTE_UNKNOWN", "/api/v1/none"]);
});
