/** Tests of /ui/api-explorer/catalogue and of ids that stand for several operations, in a world with a document of its own. */

import { assertEquals, assertMatch } from "@std/assert";
import type { World } from "../../support/world.ts";
import { worldOfFile } from "../../support/world_of_file.ts";
import { ask, assertProblem, type Json } from "../door.ts";

const FILE = await Deno.makeTempFile({ prefix: "clockify-", suffix: ".yaml" });

/** Tags without a read of one, whose list lost its pages; clients by an id of two; nothing else. */
await Deno.writeTextFile(
  FILE,
  `openapi: 3.0.1
info: { title: Clockify API, version: next }
paths:
  /v1/workspaces/{workspaceId}/tags:
    get:
      operationId: getTags
      tags: [Tag]
      parameters:
        - { name: name, in: query, schema: { type: string } }
      responses: { "200": { content: { application/json: { schema: { type: array, items: {} } } } } }
    post: &create
      operationId: createNewTag
      tags: [Tag]
      requestBody: { content: { application/json: { schema: { properties: { name: { type: string } } } } } }
      responses: { "201": { content: { application/json: { schema: { type: object } } } } }
  /v1/workspaces/{workspaceId}/clients/{id}:
    get: { operationId: getClient, tags: [Client], responses: {} }
  /v1/workspaces/{workspaceId}/guests/{id}:
    get: { operationId: getClient, tags: [Client], summary: A guest, responses: {} }
`,
);

let world: World;

worldOfFile({ env: { CLOCKIFY_OPENAPI_FILE: FILE } }, async (made) => {
  world = made;
  await world.install("universal_webhook");
  await world.install("api_studio");
});
Deno.test.afterAll(() => Deno.remove(FILE));

const at = (path: string) => `${world.url("universal_webhook")}/ui/api-explorer${path}`;

Deno.test("the catalogue of a file is compared with the built-in one", async () => {
  const headers = await world.viewer("universal_webhook", { userId: world.memberId });
  const { status, body } = await ask(at("/catalogue"), { headers });
  assertEquals(status, 200, JSON.stringify(body));
  const { kind, file, title, version, sha256 } = body.source;
  assertEquals([kind, title, version], ["file", "Clockify API", "next"]);
  assertMatch(file, /^clockify-[^/]*\.yaml$/, "without its folders");
  assertMatch(sha256, /^[0-9a-f]{64}$/);
  assertEquals([body.total_operations, body.built_in_operations], [4, 184]);
  assertEquals(body.diff.added.map(({ key, summary }: Json) => [key, summary]), [
    ["GET /v1/workspaces/{workspaceId}/guests/{id}", "A guest"],
  ]);
  assertEquals([body.counts.added, body.counts.removed, body.truncated], [1, 181, false]);
  const tags = body.diff.changed.find(({ operation_id }: Json) => operation_id === "getTags");
  assertEquals(tags.breaking, true);
  const paging = tags.changes.find(({ name }: Json) => name === "paging");
  assertEquals([paging.part, paging.before, paging.after, paging.breaking], ["flag", "page, page-size", null, true]);
  assertEquals(JSON.stringify(body).length < 500_000, true);
  const { timestamp: _, level, logger: __, ...loaded } = world.logs.find(({ message }) =>
    message === "catalogue.loaded"
  )!;
  assertEquals([level, loaded.operations, loaded.added, loaded.removed, loaded.file], ["INFO", 4, 1, 181, file]);
  // No flow yet.
  assertEquals([body.flows, body.counts.flows], [[], 0]);
});

Deno.test("flows of the workspace that meet a difference are named, and those of no other", async () => {
  const headers = await world.viewer("universal_webhook");
  const save = async (name: string, ...names: string[]) => {
    const made = await ask(`${world.url("universal_webhook")}/ui/flows`, {
      headers,
      body: {
        name,
        trigger_event_types: ["NEW_TIME_ENTRY"],
        actions: names.map((operation_id) => ({
          operation_id,
          body: operation_id.startsWith("get") ? undefined : { name: "x" },
        })),
      },
    });
    assertEquals(made.status, 201, JSON.stringify(made.body));
    return made.body.id;
  };
  const touched = await save("Lists tags", "createNewTag", "getTags");
  await save("Makes a tag", "createNewTag");
  const { body } = await ask(at("/catalogue"), { headers });
  assertEquals(body.flows, [{
    id: touched,
    name: "Lists tags",
    enabled: true,
    breaking: true,
    actions: [{
      action: 1,
      action_id: body.flows[0].actions[0].action_id,
      operation: "getTags",
      key: "GET /v1/workspaces/{workspaceId}/tags",
      effect: "changed",
      breaking: true,
    }],
  }]);
  const studio = await world.viewer("api_studio");
  const elsewhere = await ask(`${world.url("api_studio")}/ui/api-explorer/catalogue`, { headers: studio });
  assertEquals(elsewhere.body.flows, [], "another add-on of the same workspace");
});

Deno.test("an id that stands for several operations is answered with their keys, each of which is shown", async () => {
  const headers = await world.viewer("universal_webhook");
  const answer = await ask(at("/endpoints/getClient"), { headers });
  assertProblem(answer, 404, "OPERATION_UNKNOWN");
  assertEquals(answer.body.candidates, [
    "GET /v1/workspaces/{workspaceId}/clients/{id}",
    "GET /v1/workspaces/{workspaceId}/guests/{id}",
  ]);
  for (const key of answer.body.candidates) {
    const { status, body } = await ask(at(`/endpoints/${encodeURIComponent(key)}`), { headers });
    assertEquals([status, body.key, body.name], [200, key, key]);
  }
  const list = (await ask(at("/endpoints?tag=client"), { headers })).body;
  assertEquals(list.groups[0].endpoints.map(({ name }: Json) => name), answer.body.candidates);
});
