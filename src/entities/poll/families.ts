/** Which events can be derived by comparing two reads of a list, and their bodies. */

export type Body = Record<string, unknown>;

export interface FoundEvent {
  eventType: string;
  /** Without the workspaceId, which every body gets. */
  body: Body;
}

/** A list whose entities make events. */
export interface Family {
  /** Entity type of its list (entities/bootstrap/lists.ts). */
  entityType: string;
  /** Every event type that can be derived from it. */
  events: readonly string[];
  /**
   * Raised by whoever changes `watched`: what was noted of other fields is then noted again without an event. A change
   * that falls between the last look of the older version and the first of the newer one is not reported.
   */
  version: number;
  /** What counts as a change: fields that move by themselves (a project's tracked duration) must stay out. */
  watched(body: Body, workspaceId: string): unknown;
  /** The event of an entity that is new, changed or gone; undefined when it makes none. */
  eventOf(change: { before?: Body; after?: Body }, workspaceId: string): FoundEvent | undefined;
}

/** Lists whose entities are created, changed and deleted; the watched fields are those of the events' bodies. */
const NAMED: readonly Family[] = [
  named("client", ["NEW_CLIENT", "CLIENT_UPDATED", "CLIENT_DELETED"], [
    "name",
    "archived",
    "email",
    "address",
    "note",
    "currencyId",
  ]),
  named("project", ["NEW_PROJECT", "PROJECT_UPDATED", "PROJECT_DELETED"], [
    "name",
    "clientId",
    "billable",
    "color",
    "estimate",
    "archived",
    "note",
    "public",
    "template",
    "hourlyRate",
  ]),
  named("task", ["NEW_TASK", "TASK_UPDATED", "TASK_DELETED"], [
    "name",
    "assigneeIds",
    "userGroupIds",
    "estimate",
    "status",
  ]),
  named("tag", ["NEW_TAG", "TAG_UPDATED", "TAG_DELETED"], ["name", "archived"]),
  named("user_group", ["USER_GROUP_CREATED", "USER_GROUP_UPDATED", "USER_GROUP_DELETED"], ["name", "userIds"]),
  named("expense", ["EXPENSE_CREATED", "EXPENSE_UPDATED", "EXPENSE_DELETED"], [
    "userId",
    "date",
    "projectId",
    "taskId",
    "categoryId",
    "category",
    "project",
    "notes",
    "quantity",
    "billable",
    "fileId",
    "total",
  ], { idField: "expenseId" }),
  // No event says that an invoice was deleted.
  named("invoice", ["NEW_INVOICE", "INVOICE_UPDATED"], [
    "number",
    "status",
    "issuedDate",
    "dueDate",
    "amount",
    "balance",
    "currency",
    "clientId",
  ]),
];

const USERS: Family = {
  entityType: "user",
  events: [
    "USER_JOINED_WORKSPACE",
    "USER_ACTIVATED_ON_WORKSPACE",
    "USER_DEACTIVATED_ON_WORKSPACE",
    "USER_DELETED_FROM_WORKSPACE",
    "USER_EMAIL_CHANGED",
    "USER_UPDATED",
  ],
  version: 1,
  watched: (body, workspaceId) => [pick(body, ["name", "email", "profilePicture"]), membership(body, workspaceId)],
  eventOf({ before, after }, workspaceId) {
    if (!after) return { eventType: "USER_DELETED_FROM_WORKSPACE", body: before! };
    const [was, is] = [before && membership(before, workspaceId), membership(after, workspaceId)];
    const event = (eventType: string, more: Body = {}) => ({ eventType, body: { ...after, ...more } });
    // Someone who is only invited has not joined.
    if (!before || was === "PENDING") return is === "ACTIVE" ? event("USER_JOINED_WORKSPACE") : undefined;
    if (was !== is && is === "ACTIVE") return event("USER_ACTIVATED_ON_WORKSPACE");
    if (was !== is && is === "INACTIVE") return event("USER_DEACTIVATED_ON_WORKSPACE");
    if (before.email !== after.email) return event("USER_EMAIL_CHANGED", { oldEmail: before.email });
    return event("USER_UPDATED");
  },
};

const APPROVALS: Family = {
  entityType: "approval_request",
  events: ["NEW_APPROVAL_REQUEST", "APPROVAL_REQUEST_STATUS_UPDATED"],
  version: 1,
  watched: (body) => stateOf(body),
  // The events bring the request itself, the list puts totals around it. One that leaves the list says nothing.
  eventOf({ before, after }) {
    if (!after) return undefined;
    const eventType = before ? "APPROVAL_REQUEST_STATUS_UPDATED" : "NEW_APPROVAL_REQUEST";
    return { eventType, body: after.approvalRequest as Body };
  },
};

export const FAMILIES: readonly Family[] = [...NAMED, USERS, APPROVALS];

/** Event types that polling can derive. */
export const pollableEvents: ReadonlySet<string> = new Set(FAMILIES.flatMap(({ events }) => events));

/** `idField` is the name that the bodies of changes and deletions give the id. */
function named(
  entityType: string,
  [created, updated, deleted]: [string, string, string?],
  watched: readonly string[],
  { idField, version = 1 }: { idField?: string; version?: number } = {},
): Family {
  const withId = (body: Body) => idField === undefined ? body : { ...body, [idField]: body.id };
  return {
    entityType,
    events: [created, updated, ...deleted === undefined ? [] : [deleted]],
    version,
    watched: (body) => pick(body, watched),
    eventOf({ before, after }) {
      if (before && after) return { eventType: updated, body: withId(after) };
      if (after) return { eventType: created, body: after };
      return deleted === undefined ? undefined : { eventType: deleted, body: withId(before!) };
    },
  };
}

/** The fields in this order. The order inside a list of ids says nothing, and of an entity inside only its id counts. */
function pick(body: Body, fields: readonly string[]): unknown[] {
  return fields.map((field) => {
    const value = body[field] ?? null;
    if (Array.isArray(value)) return value.every((item) => typeof item === "string") ? value.toSorted() : value;
    return (value as { id?: unknown } | null)?.id ?? value;
  });
}

/** PENDING, ACTIVE, DECLINED or INACTIVE; the list is read with its memberships. */
function membership(body: Body, workspaceId: string): unknown {
  const memberships = Array.isArray(body.memberships) ? body.memberships as (Body | null)[] : [];
  const own = memberships.find((one) => one?.targetId === workspaceId && one.membershipType === "WORKSPACE");
  return own?.membershipStatus ?? "ACTIVE";
}

function stateOf(body: Body): unknown {
  const request = body.approvalRequest as { status?: { state?: unknown } | null } | null | undefined;
  return request?.status?.state ?? null;
}
