/** Tests of what polling reads and believes: lists that are needed, deletions that are confirmed, hashes of one version. */

import { assert, assertEquals } from "@std/assert";
import { createOverviewStore } from "../../../src/overview/overview.ts";
import { systemClock } from "../../../src/base/clock.ts";
import type { Database } from "../../../src/db/db.ts";
import { FAMILIES, pollableEvents } from "../../../src/entities/poll/families.ts";
import { addListener } from "../../db/rows.ts";
import { stopSharedDatabase, type TestDatabase, testDatabase } from "../../support/database.ts";
import { polledSource } from "./polled_source.ts";

const HOUR_MS = 3_600_000;
const HOURS = 4;
let database: TestDatabase;
let db: Database;

Deno.test.beforeAll(async () => {
  database = await testDatabase();
  db = database.db;
});
Deno.test.afterAll(async () => {
  await database.stop();
  await stopSharedDatabase();
});

const clients = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: `c${index}`, name: `C ${index}` }));
const OWNER = { id: "u1", name: "Owner", email: "o@example.com" };

async function doubted(installationId: number) {
  return (await createOverviewStore({ db, clock: systemClock, limitBytes: 0 }).numbers(installationId, 24))
    .doubtedLists;
}

Deno.test("an empty workspace takes 5 requests an hour, and 20 where flows wait for everything that is polled", async () => {
  for (const [awaited, perHour] of [[false, 5], [true, 20]] as const) {
    const source = await polledSource(db);
    source.lists.set("user", [OWNER]);
    for (const eventType of awaited ? pollableEvents : []) {
      await addListener(db, { installationId: source.installationId, eventType });
    }
    await source.turn();
    source.asked.length = 0;
    await source.run(HOURS * HOUR_MS);
    assert(
      source.asked.length <= HOURS * perHour && source.asked.length >= HOURS * (perHour - 1),
      `${source.asked.length / HOURS} an hour`,
    );
  }
});

Deno.test("a list that a flow begins to wait for is read within POLL_MINUTES", async () => {
  const source = await polledSource(db);
  source.lists.set("tag", [{ id: "t1", name: "One" }]);
  await source.turn();
  source.lists.get("tag")!.push({ id: "t2", name: "Two" });
  await addListener(db, { installationId: source.installationId, eventType: "NEW_TAG" });
  await source.run(15 * 60_000);
  await source.turn();
  assertEquals(source.arrived(), ["NEW_TAG t2"]);
});

Deno.test("tasks are read below projects that changed and ten others, and none is taken for deleted elsewhere", async () => {
  const source = await polledSource(db);
  const projects = Array.from(
    { length: 30 },
    (_, index) => ({ id: `p${index}`, name: `P ${index}`, duration: "PT0S" }),
  );
  source.lists.set("project", projects);
  for (const { id } of projects) source.lists.set(`task:${id}`, [{ id: `${id}-t`, name: "Task", projectId: id }]);
  await source.round();
  assertEquals(source.asked.filter((id) => id === "getTasks").length, 30, "at first below each");
  for (const changed of [[3], [4, 25]]) {
    source.asked.length = 0;
    for (const index of changed) projects[index]!.duration += "1";
    await source.round();
    assertEquals(source.asked.filter((id) => id === "getTasks").length, 10 + changed.length);
  }
  assertEquals(source.arrived(), []);
  // All in turn, whether they changed or not.
  for (const { id } of projects) source.lists.get(`task:${id}`)!.push({ id: `${id}-new`, name: "New", projectId: id });
  for (let rounds = 0; rounds < 3; rounds++) await source.round();
  assertEquals(source.arrived().sort(), projects.map(({ id }) => `NEW_TASK ${id}-new`).sort());

  source.lists.set("task:p3", []);
  projects[3]!.duration += "2";
  const gone = projects.splice(7, 1)[0]!;
  source.lists.delete(`task:${gone.id}`);
  await source.round();
  assertEquals(source.arrived().sort(), [
    "PROJECT_DELETED p7",
    "TASK_DELETED p3-new",
    "TASK_DELETED p3-t",
    "TASK_DELETED p7-new",
    "TASK_DELETED p7-t",
  ]);
});

Deno.test("what the first look missed, because the list shrank meanwhile, is no news to the next one", async () => {
  const source = await polledSource(db);
  const list = clients(60);
  source.lists.set("client", list);
  let pages = 0;
  source.asked.push = (...ids: string[]) => {
    if (ids[0] === "getClients" && ++pages === 2) list.shift();
    return Array.prototype.push.apply(source.asked, ids);
  };
  await source.turn();
  await source.round();
  assertEquals(source.arrived(), ["CLIENT_DELETED c0"]);
});

Deno.test("one empty or short answer deletes nothing, and a few that are gone are reported once they were missed twice", async () => {
  const source = await polledSource(db);
  source.lists.set("client", clients(30));
  await source.round();
  source.instead.set("client", []);
  await source.turn();
  // The second look at once is right again.
  let looks = 0;
  source.asked.push = (...ids: string[]) => {
    if (ids[0] === "getClients" && ++looks === 2) source.instead.clear();
    return Array.prototype.push.apply(source.asked, ids);
  };
  await source.round();
  assertEquals(looks, 2);
  assertEquals(source.arrived(), []);
  source.lists.get("client")!.splice(0, 4);
  await source.round();
  assertEquals(source.arrived(), [0, 1, 2, 3].map((index) => `CLIENT_DELETED c${index}`));
});

Deno.test("much that is missing at once is asked for by id: still there, it is an alarm until the list is whole again", async () => {
  const source = await polledSource(db);
  const { installationId } = source;
  source.lists.set("client", clients(34));
  await source.round();
  source.instead.set("client", clients(4));
  await source.round();
  await source.round();
  assertEquals(source.arrived(), []);
  assertEquals(await doubted(installationId), [{ entityType: "client", missing: 30, known: 34 }]);
  assert(source.asked.includes("getClient"));

  source.instead.clear();
  await source.round();
  assertEquals([source.arrived(), await doubted(installationId)], [[], []]);

  source.lists.set("client", clients(4));
  await source.round();
  assertEquals([source.arrived().length, await doubted(installationId)], [30, []], "really deleted");
});

Deno.test("what cannot be asked for by id must be missing from a later round too", async () => {
  const source = await polledSource(db);
  const users = Array.from({ length: 10 }, (_, index) => ({ ...OWNER, id: `u${index}` }));
  source.lists.set("user", users);
  await source.round();
  source.lists.set("user", users.slice(0, 2));
  await source.round();
  assertEquals(source.arrived(), []);
  assertEquals(await doubted(source.installationId), [{ entityType: "user", missing: 8, known: 10 }]);
  await source.round();
  assertEquals(source.arrived().length, 8);
  assertEquals(await doubted(source.installationId), []);
});

Deno.test("hashes of other fields than today's are replaced without an event", async () => {
  const source = await polledSource(db);
  source.lists.set("client", clients(5));
  await source.round();
  await db.sql`
    update polled_entity set hash_version = 0, body_sha256 = sha256('other fields')
    where installation_id = ${source.installationId}`;
  await source.round();
  assertEquals(source.arrived(), []);
  source.lists.get("client")![2]!.name = "Renamed";
  await source.round();
  assertEquals(source.arrived(), ["CLIENT_UPDATED c2"]);
});

Deno.test("a family whose watched fields change gets a new version with them", () => {
  const read = FAMILIES.map(({ entityType, version, watched }) => {
    const fields: string[] = [];
    const body = new Proxy({}, {
      get: (_, name) => {
        fields.push(String(name));
        return undefined;
      },
    });
    watched(body, "w");
    return `${entityType} ${version}: ${fields.join(" ")}`;
  });
  assertEquals(read, [
    "client 1: name archived email address note currencyId",
    "project 1: name clientId billable color estimate archived note public template hourlyRate",
    "task 1: name assigneeIds userGroupIds estimate status",
    "tag 1: name archived",
    "user_group 1: name userIds",
    "expense 1: userId date projectId taskId categoryId category project notes quantity billable fileId total",
    "invoice 1: number status issuedDate dueDate amount balance currency clientId",
    "user 1: name email profilePicture memberships",
    "approval_request 1: approvalRequest",
  ]);
});
