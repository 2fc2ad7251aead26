/** What was made, changed and deleted in a workspace since the start, by kind, from the events of each change. */

import type { Workspace } from "./workspace_data.ts";

export type ChangeKind = "created" | "updated" | "deleted";

export interface EntityChange {
  kind: ChangeKind;
  /** CLIENTS, PROJECTS, TAGS, TASKS or TIME_ENTRY: the name in the parameter `type`. */
  type: string;
  id: string;
  /** Milliseconds. */
  at: number;
  /** The object as the event showed it. */
  document: Record<string, unknown>;
}

const NOUNS: Record<string, string> = {
  CLIENT: "CLIENTS",
  PROJECT: "PROJECTS",
  TAG: "TAGS",
  TASK: "TASKS",
  TIME_ENTRY: "TIME_ENTRY",
};
const KINDS: Record<string, ChangeKind> = { UPDATED: "updated", DELETED: "deleted", RESTORED: "created" };
const TIMERS: Record<string, ChangeKind> = { NEW_TIMER_STARTED: "created", TIMER_STOPPED: "updated" };
/** Older ones are forgotten. */
const MAX_KEPT = 10_000;

const changes = new WeakMap<Workspace, EntityChange[]>();

function read(event: string): { kind: ChangeKind; type: string } | undefined {
  if (TIMERS[event]) return { kind: TIMERS[event], type: "TIME_ENTRY" };
  const [, fresh] = /^NEW_(\w+)$/.exec(event) ?? [];
  const [, noun = fresh, verb] = /^(\w+)_(UPDATED|DELETED|RESTORED)$/.exec(event) ?? [];
  const type = NOUNS[noun ?? ""];
  return type === undefined ? undefined : { kind: verb ? KINDS[verb]! : "created", type };
}

/** Keeps the change that the event shows, if its kind is one that is asked for. */
export function noteChange(workspace: Workspace, event: string, payload: unknown, at: number): void {
  const known = read(event);
  const document = payload as Record<string, unknown>;
  if (!known || typeof document.id !== "string") return;
  const list = changes.get(workspace) ?? [];
  list.push({ ...known, id: document.id, at, document: structuredClone(document) });
  if (list.length > MAX_KEPT) list.shift();
  changes.set(workspace, list);
}

export function changesOf(workspace: Workspace): readonly EntityChange[] {
  return changes.get(workspace) ?? [];
}
