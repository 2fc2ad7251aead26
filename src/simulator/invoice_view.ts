/** Invoices as they are read: sums of the items in cents, percents in hundredths, less what was paid. */

import { businessOf } from "./business_data.ts";
import { type Item, itemOf } from "./items.ts";
import type { ApiCall } from "./route.ts";

export interface InvoiceLine {
  order: number;
  amount: number;
  [field: string]: unknown;
}

export const invoicesOf = ({ workspace }: ApiCall): Item[] => businessOf(workspace).invoices;

/** The invoice of the path. Throws 400/501 when it is not there. */
export const invoiceOf = (call: ApiCall): Item => itemOf(invoicesOf(call), call.params.invoiceId, "Invoice");

export const paymentsOf = ({ workspace }: ApiCall, invoice: Item): Item[] => {
  const { payments } = businessOf(workspace);
  return payments.get(invoice.id) ?? payments.set(invoice.id, []).get(invoice.id)!;
};

/** With everything that is computed: sums of the items in cents, less what was paid. */
export function fullInvoice(call: ApiCall, invoice: Item): Item {
  const percentOf = (sum: number, hundredths: unknown) => Math.round(sum * Number(hundredths ?? 0) / 10_000);
  const subtotal = (invoice.items as InvoiceLine[]).reduce((sum, { amount }) => sum + amount, 0);
  const discountAmount = percentOf(subtotal, invoice.discount);
  const taxAmount = percentOf(subtotal - discountAmount, invoice.tax);
  const base = invoice.taxType === "COMPOUND" ? subtotal - discountAmount + taxAmount : subtotal - discountAmount;
  const tax2Amount = percentOf(base, invoice.tax2);
  const amount = subtotal - discountAmount + taxAmount + tax2Amount;
  const paid = paymentsOf(call, invoice).reduce((sum, payment) => sum + Number(payment.amount), 0);
  return { ...invoice, subtotal, discountAmount, taxAmount, tax2Amount, amount, paid, balance: amount - paid };
}

/** A row of the lists. */
export function invoiceRow(call: ApiCall, invoice: Item) {
  const { id, number, status, clientId, clientName, issuedDate, dueDate, currency, amount, balance, paid, ...rest } =
    fullInvoice(call, invoice);
  const daysOverdue = Math.max(0, Math.floor((call.world.clock.now() - Date.parse(String(dueDate))) / 86_400_000));
  const row = { id, number, status, clientId, clientName, issuedDate, dueDate, currency, amount, balance, paid };
  return { ...row, billFrom: rest.billFrom, visibleZeroFields: rest.visibleZeroFields, daysOverdue };
}

/** The whole invoice as the answer; the event goes out with it. */
export function changedInvoice(call: ApiCall, invoice: Item, status = 200) {
  const body = fullInvoice(call, invoice);
  call.world.emit(call.workspace.id, "INVOICE_UPDATED", body);
  return { status, body };
}
