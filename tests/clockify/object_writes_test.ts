/** Tests of the table of writes: every operation of the catalogue that writes has its object, its read and its undo. */

import { assert, assertEquals } from "@std/assert";
import { fullReplaceKeys } from "../../src/clockify/full_replace.ts";
import type { UndoCall } from "../../src/clockify/object_write.ts";
import { isKnownWrite, objectWriteKeys, objectWriteNamed, objectWriteOf } from "../../src/clockify/object_writes.ts";
import { builtinCatalogue, operationKey, shapeOf } from "../../src/clockify/operations.ts";

const catalogue = builtinCatalogue();
const writes = catalogue.list().filter(({ access }) => access === "write");

Deno.test("every write of the catalogue has a row, and every row a write", () => {
  assertEquals(writes.filter((operation) => !isKnownWrite(operation)).map(operationKey), []);
  const shapes = new Set(writes.map((operation) => shapeOf(operationKey(operation))));
  assertEquals(objectWriteKeys().filter((key) => !shapes.has(shapeOf(key))), []);
  assertEquals(objectWriteOf(catalogue.find("getTags")!), undefined);
});

Deno.test("every read of a row is an operation that reads, and its id a parameter of the write", () => {
  for (const operation of writes) {
    const key = operationKey(operation);
    const row = objectWriteOf(operation)!;
    assert(row.noun !== "" && /^[a-z_]+$/.test(row.entity), key);
    if (row.read) assertEquals(catalogue.find(row.read.by)?.access, "read", `${key} reads ${row.read.by}`);
    if (row.id !== undefined && row.id !== "answer" && !row.items) {
      assert(operation.pathParams.includes(row.id), `${key} has no ${row.id}`);
    }
    if (row.id === "answer") assert(operation.method === "POST", key);
    // What is put back or made once more was read before.
    if (["restore", "recreate"].includes(row.undo.kind)) assert(row.read, key);
    if (row.undo.kind === "none") assert(row.undo.reason.length > 10, key);
  }
});

Deno.test("every full replace is undone by a full replace", () => {
  for (const key of fullReplaceKeys()) assertEquals(objectWriteNamed(key).undo.kind, "restore", key);
});

Deno.test("every call of an undo is a write of the catalogue, with all its path parameters", () => {
  const entry = {
    id: "o1",
    userId: "u1",
    name: "n",
    archived: true,
    status: "DONE",
    timeInterval: { start: "2026-11-20T09:00:00Z" },
    memberships: [{ userId: "u1", hourlyRate: { amount: 1 }, costRate: { amount: 1 } }],
    hourlyRate: { amount: 1 },
    costRate: { amount: 1 },
    timeEstimate: { estimate: "PT1H" },
    template: true,
    userIds: ["u1", "u2"],
    date: "2026-11-20",
    projectDefaultValues: [],
  };
  const checked = new Set<string>();
  for (const operation of writes) {
    const key = operationKey(operation);
    const { undo } = objectWriteOf(operation)!;
    if (undo.kind === "none") continue;
    const pathParams = Object.fromEntries(
      operation.pathParams.filter((name) => name !== "workspaceId").map((
        name,
      ) => [name, name === "userId" ? "u1" : "o1"]),
    );
    const parts = {
      workspaceId: "w",
      pathParams,
      queryParams: {},
      sent: { userIds: ["u1", "u9"], userId: "u9", entityId: "e", role: "PROJECT_MANAGER", sourceType: "USER_GROUP" },
      id: "o1",
      before: entry,
      now: { ...entry, archived: false, status: "ACTIVE", name: "m" },
      made: { ...entry, id: "o2", name: "m", memberships: [] },
      fields: ["name", "member u1", "member u9"],
    };
    const calls = undo.calls(parts);
    if (!Array.isArray(calls)) continue;
    const then = undo.kind === "recreate" ? undo.then?.({ ...parts, id: "o2" }) ?? [] : [];
    assert(calls.length > 0, key);
    for (const call of [...calls, ...then]) {
      assertFits(key, call);
      checked.add(key);
    }
    // What follows a create names the object that was made.
    for (const { pathParams } of then) assert(Object.values(pathParams).includes("o2"), key);
  }
  assert(checked.size > 60, `${checked.size} undos were looked at`);
});

function assertFits(key: string, { operation: name, pathParams }: UndoCall) {
  const operation = catalogue.find(name);
  assertEquals(operation?.access, "write", `${key} is undone by ${name}`);
  const asked = operation!.pathParams.filter((param) => param !== "workspaceId");
  assertEquals(Object.keys(pathParams).toSorted(), asked.toSorted(), `${key} is undone by ${name}`);
  for (const value of Object.values(pathParams)) assertEquals(typeof value, "string", `${key} by ${name}`);
}
