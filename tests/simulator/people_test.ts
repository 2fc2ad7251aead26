/** Approvals, time off, balances, scheduling and members on the fake API. */

import { assertEquals } from "@std/assert";
import { withPerson } from "./person.ts";

type Json = Record<string, unknown>;

Deno.test("an approval locks its entries until it is withdrawn, and goes only where it can", () =>
  withPerson(async ({ send, get, refused, memberId }) => {
    const [row] = await get("/approval-requests?status=PENDING");
    const path = `/approval-requests/${row.approvalRequest.id}`;
    assertEquals(row.approvalRequest.owner.userId, memberId);
    const [entry] = row.entries;
    assertEquals(await refused("PATCH", path, { state: "WITHDRAWN_APPROVAL" }), [400, 501]);
    assertEquals(await refused("PATCH", path, { state: "NO_STATE" }), [400, 3002]);
    const { json } = await send("PATCH", path, { state: "APPROVED", note: "Fine" });
    assertEquals([json.status.state, json.status.note], ["APPROVED", "Fine"]);
    const one = `/time-entries/${entry.id}`;
    assertEquals((await get(one)).isLocked, true);
    assertEquals(await refused("DELETE", one), [403, 4005]);
    assertEquals(await refused("PUT", one, { start: entry.timeInterval.start }), [403, 4005]);
    const again = { periodStart: "2026-11-09T00:00:00Z" };
    assertEquals(await refused("POST", `/approval-requests/users/${memberId}`, again), [400, 501]);
    await send("PATCH", path, { state: "WITHDRAWN_APPROVAL" });
    assertEquals((await get(one)).isLocked, false);
    const resubmit = `/approval-requests/users/${memberId}/resubmit-entries-for-approval`;
    assertEquals((await send("POST", resubmit, again)).json.status.state, "PENDING");
    assertEquals(await refused("POST", resubmit, again), [400, 501]);
    const typed = await send("POST", "/approval-requests/TIMESHEET", again);
    assertEquals([typed.status, typed.json.type], [201, "TIMESHEET"]);
    assertEquals(await refused("POST", "/approval-requests/TIME_OFF", again), [400, 3000]);
  }));

Deno.test("time off is asked in the unit of the policy, takes from the balance, and only what is pending is deleted", () =>
  withPerson(async ({ send, get, refused, ownerId }) => {
    const [policy] = await get("/time-off/policies");
    const requests = `/time-off/policies/${policy.id}/requests`;
    const ask = (period: Json) => ({ timeOffPeriod: { period } });
    const inHours = ask({ start: "2027-03-01T08:00:00Z", end: "2027-03-01T12:00:00Z" });
    assertEquals(await refused("POST", requests, inHours), [400, 501]);
    const { status, json } = await send("POST", requests, ask({ start: "2027-03-01", days: 3 }));
    assertEquals([status, json.status.statusType, json.balanceDiff, json.balance], [200, "PENDING", 3, 17]);
    const path = `${requests}/${json.id}`;
    assertEquals(await refused("GET", `/time-off/requests/${json.id}`), [404, 3000]);
    assertEquals(await refused("PATCH", path, { status: "PENDING" }), [400, 3002]);
    assertEquals((await send("PATCH", path, { status: "REJECTED" })).json.status.statusType, "REJECTED");
    assertEquals(await refused("DELETE", path), [400, 501]);
    const { balances } = await get(`/time-off/balance/user/${ownerId}`);
    assertEquals([balances[0].balance, balances[0].used], [20, 0]);
    assertEquals(await refused("POST", requests, ask({ start: "2027-03-01", days: 30 })), [400, 501]);
    const search = (body: Json) => send("POST", "/time-off/requests", body);
    assertEquals((await search({ statuses: ["WITHDRAWN"] })).json.code, 501);
    const all = await search({ statuses: ["ALL"], pageSize: 2 });
    assertEquals([all.json.requests.length, all.json.count > 2], [2, true]);
    const pending = await send("POST", requests, ask({ start: "2027-04-01", days: 1 }));
    assertEquals((await send("DELETE", `${requests}/${pending.json.id}`)).status, 200);
  }));

Deno.test("policies are archived before they go, replaced whole, and the old host shows the same", () =>
  withPerson(async ({ simulator, send, get, refused, workspaceId, ownerId }) => {
    const made = await send("POST", "/time-off/policies", { name: "Parental", approve: { requiresApproval: false } });
    assertEquals(await refused("POST", "/time-off/policies", { name: "Parental" }), [400, 501]);
    const path = `/time-off/policies/${made.json.id}`;
    assertEquals(await refused("PATCH", path, { status: "ALL" }), [400, 501]);
    assertEquals(await refused("DELETE", path), [400, 501]);
    assertEquals((await send("PATCH", path, { status: "ARCHIVED" })).json.archived, true);
    const headers = { "X-Api-Key": await simulator.apiKey({ workspaceId, userId: ownerId }) };
    const old = await fetch(`${simulator.url}/pto/v1/workspaces/${workspaceId}/policies/${made.json.id}`, { headers });
    assertEquals(await old.json(), await get(path));
    assertEquals((await send("DELETE", path)).status, 200);
  }));

Deno.test("a balance assignment adds when it is made, by a difference when it is changed, and wants a note to go", () =>
  withPerson(async ({ send, get, refused, memberId }) => {
    const [policy] = await get("/time-off/policies");
    const base = "/time-off/balance/assignment";
    const pair = `user/${memberId}/policy/${policy.id}`;
    const accrued = async () => (await get(`${base}/${pair}`)).map((one: Json) => one.accrued);
    const add = () => send("POST", base, { balance: 2, policyId: policy.id, userIds: [memberId] });
    assertEquals((await add()).status, 201);
    await add();
    assertEquals(await accrued(), [24]);
    const [{ id }] = await get(`${base}/${pair}`);
    assertEquals((await send("PUT", `${base}/${id}/${pair}`, { balanceChange: -4 })).status, 204);
    assertEquals(await accrued(), [20]);
    assertEquals(await refused("DELETE", `${base}/${id}/${pair}`, {}), [400, 501]);
    assertEquals((await send("DELETE", `${base}/${id}/${pair}`, { note: "Left" })).status, 200);
    assertEquals(await accrued(), []);
  }));

Deno.test("assignments repeat, change as one or as a series, and are published by range", () =>
  withPerson(async ({ send, get, refused, memberId }) => {
    const [project] = await get("/projects");
    const span = { start: "2027-02-01T00:00:00Z", end: "2027-02-05T23:59:59Z" };
    const body = { ...span, projectId: project.id, userId: memberId, hoursPerDay: 6 };
    const base = "/scheduling/assignments";
    const { status, json: made } = await send("POST", `${base}/recurring`, {
      ...body,
      recurringAssignment: { repeat: true, weeks: 3 },
    });
    assertEquals([status, made.length, made[1].period.start], [201, 3, "2027-02-08T00:00:00Z"]);
    const [first, second] = made;
    const edit = (option: string) =>
      send("PATCH", `${base}/recurring/${second.id}`, {
        ...{ start: second.period.start, end: second.period.end, hoursPerDay: 2, seriesUpdateOption: option },
      });
    assertEquals((await edit("THIS_ONE")).json.length, 1);
    assertEquals((await edit("THIS_AND_FOLLOWING")).json.length, 2);
    const march = "start=2027-02-01T00:00:00Z&end=2027-03-01T00:00:00Z";
    const listed = async () => (await get(`${base}/all?${march}`)).map((one: Json) => one.hoursPerDay);
    assertEquals(await listed(), [6, 2, 2]);
    assertEquals(await refused("GET", `${base}/all`), [400, 3001]);
    const totals = await get(`${base}/projects/totals/${project.id}?${march}`);
    assertEquals(totals.totalHours, (6 + 2 + 2) * 5);
    const byUser = await send("POST", `${base}/user-filter/totals`, {
      ...span,
      userFilter: { contains: "CONTAINS", ids: [memberId] },
    });
    assertEquals(byUser.json.map((one: Json) => one.userId), [memberId]);
    assertEquals((await send("PUT", `${base}/publish`, span)).text, "");
    assertEquals((await send("PUT", `${base}/series/${first.id}`, { weeks: 2 })).json.length, 1);
    assertEquals(await listed(), [6]);
    const copied = await send("POST", `${base}/${first.id}/copy`, { userId: memberId });
    assertEquals(copied.json[0].published, false);
    assertEquals((await send("DELETE", `${base}/recurring/${first.id}?seriesUpdateOption=ALL`)).json.length, 1);
  }));

Deno.test("members: search, invitation, status, roles, fields of their own, profile and groups", () =>
  withPerson(async ({ send, get, refused, memberId }) => {
    const search = async (body: Json) => (await send("POST", "/users/info", body)).json;
    const all = await get("/users");
    assertEquals((await search({ pageSize: 2, page: 2 })).map((one: Json) => one.id), [all[2].id, all[3].id]);
    assertEquals((await search({ accountStatuses: ["ACTIVE", "LIMITED_DELETED"] })).length, all.length);
    assertEquals((await search({ accountStatuses: ["GONE"] })).code, 3000);
    assertEquals((await send("POST", "/users?send-email=false", { email: "new@harbour-pine.example" })).status, 200);
    assertEquals((await search({ status: "PENDING" })).map((one: Json) => one.status), ["NOT_REGISTERED"]);
    assertEquals(await refused("POST", "/users", { email: "new@harbour-pine.example" }), [400, 501]);

    const [project] = await get("/projects");
    const role = { role: "PROJECT_MANAGER", entityId: project.id };
    assertEquals((await send("POST", `/users/${memberId}/roles`, role)).json[0].role.name, "PROJECT_MANAGER");
    assertEquals((await send("DELETE", `/users/${memberId}/roles`, role)).status, 204);
    assertEquals(await refused("DELETE", `/users/${memberId}/roles`, role), [400, 501]);

    const [field] = await get("/custom-fields");
    const set = await send("PUT", `/users/${memberId}/custom-field/${field.id}/value`, { value: "Dock 4" });
    assertEquals([set.status, set.json.value], [201, "Dock 4"]);
    const path = `/member-profile/${memberId}`;
    const before = await get(path);
    assertEquals(before.userCustomFieldValues[0].value, "Dock 4");
    await send("PATCH", path, { workCapacity: "PT6H" });
    assertEquals(await get(path), { ...before, workCapacity: "PT6H" });

    const [group] = await get("/user-groups");
    const added = all.find((one: Json) => !group.userIds.includes(one.id)).id;
    assertEquals((await send("POST", `/user-groups/${group.id}/users`, { userId: added })).json.userIds.at(-1), added);
    assertEquals(await refused("GET", `/user-groups/${group.id}`), [405, 3000]);
    assertEquals((await send("DELETE", `/user-groups/${group.id}/users/${added}`)).json, group);
    const limited = await send("POST", "/limited-users", { users: [{ name: "Kiosk one", userGroups: [group.id] }] });
    assertEquals((await get("/users?account-statuses=LIMITED")).map((one: Json) => one.name), ["Kiosk one"]);
    assertEquals(limited.status, 200);
  }));
