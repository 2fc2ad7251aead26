/** Invoices and the settings of all: listed, searched, made with little, replaced whole, deleted. */

import { businessOf } from "../business_data.ts";
import { bodyPage, enveloped, type Item, passes, requireAll, takeItem } from "../items.ts";
import { changedInvoice, fullInvoice, invoiceOf, invoiceRow, invoicesOf } from "../invoice_view.ts";
import { type ApiCall, created, objectBody, ok, refuse, type Route } from "../route.ts";

const INVOICES = "/v1/workspaces/{workspaceId}/invoices";
const ONE = `${INVOICES}/{invoiceId}`;
const [READ, WRITE] = ["INVOICE_READ", "INVOICE_WRITE"];

function checkNumber(call: ApiCall, number: unknown): void {
  if (invoicesOf(call).some((one) => one.number === number && one.id !== call.params.invoiceId)) {
    throw refuse("Invoice with that number already exists");
  }
}

/** Takes what the request names and drops note and subject without a word: a PUT writes those. */
function create(call: ApiCall) {
  const { workspace, world } = call;
  const { clientId, currency, dueDate, issuedDate, number } = objectBody(call);
  const client = workspace.clients.get(String(clientId));
  if (!client) throw refuse("Client doesn't belong to Workspace");
  checkNumber(call, number);
  const { defaults } = businessOf(workspace).invoiceSettings as { defaults: { notes?: string; subject?: string } };
  const invoice: Item = {
    id: world.newId(),
    ...{ number, currency, dueDate, issuedDate, clientId: client.id, clientName: client.name },
    ...{ clientAddress: client.address ?? "", companyId: null, billFrom: workspace.name, userId: call.caller.user.id },
    ...{ status: "UNSENT", note: defaults?.notes ?? "", subject: defaults?.subject ?? "", items: [] },
    ...{ discount: 0, tax: 0, tax2: 0, taxType: "NONE", calculationType: "INVOICE_BASED", visibleZeroFields: null },
    ...{ containsImportedExpenses: false, containsImportedTimes: false },
  };
  invoicesOf(call).push(invoice);
  world.emit(workspace.id, "NEW_INVOICE", fullInvoice(call, invoice));
  const { id, billFrom } = invoice;
  return created({ id, billFrom, number, currency, dueDate, issuedDate, clientId });
}

function replace(call: ApiCall) {
  const invoice = invoiceOf(call);
  const body = objectBody(call);
  requireAll(body, ["currency", "discountPercent", "dueDate", "issuedDate", "number", "tax2Percent", "taxPercent"]);
  checkNumber(call, body.number);
  const { clientId = null, companyId = null, currency, dueDate, issuedDate, number } = body;
  const client = clientId === null ? undefined : call.workspace.clients.get(String(clientId));
  if (clientId !== null && !client) throw refuse("Client doesn't belong to Workspace");
  const { note = "", subject = "", taxType = "NONE", visibleZeroFields = null } = body;
  const hundredths = (percent: unknown) => Math.round(Number(percent) * 100);
  Object.assign(invoice, {
    ...{ clientId, clientName: client?.name ?? null, companyId, number, subject, note, currency, dueDate, issuedDate },
    ...{ discount: hundredths(body.discountPercent), tax: hundredths(body.taxPercent) },
    ...{ tax2: hundredths(body.tax2Percent), taxType, visibleZeroFields },
  });
  return changedInvoice(call, invoice);
}

function search(call: ApiCall) {
  const body = objectBody(call);
  const { statuses = [], invoiceNumber, strictSearch } = body as { statuses?: string[]; [field: string]: unknown };
  const number = invoiceNumber === undefined ? undefined : String(invoiceNumber);
  const isOfClient = passes(body.clients);
  const items = invoicesOf(call).map((one) => invoiceRow(call, one)).filter((one) =>
    (statuses.length === 0 || statuses.includes(String(one.status))) && isOfClient([String(one.clientId)]) &&
    (!number || (strictSearch ? one.number === number : String(one.number).includes(number)))
  );
  return ok({ invoices: bodyPage(body, items), total: items.length });
}

export const invoiceRoutes: Route[] = [
  {
    method: "GET",
    path: INVOICES,
    scope: READ,
    handle(call) {
      const statuses = call.query.getAll("statuses").flatMap((text) => text.split(","));
      const items = invoicesOf(call).filter(({ status }) => !statuses.length || statuses.includes(String(status)));
      return enveloped(call, items.map((one) => invoiceRow(call, one)), (page) => ({
        invoices: page,
        total: items.length,
      }));
    },
  },
  { method: "POST", path: INVOICES, scope: WRITE, handle: create },
  { method: "POST", path: `${INVOICES}/info`, scope: READ, optional: ["page", "pageSize"], handle: search },
  {
    method: "GET",
    path: `${INVOICES}/settings`,
    scope: READ,
    handle: (call) => ok(businessOf(call.workspace).invoiceSettings),
  },
  {
    method: "PUT",
    path: `${INVOICES}/settings`,
    scope: WRITE,
    handle(call) {
      const { labels, defaults = null, exportFields = null } = objectBody(call);
      requireAll({ labels }, ["labels"]);
      businessOf(call.workspace).invoiceSettings = { labels, defaults, exportFields };
      return { status: 200 };
    },
  },
  { method: "GET", path: ONE, scope: READ, handle: (call) => ok(fullInvoice(call, invoiceOf(call))) },
  { method: "PUT", path: ONE, scope: WRITE, handle: replace },
  {
    method: "DELETE",
    path: ONE,
    scope: WRITE,
    handle(call) {
      takeItem(invoicesOf(call), call.params.invoiceId, "Invoice");
      return { status: 200 };
    },
  },
];
