/** What live probes of 2026 saw (docs/clockify-protocol.md), one line each, beside what the tests of families have. */

import { assertEquals, assertMatch } from "@std/assert";
import { withPerson } from "./person.ts";

const NOBODY = "ffffffffffffffffffffffff";

Deno.test("routes that documents name and Clockify has not are 404, other methods of a known path 405 with those that it has", () =>
  withPerson(async ({ send, report, workspaceId, ownerId }) => {
    for (
      const [method, path] of [
        ["PATCH", `/user/${ownerId}/time-entries/stop`],
        ["PATCH", "/time-entries/invoiced/bulk"],
        ["PUT", `/projects/${NOBODY}/archive`],
        ["PUT", `/clients/${NOBODY}/archive`],
        ["PUT", `/projects/${NOBODY}/hourly-rate`],
        ["GET", "/balance"],
        ["GET", `/time-off/requests/${NOBODY}`],
        ["PATCH", `/time-off/requests/${NOBODY}/status`],
        ["POST", `/policies/${NOBODY}/requests`],
        ["POST", "/scheduling/assignments"],
        ["PATCH", `/webhooks/${NOBODY}/generateNewToken`],
      ] as const
    ) {
      const { status, json } = await send(method, path, method === "GET" ? undefined : {});
      const message = `No static resource v1/workspaces/${workspaceId}${path}.`;
      assertEquals([status, json], [404, { message, code: 3000 }], path);
    }
    for (
      const [method, path, allow] of [
        ["PUT", "", "GET"],
        ["GET", "/time-off/requests", "POST"],
        ["GET", `/user-groups/${NOBODY}`, "DELETE, PUT"],
        ["GET", `/user-groups/${NOBODY}/users`, "POST"],
        ["GET", `/custom-fields/${NOBODY}`, "DELETE, PUT"],
        ["GET", `/holidays/${NOBODY}`, "DELETE, PUT"],
        ["PUT", `/member-profile/${ownerId}`, "GET, PATCH"],
        ["GET", `/webhooks/${NOBODY}/logs`, "POST"],
      ] as const
    ) {
      const { status, headers, json } = await send(method, path, method === "GET" ? undefined : {});
      assertEquals([status, headers.get("allow"), json.code], [405, allow, 3000], path);
    }
    const shared = await report("GET", `/shared-reports/${NOBODY}`);
    assertEquals([shared.status, shared.headers.get("allow")], [405, "DELETE, PUT"]);
  }));

Deno.test("refusals repeat what was sent, or name another cause than the one there is", () =>
  withPerson(async ({ send, report, get, refused, ownerId }) => {
    const [project] = await get("/projects");
    const typed = await send("GET", `/projects/${project.id}/tasks?is-active=SomethingTyped`);
    assertEquals([typed.status, typed.json.code], [400, 3000]);
    assertMatch(typed.json.message, /^Method parameter 'is-active'.*Invalid boolean value \[SomethingTyped\]$/);
    assertEquals(await refused("GET", "/approval-requests?types=TIME_OFF"), [400, 3000]);
    assertEquals((await report("GET", "/shared-reports?sharedReportsFilter=NEW")).status, 500);
    const hook = { url: "https://x.example/", webhookEvent: "NEW_TASK", triggerSourceType: "WORKSPACE_ID" };
    const unnamed = await send("POST", "/webhooks", { ...hook, triggerSource: [] });
    assertEquals(unnamed.json, { message: "Webhook already exists", code: 501 });
    assertEquals((await send("POST", "/webhooks", { ...hook, name: "Tasks", triggerSource: [] })).status, 201);
    const twice = await send("POST", "/projects", { name: project.name });
    assertEquals(twice.json, { message: "Project with this name already exists", code: 501 });
    const { invoices: [invoice] } = await get("/invoices");
    const line = { applyTaxes: "NONE", description: "x", itemType: "Signage", quantity: 100, unitPrice: 100 };
    const unknown = await send("POST", `/invoices/${invoice.id}/items`, line);
    assertEquals([unknown.status, unknown.json.message], [404, "Invoice item type with name Signage not found"]);
    // An entry of an archived project is made.
    await send("PUT", `/projects/${project.id}`, { name: project.name, archived: true });
    const entries = `/user/${ownerId}/time-entries`;
    const entry = { start: "2026-11-20T09:00:00Z", end: "2026-11-20T10:00:00Z" };
    assertEquals((await send("POST", entries, { ...entry, projectId: project.id })).status, 201);
    const { balances } = await get(`/time-off/balance/user/${ownerId}`);
    assertEquals(
      new Set(balances.map((one: { negativeBalanceUsed: number }) => one.negativeBalanceUsed)),
      new Set([0]),
    );
  }));
