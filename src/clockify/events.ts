/** The catalogue of Clockify's 52 webhook events, the key of the entity that a delivery is about, and how long it is remembered. */

import { hash } from "node:crypto";
import data from "./events_data.json" with { type: "json" };

export interface ClockifyEvent {
  event: string;
  category: string;
  resource: string;
  action: string;
  /** Field of the body that holds the entity's id; absent for invitations, balances, rates and unknown payloads. */
  entityIdPath?: string;
  /** True when the platform's sample carries `workspaceId`; the verified token is the authority either way. */
  workspaceIdInPayload: boolean;
  /** READ scopes of the resource family (inferred: no source ties a subscription to a scope). */
  readScopes: readonly string[];
  /** Manifest schema versions that list the event; empty for TIME_ENTRY_BATCH_DELETED, which no schema has. */
  schemas: readonly string[];
}

/** All known events by name. */
export const EVENTS: ReadonlyMap<string, ClockifyEvent> = new Map(
  data.events.map((row) => [row.event, { ...row, workspaceIdInPayload: row.workspaceIdInPayload ?? false }]),
);

/** The names of the events that a manifest of this schema version may subscribe to. */
export function eventsOfSchema(version: string): string[] {
  return [...EVENTS.values()].filter((event) => event.schemas.includes(version)).map((event) => event.event);
}

/**
 * `resource:id` of the entity that `body` is about, e.g. `timeEntry:64a687e29ae1f428e7ebe303`. Undefined when the event
 * is unknown or names no entity, or when the id is absent, empty or not a string; the caller then uses the body's hash.
 */
export function entityKey(eventType: string, body: unknown): string | undefined {
  const event = EVENTS.get(eventType);
  if (event?.entityIdPath === undefined || typeof body !== "object" || body === null) return undefined;
  const id = (body as Record<string, unknown>)[event.entityIdPath];
  return typeof id === "string" && id !== "" ? event.resource + ":" + id : undefined;
}

/** Where bodies of the types without an id name the person or project: each that is there counts. */
const SUBJECT_PATHS = [
  ["id"],
  ["userId"],
  ["projectId"],
  ["modifiedEntity", "userId"],
  ["modifiedEntity", "targetId"],
  ["invitedUserEmails"],
  ["invitedUserNames"],
] as const;
const DAY_SECONDS = 86_400;
/** A retry comes after 14 to 70 s. The second of two equal changes of a balance or a rate may well be meant, an hour later. */
const UNNAMED_SECONDS = 600;

/**
 * What identifies a repeat of this delivery: the latest one of its type and `entityKey` with an equal body, for
 * `memorySeconds`. An event without an id of its own (balance, rate, invitation) is known by the person or project that
 * its body names.
 */
export function deliveryIdentity(
  eventType: string,
  body: unknown,
): { entityKey: string | undefined; memorySeconds: number } {
  const key = entityKey(eventType, body);
  if (key !== undefined) return { entityKey: key, memorySeconds: DAY_SECONDS };
  const named = SUBJECT_PATHS.map((names) => names.reduce<unknown>(fieldOf, body));
  const subject = named.some((value) => value !== undefined) ? JSON.stringify(named) : undefined;
  return { entityKey: subject && `body:about:${hash("sha256", subject)}`, memorySeconds: UNNAMED_SECONDS };
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}
