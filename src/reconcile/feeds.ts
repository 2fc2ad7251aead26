/** What Clockify's entity feeds show, as the events that should have been delivered for it. */

import { entityKey } from "../clockify/events.ts";

type Body = Record<string, unknown>;

export const FEED_KINDS = ["created", "updated", "deleted"] as const;
export type FeedKind = (typeof FEED_KINDS)[number];

/** An event that should be there. */
export interface ExpectedEvent {
  eventType: string;
  body: Body;
  entityKey: string;
  at: Date;
  /** Event types one of which says that the change was received. */
  types: readonly string[];
  /** It was, when one of them came since then; null: whenever it came, since the change happens once. */
  since: Date | null;
  /** Fields that say whether an update is news, as paths. */
  watched: readonly string[];
}

/** By the name in the parameter `type`: those whose items have the form of the events' bodies (docs/clockify-protocol.md "Entity feeds"). */
const EVENT_TYPES: Readonly<Record<string, Readonly<Record<FeedKind, readonly string[]>>>> = {
  CLIENTS: { created: ["NEW_CLIENT"], updated: ["CLIENT_UPDATED"], deleted: ["CLIENT_DELETED"] },
  PROJECTS: { created: ["NEW_PROJECT"], updated: ["PROJECT_UPDATED"], deleted: ["PROJECT_DELETED"] },
  TAGS: { created: ["NEW_TAG"], updated: ["TAG_UPDATED"], deleted: ["TAG_DELETED"] },
  TASKS: { created: ["NEW_TASK"], updated: ["TASK_UPDATED"], deleted: ["TASK_DELETED"] },
  TIME_ENTRY: {
    created: ["NEW_TIME_ENTRY", "NEW_TIMER_STARTED"],
    updated: ["TIME_ENTRY_UPDATED", "TIMER_STOPPED", "TIME_ENTRY_SPLIT", "TIME_ENTRY_RESTORED"],
    deleted: ["TIME_ENTRY_DELETED"],
  },
};

/**
 * Fields that the update events are about: a change of others (time that is tracked on a project, a rate) is no event, and
 * feeds have some in another form.
 */
const WATCHED: Readonly<Record<string, readonly string[]>> = {
  CLIENTS: ["name", "archived", "note", "address", "email"],
  PROJECTS: ["name", "clientId", "billable", "color", "archived", "note", "public", "template"],
  TAGS: ["name", "archived"],
  TASKS: ["name", "assigneeIds", "status", "billable"],
  TIME_ENTRY: [
    ...["description", "projectId", "taskId", "tagIds", "billable", "userId", "type"],
    ...["timeInterval.start", "timeInterval.end"],
  ],
};

/** Clocks differ, and an event may come before the feed says that it happened. */
const SKEW_MS = 60_000;
/** A change so soon after the making is the making. */
const MAKING_MS = 2_000;
/** What the feed adds to the entity. */
const OWN_FIELDS: ReadonlySet<string> = new Set(["documentType", "documentCode", "auditMetadata"]);

/** Values of `type` whose events of the kind may be delivered. */
export function feedTypes(kind: FeedKind, delivered: ReadonlySet<string>): string[] {
  return Object.entries(EVENT_TYPES).flatMap(([type, kinds]) =>
    kinds[kind].some((event) => delivered.has(event)) ? [type] : []
  );
}

/** The items of an answer of the feed; undefined when it holds none. */
export function feedItems(kind: FeedKind, data: unknown): unknown[] | undefined {
  const items = kind === "deleted" ? (data as { response?: unknown } | null)?.response : data;
  return Array.isArray(items) ? items : undefined;
}

/** Undefined for what makes no event that is delivered, and for an item that cannot be read. */
export function expectedOf(
  kind: FeedKind,
  item: unknown,
  { delivered, workspaceId, from, until }: {
    delivered: ReadonlySet<string>;
    workspaceId: string;
    from: Date;
    until: Date;
  },
): ExpectedEvent | undefined {
  if (typeof item !== "object" || item === null) return undefined;
  const { documentType, document, deletedAt, auditMetadata } = item as Body;
  const kinds = EVENT_TYPES[String(documentType)];
  const shown = kind === "deleted" ? document : item;
  if (!kinds || typeof shown !== "object" || shown === null) return undefined;
  const { createdAt, updatedAt } = (auditMetadata ?? {}) as Body;
  const at = instantOf({ created: createdAt, updated: updatedAt, deleted: deletedAt }[kind]);
  // Two spans that meet share an instant: it is the later one's.
  if (!at || at < from || at >= until) return undefined;
  if (kind === "updated" && at.getTime() - (instantOf(createdAt)?.getTime() ?? 0) < MAKING_MS) return undefined;
  const body = {
    ...Object.fromEntries(Object.entries(shown).filter(([name]) => !OWN_FIELDS.has(name))),
    workspaceId,
  };
  const eventType = documentType === "TIME_ENTRY" && kind === "created" && isRunning(body)
    ? "NEW_TIMER_STARTED"
    : kinds[kind][0]!;
  const key = entityKey(eventType, body);
  if (!delivered.has(eventType) || key === undefined) return undefined;
  return {
    eventType,
    body,
    entityKey: key,
    at,
    types: kind === "updated" ? [...kinds.created, ...kinds.updated, ...kinds.deleted] : kinds[kind],
    watched: WATCHED[String(documentType)]!,
    since: kind === "updated" ? new Date(at.getTime() - SKEW_MS) : null,
  };
}

function isRunning({ timeInterval }: Body): boolean {
  return ((timeInterval ?? {}) as Body).end == null;
}

function instantOf(text: unknown): Date | undefined {
  const at = typeof text === "string" ? new Date(text) : undefined;
  return at && !Number.isNaN(at.getTime()) ? at : undefined;
}
