/** The Explorer's pure parts: paths and words over an answer, rows of a table, what a form changes, and what its button says. */

import { assertEquals } from "@std/assert";
import {
  callOf,
  changedFields,
  endpointOf,
  heldOf,
  requestOf,
  valuesOf,
  withBodyField,
} from "../../src/console/features/explorer/call.ts";
import { tableOf, viewOf } from "../../src/console/features/explorer/view.ts";
import { labelOf, outcomeOf, sendLabel } from "../../src/console/features/explorer/words.ts";

const ROWS = [{ id: "a", name: "Pier", project: { name: "Dock" } }, { id: "b", name: "Quay", project: null }];

Deno.test("viewOf() reads a path, a name over a list, and else keeps the items that hold the words", () => {
  assertEquals(viewOf(ROWS, "[0].project.name").value, "Dock");
  assertEquals(viewOf(ROWS, "$.name").value, ["Pier", "Quay"]);
  assertEquals(viewOf({ tags: ROWS }, "tags[1].id").value, "b");
  assertEquals(viewOf(ROWS, "quay"), { value: [ROWS[1]], note: '1 of 2 items hold "quay"' });
  assertEquals(viewOf({ a: 1 }, "b"), { value: undefined, note: "Nothing is at b" });
  assertEquals(viewOf(ROWS, "__proto__").value, []);
});

Deno.test("tableOf() puts names first and ids last, and has no rows for what is none", () => {
  assertEquals(tableOf({ count: 2, tags: ROWS })?.columns, ["name", "project", "id"]);
  assertEquals(tableOf({ id: "a", name: "Pier" })?.rows.length, 1);
  assertEquals([tableOf([]), tableOf("text")], [undefined, undefined]);
  assertEquals(tableOf(Array.from({ length: 300 }, (_, n) => n))?.more, 100);
});

const ENTRY = {
  method: "PUT" as const,
  path: "/v1/workspaces/{workspaceId}/time-entries/{id}",
  fill: { list_at: null, id_param: null },
};

Deno.test("a form over a time entry holds what a write would have, and names only what differs", () => {
  const data = {
    id: "e",
    description: "Pier",
    tagIds: null,
    timeInterval: { start: "2026-11-20T05:16:00Z", end: null },
  };
  const held = heldOf(ENTRY as never, { data, pathParams: { id: "e" } })!;
  assertEquals(held, { description: "Pier", start: "2026-11-20T05:16:00Z" });
  const set = (body: unknown, name: string, value: unknown) => withBodyField(body, { name, value, held });
  const body = set(set(undefined, "tagIds", ["t"]), "start", "2026-11-20T05:16:00.000Z");
  assertEquals([body, changedFields(body, held)], [{ tagIds: ["t"] }, ["tagIds"]]);
  assertEquals(set(undefined, "description", undefined), { description: null }, "emptied here is emptied there");
  assertEquals(set({ description: "Pier 2" }, "description", "Pier"), undefined);
});

Deno.test("a kept call finds its operation by its path, and is a request again", () => {
  const endpoint = (path: string, name: string) => ({ method: "GET", path, name, operation_id: name }) as never;
  const all = [endpoint("/v1/tags/{id}", "getTag"), endpoint("/v1/tags/all", "getAll")];
  assertEquals(endpointOf(all, { method: "GET", path: "/v1/tags/all" })?.name, "getAll");
  assertEquals(endpointOf(all, { method: "GET", path: "/v1/tags/a%20b" })?.name, "getTag");
  assertEquals(endpointOf(all, { method: "PUT", path: "/v1/tags/all" }), undefined);
  assertEquals(valuesOf("/v1/tags/{id}", "/v1/tags/a%20b"), { id: "a b" });
  const call = callOf({ path_params: { workspaceId: "w", id: "t" }, query_params: { page: 2, q: "" }, body: null });
  assertEquals(requestOf(call, { name: "getTag" }), {
    operation_id: "getTag",
    path_params: { id: "t" },
    query_params: { page: 2 },
  });
});

Deno.test("the button says what the guard asks for", () => {
  const put = { access: "write", method: "PUT" } as const;
  assertEquals(sendLabel(put, { outcome: "preview", changes: 1 }), "Review 1 change…");
  assertEquals(sendLabel(put, { outcome: "allow", changes: undefined }), "Send change");
  assertEquals(sendLabel(put, { outcome: "second_person", changes: 2 }), "Ask for approval…");
  assertEquals(sendLabel({ access: "write", method: "DELETE" }, { outcome: "preview", changes: undefined }), "Delete…");
  assertEquals(sendLabel({ access: "read", method: "POST" }, { outcome: "allow", changes: undefined }), "Send");
  assertEquals([outcomeOf(undefined, { grade: "read" }), outcomeOf(undefined, { grade: "routine" })], [
    "allow",
    "preview",
  ]);
  assertEquals(["projectId", "tagIds", "page-size", "id"].map(labelOf), ["Project", "Tags", "Page size", "Id"]);
});
