/** The invoices and their settings that a workspace begins with: one for each client. */

import { type Item, stableId } from "./items.ts";
import { ownerOf, type Workspace } from "./workspace_data.ts";

/** tax, tax2 and discount are percents times 100, as a read shows them. */
export function invoicesFor(workspace: Workspace): Item[] {
  const { id: userId } = ownerOf(workspace);
  return [...workspace.clients.values()].map((client, index) => ({
    id: stableId(workspace, `invoice ${client.id}`),
    number: `2026-${String(index + 1).padStart(4, "0")}`,
    status: "UNSENT",
    clientId: client.id,
    clientName: client.name,
    clientAddress: client.address ?? "",
    companyId: null,
    billFrom: workspace.name,
    userId,
    issuedDate: "2026-11-16T00:00:00Z",
    dueDate: "2026-12-16T00:00:00Z",
    subject: `Work for ${client.name}`,
    note: "Payable within 30 days",
    discount: 500,
    tax: 1900,
    tax2: 0,
    taxType: "SIMPLE",
    calculationType: "INVOICE_BASED",
    visibleZeroFields: "TAX_2",
    containsImportedExpenses: false,
    containsImportedTimes: false,
    items: [{
      order: 1,
      description: "Work",
      itemType: "Service",
      quantity: 100,
      unitPrice: 1_000_000 * (index + 1),
      amount: 1_000_000 * (index + 1),
      applyTaxes: "TAX1",
      importType: "NOT_IMPORTED",
      timeEntryIds: [],
      expenseIds: [],
    }],
    currency: "EUR",
  }));
}

const INVOICE_LABELS = [
  ...["amount", "billFrom", "billTo", "description", "discount", "dueDate", "issueDate", "itemType", "notes", "paid"],
  ...["quantity", "subtotal", "tax", "tax2", "total", "totalAmountDue", "unitPrice"],
];

export const invoiceSettings = () => ({
  defaults: {
    companyId: null,
    dueDays: 30,
    itemTypeId: null,
    notes: "Thank you",
    subject: "Invoice",
    taxPercent: 19,
  },
  exportFields: { itemType: true, quantity: true, rtl: false, tax: true, tax2: false, unitPrice: true },
  labels: Object.fromEntries(INVOICE_LABELS.map((name) => [name, name.toUpperCase()])),
});
