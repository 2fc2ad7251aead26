/** fixtures/: every event has a body with the fields known of it, and the workspaces hang together. */

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { EVENTS_BY_SCHEMA } from "../../src/simulator/manifest_rules.ts";
import { loadWorkspaces } from "../../src/simulator/workspace_data.ts";

const FIXTURES = new URL("../../fixtures/", import.meta.url);
const read = (path: string) => JSON.parse(Deno.readTextFileSync(new URL(path, FIXTURES)));
const facts: Record<string, { schemas: string[]; fields: Record<string, string> }> = read("event_fields.json");

const FORMATS: Record<string, RegExp> = {
  objectId: /^[0-9a-f]{24}$/,
  "date-time": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
  "local-date-time": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d$/,
  duration: /^PT(\d+H)?(\d+M)?(\d+S)?$/,
  email: /^[a-z.]+@[a-z-]+\.example$/,
  url: /^https:\/\//,
  color: /^#[0-9A-F]{6}$/,
  tz: /^[A-Z][a-z]+\/[A-Za-z_]+$/,
};

/** Values at a flattened path such as `tags[].id`; an absent object yields none, an absent field undefined. */
function valuesAt(value: unknown, path: string[]): unknown[] {
  const [name, ...rest] = path;
  if (name === undefined) return [value];
  if (value === null || typeof value !== "object") return [];
  const inner = (value as Record<string, unknown>)[name.replace("[]", "")];
  if (!name.endsWith("[]") || rest.length === 0) return valuesAt(inner, rest);
  return Array.isArray(inner) ? inner.flatMap((item) => valuesAt(item, rest)) : [undefined];
}

function fits(value: unknown, type: string): boolean {
  const [, names = "", format, nullable] = type.match(/^([^<]+?)(?:<(.+)>)?(\|null)?\??$/)!;
  if (value === null) return Boolean(nullable) || names === "null";
  if (format && typeof value === "string" && !FORMATS[format]!.test(value)) return false;
  const actual = Array.isArray(value) ? "array" : Number.isInteger(value) ? "integer" : typeof value;
  return names.split("|").some((name) => name === actual || (name === "number" && actual === "integer"));
}

for (const [event, { fields }] of Object.entries(facts)) {
  Deno.test(`fixtures/events/${event}.json has the known fields`, () => {
    const body = read(`events/${event}.json`);
    for (const [path, type] of Object.entries(fields)) {
      for (const value of valuesAt(body, path.split("."))) {
        assert(fits(value, type), `${path}: ${JSON.stringify(value)} is not ${type}`);
      }
    }
    const known = new Set(Object.keys(fields).map((path) => path.split(".")[0]!.replace("[]", "")));
    assertEquals(new Set(Object.keys(body)), known);
  });
}

Deno.test("there is one fixture for each of the 52 events and no other", () => {
  const files = [...Deno.readDirSync(new URL("events/", FIXTURES))].map((file) => file.name.replace(".json", ""));
  assertEquals(files.length, 52);
  assertEquals(files.sort(), Object.keys(facts).sort());
});

Deno.test("the simulator's events per schema version are those of the event facts", () => {
  for (const version of ["1.2", "1.3", "1.4", "1.5", "1.6"]) {
    const expected = Object.keys(facts).filter((event) => facts[event]!.schemas.includes(version));
    assertEquals([...EVENTS_BY_SCHEMA[version]!].sort(), expected.sort(), version);
  }
});

Deno.test("the workspaces hold a tag needs-project, the three roles, and no dangling reference", async () => {
  const workspaces = [...(await loadWorkspaces()).values()];
  assertEquals(workspaces.length, 2);
  for (const { id, users, clients, projects, tasks, tags, timeEntries, customFields } of workspaces) {
    assert([...tags.values()].some((tag) => tag.name === "needs-project"));
    assertEquals(
      new Set([...users.values()].map((user) => user.role)),
      new Set(["OWNER", "WORKSPACE_ADMIN", "MEMBER"]),
    );
    for (const project of projects.values()) assert(project.clientId === "" || clients.has(project.clientId));
    for (const task of tasks.values()) assert(projects.has(task.projectId));
    for (const entry of timeEntries.values()) {
      assertStrictEquals(entry.workspaceId, id);
      assert(users.has(entry.userId));
      assert(entry.projectId === null || projects.has(entry.projectId));
      assert(entry.taskId === null || tasks.get(entry.taskId)!.projectId === entry.projectId);
      assert(entry.tagIds.every((tag) => tags.has(tag)));
      assertEquals(entry.customFieldValues.length, customFields.length);
    }
    const bare = [...timeEntries.values()].filter((entry) => entry.projectId === null);
    assert(bare.length > 0 && bare.length < timeEntries.size);
  }
});
