/** What lists of entities are at, and items of a timeline, in words. Pure. */

import type { ReadList, TimelineItem, WorkspaceRead } from "./api.ts";
import { say, sayCount } from "../../words/say.ts";

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
    pending: { tone: "idle", word: say("Waiting") },
    reading: { tone: "wait", word: say("Reading") },
    complete: { tone: "ok", word: say("Complete") },
    truncated: { tone: "warn", word: say("Cut at the page limit") },
    failed: { tone: "bad", word: say("Failed") },
  };

const READ_STATES: Record<WorkspaceRead["status"], string> = {
  PENDING: say("Not started"),
  IN_PROGRESS: say("In progress"),
  COMPLETE: say("Complete"),
  FAILED: say("Failed"),
  DISABLED: say("Disabled"),
};

export function readWord({ status, last_error }: Pick<WorkspaceRead, "status" | "last_error">): string {
  return status === "COMPLETE" && last_error !== null ? say("Complete with errors") : READ_STATES[status];
}

/** How far the read is: what is known of it, and nothing that is not. */
export function progressText(read: WorkspaceRead, duration: (ms: number) => string): string {
  const pages = read.lists.reduce((sum, list) => sum + list.pages, 0);
  const parts = [
    say("{done} of {total} lists", { done: read.progress, total: read.total }),
    sayCount(pages, "{count} page", "{count} pages", { count: pages }),
  ];
  if (read.pages_per_second !== null) parts.push(say("{count} pages/s", { count: read.pages_per_second }));
  if (read.remaining_seconds !== null) {
    parts.push(say("about {time} left", { time: duration(read.remaining_seconds * 1_000) }));
  } else if (read.status === "IN_PROGRESS") {
    parts.push(say("time left is not known: a list has no earlier read"));
  }
  return parts.join(", ");
}

export function isOpen({ status }: Pick<WorkspaceRead, "status">): boolean {
  return status === "PENDING" || status === "IN_PROGRESS";
}

const SEEN = {
  created: say("Was new at a read of the list"),
  updated: say("Had changed at a read of the list"),
  deleted: say("Was gone at a read of the list"),
};

/** What an item is, before its details. */
export function itemTitle(item: TimelineItem): string {
  switch (item.kind) {
    case "event":
      return item.event_type;
    case "seen":
      return SEEN[item.change];
    case "write":
      return say("{operation} by Timewire", { operation: item.operation_id });
    case "run":
      return item.replay > 0
        ? say("Replay {number} of {flow}", { number: item.replay, flow: item.flow_name })
        : say("Run of {flow}", { flow: item.flow_name });
  }
}

const STATES: Readonly<Record<string, string>> = {
  sending: say("sending"),
  done: say("done##a write"),
  refused: say("refused##a write"),
  uncertain: say("uncertain"),
  pending: say("pending"),
  running: say("running"),
  waiting: say("waiting"),
  completed: say("completed"),
  failed: say("failed"),
  cancelled: say("cancelled"),
};

/** Of a write or a run. */
export function stateWord(state: string): string {
  return STATES[state] ?? state;
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
