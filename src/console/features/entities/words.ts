/** Types of entities, what their lists are at, and items of a timeline, in words. Pure. */

import type { ReadList, TimelineItem, WorkspaceRead } from "./api.ts";

/** "time_entry" is "Time entry". */
export function typeWord(type: string): string {
  const words = type.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** There is one of each in a workspace. */
const SINGLE: ReadonlySet<string> = new Set(["current_user", "workspace"]);

/** "policy" is "Policies". */
export function listWord(type: string): string {
  const word = typeWord(type);
  if (SINGLE.has(type)) return word;
  return /[^aeiou]y$/.test(word) ? `${word.slice(0, -1)}ies` : `${word}s`;
}

/** Where an entity of an event's key is found: `timeEntry:64a6...` is /data/time_entry/64a6.... */
export function entityHref(entity: string): string | undefined {
  const [, resource, id] = /^([a-zA-Z]+):([\x21-\x7e]{1,100})$/.exec(entity) ?? [];
  if (resource === undefined || id === undefined) return undefined;
  return dataHref(resource.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`), id);
}

export function dataHref(type: string, id?: string): string {
  return `/data/${encodeURIComponent(type)}${id === undefined ? "" : `/${encodeURIComponent(id)}`}`;
}

export const LIST_STATES: Record<ReadList["status"], { tone: "ok" | "bad" | "warn" | "wait" | "idle"; word: string }> =
  {
    pending: { tone: "idle", word: "Waiting" },
    reading: { tone: "wait", word: "Reading" },
    complete: { tone: "ok", word: "Complete" },
    truncated: { tone: "warn", word: "Cut at the page limit" },
    failed: { tone: "bad", word: "Failed" },
  };

/** How far the read is: what is known of it, and nothing that is not. */
export function progressText(read: WorkspaceRead, duration: (ms: number) => string): string {
  const pages = read.lists.reduce((sum, list) => sum + list.pages, 0);
  const parts = [`${read.progress} of ${read.total} lists`, `${pages} ${pages === 1 ? "page" : "pages"}`];
  if (read.pages_per_second !== null) parts.push(`${read.pages_per_second} pages/s`);
  if (read.remaining_seconds !== null) parts.push(`about ${duration(read.remaining_seconds * 1_000)} left`);
  else if (read.status === "IN_PROGRESS") parts.push("time left is not known: a list has no earlier read");
  return parts.join(", ");
}

export function isOpen({ status }: Pick<WorkspaceRead, "status">): boolean {
  return status === "PENDING" || status === "IN_PROGRESS";
}

const SEEN = { created: "Was new", updated: "Had changed", deleted: "Was gone" } as const;

/** What an item is, before its details. */
export function itemTitle(item: TimelineItem): string {
  switch (item.kind) {
    case "event":
      return item.event_type;
    case "seen":
      return `${SEEN[item.change]} at a read of the list`;
    case "write":
      return `${item.operation_id} by Timewire`;
    case "run":
      return item.replay > 0 ? `Replay ${item.replay} of ${item.flow_name}` : `Run of ${item.flow_name}`;
  }
}

/** Where an item is shown in full; undefined for what a read saw. */
export function itemHref(item: TimelineItem): string | undefined {
  switch (item.kind) {
    case "event":
      return `/events/${item.id}`;
    case "write":
      return `/journal/${item.id}`;
    case "run":
      return `/runs/${item.id}`;
    case "seen":
      return undefined;
  }
}

/** What an entity is called, or its id. */
export function entityName({ id, body }: { id: string; body: unknown }): string {
  const { name, description, number } = (body ?? {}) as Record<string, unknown>;
  const found = [name, description, number].find((one) => typeof one === "string" && one !== "");
  return typeof found === "string" ? found : id;
}
