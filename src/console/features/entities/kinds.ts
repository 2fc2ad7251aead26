/** What the types of entities are called in the viewer's language: "time_entry" is "Time entry". Pure. */

import { inSentence, say } from "../../words/say.ts";

interface Kind {
  one: string;
  many: string;
}

/** Types that a workspace is read by, or that changes are of; another one is called by its own words. */
const KINDS: Readonly<Record<string, Kind>> = {
  approval_request: { one: say("Approval request"), many: say("Approval requests") },
  assignment: { one: say("Assignment"), many: say("Assignments") },
  balance: { one: say("Balance"), many: say("Balances") },
  client: { one: say("Client"), many: say("Clients") },
  current_user: { one: say("Current user"), many: say("Current user") },
  custom_field: { one: say("Custom field"), many: say("Custom fields") },
  expense: { one: say("Expense"), many: say("Expenses") },
  expense_category: { one: say("Expense category"), many: say("Expense categories") },
  holiday: { one: say("Holiday"), many: say("Holidays") },
  invoice: { one: say("Invoice"), many: say("Invoices") },
  invoice_payment: { one: say("Invoice payment"), many: say("Invoice payments") },
  project: { one: say("Project"), many: say("Projects") },
  project_custom_field: { one: say("Project custom field"), many: say("Project custom fields") },
  running_time_entry: { one: say("Running time entry"), many: say("Running time entries") },
  shared_report: { one: say("Shared report"), many: say("Shared reports") },
  tag: { one: say("Tag"), many: say("Tags") },
  task: { one: say("Task"), many: say("Tasks") },
  time_entry: { one: say("Time entry"), many: say("Time entries") },
  time_off_policy: { one: say("Time off policy"), many: say("Time off policies") },
  time_off_request: { one: say("Time off request"), many: say("Time off requests") },
  user: { one: say("User"), many: say("Users") },
  user_group: { one: say("User group"), many: say("User groups") },
  user_manager: { one: say("User manager"), many: say("User managers") },
  webhook: { one: say("Webhook"), many: say("Webhooks") },
  workspace: { one: say("Workspace"), many: say("Workspace") },
};

/** What changes call an object otherwise than its type. */
const NOUNS: Readonly<Record<string, string>> = {
  "custom field of a member": say("custom field of a member"),
  "custom field of a project": say("custom field of a project"),
  "invoice settings": say("invoice settings"),
  member: say("member"),
  "member profile": say("member profile"),
  object: say("object"),
  "payment of an invoice": say("payment of an invoice"),
};

/** "time_entry" is "Time entry". */
export function typeWord(type: string): string {
  return ownOf(KINDS, type)?.one ?? capital(type.replaceAll("_", " "));
}

/** "policy" is "Policies". */
export function listWord(type: string): string {
  const many = ownOf(KINDS, type)?.many;
  if (many !== undefined) return many;
  const word = typeWord(type);
  return /[^aeiou]y$/.test(word) ? `${word.slice(0, -1)}ies` : `${word}s`;
}

/** In a sentence: "time entry" of "time_entry", or of itself. */
export function nounWord(noun: string): string {
  const known = ownOf(NOUNS, noun);
  if (known !== undefined) return known;
  const kind = ownOf(KINDS, noun.replaceAll(" ", "_"))?.one;
  return kind === undefined ? noun.replaceAll("_", " ") : inSentence(kind);
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function ownOf<Value>(values: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}
