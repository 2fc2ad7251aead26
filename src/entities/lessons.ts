/** What an event says of a named entity, so that the cache learns between two reads of the lists. */

import { EVENTS } from "../clockify/events.ts";

type Body = Record<string, unknown>;

export interface Lesson {
  /** As entities/bootstrap/lists.ts calls it. */
  entityType: string;
  id: string;
  /** Of a task: its project. */
  parentId?: string;
  /** Event type or operationId that it comes from. */
  source: string;
  /**
   * whole: all of it, as a list has it. part: some fields, of one that was not deleted. back: the same, also of one that
   * was. new: some fields, where nothing is known yet. gone: it was deleted.
   */
  kind: "whole" | "part" | "back" | "new" | "gone";
  body: Body;
}

interface Taught {
  entityType: string;
  kind: Lesson["kind"];
  /** Fields that the list has in the same form. */
  fields: readonly string[];
}

const NAMED = ["id", "workspaceId", "name", "archived"];
const PROJECT = [...NAMED, "clientId", "clientName", "billable", "color", "note", "public", "template"];
const TASK = ["id", "name", "projectId", "assigneeIds", "userGroupIds", "status"];
const GROUP = ["id", "workspaceId", "name", "userIds"];
const USER = ["id", "name", "email", "profilePicture"];

/** By event type. A deletion that overtook its creation stays: "new" and "part" revive nothing, but people come back. */
const TAUGHT: ReadonlyMap<string, Taught> = new Map([
  ...threeOf("client", ["NEW_CLIENT", "CLIENT_UPDATED", "CLIENT_DELETED"], NAMED),
  ...threeOf("project", ["NEW_PROJECT", "PROJECT_UPDATED", "PROJECT_DELETED"], PROJECT),
  ...threeOf("task", ["NEW_TASK", "TASK_UPDATED", "TASK_DELETED"], TASK),
  ...threeOf("tag", ["NEW_TAG", "TAG_UPDATED", "TAG_DELETED"], NAMED),
  ...threeOf("user_group", ["USER_GROUP_CREATED", "USER_GROUP_UPDATED", "USER_GROUP_DELETED"], GROUP),
  ["USER_JOINED_WORKSPACE", { entityType: "user", kind: "back", fields: USER }],
  ["USER_ACTIVATED_ON_WORKSPACE", { entityType: "user", kind: "back", fields: USER }],
  ["USER_DEACTIVATED_ON_WORKSPACE", { entityType: "user", kind: "part", fields: USER }],
  ["USER_EMAIL_CHANGED", { entityType: "user", kind: "part", fields: USER }],
  ["USER_UPDATED", { entityType: "user", kind: "part", fields: USER }],
  ["USER_DELETED_FROM_WORKSPACE", { entityType: "user", kind: "gone", fields: USER }],
]);

/** True for the few event types that say something of a name; the many about time entries do not. */
export function teaches(eventType: string): boolean {
  return TAUGHT.has(eventType);
}

/** Undefined when the body names no entity with a name. */
export function lessonOfEvent(eventType: string, body: unknown): Lesson | undefined {
  const taught = TAUGHT.get(eventType);
  const idField = EVENTS.get(eventType)?.entityIdPath;
  if (!taught || idField === undefined || typeof body !== "object" || body === null) return undefined;
  const { entityType, kind, fields } = taught;
  const known = Object.fromEntries(
    fields.flatMap((field) => Object.hasOwn(body, field) ? [[field, (body as Body)[field]]] : []),
  );
  return lessonOf({ entityType, kind, source: eventType, id: (body as Body)[idField], body: known });
}

/** Ids become keys: printable, and of any length that Clockify has. */
const ID = /^[\x21-\x7e]{1,100}$/;

/** Undefined when the id cannot be one, or what is not gone has no name. */
export function lessonOf(
  { id, body, ...rest }: Omit<Lesson, "id" | "parentId" | "body"> & { id: unknown; body: Body },
): Lesson | undefined {
  if (typeof id !== "string" || !ID.test(id)) return undefined;
  if (rest.kind !== "gone" && (typeof body.name !== "string" || body.name === "")) return undefined;
  const parentId = rest.entityType === "task" && typeof body.projectId === "string" ? body.projectId : "";
  return { ...rest, id, parentId: ID.test(parentId) ? parentId : "", body };
}

function threeOf(
  entityType: string,
  [created, updated, deleted]: [string, string, string],
  fields: readonly string[],
): [string, Taught][] {
  return [
    [created, { entityType, kind: "new", fields }],
    [updated, { entityType, kind: "part", fields }],
    [deleted, { entityType, kind: "gone", fields }],
  ];
}
