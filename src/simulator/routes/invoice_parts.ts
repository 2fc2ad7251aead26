/** What is changed of an invoice beside its PUT: items, payments and status; its copy and its PDF. */

import { type Item, passes, takeItem, timeOf } from "../items.ts";
import { changedInvoice, fullInvoice, type InvoiceLine, invoiceOf, invoicesOf, paymentsOf } from "../invoice_view.ts";
import { type ApiCall, ApiRefusal, created, objectBody, paged, refuse, type Route } from "../route.ts";
import { instant } from "../wall_clock.ts";

const ONE = "/v1/workspaces/{workspaceId}/invoices/{invoiceId}";
const [READ, WRITE] = ["INVOICE_READ", "INVOICE_WRITE"];
const ITEM_TYPES = ["Service", "Product"];
const STATUSES = ["UNSENT", "SENT", "PAID", "PARTIALLY_PAID", "VOID", "OVERDUE"];

/** unitPrice is in hundredths of a cent. */
function addLine(call: ApiCall) {
  const invoice = invoiceOf(call);
  const { applyTaxes, description, itemType, quantity, unitPrice } = objectBody(call);
  // No route lists the types of a workspace, nor makes one.
  if (!ITEM_TYPES.includes(String(itemType))) {
    throw new ApiRefusal(404, `Invoice item type with name ${itemType} not found`, 404);
  }
  const items = invoice.items as InvoiceLine[];
  const order = Math.max(0, ...items.map((line) => line.order)) + 1;
  const amount = Math.round(Number(unitPrice) * Number(quantity) / 100);
  const line = { order, description, itemType, quantity, unitPrice, amount, applyTaxes };
  items.push({ ...line, importType: "NOT_IMPORTED", timeEntryIds: [], expenseIds: [] });
  return changedInvoice(call, invoice);
}

function removeLine(call: ApiCall) {
  const invoice = invoiceOf(call);
  const items = invoice.items as InvoiceLine[];
  const order = Number(call.params.order);
  if (!Number.isInteger(order)) throw new ApiRefusal(400, "Failed to convert order", 3000);
  if (order < 1) throw refuse("must be greater than or equal to 1");
  if (!items.some((line) => line.order === order)) throw refuse("Invoice item doesn't exist");
  invoice.items = items.filter((line) => line.order !== order);
  return changedInvoice(call, invoice);
}

/** Answers with the invoice; the new payment stands in the list alone. */
function pay(call: ApiCall) {
  const invoice = invoiceOf(call);
  const { amount, note = "", paymentDate } = objectBody(call);
  if (typeof amount !== "number" || amount < 1) throw refuse("must be greater than or equal to 1");
  const date = paymentDate ?? instant(call.world.clock.now());
  paymentsOf(call, invoice).push({ id: call.world.newId(), amount, author: call.caller.user.name, date, note });
  settle(call, invoice);
  return changedInvoice(call, invoice, 201);
}

function unpay(call: ApiCall) {
  const invoice = invoiceOf(call);
  takeItem(paymentsOf(call, invoice), call.params.paymentId, "Payment");
  settle(call, invoice);
  return changedInvoice(call, invoice);
}

/** Payments decide between SENT, PARTIALLY_PAID and PAID. */
function settle(call: ApiCall, invoice: Item): void {
  const { paid, balance } = fullInvoice(call, invoice);
  invoice.status = Number(paid) === 0 ? "SENT" : Number(balance) <= 0 ? "PAID" : "PARTIALLY_PAID";
}

/** One line for all that was worked in the range: other groupings are served as this one. */
function importTime(call: ApiCall) {
  const invoice = invoiceOf(call);
  const { from, to, projectFilter, importExpenses } = objectBody(call);
  const [start, end] = [timeOf(from), timeOf(to)];
  const isOfProject = passes(projectFilter);
  const entries = [...call.workspace.timeEntries.values()].filter(({ billable, projectId, timeInterval }) => {
    const at = Date.parse(timeInterval.start);
    return billable && timeInterval.end !== null && at >= start && at <= end && isOfProject([projectId]);
  });
  const cents = entries.reduce((sum, { hourlyRate, timeInterval }) => {
    const hours = (Date.parse(timeInterval.end!) - Date.parse(timeInterval.start)) / 3_600_000;
    return sum + Math.round(hours * (hourlyRate?.amount ?? 0));
  }, 0);
  const items = invoice.items as InvoiceLine[];
  items.push({
    ...{
      order: Math.max(0, ...items.map((line) => line.order)) + 1,
      description: "Imported time",
      itemType: "Service",
    },
    ...{ quantity: 100, unitPrice: cents, amount: cents, applyTaxes: "NONE" },
    ...{ importType: "TIME_ENTRY_IMPORT", timeEntryIds: entries.map(({ id }) => id), expenseIds: [] },
  });
  Object.assign(invoice, { containsImportedTimes: true, containsImportedExpenses: importExpenses === true });
  return changedInvoice(call, invoice);
}

export const invoicePartRoutes: Route[] = [
  { method: "POST", path: `${ONE}/items/import`, scope: WRITE, known: "shape", handle: importTime },
  {
    method: "PATCH",
    path: `${ONE}/status`,
    scope: WRITE,
    handle(call) {
      const invoice = invoiceOf(call);
      const { invoiceStatus } = objectBody(call);
      if (!STATUSES.includes(String(invoiceStatus))) throw new ApiRefusal(400, "Cannot parse invoiceStatus", 3002);
      invoice.status = invoiceStatus;
      changedInvoice(call, invoice);
      return { status: 200 };
    },
  },
  {
    method: "POST",
    path: `${ONE}/duplicate`,
    scope: WRITE,
    handle(call) {
      const copy: Item = { ...structuredClone(invoiceOf(call)), id: call.world.newId(), status: "UNSENT" };
      copy.number = `${copy.number}-${invoicesOf(call).length + 1}`;
      invoicesOf(call).push(copy);
      const body = fullInvoice(call, copy);
      call.world.emit(call.workspace.id, "NEW_INVOICE", body);
      return created(body);
    },
  },
  {
    method: "GET",
    path: `${ONE}/export`,
    scope: READ,
    handle(call) {
      const body = `%PDF-1.4 invoice ${invoiceOf(call).number}`;
      return { status: 200, headers: { "content-type": "application/pdf" }, body };
    },
  },
  { method: "POST", path: `${ONE}/items`, scope: WRITE, handle: addLine },
  { method: "DELETE", path: `${ONE}/items/{order}`, scope: WRITE, handle: removeLine },
  {
    method: "GET",
    path: `${ONE}/payments`,
    scope: READ,
    handle: (call) => paged(call, paymentsOf(call, invoiceOf(call))),
  },
  { method: "POST", path: `${ONE}/payments`, scope: WRITE, handle: pay },
  { method: "DELETE", path: `${ONE}/payments/{paymentId}`, scope: WRITE, handle: unpay },
];
