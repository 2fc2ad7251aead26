/** Operations that a catalogue has and no family serves: what is written is read again, and requests are checked by their shapes. */

import { assert, assertEquals } from "@std/assert";
import type { Operation } from "../../src/clockify/operations.ts";
import { builtinCatalogue } from "../../src/clockify/operations.ts";
import { call } from "./setup.ts";
import { withPerson } from "./person.ts";

const KIOSKS = "/v1/workspaces/{workspaceId}/kiosks";

const operation = (method: Operation["method"], path: string, fields: Partial<Operation>): Operation => ({
  operationId: `${method} ${path}`,
  ...{ summary: "", intents: [], pathTypes: [] },
  ...{ method, path, service: "api", tag: "Kiosks", scope: "WORKSPACE_READ", access: "read" },
  pathParams: [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!),
  ...{ queryParams: [], bodyKind: "none", bodyFields: [], answer: "object", paging: [] },
  ...{ addonToken: "allowed", deprecated: false, experimental: false },
  ...fields,
});

const body: Partial<Operation> = {
  access: "write",
  scope: "WORKSPACE_WRITE",
  bodyKind: "object",
  bodyFields: [
    { name: "name", type: "string", required: true },
    { name: "pin", type: "boolean" },
    { name: "kind", type: "string", enum: ["SHARED", "OWN"] },
  ],
};
const paging: Partial<Operation> = {
  answer: "array",
  paging: ["page", "page-size"],
  queryParams: [{ name: "page", type: "integer" }, { name: "page-size", type: "integer", minimum: 1 }],
};

const OPERATIONS: Operation[] = [
  operation("GET", KIOSKS, paging),
  operation("POST", KIOSKS, body),
  operation("GET", `${KIOSKS}/{kioskId}`, {}),
  operation("PUT", `${KIOSKS}/{kioskId}`, body),
  operation("PATCH", `${KIOSKS}/{kioskId}`, { ...body, bodyFields: body.bodyFields!.slice(1) }),
  operation("DELETE", `${KIOSKS}/{kioskId}`, { access: "write", scope: "WORKSPACE_WRITE", answer: "none" }),
  operation("GET", "/v1/workspaces/{workspaceId}/kiosk-settings", {}),
  operation("PUT", "/v1/workspaces/{workspaceId}/kiosk-settings", body),
  operation("GET", "/v1/workspaces/{workspaceId}/users/{userId}/kiosks", { answer: "array" }),
  operation("GET", `${KIOSKS}/{kioskId}/picture`, { answer: "binary" }),
];

const scene = (test: Parameters<typeof withPerson>[0]) =>
  withPerson(test, { operations: [...builtinCatalogue().list(), ...OPERATIONS] });

Deno.test("what is made by its shape is read, listed, replaced, changed and gone", () =>
  scene(async ({ send, get, refused }) => {
    const before = await get("/kiosks");
    assertEquals(before.length, 3);
    const made = await send("POST", "/kiosks", { name: "Front desk", pin: true });
    assertEquals([made.status, made.json.name, made.json.pin], [201, "Front desk", true]);
    const path = `/kiosks/${made.json.id}`;
    assertEquals(await get(path), made.json);
    assertEquals((await get("/kiosks?page-size=2&page=2")).at(-1).id, made.json.id);
    assertEquals((await send("GET", "/kiosks?page-size=2")).headers.get("Last-Page"), "false");

    assertEquals((await send("PATCH", path, { kind: "OWN" })).json.name, "Front desk");
    const replaced = await send("PUT", path, { name: "Back door" });
    assertEquals([replaced.json.name, replaced.json.pin, replaced.json.kind], ["Back door", undefined, undefined]);
    assertEquals(await get(path), replaced.json);

    assertEquals([(await send("DELETE", path)).status, (await send("DELETE", path)).status], [204, 400]);
    assertEquals(await refused("GET", path), [400, 501]);
    assertEquals(await get("/kiosks"), before);
  }));

Deno.test("requests by shape are refused for what is missing, of another type, or not there", () =>
  scene(async ({ refused, send, get }) => {
    assertEquals(await refused("POST", "/kiosks", {}), [400, 501]);
    assertEquals(await refused("POST", "/kiosks", { name: "x", pin: "yes" }), [400, 3002]);
    assertEquals(await refused("POST", "/kiosks", { name: "x", kind: "NONE" }), [400, 3002]);
    assertEquals(await refused("GET", "/kiosks?page-size=0"), [400, 3000]);
    assertEquals(await refused("GET", `/users/${"0".repeat(24)}/kiosks`), [400, 501]);
    assertEquals(await refused("DELETE", "/kiosks"), [405, 3000]);
    await send("PUT", "/kiosk-settings", { name: "All", pin: false });
    assertEquals((await get("/kiosk-settings")).name, "All");
    const [{ id }] = await get("/kiosks");
    const picture = await send("GET", `/kiosks/${id}/picture`);
    assertEquals([picture.status, picture.headers.get("content-type")], [200, "application/octet-stream"]);
    assert(picture.text.length > 0);
  }));

Deno.test("the same seed and clock give the same objects with the same ids", async () => {
  let now = Date.parse("2026-11-20T09:00:00Z");
  const clock = { now: () => now, monotonicMs: () => now, sleep: () => Promise.resolve() };
  const seen: string[] = [];
  for (let run = 0; run < 2; run++) {
    now = Date.parse("2026-11-20T09:00:00Z");
    await withPerson(async ({ send, simulator, workspaceId }) => {
      const texts = [];
      for (const path of ["/kiosks", "/tags", "/holidays"]) {
        const period = { startDate: "2027-01-06", endDate: "2027-01-06" };
        texts.push((await send("POST", path, { name: "Same", datePeriod: period })).text);
        texts.push((await send("GET", path)).text);
      }
      const key = await simulator.apiKey({ workspaceId, userId: (await simulator.workspaces())[0]!.users[0]!.id });
      const headers = { "X-Api-Key": key };
      texts.push((await call(`${simulator.apiUrl}/v1/user`, "GET", undefined, headers)).text);
      seen.push(texts.join("\n"));
    }, { clock, operations: [...builtinCatalogue().list(), ...OPERATIONS] });
  }
  assertEquals(seen[0], seen[1]);
});
