/** Every operation of the catalogue on the fake API: its success, a missing parameter, an unknown id, the fields of its answer. */

import { assert, assertEquals } from "@std/assert";
import { answerFields } from "../../src/clockify/answer_fields.ts";
import { builtinCatalogue, type Operation, operationKey } from "../../src/clockify/operations.ts";
import { baseOf } from "../../src/simulator/catalogue/generic_routes.ts";
import { createRouteTable } from "../../src/simulator/route_table.ts";
import type { Simulator } from "../../src/simulator/simulator.ts";
import { successStatus } from "../../src/simulator/success_status.ts";
import { loadWorkspaces } from "../../src/simulator/workspace_data.ts";
import { startTestSimulator } from "../support/simulator.ts";
import { type CatalogueRequest, type Json, type Person, PREPARE, requestFor } from "./catalogue_requests.ts";
import { type Answer, call } from "./setup.ts";

/** Fields of the specification that Clockify's answers do not have, as probed or as the newer specification says. */
const NOT_LIVE: Record<string, readonly string[]> = {
  // Written and read as `timeentries`.
  generateDetailedReport: ["timeEntries"],
  // A rendered report has `donutChart`.
  generateSharedReportV1: ["chart"],
  // Names of what is written; what is read is `public` and `template`.
  ...Object.fromEntries(
    [
      ...["createNewProject", "updateProject", "deleteProject", "updateEstimate", "updateMemberships"],
      ...["addUsersToProject", "updateIsProjectTemplate", "addUsersCostRate", "addUsersHourlyRate"],
      "createProjectFromTemplate",
    ].map((name) => [name, ["isPublic", "isTemplate"]]),
  ),
};

/** Of its required fields Clockify refuses none: the newer specification has them as optional. */
const NOTHING_REQUIRED = ["getInvoicesInfo"];

interface World {
  simulator: Simulator;
  send(operation: Operation, request: CatalogueRequest): Promise<Answer>;
  person: Person;
  request(operation: Operation): Promise<CatalogueRequest>;
}

async function withWorld(test: (world: World) => Promise<void>): Promise<void> {
  const simulator = await startTestSimulator();
  try {
    const [workspace] = await simulator.workspaces();
    const { id: workspaceId, users } = workspace!;
    const apiKey = await simulator.apiKey({ workspaceId, userId: users[0]!.id });
    const headers = { "X-Api-Key": apiKey };
    const person: Person = async (method, path, body) => {
      const answer = await call(`${simulator.apiUrl}/v1/workspaces/${workspaceId}${path}`, method, body, headers);
      assert(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
      return answer.json;
    };
    await person("POST", "/webhooks", {
      name: "There is one",
      url: "https://hooks.example.com/",
      webhookEvent: "NEW_TAG",
      triggerSourceType: "WORKSPACE_ID",
      triggerSource: [],
    });
    const [webhook] = await simulator.listUserWebhooks({ workspaceId });
    await test({
      simulator,
      person,
      async request(operation) {
        // The same data as the simulator's, from the same files: ids are the same from start to start.
        const same = (await loadWorkspaces()).get(workspaceId)!;
        same.webhooks.set(webhook!.id, webhook!);
        const request = requestFor(operation, same);
        await PREPARE[operation.operationId]?.(person, request);
        return request;
      },
      send: ({ service, method, path }, { pathParams, query, body }) => {
        const filled = path.replace(/\{(\w+)\}/g, (_, name) => pathParams[name] ?? "");
        const search = new URLSearchParams(query);
        return call(`${simulator.url}${baseOf(service)}${filled}?${search}`, method, body, headers);
      },
    });
  } finally {
    await simulator.stop();
  }
}

/** The object whose fields the shape is about: the answer, or the first of its list. */
function shown(operation: Operation, { json }: Answer): Json {
  if (operation.answer !== "array") return json;
  assert(Array.isArray(json), "the answer is no list");
  return json[0];
}

/** Lists that are empty until something happens. */
const EMPTY_AT_FIRST = [
  ...["getUpdatedEntityInfo", "getPaymentsForInvoice", "getLogsForWebhook", "getInProgressTimeEntries"],
  "getWebhookEventStatusesWithLatestLog",
  "getManagersOfUser",
];

const OPERATIONS = builtinCatalogue().list();

for (const operation of OPERATIONS) {
  const { operationId } = operation;

  Deno.test(`${operationKey(operation)} succeeds with every field of its answer`, () =>
    withWorld(async ({ send, request }) => {
      const answer = await send(operation, await request(operation));
      assertEquals(answer.status, successStatus(operation), answer.text);
      if (operation.answer === "none") return assertEquals(answer.text, "");
      if (operation.answer === "binary" || operation.answer === "text") return assert(answer.text.length > 0);
      const object = shown(operation, answer);
      if (object === undefined && EMPTY_AT_FIRST.includes(operationId)) return;
      const missing = answerFields(operation).map(({ name }) => name).filter((name) => !(name in object));
      assertEquals(missing.filter((name) => !NOT_LIVE[operationId]?.includes(name)), []);
    }));

  const query = operation.queryParams.find((one) => one.required && one.default === undefined);
  const field = operation.bodyFields.find((one) =>
    one.required && one.default === undefined && one.type !== "binary" && !NOTHING_REQUIRED.includes(operationId)
  );
  if (!query && !field) continue;

  Deno.test(`${operationKey(operation)} refuses a request without what it requires`, () =>
    withWorld(async ({ send, request }) => {
      const valid = await request(operation);
      const without = structuredClone(valid);
      if (query) delete without.query[query.name];
      else delete (Array.isArray(without.body) ? without.body[0] : without.body)[field!.name];
      const answer = await send(operation, without);
      assertEquals(answer.status, 400, answer.text);
      assert([501, 3001].includes(answer.json.code), answer.text);
    }));
}

Deno.test("every operation of the catalogue has one route, and those of the first catalogue are served by hand", () => {
  const { rows } = createRouteTable();
  const ofCatalogue = rows.filter(({ operation }) => operation);
  assertEquals(ofCatalogue.length, OPERATIONS.length);
  assertEquals(new Set(ofCatalogue.map(({ operation }) => operation)).size, OPERATIONS.length);
  const keys = rows.map(({ route, segments }) => `${route.method} ${segments.join("/").replace(/\{\w+\}/g, "{}")}`);
  assertEquals(new Set(keys).size, keys.length);
  const byShape = ofCatalogue.filter(({ route }) => route.known === "shape");
  assert(ofCatalogue.length - byShape.length >= 160, `${byShape.length} by their shape`);
});
