/**
 * Scripts of the requests that two clients make by their documents: clockify-cli (in, out, clone, log, manual, edit, report,
 * delete; lists of projects, tasks, clients, tags, users, workspaces) and go-clockify (who am I, timers, entries, reports,
 * projects, and its groups on demand).
 */

import { assert, assertEquals } from "@std/assert";
import { call } from "./setup.ts";
import { type PersonScene, withPerson } from "./person.ts";

type Json = Record<string, unknown> & { id: string };

/** What both begin with: who has the key, and where. */
async function logIn({ simulator, workspaceId, ownerId }: PersonScene): Promise<void> {
  const headers = { "X-Api-Key": await simulator.apiKey({ workspaceId, userId: ownerId }) };
  const get = (path: string) => call(`${simulator.apiUrl}/v1${path}`, "GET", undefined, headers);
  assertEquals((await get("/user")).json.id, ownerId);
  assert((await get("/workspaces")).json.some(({ id }: Json) => id === workspaceId));
  const none = await call(`${simulator.apiUrl}/v1/user`, "GET");
  assertEquals([none.status, none.json.code], [401, 1000]);
}

Deno.test("clockify-cli: in, out, clone last, log, manual, edit, split, mark billable, report and delete", () =>
  withPerson(async (scene) => {
    await logIn(scene);
    const { send, get, ownerId } = scene;
    const entries = `/user/${ownerId}/time-entries`;
    const running = `${entries}?in-progress=1&hydrated=1&page=1&page-size=1`;
    for (const list of ["/users", "/clients?archived=false", "/tags?archived=false"]) {
      assert((await get(list)).length > 0);
    }
    const [project] = await get("/projects?archived=false&name=&page=1&page-size=50&hydrated=true");
    const [task] = await get(`/projects/${project.id}/tasks?is-active=true&page-size=50`);
    const [tag] = await get("/tags");

    // `in` stops what runs, first: nothing does, which it expects to be 404.
    const stop = (end: string) => send("PATCH", entries, { end });
    assertEquals((await stop("2026-11-20T08:00:00Z")).status, 404);
    const begun = { projectId: project.id, ...(task && { taskId: task.id }), tagIds: [tag.id], billable: true };
    const made = await send("POST", "/time-entries", { start: "2026-11-20T09:00:00Z", description: "Began", ...begun });
    assertEquals([made.status, made.json.timeInterval.end], [201, null]);
    const [shown, ...others] = await get(running);
    assertEquals([shown.id, shown.project.id, shown.tags.map(({ id }: Json) => id), others], [
      made.json.id,
      project.id,
      [tag.id],
      [],
    ]);
    assertEquals((await stop("2026-11-20T10:00:00Z")).json.timeInterval.duration, "PT1H");
    // With nothing that runs a client must not be given an entry that ended: it would change or delete that.
    assertEquals(await get(running), []);

    const [last] = await get(`${entries}?page-size=1&hydrated=true`);
    assertEquals(last.id, made.json.id);
    const copy = {
      projectId: last.projectId,
      description: last.description,
      tagIds: last.tagIds,
      billable: last.billable,
    };
    const cloned = await send("POST", "/time-entries", { start: "2026-11-20T11:00:00Z", ...copy });
    assertEquals([cloned.json.description, cloned.json.tagIds], ["Began", [tag.id]]);
    await stop("2026-11-20T12:00:00Z");

    const manual = { start: "2026-11-20T13:00:00Z", end: "2026-11-20T14:00:00Z", description: "By hand" };
    const { json: whole } = await send("POST", `/user/${ownerId}/time-entries`, { ...manual, ...begun });
    const edited = { ...manual, ...begun, description: "Edited", billable: false };
    assertEquals((await send("PUT", `/time-entries/${whole.id}`, edited)).json.description, "Edited");
    assertEquals((await get(`/time-entries/${whole.id}?hydrated=true`)).project.id, project.id);
    const bulk = await send("PUT", `${entries}?hydrated=true`, [{
      ...edited,
      id: whole.id,
      end: "2026-11-20T13:30:00Z",
    }]);
    assertEquals([bulk.status, bulk.json[0].timeInterval.duration], [200, "PT30M"]);
    assertEquals((await send("DELETE", `/time-entries/${whole.id}`)).status, 204);
    assertEquals((await send("GET", `/time-entries/${whole.id}`)).json.code, 501);

    const client = (await send("POST", "/clients", { name: "Of the command line" })).json;
    const added = (await send("POST", "/projects", { name: "New there", clientId: client.id, billable: true })).json;
    const done = (await send("POST", `/projects/${added.id}/tasks`, { name: "First" })).json;
    await send("PUT", `/projects/${added.id}/tasks/${done.id}`, { name: "First", status: "DONE" });
    assertEquals((await send("DELETE", `/projects/${added.id}/tasks/${done.id}`)).status, 200);
    await send("PUT", `/projects/${added.id}`, { name: "New there", archived: true });
    assertEquals((await get(`/projects/${added.id}`)).archived, true);
  }));

Deno.test("go-clockify: who am I, timer, review of a day, reports, and its groups on demand", () =>
  withPerson(async (scene) => {
    await logIn(scene);
    const { send, report, get, ownerId } = scene;
    assert(Array.isArray(await get("/users?page=1&page-size=200")));
    const [project] = await get("/projects?name=Terminal&strict-name-search=false&page=1&page-size=50");
    await send("POST", "/time-entries", { start: "2026-11-20T09:00:00Z", projectId: project.id });
    assert((await get("/time-entries/status/in-progress")).some(({ userId }: Json) => userId === ownerId));
    await send("PATCH", `/user/${ownerId}/time-entries`, { end: "2026-11-20T10:00:00Z" });
    const window = "start=2026-11-20T00:00:00Z&end=2026-11-21T00:00:00Z";
    assertEquals((await send("GET", `/user/${ownerId}/time-entries?${window}&page-size=200`)).status, 200);
    const range = { dateRangeStart: "2026-11-16T00:00:00Z", dateRangeEnd: "2026-11-22T23:59:59Z", timeZone: "UTC" };
    for (
      const [kind, filter] of [
        ["summary", { summaryFilter: { groups: ["PROJECT", "TIMEENTRY"] } }],
        ["detailed", { detailedFilter: { page: 1, pageSize: 50 } }],
        ["weekly", { weeklyFilter: { group: "PROJECT", subgroup: "TIME" } }],
        ["attendance", { attendanceFilter: { page: 1, pageSize: 50 } }],
      ] as const
    ) {
      const { status, json } = await report("POST", `/reports/${kind}`, { ...range, exportType: "JSON", ...filter });
      assertEquals([status, json.totals !== undefined], [200, true], kind);
    }
    const totals = { start: range.dateRangeStart, end: range.dateRangeEnd };
    const query = `start=${totals.start}&end=${totals.end}`;
    for (
      const path of [
        ...["/invoices?page-size=50", "/invoices/settings", "/expenses?page-size=50", "/expenses/categories"],
        ...[`/scheduling/assignments/all?${query}`, `/scheduling/assignments/projects/totals/${project.id}?${query}`],
        ...[
          "/time-off/policies?status=ACTIVE",
          `/time-off/balance/user/${ownerId}`,
          "/approval-requests?status=PENDING",
        ],
        ...["/webhooks", "/custom-fields", "/user-groups", "/holidays", `/member-profile/${ownerId}`],
      ]
    ) assertEquals((await send("GET", path)).status, 200, path);
    const search = await send("POST", "/time-off/requests", { statuses: ["ALL"], page: 1, pageSize: 200 });
    assertEquals(search.json.count, search.json.requests.length);
    assertEquals(
      (await send("POST", "/scheduling/assignments/projects/totals", { ...totals, pageSize: 2 })).status,
      200,
    );
    assertEquals((await report("GET", "/shared-reports?pageSize=50")).status, 200);
  }));
