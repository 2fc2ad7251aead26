/** Invoices, payments, expenses and rates on the fake API: units, sums, what a PUT replaces, what cannot be done. */

import { assert, assertEquals } from "@std/assert";
import { type PersonScene, withPerson } from "./person.ts";

const invoiceOf = async ({ get }: PersonScene) => {
  const { invoices: [{ id }] } = await get("/invoices");
  return { path: `/invoices/${id}`, invoice: await get(`/invoices/${id}`) };
};

Deno.test("an invoice is made with little, shows percents in hundredths, and is replaced in percent", () =>
  withPerson(async (scene) => {
    const { send, get, refused } = scene;
    const [client] = await get("/clients");
    const dates = { issuedDate: "2026-11-01T00:00:00Z", dueDate: "2026-12-01T00:00:00Z" };
    const made = await send("POST", "/invoices", {
      ...{ clientId: client.id, number: "A-1", currency: "EUR", ...dates, subject: "Dropped", note: "Dropped" },
    });
    assertEquals(Object.keys(made.json).length, 7);
    const path = `/invoices/${made.json.id}`;
    const fresh = await get(path);
    assertEquals([fresh.subject, fresh.note, fresh.items, fresh.amount], ["Invoice", "Thank you", [], 0]);

    const line = { description: "Signs", itemType: "Service", quantity: 1, unitPrice: 10_000_000, applyTaxes: "TAX1" };
    assertEquals((await send("POST", `${path}/items`, line)).json.items[0].amount, 100_000);
    const percents = { discountPercent: 5, taxPercent: 19, tax2Percent: 0 };
    const whole = { number: "A-1", currency: "EUR", ...dates, ...percents, taxType: "SIMPLE", clientId: client.id };
    const { json } = await send("PUT", path, whole);
    assertEquals([json.discount, json.tax, json.subject, json.note], [500, 1900, "", ""]);
    assertEquals([json.subtotal, json.discountAmount, json.taxAmount, json.amount], [100_000, 5_000, 18_050, 113_050]);
    assertEquals((await get(path)).amount, 113_050);
    assertEquals(await refused("POST", "/invoices", { ...made.json, number: "A-1" }), [400, 501]);
    assertEquals(await refused("DELETE", `${path}/items/x`), [400, 3000]);
    assertEquals(await refused("DELETE", `${path}/items/0`), [400, 501]);
    assertEquals((await send("DELETE", `${path}/items/1`)).json.amount, 0);
    assertEquals((await send("DELETE", path)).text, "");
    assertEquals(await refused("GET", path), [400, 501]);
  }));

Deno.test("a payment answers with the invoice, stands in the list, and moves the status", () =>
  withPerson(async (scene) => {
    const { send, get } = scene;
    const { path, invoice } = await invoiceOf(scene);
    const part = await send("POST", `${path}/payments`, { amount: 500, paymentDate: "2026-11-20T00:00:00Z" });
    assertEquals([part.status, part.json.id, part.json.status], [201, invoice.id, "PARTIALLY_PAID"]);
    assertEquals([part.json.paid, part.json.balance], [500, invoice.amount - 500]);
    const paid = await send("POST", `${path}/payments`, { amount: invoice.amount - 500 });
    assertEquals([paid.json.status, paid.json.balance], ["PAID", 0]);
    const payments = await get(`${path}/payments`);
    assertEquals(payments.map(({ amount }: { amount: number }) => amount), [500, invoice.amount - 500]);
    assertEquals((await send("DELETE", `${path}/payments/${payments[0].id}`)).json.status, "PARTIALLY_PAID");
    assertEquals((await send("PATCH", `${path}/status`, { invoiceStatus: "VOID" })).text, "");
    const { json } = await send("POST", "/invoices/info", { statuses: ["VOID"] });
    assertEquals([json.total, json.invoices[0].id], [1, invoice.id]);
    const copy = await send("POST", `${path}/duplicate`);
    assertEquals([copy.json.status, copy.json.items], ["UNSENT", invoice.items]);
  }));

Deno.test("expenses are made in whole units and shown in cents; the list has objects, one expense has ids", () =>
  withPerson(async ({ send, get, refused, ownerId }) => {
    const [project] = await get("/projects");
    const { categories: [category] } = await get("/expenses/categories");
    const unit = { name: "Mileage", hasUnitPrice: true, priceInCents: 45, unit: "km" };
    const { json: mileage } = await send("POST", "/expenses/categories", unit);
    const base = { userId: ownerId, projectId: project.id, date: "2026-11-20T00:00:00Z" };
    const { json: plain } = await send("POST", "/expenses", { ...base, categoryId: category.id, amount: 12.5 });
    const { json: driven } = await send("POST", "/expenses", { ...base, categoryId: mileage.id, amount: 100 });
    assertEquals([plain.total, driven.total, driven.quantity], [1250, 4500, 100]);
    const { expenses: { expenses } } = await get("/expenses?page-size=200");
    const row = expenses.find(({ id }: { id: string }) => id === driven.id);
    assertEquals([row.category.name, row.project.id, row.categoryId], ["Mileage", project.id, undefined]);
    assertEquals((await get(`/expenses/${driven.id}`)).categoryId, mileage.id);
    const change = { ...base, categoryId: mileage.id, amount: 1, notes: "There", changeFields: ["NOTES"] };
    const { json } = await send("PUT", `/expenses/${driven.id}`, change);
    assertEquals([json.total, json.notes], [4500, "There"]);
    assertEquals(await refused("PUT", `/expenses/${driven.id}`, { ...change, changeFields: ["NONE"] }), [400, 3000]);
    const path = `/expenses/categories/${mileage.id}`;
    assertEquals(await refused("DELETE", path), [400, 501]);
    await send("PATCH", `${path}/status`, { archived: true });
    assertEquals((await send("DELETE", path)).status, 204);
    assertEquals((await send("DELETE", `/expenses/${driven.id}`)).status, 200);
  }));

Deno.test("a receipt that is uploaded as a form can be downloaded", () =>
  withPerson(async ({ simulator, get, send, workspaceId, ownerId }) => {
    const [project] = await get("/projects");
    const { categories: [category] } = await get("/expenses/categories");
    const form = new FormData();
    const fields = { amount: "8.5", categoryId: category.id, date: "2026-11-20T00:00:00Z", userId: ownerId };
    for (const [name, value] of Object.entries({ ...fields, projectId: project.id })) form.append(name, value);
    form.append("file", new File(["a receipt"], "taxi.txt"));
    const answer = await fetch(`${simulator.apiUrl}/v1/workspaces/${workspaceId}/expenses`, {
      method: "POST",
      headers: { "X-Api-Key": await simulator.apiKey({ workspaceId, userId: ownerId }) },
      body: form,
    });
    const { id, fileId, total } = await answer.json();
    assertEquals([answer.status, total], [201, 850]);
    assertEquals((await send("GET", `/expenses/${id}/files/${fileId}`)).text, "a receipt");
  }));

Deno.test("rates are whole cents, of the workspace, its members, and members and tasks of projects; none can be read alone", () =>
  withPerson(async ({ send, get, refused, memberId }) => {
    assertEquals(await refused("PUT", "/hourly-rate", { amount: 10.5, currency: "EUR" }), [400, 3002]);
    assertEquals(await refused("PUT", "/cost-rate", {}), [400, 501]);
    assertEquals(await refused("GET", "/hourly-rate"), [405, 3000]);
    const set = async (path: string) => (await send("PUT", path, { amount: 7500, currency: "EUR" })).json;
    assertEquals((await set("/hourly-rate")).hourlyRate, { amount: 7500, currency: "EUR" });
    const { memberships } = await set(`/users/${memberId}/cost-rate`);
    const rate = memberships.find(({ userId }: { userId: string }) => userId === memberId).costRate;
    assertEquals(rate, { amount: 7500, currency: "EUR" });
    const [project] = await get("/projects");
    const [member] = project.memberships;
    const answer = await set(`/projects/${project.id}/users/${member.userId}/hourly-rate`);
    assertEquals(answer.memberships[0].hourlyRate.amount, 7500);
    const [task] = await get(`/projects/${project.id}/tasks`);
    assertEquals((await set(`/projects/${project.id}/tasks/${task.id}/cost-rate`)).costRate.amount, 7500);
    assertEquals(await refused("PUT", `/projects/${project.id}/hourly-rate`, { amount: 1 }), [404, 3000]);
    assert((await get(`/projects/${project.id}/tasks/${task.id}`)).costRate);
  }));
