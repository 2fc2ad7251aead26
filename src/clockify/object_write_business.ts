/** Writes of what is approved, paid, planned and reported, and of the workspace itself. */

import { type Fields, type ObjectWrite, pick, type Undo, type UndoCall, type UndoParts } from "./object_write.ts";
import { paramsFor, recreateBy, removeBy } from "./undo_kinds.ts";
import { family, none, nothing, replaced, W } from "./object_write_rows.ts";

const CATEGORY = `${W}/expenses/categories`;
const INVOICE = `${W}/invoices`;
const FIELD = `${W}/custom-fields`;
const HOLIDAY = `${W}/holidays`;
const HOOK = `${W}/webhooks`;
const BALANCE_ASSIGNMENT = `${W}/time-off/balance/assignment`;
const ASSIGNMENT = `${W}/scheduling/assignments`;

const unread = (entity: string, noun: string, undo: Undo, id?: string): ObjectWrite => ({
  entity,
  noun,
  ...(id !== undefined && { id }),
  view: nothing,
  undo,
});
const decided = none("a decision stands with who made it and when: it is changed in Clockify, by who may decide");
const balance = unread(
  "time_off_balance",
  "time off balance",
  none("requests that were made since count against it: set the balance in Clockify"),
  "policyId",
);
const request = (verb: "POST" | "PATCH" | "DELETE", list: string): ObjectWrite => {
  const row = { entity: "time_off_request", noun: "time off request", view: nothing };
  if (verb === "PATCH") return { ...row, id: "requestId", undo: decided };
  if (verb === "DELETE") {
    return {
      ...row,
      id: "requestId",
      undo: none("Clockify has no read of one request: it has to be made by its person"),
    };
  }
  const undo: Undo = {
    kind: "remove",
    calls: ({ pathParams: { policyId }, id }) => [{
      operation: `DELETE ${list}/{policyId}/requests/{requestId}`,
      pathParams: { policyId, requestId: id },
    }],
    loses: ["messages that were sent about it"],
  };
  return { ...row, id: "answer", undo };
};
const requests = (list: string): Record<string, ObjectWrite> => ({
  [`POST ${list}/{policyId}/requests`]: request("POST", list),
  [`POST ${list}/{policyId}/users/{userId}/requests`]: request("POST", list),
  [`PATCH ${list}/{policyId}/requests/{requestId}`]: request("PATCH", list),
  [`DELETE ${list}/{policyId}/requests/{requestId}`]: request("DELETE", list),
});

/** Clockify deletes what is archived. */
const archiveFirst = (operation: string, body: Fields) => (parts: UndoParts & { id: string }): UndoCall[] =>
  parts.now?.archived === true ? [] : [{ operation, pathParams: paramsFor(operation, parts), body }];
const archived = (
  entity: string,
  noun: string,
  key: string,
  body: (isArchived: boolean) => Fields,
  read: ObjectWrite["read"],
): ObjectWrite => ({
  entity,
  noun,
  id: /\{(\w+)\}(?:\/status)?$/.exec(key)![1]!,
  read,
  view: (read) => ({ archived: read.archived === true }),
  undo: {
    kind: "restore",
    calls: ({ before, pathParams }) => [{ operation: key, pathParams, body: body(before?.archived === true) }],
    loses: [],
  },
});

const POLICY_TAKES = [
  ...["allowHalfDay", "allowNegativeBalance", "approve", "archived", "automaticAccrual", "automaticTimeEntryCreation"],
  ...["everyoneIncludingNew", "name", "negativeBalance", "userGroups", "users"],
];
const policies = (list: string): Record<string, ObjectWrite> => ({
  ...family({
    list,
    param: "id",
    takes: POLICY_TAKES,
    also: (before) => pick(before, ["timeUnit"]),
    loses: ["balances and requests of people", "its color and icon"],
    remove: { prepare: archiveFirst(`PATCH ${list}/{id}`, { status: "ARCHIVED" }) },
  }),
  [`PATCH ${list}/{id}`]: archived(
    "time_off_policy",
    "time off policy",
    `PATCH ${list}/{id}`,
    (isArchived) => ({ status: isArchived ? "ARCHIVED" : "ACTIVE" }),
    { by: `GET ${list}/{id}` },
  ),
  ...requests(list),
});

const EXPENSE_TAKES = ["amount", "billable", "categoryId", "date", "notes", "projectId", "taskId", "userId"];

export const BUSINESS_ROWS: Readonly<Record<string, ObjectWrite>> = {
  "POST /v1/file/image": unread("image", "image", none("Clockify has no operation that deletes an uploaded image")),
  "POST /v1/workspaces": unread(
    "workspace",
    "workspace",
    none("Clockify has no operation that deletes a workspace"),
    "answer",
  ),
  [`POST ${W}/limited-users`]: unread(
    "user",
    "limited member",
    none("take the person out of the workspace in Clockify, which shows what goes too"),
  ),
  ...Object.fromEntries(
    [
      ...["", "/resubmit-entries-for-approval", "/{type}"],
      ...["/users/{userId}", "/users/{userId}/resubmit-entries-for-approval", "/users/{userId}/{type}"],
    ].map((end) => [
      `POST ${W}/approval-requests${end}`,
      unread("approval_request", "approval request", none("it was submitted: withdraw it in Clockify"), "answer"),
    ]),
  ),
  [`PATCH ${W}/approval-requests/{approvalRequestId}`]: unread(
    "approval_request",
    "approval request",
    decided,
    "approvalRequestId",
  ),

  ...family({
    list: FIELD,
    param: "customFieldId",
    takes: [
      ...["allowedValues", "description", "name", "onlyAdminCanEdit", "placeholder", "status", "type"],
      "workspaceDefaultValue",
    ],
    also: (before) => pick(before, ["entityType"]),
    loses: ["the values that entries, projects and people had in it"],
  }),

  [`PUT ${W}/expenses/{expenseId}`]: replaced(`PUT ${W}/expenses/{expenseId}`),
  [`POST ${W}/expenses`]: {
    ...replaced(`PUT ${W}/expenses/{expenseId}`),
    id: "answer",
    view: nothing,
    undo: removeBy(`DELETE ${W}/expenses/{expenseId}`),
  },
  [`DELETE ${W}/expenses/{expenseId}`]: {
    ...replaced(`PUT ${W}/expenses/{expenseId}`),
    view: nothing,
    undo: recreateExpense(),
  },
  ...family({
    list: CATEGORY,
    param: "categoryId",
    takes: ["hasUnitPrice", "name", "priceInCents", "unit"],
    loses: ["the link from expenses that had it"],
    remove: { prepare: archiveFirst(`PATCH ${CATEGORY}/{categoryId}/status`, { archived: true }) },
  }),
  [`PATCH ${CATEGORY}/{categoryId}/status`]: archived(
    "expense_category",
    "expense category",
    `PATCH ${CATEGORY}/{categoryId}/status`,
    (isArchived) => ({ archived: isArchived }),
    { by: `GET ${CATEGORY}`, listAt: "categories" },
  ),

  ...family({
    list: HOLIDAY,
    param: "holidayId",
    takes: [
      ...["automaticTimeEntryCreation", "datePeriod", "everyoneIncludingNew", "name", "occursAnnually", "userGroups"],
      "users",
    ],
    loses: ["its color", "time entries that it made by itself"],
  }),

  ...family({
    list: INVOICE,
    param: "invoiceId",
    takes: ["clientId", "currency", "dueDate", "issuedDate", "number"],
    loses: ["its items, payments and status", "that it was sent: whoever has it keeps it"],
    remove: { loses: ["that it was sent: whoever has it keeps it"] },
  }),
  [`PUT ${INVOICE}/settings`]: { ...replaced(`PUT ${INVOICE}/settings`), id: undefined },
  [`POST ${INVOICE}/{invoiceId}/duplicate`]: {
    ...replaced(`PUT ${INVOICE}/{invoiceId}`),
    id: "answer",
    view: nothing,
    undo: removeBy(`DELETE ${INVOICE}/{invoiceId}`),
  },
  [`PATCH ${INVOICE}/{invoiceId}/status`]: {
    entity: "invoice",
    noun: "invoice",
    id: "invoiceId",
    read: { by: `GET ${INVOICE}/{invoiceId}` },
    view: (read) => pick(read, ["status"]),
    sentView: ({ invoiceStatus }) => ({ status: invoiceStatus }),
    undo: {
      kind: "restore",
      calls: ({ before, pathParams }) => [{
        operation: `PATCH ${INVOICE}/{invoiceId}/status`,
        pathParams,
        body: { invoiceStatus: before?.status },
      }],
      loses: ["that it was sent: whoever has it keeps it"],
    },
  },
  ...Object.fromEntries(
    ["POST", "import", "DELETE"].map((what) => [
      what === "DELETE"
        ? `DELETE ${INVOICE}/{invoiceId}/items/{order}`
        : `POST ${INVOICE}/{invoiceId}/items${what === "import" ? "/import" : ""}`,
      {
        entity: "invoice",
        noun: "invoice",
        id: "invoiceId",
        read: { by: `GET ${INVOICE}/{invoiceId}` },
        view: (read: Fields) => pick(read, ["items"]),
        undo: none(
          "an item has a place in its invoice and no id, so that it cannot be known again: change it in Clockify",
        ),
      },
    ]),
  ),
  [`POST ${INVOICE}/{invoiceId}/payments`]: unread(
    "invoice",
    "payment of an invoice",
    none("the answer does not name the payment: delete it in Clockify"),
    "invoiceId",
  ),
  [`DELETE ${INVOICE}/{invoiceId}/payments/{paymentId}`]: {
    entity: "invoice_payment",
    noun: "payment of an invoice",
    id: "paymentId",
    read: { by: `GET ${INVOICE}/{invoiceId}/payments`, listAt: "" },
    view: nothing,
    undo: {
      kind: "recreate",
      calls: ({ before, pathParams: { invoiceId } }) => [{
        operation: `POST ${INVOICE}/{invoiceId}/payments`,
        pathParams: { invoiceId },
        body: { ...pick(before, ["amount", "note"]), paymentDate: before.date ?? before.paymentDate },
      }],
      loses: ["its id and who entered it"],
    },
  },

  ...family({
    list: HOOK,
    param: "webhookId",
    takes: ["name", "triggerSource", "triggerSourceType", "url", "webhookEvent"],
    loses: ["the token that its deliveries are signed with: it gets a new one", "its log"],
  }),
  [`PATCH ${HOOK}/{webhookId}/token`]: unread(
    "webhook",
    "webhook",
    none("the earlier token is not kept, here or in Clockify"),
    "webhookId",
  ),

  [`PUT ${ASSIGNMENT}/publish`]: unread(
    "assignment",
    "assignments",
    none("they were published: whoever was notified has seen them"),
  ),
  [`POST ${ASSIGNMENT}/recurring`]: unread("assignment", "assignment", removeAssignment(), "answer"),
  [`POST ${ASSIGNMENT}/{assignmentId}/copy`]: unread("assignment", "assignment", removeAssignment(), "answer"),
  [`PATCH ${ASSIGNMENT}/recurring/{assignmentId}`]: unread(
    "assignment",
    "assignment",
    none("Clockify has no read of one assignment, so that what it was before is not known"),
    "assignmentId",
  ),
  [`DELETE ${ASSIGNMENT}/recurring/{assignmentId}`]: unread(
    "assignment",
    "assignment",
    none("Clockify has no read of one assignment, so that what it was before is not known"),
    "assignmentId",
  ),
  [`PUT ${ASSIGNMENT}/series/{assignmentId}`]: unread(
    "assignment",
    "assignment",
    none("Clockify does not show how an assignment is repeated"),
    "assignmentId",
  ),

  ...policies(`${W}/time-off/policies`),
  ...policies(`${W}/policies`),
  [`PATCH ${W}/time-off/balance/policy/{policyId}`]: balance,
  [`PATCH ${W}/balance/policy/{policyId}`]: balance,
  [`POST ${BALANCE_ASSIGNMENT}`]: { ...balance, id: undefined },
  ...Object.fromEntries(
    ["PUT", "DELETE"].map((verb) => [
      `${verb} ${BALANCE_ASSIGNMENT}/{balanceAssignmentId}/user/{userId}/policy/{policyId}`,
      { ...balance, id: "balanceAssignmentId" },
    ]),
  ),

  [`PUT ${W}/shared-reports/{id}`]: replaced(`PUT ${W}/shared-reports/{id}`),
  [`POST ${W}/shared-reports`]: {
    ...replaced(`PUT ${W}/shared-reports/{id}`),
    id: "answer",
    view: nothing,
    undo: removeBy(`DELETE ${W}/shared-reports/{id}`),
  },
  [`DELETE ${W}/shared-reports/{id}`]: {
    ...replaced(`PUT ${W}/shared-reports/{id}`),
    view: nothing,
    undo: none("Clockify does not show what the report chooses (its filter), so that it cannot be made"),
  },
};

function recreateExpense(): Undo {
  return recreateBy({
    create: `POST ${W}/expenses`,
    replace: `PUT ${W}/expenses/{expenseId}`,
    takes: EXPENSE_TAKES,
    loses: ["its receipt", "its approval, and that it was invoiced"],
  });
}

function removeAssignment(): Undo {
  return removeBy(`DELETE ${ASSIGNMENT}/recurring/{assignmentId}`, {
    queryParams: { seriesUpdateOption: "ALL" },
    loses: ["messages that were sent about it"],
  });
}
