/** Writes of what time is tracked on and by whom: clients, projects, tasks, tags, time entries, people and their groups. */

import { type Fields, isFields, type ObjectWrite, pick, type Undo } from "./object_write.ts";
import {
  archiveBy,
  membershipOf,
  rateOf,
  rateView,
  recreateBy,
  removeBy,
  replaceOf,
  restoreBy,
  restoreRate,
} from "./undo_kinds.ts";
import { writtenOf } from "./full_replace.ts";

export const W = "/v1/workspaces/{workspaceId}";
export const none = (reason: string): Undo => ({ kind: "none", reason });
/** For what is deleted or made whole. */
export const nothing = () => ({});

/** A full replace: its object, and the write that puts it back. */
export function replaced(key: string, { by = key }: { by?: string } = {}): ObjectWrite {
  const replace = replaceOf(key);
  const { entity, noun, read, listAt } = replace;
  return {
    entity,
    noun,
    id: /\{(\w+)\}$/.exec(by)?.[1],
    read: { by: read, listAt },
    view: (read) => writtenOf(replace, read),
    whole: (read) => writtenOf(replace, read),
    // What it leaves out is gone.
    sentView: (sent, before) => ({
      ...Object.fromEntries(Object.keys(before).map((name) => [name, undefined])),
      ...sent,
    }),
    undo: restoreBy(by),
  };
}

/** The writes of a family: create, delete and replace of one object. */
export function family(
  { list, param, create, remove, ...recreate }: {
    /** Path of its list. */
    list: string;
    param: string;
    takes: readonly string[];
    also?(before: Fields): Fields;
    between?: Parameters<typeof recreateBy>[0]["between"];
    loses: readonly string[];
    create?: string;
    remove?: Parameters<typeof removeBy>[1];
  },
): Record<string, ObjectWrite> {
  const put = `PUT ${list}/{${param}}`;
  const row = replaced(put);
  const make = create ?? `POST ${list}`;
  return {
    [put]: row,
    [make]: { ...row, id: "answer", view: nothing, undo: removeBy(`DELETE ${list}/{${param}}`, remove) },
    [`DELETE ${list}/{${param}}`]: {
      ...row,
      view: nothing,
      undo: recreateBy({ create: make, replace: put, ...recreate }),
    },
  };
}

const CLIENT = `${W}/clients`;
const PROJECT = `${W}/projects`;
const TASK = `${PROJECT}/{projectId}/tasks`;
const ENTRY = `${W}/time-entries`;
const OF_USER = `${W}/user/{userId}/time-entries`;
const GROUP = `${W}/user-groups`;

const members = (before: Fields) =>
  Array.isArray(before.memberships)
    ? before.memberships.filter(isFields).map(({ userId, hourlyRate, costRate }) => ({
      userId,
      ...(rateOf(hourlyRate) !== undefined && { hourlyRate: { amount: rateOf(hourlyRate) } }),
      ...(rateOf(costRate) !== undefined && { costRate: { amount: rateOf(costRate) } }),
    }))
    : [];

const ESTIMATES = ["timeEstimate", "budgetEstimate", "estimateReset"] as const;
/** One kind of estimate applies at a time, so that what was not there is not said. */
function estimates(before: Fields, fields: readonly string[]): Fields {
  const there = pick(before, ESTIMATES.filter((name) => before[name] !== null));
  return Object.keys(there).length > 0 ? there : Object.fromEntries(fields.map((name) => [name, null]));
}

const project: Pick<ObjectWrite, "entity" | "noun" | "id" | "read"> = {
  entity: "project",
  noun: "project",
  id: "projectId",
  read: { by: `GET ${PROJECT}/{projectId}` },
};
const LINKED_ENTRIES = "the link from time entries that had it";

const ENTRY_TAKES = [
  "start",
  "end",
  "billable",
  "description",
  "projectId",
  "taskId",
  "tagIds",
  "customFields",
  "type",
];
const entryRow = replaced(`PUT ${ENTRY}/{id}`);
const ENTRY_LOSES = ["its id: it gets a new one", "its approval, its lock, and that it was invoiced"];
/** For its own person, whoever's token makes it. */
const recreateEntry: Undo = {
  kind: "recreate",
  calls: ({ before }) => {
    if (typeof before.userId !== "string") return { cannot: "it is not known whose entry it was" };
    const written = writtenOf(replaceOf(`PUT ${ENTRY}/{id}`), before);
    return [{ operation: `POST ${OF_USER}`, pathParams: { userId: before.userId }, body: pick(written, ENTRY_TAKES) }];
  },
  loses: ENTRY_LOSES,
};
const removeEntry = removeBy(`DELETE ${ENTRY}/{id}`);

/** Whether the people that a call names are members, each a field of its own. */
const MEMBER = "member ";
const isMember = (list: unknown[], userIds: readonly string[]) =>
  Object.fromEntries(userIds.map((userId) => [`${MEMBER}${userId}`, list.includes(userId)]));
/** Of the fields to be put back: who was a member before, and who was not. */
function split(view: Fields, fields: readonly string[]) {
  const [were, were_not] = [true, false].map((was) =>
    fields.filter((name) => view[name] === was).map((name) => name.slice(MEMBER.length))
  );
  return { were: were!, wereNot: were_not! };
}

const group: Pick<ObjectWrite, "entity" | "noun" | "id" | "read" | "whole"> = {
  entity: "user_group",
  noun: "user group",
  id: "id",
  read: { by: `GET ${GROUP}`, listAt: "" },
  whole: (read) => pick(read, ["name", "userIds"]),
};
const groupView: ObjectWrite["view"] = (read, { pathParams: { userId }, sent }) => {
  const named = userId ?? (isFields(sent) ? sent.userId : undefined);
  return isMember(Array.isArray(read.userIds) ? read.userIds : [], ids([named]));
};
const groupMember: ObjectWrite = {
  ...group,
  id: "userGroupId",
  view: groupView,
  undo: {
    kind: "restore",
    calls: (parts) => {
      const { were, wereNot } = split(groupView(parts.before ?? {}, parts), parts.fields);
      const userGroupId = parts.id;
      return [
        ...were.map((userId) => ({
          operation: `POST ${GROUP}/{userGroupId}/users`,
          pathParams: { userGroupId },
          body: { userId },
        })),
        ...wereNot.map((userId) => ({
          operation: `DELETE ${GROUP}/{userGroupId}/users/{userId}`,
          pathParams: { userGroupId, userId },
        })),
      ];
    },
    loses: [],
  },
};
const projectView: ObjectWrite["view"] = (read, { sent }) => {
  const list = members(read).map(({ userId }) => userId);
  return isMember(list, isFields(sent) ? ids(sent.userIds) : []);
};

const person: Pick<ObjectWrite, "entity" | "noun" | "id" | "read"> = {
  entity: "user",
  noun: "member",
  id: "userId",
  read: { by: `GET ${W}/users`, listAt: "", query: { memberships: "WORKSPACE" } },
};
/** Rates of the workspace, of a member, and of a task or a member in one project. */
const rates = (path: string, row: Pick<ObjectWrite, "entity" | "noun" | "id" | "read">): Record<string, ObjectWrite> =>
  Object.fromEntries(
    [["hourly-rate", "hourlyRate"], ["cost-rate", "costRate"]].map(([end, field]) => {
      const key = `PUT ${path}/${end}`;
      const sentView = (sent: Fields) => ({ [field!]: sent.amount });
      return [key, { ...row, view: rateView(field!), sentView, undo: restoreRate(key, field!) }];
    }),
  );
const workspace = { entity: "workspace", noun: "workspace", read: { by: `GET ${W}` } };

/** Of a custom field: its value for one project. */
function projectDefault(read: Fields, { pathParams: { projectId } }: { pathParams: Fields }): Fields {
  const values = Array.isArray(read.projectDefaultValues) ? read.projectDefaultValues.filter(isFields) : [];
  const own = values.find((one) => one.projectId === projectId);
  return { defaultValue: own?.value ?? null, status: own?.status ?? null };
}
const PROJECT_FIELD = `${PROJECT}/{projectId}/custom-fields`;
const projectField: Omit<ObjectWrite, "undo"> = {
  entity: "custom_field",
  noun: "custom field of a project",
  id: "customFieldId",
  read: { by: `GET ${PROJECT_FIELD}`, listAt: "" },
  view: projectDefault,
};
const restoreProjectField: Undo = {
  kind: "restore",
  calls: (parts) => {
    const { pathParams } = parts;
    const { defaultValue, status } = projectDefault(parts.before ?? {}, parts);
    if (status === null) {
      return [{ operation: `DELETE ${PROJECT_FIELD}/{customFieldId}`, pathParams }];
    }
    return [{ operation: `PATCH ${PROJECT_FIELD}/{customFieldId}`, pathParams, body: { defaultValue, status } }];
  },
  loses: [],
};

const PROFILE = ["name", "userCustomFields", "weekStart", "workCapacity", "workingDays"];

/** Of a group that is made once more: each is a call of its own. */
const MAX_MEMBERS = 50;

export const TRACKING_ROWS: Readonly<Record<string, ObjectWrite>> = {
  ...family({
    list: CLIENT,
    param: "id",
    takes: ["name", "email", "address", "note"],
    loses: ["the link from projects that had it"],
    remove: { prepare: archiveBy(`PUT ${CLIENT}/{id}`, { archived: true }) },
  }),
  ...family({ list: `${W}/tags`, param: "id", takes: ["name"], loses: [LINKED_ENTRIES] }),
  ...family({
    list: PROJECT,
    param: "projectId",
    takes: ["billable", "clientId", "color", "costRate", "hourlyRate", "isPublic", "name", "note"],
    also: (before) => pick({ ...before, memberships: members(before) }, ["estimate", "memberships"]),
    between: ({ before, made, id }) => {
      const pathParams = { projectId: id };
      const kept = ESTIMATES.filter((name) => isFields(before[name]));
      const calls = kept.length === 0 ? [] : [{
        operation: `PATCH ${PROJECT}/{projectId}/estimate`,
        pathParams,
        body: pick(before, kept) as unknown,
      }];
      if (JSON.stringify(members(before)) !== JSON.stringify(members(made))) {
        const body = { memberships: members(before) };
        calls.push({ operation: `PATCH ${PROJECT}/{projectId}/memberships`, pathParams, body });
      }
      if (before.template !== true) return calls;
      return [...calls, {
        operation: `PATCH ${PROJECT}/{projectId}/template`,
        pathParams,
        body: { isTemplate: true },
      }];
    },
    loses: ["its tasks", LINKED_ENTRIES, "its groups of people, its custom fields and who manages it"],
    remove: {
      prepare: archiveBy(`PUT ${PROJECT}/{projectId}`, { archived: true }),
      loses: ["its tasks go with it"],
    },
  }),
  ...family({
    list: TASK,
    param: "taskId",
    takes: ["assigneeIds", "budgetEstimate", "estimate", "name", "status", "userGroupIds"],
    between: ({ before, pathParams: { projectId }, id }) =>
      (["hourlyRate", "costRate"] as const).flatMap((field) => {
        const amount = rateOf(before[field]);
        if (amount === undefined) return [];
        const end = field === "hourlyRate" ? "hourly-rate" : "cost-rate";
        return [{ operation: `PUT ${TASK}/{id}/${end}`, pathParams: { projectId, id }, body: { amount } }];
      }),
    loses: [LINKED_ENTRIES],
    remove: { prepare: archiveBy(`PUT ${TASK}/{taskId}`, { status: "DONE" }) },
  }),
  [`PATCH ${PROJECT}/{projectId}/estimate`]: {
    ...project,
    view: (read) => pick(read, ESTIMATES),
    undo: {
      kind: "restore",
      calls: ({ before, fields, pathParams }) => [{
        operation: `PATCH ${PROJECT}/{projectId}/estimate`,
        pathParams,
        body: estimates(before ?? {}, fields),
      }],
      loses: [],
    },
  },
  [`PATCH ${PROJECT}/{projectId}/memberships`]: {
    ...project,
    view: (read) => ({ memberships: members(read) }),
    undo: {
      kind: "restore",
      calls: ({ before, pathParams }) => [{
        operation: `PATCH ${PROJECT}/{projectId}/memberships`,
        pathParams,
        body: { memberships: members(before ?? {}) },
      }],
      loses: ["groups of people that the project had"],
    },
  },
  [`POST ${PROJECT}/{projectId}/memberships`]: {
    ...project,
    view: projectView,
    undo: {
      kind: "restore",
      calls: (parts) => {
        const { were, wereNot } = split(projectView(parts.before ?? {}, parts), parts.fields);
        const call = { operation: `POST ${PROJECT}/{projectId}/memberships`, pathParams: parts.pathParams };
        return [
          ...(were.length > 0 ? [{ ...call, body: { userIds: were, remove: false } }] : []),
          ...(wereNot.length > 0 ? [{ ...call, body: { userIds: wereNot, remove: true } }] : []),
        ];
      },
      loses: ["rates of members who were removed", "groups of people: what the call did with them stays"],
    },
  },
  [`PATCH ${PROJECT}/{projectId}/template`]: {
    ...project,
    view: (read) => ({ template: read.template === true }),
    undo: {
      kind: "restore",
      calls: ({ before, pathParams }) => [{
        operation: `PATCH ${PROJECT}/{projectId}/template`,
        pathParams,
        body: { isTemplate: before?.template === true },
      }],
      loses: [],
    },
  },
  [`PATCH ${PROJECT_FIELD}/{customFieldId}`]: { ...projectField, undo: restoreProjectField },
  [`DELETE ${PROJECT_FIELD}/{customFieldId}`]: { ...projectField, undo: restoreProjectField },
  ...rates(`${PROJECT}/{projectId}/users/{userId}`, project),
  ...rates(`${TASK}/{id}`, {
    entity: "task",
    noun: "task",
    id: "id",
    read: { by: `GET ${TASK}/{taskId}` },
  }),

  [`PUT ${ENTRY}/{id}`]: entryRow,
  [`POST ${ENTRY}`]: { ...entryRow, id: "answer", view: nothing, undo: removeEntry },
  [`POST ${OF_USER}`]: { ...entryRow, id: "answer", view: nothing, undo: removeEntry },
  [`POST ${OF_USER}/{id}/duplicate`]: { ...entryRow, id: "answer", view: nothing, undo: removeEntry },
  [`DELETE ${ENTRY}/{id}`]: { ...entryRow, view: nothing, undo: recreateEntry },
  [`DELETE ${OF_USER}`]: {
    ...entryRow,
    view: nothing,
    items: ({ queryParams }) => ids(queryParams["time-entry-ids"]),
    undo: recreateEntry,
  },
  [`PUT ${OF_USER}`]: {
    ...replaced(`PUT ${ENTRY}/{id}`),
    items: ({ body }) => Array.isArray(body) ? ids(body.map((one) => isFields(one) ? one.id : undefined)) : [],
  },
  [`PATCH ${OF_USER}`]: {
    ...entryRow,
    id: undefined,
    // Whichever entry is running.
    read: { by: `GET ${OF_USER}`, listAt: "", first: true, query: { "in-progress": true, page: 1, "page-size": 1 } },
    readNow: { by: `GET ${ENTRY}/{id}` },
    undo: {
      kind: "restore",
      calls: ({ id, before, now, fields }) =>
        id === undefined || !before || !now
          ? { cannot: "which timer was stopped is not known" }
          : restoreEntry({ id, before, now, fields }),
      loses: ["the time at which it was stopped: the timer runs as if it had not been"],
    },
  },
  [`PATCH ${ENTRY}/invoiced`]: {
    ...entryRow,
    view: nothing,
    read: undefined,
    sentView: undefined,
    items: ({ body }) => isFields(body) ? ids(body.timeEntryIds) : [],
    undo: none("Clockify does not show of a time entry whether it was marked as invoiced before"),
  },

  [`PUT ${GROUP}/{id}`]: {
    ...group,
    view: (read) => pick(read, ["name"]),
    undo: {
      kind: "restore",
      calls: ({ before, pathParams }) => [{
        operation: `PUT ${GROUP}/{id}`,
        pathParams,
        body: { name: before?.name },
      }],
      loses: [],
    },
  },
  [`POST ${GROUP}`]: { ...group, id: "answer", view: nothing, undo: removeBy(`DELETE ${GROUP}/{id}`) },
  [`DELETE ${GROUP}/{id}`]: {
    ...group,
    view: nothing,
    undo: {
      kind: "recreate",
      calls: ({ before }) => [{ operation: `POST ${GROUP}`, pathParams: {}, body: { name: before.name } }],
      then: ({ before, id }) =>
        ids(before.userIds).slice(0, MAX_MEMBERS).map((userId) => ({
          operation: `POST ${GROUP}/{userGroupId}/users`,
          pathParams: { userGroupId: id },
          body: { userId },
        })),
      loses: ["its id: it gets a new one", "what it was given access to", `its members after the first ${MAX_MEMBERS}`],
    },
  },
  [`POST ${GROUP}/{userGroupId}/users`]: groupMember,
  [`DELETE ${GROUP}/{userGroupId}/users/{userId}`]: groupMember,

  [`POST ${W}/users`]: {
    entity: "user",
    noun: "member",
    view: nothing,
    undo: none("the invitation was sent: remove the member in Clockify"),
  },
  [`PUT ${W}/users/{userId}`]: {
    ...person,
    view: (read, { pathParams: { userId }, workspaceId }) => ({
      status: membershipOf(read, { userId, workspaceId })?.membershipStatus ?? null,
    }),
    sentView: (sent) => sent,
    undo: {
      kind: "restore",
      calls: (parts) => {
        const { userId } = parts.pathParams;
        const status = membershipOf(parts.before ?? {}, { userId, workspaceId: parts.workspaceId })?.membershipStatus;
        if (status !== "ACTIVE" && status !== "INACTIVE") return { cannot: `the member was ${status ?? "not known"}` };
        return [{ operation: `PUT ${W}/users/{userId}`, pathParams: parts.pathParams, body: { status } }];
      },
      loses: [],
    },
  },
  [`DELETE ${W}/users/{userId}`]: {
    ...person,
    view: nothing,
    undo: none("a member who was removed has to be invited, and to accept"),
  },
  ...rates(`${W}/users/{userId}`, person),
  ...rates(W, workspace),
  [`POST ${W}/users/{userId}/roles`]: {
    entity: "user",
    noun: "member",
    id: "userId",
    view: nothing,
    undo: {
      kind: "opposite",
      calls: ({ pathParams, sent }) => [{ operation: `DELETE ${W}/users/{userId}/roles`, pathParams, body: sent }],
      loses: ["the role, where the member had it before too"],
    },
  },
  [`DELETE ${W}/users/{userId}/roles`]: {
    entity: "user",
    noun: "member",
    id: "userId",
    view: nothing,
    undo: {
      kind: "opposite",
      calls: ({ pathParams, sent }) => [{ operation: `POST ${W}/users/{userId}/roles`, pathParams, body: sent }],
      loses: [],
    },
  },
  [`PATCH ${W}/member-profile/{userId}`]: {
    entity: "member_profile",
    noun: "member profile",
    id: "userId",
    read: { by: `GET ${W}/member-profile/{userId}` },
    view: (read) => pick(read, PROFILE),
    undo: {
      kind: "restore",
      calls: ({ before, fields, pathParams }) => [{
        operation: `PATCH ${W}/member-profile/{userId}`,
        pathParams,
        body: pick(before ?? {}, fields),
      }],
      loses: ["the picture"],
    },
  },
  [`PUT ${W}/users/{userId}/custom-field/{customFieldId}/value`]: {
    entity: "member_profile",
    noun: "custom field of a member",
    id: "userId",
    read: { by: `GET ${W}/member-profile/{userId}` },
    view: userField,
    sentView: (sent) => sent,
    undo: {
      kind: "restore",
      calls: (parts) => [{
        operation: `PUT ${W}/users/{userId}/custom-field/{customFieldId}/value`,
        pathParams: parts.pathParams,
        body: userField(parts.before ?? {}, parts),
      }],
      loses: [],
    },
  },
};

function userField(read: Fields, { pathParams: { customFieldId } }: { pathParams: Fields }): Fields {
  const values = Array.isArray(read.userCustomFields) ? read.userCustomFields.filter(isFields) : [];
  return { value: values.find((one) => one.customFieldId === customFieldId)?.value ?? null };
}

function restoreEntry(
  { id, before, now, fields }: { id: string; before: Fields; now: Fields; fields: readonly string[] },
) {
  const undo = restoreBy(`PUT ${ENTRY}/{id}`);
  if (undo.kind !== "restore") return [];
  return undo.calls({ workspaceId: "", pathParams: {}, queryParams: {}, sent: undefined, id, before, now, fields });
}

/** A list of ids, or one text with commas between them. */
function ids(value: unknown): string[] {
  const list = Array.isArray(value) ? value : typeof value === "string" ? value.split(",") : [];
  return [...new Set(list.filter((one): one is string => typeof one === "string" && one !== ""))];
}
