/** Reports, changed entities, webhook logs, and what a PUT of a project and a client keeps, on the fake API. */

import { assert, assertEquals } from "@std/assert";
import { withPerson } from "./person.ts";

type Json = Record<string, unknown>;

const november = {
  dateRangeStart: "2026-11-01T00:00:00Z",
  dateRangeEnd: "2026-11-30T23:59:59Z",
  timeZone: "UTC",
};

Deno.test("a PUT of a project keeps what Clockify keeps, one of a client empties its copies, a create ignores both", () =>
  withPerson(async ({ send, get, refused }) => {
    const [project] = await get("/projects");
    const path = `/projects/${project.id}`;
    const named = { color: "#E91E63", note: "Phase two", hourlyRate: { amount: 9100 }, costRate: { amount: 4000 } };
    await send("PUT", path, { name: project.name, billable: true, isPublic: true, ...named });
    const { json } = await send("PUT", path, { name: "Renamed" });
    assertEquals([json.color, json.note, json.clientId], ["#E91E63", "Phase two", project.clientId]);
    assertEquals([json.hourlyRate.amount, json.costRate.amount], [9100, 4000]);
    assertEquals([json.billable, json.public], [false, false]);
    assertEquals(await get(path), json);

    const ccEmails = ["a@ferries.example", "b@ferries.example"];
    const { json: made } = await send("POST", "/clients", { name: "Newly found", ccEmails, note: "Kept" });
    assertEquals([made.ccEmails, made.note], [null, "Kept"]);
    const one = `/clients/${made.id}`;
    assertEquals((await send("PUT", one, { name: "Newly found", ccEmails })).json.ccEmails, ccEmails);
    const after = await send("PUT", one, { name: "Newly found" });
    assertEquals([after.json.ccEmails, after.json.currencyId], [null, made.currencyId]);
    const four = [...ccEmails, ...ccEmails];
    assertEquals(await refused("PUT", one, { name: "Newly found", ccEmails: four }), [400, 501]);
    await send("PUT", one, { name: "Newly found", archived: true });
    assertEquals(await refused("POST", "/clients", { name: "Newly found" }), [400, 501]);
    assertEquals((await send("DELETE", one)).json.name, "Newly found");
    assertEquals((await send("POST", "/clients", { name: "Newly found" })).status, 201);
  }));

Deno.test("a project gets members, default values of fields, and copies of itself as a template", () =>
  withPerson(async ({ send, get, refused }) => {
    const [project] = await get("/projects");
    const path = `/projects/${project.id}`;
    const users = await get("/users");
    const missing = users.find(({ id }: Json) => !project.memberships.some(({ userId }: Json) => userId === id)).id;
    const { json } = await send("POST", `${path}/memberships`, { userIds: [missing] });
    assertEquals(json.memberships.at(-1).userId, missing);
    const back = await send("POST", `${path}/memberships`, { userIds: [missing], remove: true });
    assertEquals(back.json.memberships, project.memberships);
    const [field] = await get("/custom-fields");
    const set = await send("PATCH", `${path}/custom-fields/${field.id}`, { defaultValue: "Dock 4" });
    assertEquals(set.json.projectDefaultValues, [{ projectId: project.id, status: "VISIBLE", value: "Dock 4" }]);
    assertEquals((await send("DELETE", `${path}/custom-fields/${field.id}`)).json, field);
    const copy = { name: "From a template", templateProjectId: project.id };
    assertEquals(await refused("POST", "/projects/from-template", copy), [400, 501]);
    await send("PATCH", `${path}/template`, { isTemplate: true });
    const { json: made } = await send("POST", "/projects/from-template", copy);
    assertEquals([made.template, made.clientId], [false, project.clientId]);
    const names = async (id: string) => (await get(`/projects/${id}/tasks`)).map(({ name }: Json) => name);
    assertEquals(await names(made.id), await names(project.id));
  }));

Deno.test("reports: pages, groups, zones, exactly a week, and the spans that are refused", () =>
  withPerson(async ({ report, send, ownerId }) => {
    const detailed = async (body: Json) =>
      (await report("POST", "/reports/detailed", { ...november, detailedFilter: {}, ...body })).json;
    const { timeentries, totals: [totals] } = await detailed({ detailedFilter: { page: 1, pageSize: 5 } });
    assertEquals(timeentries.length, 5);
    assert(totals.entriesCount > 5 && totals.totalTime > 0);
    const mine = await detailed({ users: { contains: "CONTAINS", ids: [ownerId] } });
    assert(mine.timeentries.every(({ userId }: Json) => userId === ownerId) && mine.timeentries.length > 0);
    const zone = await detailed({ timeZone: "Europe/Stockholm", detailedFilter: { pageSize: 1 } });
    assert(/\+01:00$/.test(zone.timeentries[0].timeInterval.start), zone.timeentries[0].timeInterval.start);
    const refusal = async (path: string, body: Json) => {
      const { status, json } = await report("POST", `/reports/${path}`, { ...november, ...body });
      return [status, json.code];
    };
    assertEquals(await refusal("detailed", {}), [400, 501]);
    assertEquals(await refusal("detailed", { detailedFilter: {}, timeZone: "Nowhere" }), [400, 3000]);
    assertEquals(await refusal("summary", { summaryFilter: { groups: ["NONE"] } }), [400, 501]);
    assertEquals(await refusal("weekly", { weeklyFilter: { group: "PROJECT" } }), [400, 501]);
    const summary = await report("POST", "/reports/summary", {
      ...november,
      summaryFilter: { groups: ["PROJECT", "USER"] },
    });
    const { groupOne } = summary.json;
    assertEquals(
      groupOne.reduce((sum: number, { duration }: { duration: number }) => sum + duration, 0),
      totals.totalTime,
    );
    assert(groupOne.every(({ children }: { children: Json[] }) => children.length > 0));
    const week = { dateRangeStart: "2026-11-09T00:00:00Z", dateRangeEnd: "2026-11-15T23:59:59.999Z" };
    const weekly = await report("POST", "/reports/weekly", { ...november, ...week, weeklyFilter: { group: "USER" } });
    assertEquals(weekly.json.totalsByDay.length, 7);
    const csv = await report("POST", "/reports/detailed", { ...november, detailedFilter: {}, exportType: "CSV" });
    assertEquals(csv.headers.get("content-type"), "text/csv");
    await send("PATCH", "/time-entries/invoiced", { invoiced: true, timeEntryIds: [timeentries[0]._id] });
    assert((await detailed({})).timeentries[0].isInvoiced);
  }));

Deno.test("a shared report is read rendered, without a workspace in its path, and is gone with 404", () =>
  withPerson(async ({ simulator, report, workspaceId, ownerId }) => {
    const headers = { "X-Api-Key": await simulator.apiKey({ workspaceId, userId: ownerId }) };
    const read = async (id: string) => {
      const answer = await fetch(`${simulator.url}/report/v1/shared-reports/${id}`, { headers });
      return { status: answer.status, json: await answer.json() };
    };
    const { status, json: made } = await report("POST", "/shared-reports", { name: "This month", type: "SUMMARY" });
    assertEquals([status, made.isPublic], [200, false]);
    assertEquals(Object.keys((await read(made.id)).json).sort(), [
      ...["donutChart", "filters", "groupOne", "groupTotals", "totals"],
    ]);
    assertEquals((await report("GET", `/shared-reports/${made.id}`)).status, 405);
    assertEquals((await report("GET", "/shared-reports?sharedReportsFilter=CREATED_BY_ME")).json.count, 2);
    assertEquals((await report("GET", "/shared-reports?sharedReportsFilter=NONE")).status >= 400, true);
    await report("PUT", `/shared-reports/${made.id}`, { name: "Renamed", isPublic: true });
    assertEquals((await report("PUT", `/shared-reports/${made.id}`, { name: "Renamed" })).json.isPublic, false);
    assertEquals((await report("DELETE", `/shared-reports/${made.id}`)).status, 204);
    assertEquals((await read(made.id)).status, 404);
  }));

Deno.test("changed entities show what was made, updated and deleted; entries of ids come in one call", () =>
  withPerson(async ({ send, get, refused }) => {
    const { json: tag } = await send("POST", "/tags", { name: "Newly found" });
    await send("PUT", `/tags/${tag.id}`, { name: "Renamed" });
    const of = (kind: string) => get(`/entities/${kind}?type=TAGS,CLIENTS`);
    assertEquals((await of("created")).at(-1).id, tag.id);
    const [updated] = await of("updated");
    assertEquals([updated.id, updated.name, updated.documentType], [tag.id, "Renamed", "TAGS"]);
    assertEquals((await of("deleted")).response, []);
    await send("DELETE", `/tags/${tag.id}`);
    const { response: [gone] } = await of("deleted");
    assertEquals([gone.id, gone.document.name], [tag.id, "Renamed"]);
    assertEquals(await refused("GET", "/entities/created"), [400, 3001]);
    assertEquals(await refused("GET", "/entities/created?type=NONE"), [400, 3000]);
    const [user] = await get("/users");
    const [first, second] = await get(`/user/${user.id}/time-entries`);
    const { json } = await send("POST", "/time-entries/batch", { timeEntryIds: [second.id, first.id, tag.id] });
    assertEquals(json.map(({ id }: Json) => id), [second.id, first.id]);
  }));

Deno.test("webhook logs and statuses show what was sent to a person's webhook", () =>
  withPerson(async ({ simulator, send }) => {
    const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
      await request.text();
      return new Response(null, { status: 200 });
    });
    try {
      const url = `http://127.0.0.1:${server.addr.port}/`;
      const source = { triggerSourceType: "WORKSPACE_ID", triggerSource: [] };
      const hook = { name: "Hook", url, webhookEvent: "NEW_TAG", ...source };
      const { json: { id } } = await send("POST", "/webhooks", hook);
      await send("POST", "/tags", { name: "Newly found" });
      await simulator.settled();
      const logs = async (body: Json) => (await send("POST", `/webhooks/${id}/logs?size=10`, body)).json;
      const [row] = await logs({ status: "SUCCEEDED" });
      assertEquals([row.webhookId, row.statusCode, JSON.parse(row.requestBody).name], [id, 200, "Newly found"]);
      assertEquals(await logs({ status: "FAILED" }), []);
      const { json: [status] } = await send("GET", `/webhooks/${id}/statuses`);
      assertEquals([status.status, status.retryCount, status.webhookLogId], ["SUCCEEDED", 0, row.id]);
    } finally {
      await server.shutdown();
    }
  }));

Deno.test("what is made and deleted leaves everything else as it was", () =>
  withPerson(async ({ send, get, ownerId }) => {
    const [project] = await get("/projects");
    const whole = async () => {
      const paths = [
        "/clients",
        "/projects",
        `/projects/${project.id}/tasks`,
        "/tags",
        `/user/${ownerId}/time-entries`,
      ];
      return await Promise.all(paths.map((path) => get(`${path}?page-size=500`)));
    };
    const before = await whole();
    const entry = { start: "2026-11-20T09:00:00Z", end: "2026-11-20T10:00:00Z", projectId: project.id };
    const families: [string, Json, Json | undefined][] = [
      ["/clients", { name: "Short-lived" }, { archived: true }],
      ["/projects", { name: "Short-lived" }, { archived: true }],
      [`/projects/${project.id}/tasks`, { name: "Short-lived" }, { status: "DONE" }],
      ["/tags", { name: "Short-lived" }, undefined],
      ["/time-entries", entry, undefined],
    ];
    for (const [path, body, ended] of families) {
      const { status, json } = await send("POST", path, body);
      assertEquals(status, 201);
      if (ended) await send("PUT", `${path}/${json.id}`, { ...body, ...ended });
      assert((await send("DELETE", `${path}/${json.id}`)).status < 300, path);
    }
    assertEquals(await whole(), before);
  }));

Deno.test("lists sort and filter as they are asked, and an archived client takes its projects along", () =>
  withPerson(async ({ send, get, refused }) => {
    const names = async (path: string) => (await get(path)).map(({ name }: Json) => String(name).toLowerCase());
    const up = await names("/projects?sort-column=NAME");
    assertEquals(up, up.toSorted());
    assertEquals(await names("/projects?sort-column=NAME&sort-order=DESCENDING"), up.toReversed());
    assertEquals(await refused("GET", "/projects?sort-column=NONE"), [400, 3000]);
    const [tag] = await get("/tags");
    assertEquals((await get(`/tags?excluded-ids=${tag.id}`)).some(({ id }: Json) => id === tag.id), false);
    const [client] = await get("/clients");
    const own = async () => (await get(`/projects?clients=${client.id}`)).map(({ archived }: Json) => archived);
    await send("PUT", `/clients/${client.id}?archive-projects=true`, { name: client.name, archived: true });
    assertEquals(new Set(await own()), new Set([true]));
    const others = await get(`/projects?clients=${client.id}&contains-client=false`);
    assert(others.length > 0 && others.every(({ clientId }: Json) => clientId !== client.id));
  }));

Deno.test("a key goes for every workspace of its person, also one that he makes", () =>
  withPerson(async ({ simulator, workspaceId, ownerId }) => {
    const headers = {
      "X-Api-Key": await simulator.apiKey({ workspaceId, userId: ownerId }),
      "content-type": "application/json",
    };
    const url = `${simulator.apiUrl}/v1/workspaces`;
    const made = await fetch(url, { method: "POST", headers, body: JSON.stringify({ name: "Second studio" }) });
    const { id } = await made.json();
    const all: Json[] = await (await fetch(url, { headers })).json();
    assertEquals([made.status, all.map((one) => one.id)], [201, [workspaceId, id]]);
    const tags = await fetch(`${url}/${id}/tags`, { headers });
    assertEquals([tags.status, await tags.json()], [200, []]);
    const other = (await simulator.workspaces()).find(({ name }) => name.startsWith("Kestrel"))!;
    const foreign = await fetch(`${url}/${other.id}/tags`, { headers });
    assertEquals(foreign.status, 401);
    await foreign.body?.cancel();
  }));
