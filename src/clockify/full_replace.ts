/** The operations that replace a whole object: how each object is read before it is written, and how what is read becomes what is written. */

import { type Operation, operationKey, shapeOf } from "./operations.ts";

type Fields = Record<string, unknown>;

/** One operation whose body takes the place of the whole object: what the body leaves out is gone. */
export interface FullReplace {
  /** Entity type (entities/bootstrap/lists.ts), or a name of its own. */
  entity: string;
  /** What people call one of them. */
  noun: string;
  /** `METHOD /path` of the operation that reads the object. */
  read: string;
  /** The object is the one with the id of the last path parameter in the list at this field of the answer ("" for the answer itself). */
  listAt?: string;
  /** The body is a list of objects, and each is read by the id in its field `id`. */
  isList?: true;
  /** What is written, field by field, of what a read (or the body of an event) shows; undefined leaves a field out. */
  fields: Readonly<Record<string, (read: Fields) => unknown>>;
  /** Written fields that no read shows: a change of any other field loses them. */
  unreadable: readonly string[];
  /** Settles what a change of one field means for others; `named` is what the action names, `before` what was read. */
  settle?(merged: Fields, change: { named: Fields; before: Fields }): void;
}

/** A changed field, as a person may be shown it; null where there is nothing. */
export interface Change {
  field: string;
  before: unknown;
  after: unknown;
}

const same = (...names: string[]) => Object.fromEntries(names.map((name) => [name, (read: Fields) => read[name]]));
const rate = (name: string) => (read: Fields) => {
  const amount = isFields(read[name]) ? read[name].amount : undefined;
  return typeof amount === "number" ? { amount } : undefined;
};
/** Read in hundredths of a percent, written in percent. */
const percent = (name: string) => (read: Fields) => typeof read[name] === "number" ? read[name] / 100 : undefined;
/** Who a holiday or policy is for: read as lists of ids, written as filters. */
const members = (name: string) => (read: Fields) =>
  Array.isArray(read[name]) ? { contains: "CONTAINS", ids: read[name], status: "ALL" } : undefined;
/** Read as a switch beside the ids, or as it is written. */
const automaticEntry = (read: Fields) => {
  const { automaticTimeEntryCreation: now, projectId, taskId } = read;
  if (typeof now !== "boolean") return now;
  return { enabled: now, defaultEntities: present({ projectId, taskId }) };
};
/** The id in `name`, or in the object that a hydrated read and an event put in its place. */
const idOf = (name: string, object: string) => (read: Fields) =>
  read[name] ?? (isFields(read[object]) ? read[object].id : undefined);

const TIME_ENTRY: Omit<FullReplace, "read"> = {
  entity: "time_entry",
  noun: "time entry",
  fields: {
    start: (read) => intervalOf(read).start,
    // Absent while the timer runs; without it a finished entry would run again.
    end: (read) => intervalOf(read).end,
    ...same("billable", "description"),
    projectId: idOf("projectId", "project"),
    taskId: idOf("taskId", "task"),
    tagIds: ({ tagIds, tags }) =>
      tagIds ?? (Array.isArray(tags) ? tags.flatMap((tag) => isFields(tag) ? [tag.id] : []) : undefined),
    customFields: ({ customFieldValues: values }) =>
      Array.isArray(values)
        ? values.filter(isFields).filter(({ value }) => value !== null && value !== undefined)
          .map(({ customFieldId, sourceType, value }) => ({
            customFieldId,
            sourceType: sourceType ?? "WORKSPACE",
            value,
          }))
        : undefined,
    // Clockify writes these two kinds; the others are its own.
    type: ({ type }) => type === "REGULAR" || type === "BREAK" ? type : undefined,
  },
  unreadable: [],
  settle(merged, { named, before }) {
    // A task belongs to one project: Clockify refuses the old one under another.
    if (Object.hasOwn(named, "projectId") && named.projectId !== before.projectId && !Object.hasOwn(named, "taskId")) {
      delete merged.taskId;
    }
  },
};

const POLICY: Omit<FullReplace, "read"> = {
  entity: "time_off_policy",
  noun: "time off policy",
  fields: {
    ...same("allowHalfDay", "allowNegativeBalance", "approve", "archived", "automaticAccrual", "everyoneIncludingNew"),
    ...same("name", "negativeBalance"),
    automaticTimeEntryCreation: automaticEntry,
    userGroups: members("userGroupIds"),
    users: members("userIds"),
  },
  unreadable: ["color", "icon"],
};

/** What `changeFields` calls the fields of an expense: Clockify changes those alone. */
const EXPENSE_FIELDS: Readonly<Record<string, string>> = {
  userId: "USER",
  date: "DATE",
  projectId: "PROJECT",
  taskId: "TASK",
  categoryId: "CATEGORY",
  notes: "NOTES",
  amount: "AMOUNT",
  billable: "BILLABLE",
  file: "FILE",
};

const WORKSPACE = "/v1/workspaces/{workspaceId}";

const TABLE: Readonly<Record<string, FullReplace>> = {
  [`PUT ${WORKSPACE}/clients/{id}`]: {
    entity: "client",
    noun: "client",
    read: `GET ${WORKSPACE}/clients/{id}`,
    fields: same("address", "archived", "ccEmails", "currencyId", "email", "name", "note"),
    unreadable: [],
  },
  [`PUT ${WORKSPACE}/custom-fields/{customFieldId}`]: {
    entity: "custom_field",
    noun: "custom field",
    read: `GET ${WORKSPACE}/custom-fields`,
    listAt: "",
    fields: same(
      ...["allowedValues", "description", "name", "onlyAdminCanEdit", "placeholder", "required", "status", "type"],
      "workspaceDefaultValue",
    ),
    unreadable: [],
  },
  [`PUT ${WORKSPACE}/expenses/categories/{categoryId}`]: {
    entity: "expense_category",
    noun: "expense category",
    read: `GET ${WORKSPACE}/expenses/categories`,
    listAt: "categories",
    fields: same("hasUnitPrice", "name", "priceInCents", "unit"),
    unreadable: [],
  },
  [`PUT ${WORKSPACE}/expenses/{expenseId}`]: {
    entity: "expense",
    noun: "expense",
    read: `GET ${WORKSPACE}/expenses/{expenseId}`,
    fields: {
      ...same("billable", "categoryId", "date", "notes", "projectId", "taskId", "userId"),
      // Read in cents, written in whole units; what changeFields does not name stays as it is in any case.
      amount: ({ total }) => typeof total === "number" ? total / 100 : undefined,
    },
    unreadable: [],
    settle(merged, { named }) {
      merged.changeFields = named.changeFields ??
        Object.keys(named).flatMap((name) => Object.hasOwn(EXPENSE_FIELDS, name) ? [EXPENSE_FIELDS[name]] : []);
    },
  },
  [`PUT ${WORKSPACE}/holidays/{holidayId}`]: {
    entity: "holiday",
    noun: "holiday",
    read: `GET ${WORKSPACE}/holidays`,
    listAt: "",
    fields: {
      ...same("datePeriod", "everyoneIncludingNew", "name", "occursAnnually"),
      automaticTimeEntryCreation: automaticEntry,
      userGroups: members("userGroupIds"),
      users: members("userIds"),
    },
    unreadable: ["color"],
  },
  [`PUT ${WORKSPACE}/invoices/settings`]: {
    entity: "invoice_settings",
    noun: "invoice settings",
    read: `GET ${WORKSPACE}/invoices/settings`,
    fields: same("defaults", "exportFields", "labels"),
    unreadable: [],
  },
  [`PUT ${WORKSPACE}/invoices/{invoiceId}`]: {
    entity: "invoice",
    noun: "invoice",
    read: `GET ${WORKSPACE}/invoices/{invoiceId}`,
    fields: {
      ...same("clientId", "companyId", "currency", "dueDate", "issuedDate", "note", "number", "subject", "taxType"),
      ...same("visibleZeroFields"),
      discountPercent: percent("discount"),
      taxPercent: percent("tax"),
      tax2Percent: percent("tax2"),
    },
    unreadable: [],
  },
  [`PUT ${WORKSPACE}/policies/{id}`]: { ...POLICY, read: `GET ${WORKSPACE}/policies/{id}`, unreadable: ["color"] },
  [`PUT ${WORKSPACE}/projects/{projectId}`]: {
    entity: "project",
    noun: "project",
    read: `GET ${WORKSPACE}/projects/{projectId}`,
    fields: {
      ...same("archived", "billable", "clientId", "color", "name", "note"),
      isPublic: ({ isPublic, public: shown }) => shown ?? isPublic,
      hourlyRate: rate("hourlyRate"),
      costRate: rate("costRate"),
    },
    unreadable: [],
  },
  [`PUT ${WORKSPACE}/projects/{projectId}/tasks/{taskId}`]: {
    entity: "task",
    noun: "task",
    read: `GET ${WORKSPACE}/projects/{projectId}/tasks/{taskId}`,
    fields: {
      ...same("billable", "budgetEstimate", "estimate", "name", "status", "userGroupIds"),
      // assigneeId is its older form, for one person.
      assigneeIds: ({ assigneeIds, assigneeId }) => assigneeIds ?? (assigneeId ? [assigneeId] : undefined),
    },
    unreadable: [],
    settle(merged, { named }) {
      if (Object.hasOwn(named, "assigneeId") && !Object.hasOwn(named, "assigneeIds")) delete merged.assigneeIds;
    },
  },
  [`PUT ${WORKSPACE}/shared-reports/{id}`]: {
    entity: "shared_report",
    noun: "shared report",
    read: `GET ${WORKSPACE}/shared-reports`,
    listAt: "reports",
    fields: same("fixedDate", "isPublic", "name", "visibleToUserGroups", "visibleToUsers"),
    unreadable: [],
  },
  [`PUT ${WORKSPACE}/tags/{id}`]: {
    entity: "tag",
    noun: "tag",
    read: `GET ${WORKSPACE}/tags/{id}`,
    fields: same("archived", "name"),
    unreadable: [],
  },
  [`PUT ${WORKSPACE}/time-entries/{id}`]: { ...TIME_ENTRY, read: `GET ${WORKSPACE}/time-entries/{id}` },
  [`PUT ${WORKSPACE}/time-off/policies/{id}`]: { ...POLICY, read: `GET ${WORKSPACE}/time-off/policies/{id}` },
  [`PUT ${WORKSPACE}/user/{userId}/time-entries`]: {
    ...TIME_ENTRY,
    read: `GET ${WORKSPACE}/time-entries/{id}`,
    isList: true,
  },
  [`PUT ${WORKSPACE}/webhooks/{webhookId}`]: {
    entity: "webhook",
    noun: "webhook",
    read: `GET ${WORKSPACE}/webhooks/{webhookId}`,
    fields: same("name", "triggerSource", "triggerSourceType", "url", "webhookEvent"),
    unreadable: [],
  },
};

const BY_SHAPE = new Map(Object.entries(TABLE).map(([name, entry]) => [shapeOf(name), entry]));

/** Operations that replace and cannot be read before: what is lost by what they leave out, in words. */
const UNREAD = new Map(
  Object.entries({
    [`PUT ${WORKSPACE}/scheduling/assignments/series/{assignmentId}`]:
      "the repetition of the assignment: it is switched off unless repeat is named",
    [`PATCH ${WORKSPACE}/projects/{projectId}/memberships`]:
      "the members that the list does not name, with their rates in this project",
  }).map(([name, words]) => [shapeOf(name), words]),
);

/** How the operation's object is read and merged; undefined for one that replaces nothing or cannot be read. */
export function fullReplaceOf(operation: Pick<Operation, "method" | "path">): FullReplace | undefined {
  return BY_SHAPE.get(shapeOf(operationKey(operation)));
}

/** What an operation loses that replaces without a way to read before; undefined for all others. */
export function lossOf(operation: Pick<Operation, "method" | "path">): string | undefined {
  return UNREAD.get(shapeOf(operationKey(operation)));
}

/** The `METHOD /path` names of the operations that are merged. */
export function fullReplaceKeys(): string[] {
  return Object.keys(TABLE);
}

/** What would be written to leave the object as `read` shows it. Null, and an id that is empty, is nothing to write. */
export function writtenOf({ fields }: FullReplace, read: Fields): Fields {
  const written: Fields = {};
  for (const [name, value] of Object.entries(fields)) {
    const found = value(read);
    if (found === undefined || found === null || (found === "" && /Ids?$/.test(name))) continue;
    written[name] = found;
  }
  return written;
}

/**
 * The whole object to write: `before` (of `writtenOf`) with what `named` names. Objects inside are merged, custom fields by
 * their id; another list is replaced, or changed by `{"$add": ..., "$remove": ...}`; a named null empties its field.
 */
export function mergeWritten(replace: FullReplace, before: Fields, named: Fields): Fields {
  const merged = overlay(before, named);
  replace.settle?.(merged, { named, before });
  return merged;
}

/** The whole object to write, all of `writtenOf`: `now`, with these fields as `before` has them. */
export function restoreWritten(
  replace: FullReplace,
  { now, before, fields }: { now: Fields; before: Fields; fields: readonly string[] },
): Fields {
  const merged = { ...now };
  const named: Fields = {};
  for (const field of fields) {
    named[field] = before[field] ?? null;
    if (before[field] === undefined) delete merged[field];
    else merged[field] = before[field];
  }
  replace.settle?.(merged, { named, before: now });
  return merged;
}

/** The fields in which the objects to write differ, by name. */
export function changesBetween(before: Fields, after: Fields): Change[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
  return names
    // Says what to change and is none itself.
    .filter((name) => name !== "changeFields" && !equal(before[name], after[name], name))
    .map((name) => ({ field: name, before: before[name] ?? null, after: after[name] ?? null }));
}

function overlay(before: Fields, named: Fields): Fields {
  const merged = new Map(Object.entries(before));
  for (const [name, value] of Object.entries(named)) {
    const old = merged.get(name);
    if (isListChange(value)) merged.set(name, changeList(old, value));
    else if (isFields(old) && isFields(value)) merged.set(name, overlay(old, value));
    else if (name === "customFields" && Array.isArray(old) && Array.isArray(value)) merged.set(name, byId(old, value));
    else merged.set(name, value);
  }
  return Object.fromEntries(merged);
}

/** `{"$add": "t1", "$remove": ["t2"]}` in place of a list: an element, or a list of them, that joins or leaves what is there. */
function isListChange(value: unknown): value is { $add?: unknown; $remove?: unknown } {
  return isFields(value) && (Object.hasOwn(value, "$add") || Object.hasOwn(value, "$remove"));
}

function changeList(old: unknown, { $add, $remove }: { $add?: unknown; $remove?: unknown }): unknown[] {
  const key = (one: unknown) => JSON.stringify(sorted(one));
  const gone = new Set(elements($remove).map(key));
  const kept = elements(old).filter((one) => !gone.has(key(one)));
  const known = new Set(kept.map(key));
  return [...kept, ...elements($add).filter((one) => !known.has(key(one)) && known.add(key(one)))];
}

function elements(value: unknown): unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

/** Naming one custom field keeps the others. */
function byId(old: unknown[], named: unknown[]): unknown[] {
  const idIn = (one: unknown) => isFields(one) ? one.customFieldId : undefined;
  const given = new Map(named.map((one) => [idIn(one), one]));
  const known = new Set(old.map(idIn));
  return [
    ...old.map((one) => {
      const next = given.get(idIn(one));
      return isFields(one) && isFields(next) ? { ...one, ...next } : one;
    }),
    ...named.filter((one) => !known.has(idIn(one))),
  ];
}

/** Equal as Clockify sees it: null is nothing, and in a list of ids the order says nothing. */
function equal(a: unknown, b: unknown, name = ""): boolean {
  if ((a ?? null) === (b ?? null)) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    const isSet = name === "customFields" || /ids$/i.test(name);
    const [left, right] = [a, b].map((list) => {
      const keys = list.map((one) => JSON.stringify(sorted(one)));
      return isSet ? keys.toSorted() : keys;
    });
    return left!.length === right!.length && left!.every((key, index) => key === right![index]);
  }
  if (typeof a === "string" && typeof b === "string") return sameInstant(a, b);
  if (!isFields(a) || !isFields(b)) return false;
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) => equal(a[key], b[key], key));
}

/** `2026-11-20T09:00:00Z` and `2026-11-20T09:00:00.000Z` are one instant. */
function sameInstant(a: string, b: string): boolean {
  const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;
  return instant.test(a) && instant.test(b) && Date.parse(a) === Date.parse(b);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isFields(value)) return value;
  return Object.fromEntries(Object.keys(value).toSorted().map((name) => [name, sorted(value[name])]));
}

function intervalOf(read: Fields): Fields {
  return isFields(read.timeInterval) ? read.timeInterval : {};
}

function present(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
