/** The webhooks that changes bring: each body has the fields of its sample in fixtures/events. */

import { assert, assertEquals } from "@std/assert";
import { type PersonScene, withPerson } from "./person.ts";

// deno-lint-ignore no-explicit-any -- bodies as they come
type Json = any;

/** What brings each event. */
const CHANGES: Record<string, (scene: PersonScene) => Promise<unknown>> = {
  NEW_CLIENT: ({ send }) => send("POST", "/clients", { name: "Newly found" }),
  NEW_PROJECT: ({ send }) => send("POST", "/projects", { name: "Newly found" }),
  NEW_TAG: ({ send }) => send("POST", "/tags", { name: "Newly found" }),
  async NEW_TASK({ send, get }) {
    const [{ id }] = await get("/projects");
    await send("POST", `/projects/${id}/tasks`, { name: "Newly found" });
  },
  NEW_TIMER_STARTED: ({ send }) => send("POST", "/time-entries", { start: "2026-11-20T09:00:00Z" }),
  async APPROVAL_REQUEST_STATUS_UPDATED({ send, get }) {
    const [{ approvalRequest: { id } }] = await get("/approval-requests");
    await send("PATCH", `/approval-requests/${id}`, { state: "REJECTED" });
  },
  NEW_APPROVAL_REQUEST: ({ send }) => send("POST", "/approval-requests", { periodStart: "2026-10-05T00:00:00Z" }),
  async ASSIGNMENT_CREATED({ send, get, memberId }) {
    const [{ id: projectId }] = await get("/projects");
    const span = { start: "2027-02-01T00:00:00Z", end: "2027-02-05T00:00:00Z" };
    await send("POST", "/scheduling/assignments/recurring", { ...span, projectId, userId: memberId, hoursPerDay: 4 });
  },
  async BALANCE_UPDATED({ send, get, memberId }) {
    const [{ id }] = await get("/time-off/policies");
    await send("PATCH", `/time-off/balance/policy/${id}`, { userIds: [memberId], value: 21.5, note: "Carried over" });
  },
  BILLABLE_RATE_UPDATED: ({ send, memberId }) => send("PUT", `/users/${memberId}/hourly-rate`, { amount: 9000 }),
  COST_RATE_UPDATED: ({ send, memberId }) => send("PUT", `/users/${memberId}/cost-rate`, { amount: 4500 }),
  async EXPENSE_CREATED({ send, get, memberId }) {
    const [{ id: projectId }] = await get("/projects");
    const { categories: [{ id: categoryId }] } = await get("/expenses/categories");
    const fields = { userId: memberId, projectId, categoryId, date: "2026-11-20T00:00:00Z" };
    await send("POST", "/expenses", { ...fields, amount: 18.5 });
  },
  async EXPENSE_DELETED({ send, get }) {
    const { expenses: { expenses: [{ id }] } } = await get("/expenses");
    await send("DELETE", `/expenses/${id}`);
  },
  async NEW_INVOICE({ send, get }) {
    const [{ id: clientId }] = await get("/clients");
    const dates = { issuedDate: "2026-11-01T00:00:00Z", dueDate: "2026-12-01T00:00:00Z" };
    await send("POST", "/invoices", { clientId, number: "A-1", currency: "EUR", ...dates });
  },
  async INVOICE_UPDATED({ send, get }) {
    const { invoices: [{ id }] } = await get("/invoices");
    await send("POST", `/invoices/${id}/payments`, { amount: 100 });
  },
  async TIME_OFF_REQUESTED({ send, get }) {
    const [{ id }] = await get("/time-off/policies");
    const timeOffPeriod = { period: { start: "2027-02-01", days: 2 } };
    await send("POST", `/time-off/policies/${id}/requests`, { timeOffPeriod });
  },
  async TIME_OFF_REQUEST_APPROVED({ send }) {
    const { json: { requests: [{ id, policyId }] } } = await send("POST", "/time-off/requests", {});
    await send("PATCH", `/time-off/policies/${policyId}/requests/${id}`, { status: "APPROVED" });
  },
  async TIME_OFF_REQUEST_WITHDRAWN({ send }) {
    const { json: { requests: [{ id, policyId }] } } = await send("POST", "/time-off/requests", {});
    await send("DELETE", `/time-off/policies/${policyId}/requests/${id}`);
  },
  USERS_INVITED_TO_WORKSPACE: ({ send }) => send("POST", "/users", { email: "new@harbour-pine.example" }),
  LIMITED_USERS_ADDED_TO_WORKSPACE: ({ send }) => send("POST", "/limited-users", { users: [{ name: "Kiosk one" }] }),
  USER_DEACTIVATED_ON_WORKSPACE: ({ send, memberId }) => send("PUT", `/users/${memberId}`, { status: "INACTIVE" }),
  USER_DELETED_FROM_WORKSPACE: ({ send, memberId }) => send("DELETE", `/users/${memberId}`),
  USER_GROUP_CREATED: ({ send }) => send("POST", "/user-groups", { name: "Newly found" }),
  async USER_GROUP_UPDATED({ send, get }) {
    const [{ id, userIds: [userId] }] = await get("/user-groups");
    await send("DELETE", `/user-groups/${id}/users/${userId}`);
  },
};

async function sampleOf(event: string): Promise<Json> {
  return JSON.parse(await Deno.readTextFile(new URL(`../../fixtures/events/${event}.json`, import.meta.url)));
}

for (const [event, change] of Object.entries(CHANGES)) {
  Deno.test(`${event} has the fields of its sample when a change brings it`, () =>
    withPerson(async (scene) => {
      const { simulator, send, workspaceId } = scene;
      await simulator.configureDeliveries({ hold: true });
      const source = { triggerSourceType: "WORKSPACE_ID", triggerSource: [] };
      const hook = { name: "Hook", url: "https://hooks.example.com/", webhookEvent: event, ...source };
      assertEquals((await send("POST", "/webhooks", hook)).status, 201);
      await change(scene);
      const [delivery] = await simulator.listDeliveries({ event });
      assert(delivery, `no ${event}`);
      assertEquals(delivery.workspaceId, workspaceId);
      const body = JSON.parse(delivery.body);
      assertEquals(Object.keys(await sampleOf(event)).filter((name) => !(name in body)), []);
    }));
}
