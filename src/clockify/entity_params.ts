/** Which parameters of Clockify's operations hold the id of an entity, and of what type: so that people may choose it by its name. */

import type { Operation } from "./operations.ts";

/** Entity types (entities/bootstrap/lists.ts) by the word that a parameter has for them. */
const TYPES: Readonly<Record<string, string>> = {
  approvalRequest: "approval_request",
  assignee: "user",
  category: "expense_category",
  client: "client",
  customField: "custom_field",
  expense: "expense",
  holiday: "holiday",
  invoice: "invoice",
  policy: "time_off_policy",
  project: "project",
  sharedReport: "shared_report",
  tag: "tag",
  task: "task",
  timeEntry: "time_entry",
  user: "user",
  userGroup: "user_group",
};

/** The same by the part of a path before `{id}`. */
const COLLECTIONS: Readonly<Record<string, string>> = {
  clients: "client",
  policies: "time_off_policy",
  "shared-reports": "shared_report",
  tags: "tag",
  tasks: "task",
  "time-entries": "time_entry",
  "user-groups": "user_group",
};

/** Entity type by parameter name, of the path, the query and the top of the body. */
export function entityParams(operation: Operation): Record<string, string> {
  const found: Record<string, string> = {};
  const add = (name: string, type = typeOf(name)) => {
    if (type !== undefined) found[name] = type;
  };
  const segments = operation.path.split("/");
  for (const name of operation.pathParams) {
    add(name, name === "id" ? COLLECTIONS[segments[segments.indexOf("{id}") - 1] ?? ""] : undefined);
  }
  for (const { name, type } of operation.queryParams) {
    if (type === "string" || type === "array") add(name);
  }
  // A list of another name holds objects.
  for (const { name } of operation.bodyFields) if (/Ids?$/.test(name)) add(name);
  return found;
}

/** `tagIds`, `project-id` and `users` are a tag, a project and a user. */
function typeOf(name: string): string | undefined {
  const word = name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()).replace(/Ids?$/, "");
  return TYPES[word] ?? TYPES[word.replace(/s$/, "")];
}
