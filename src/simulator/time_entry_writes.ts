/**
 * How a time entry is written: whole from what a body says, with its refusals and events; approved entries stay as they are.
 * See docs/clockify-protocol.md "Times and writes".
 */

import { deletedTimeEntryPayload, timeEntryPayload } from "./payloads.ts";
import { type ApiCall, ApiRefusal, objectBody, pickFields, refuse } from "./route.ts";
import { instant, isoDuration } from "./wall_clock.ts";
import type { TimeEntry, Workspace } from "./workspace_data.ts";

const WRITABLE = {
  start: "",
  end: "",
  billable: false,
  description: "",
  projectId: "",
  taskId: "",
  tagIds: [] as string[],
  type: "",
  customFields: [] as { customFieldId: string; value: unknown }[],
};
type Written = Partial<{ [field in keyof typeof WRITABLE]: (typeof WRITABLE)[field] | null }>;

/** The instant in UTC with whole seconds. Throws 400/3002 for what is no date. */
export function readInstant(text: string): string {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new ApiRefusal(400, "Cannot parse date", 3002);
  return instant(ms);
}

/** Throws the refusals seen live (docs/clockify-protocol.md "Times and writes"). */
function checkReferences(workspace: Workspace, written: Written): void {
  if (written.projectId && !workspace.projects.has(written.projectId)) {
    throw refuse("Project doesn't belong to Workspace");
  }
  const task = written.taskId ? workspace.tasks.get(written.taskId) : undefined;
  if (written.taskId && task?.projectId !== written.projectId) throw refuse("Task doesn't belong to Project");
  for (const id of written.tagIds ?? []) {
    const tag = workspace.tags.get(id);
    if (!tag) throw refuse("Tag doesn't belong to Workspace");
    if (tag.archived) throw refuse("You can not create entities for archived tag");
  }
  if (/[<>]/.test(written.description ?? "")) throw refuse("Don't use < and > characters");
}

/** A whole entry from what was written; every field not written gets its default, as a full replace does. */
function build(call: ApiCall, written: Written, base: { id: string; userId: string; start: string }): TimeEntry {
  const { workspace } = call;
  checkReferences(workspace, written);
  const start = readInstant(base.start);
  const end = written.end ? readInstant(written.end) : null;
  if (end !== null && end < start) throw refuse("End time must be after start time");
  const project = written.projectId ? workspace.projects.get(written.projectId) : undefined;
  const isNew = !workspace.timeEntries.has(base.id);
  return {
    id: base.id,
    description: written.description ?? "",
    tagIds: written.tagIds ?? [],
    userId: base.userId,
    billable: written.billable ?? project?.billable ?? false,
    taskId: written.taskId || null,
    projectId: written.projectId || null,
    workspaceId: workspace.id,
    timeInterval: { start, end, duration: end && isoDuration(Date.parse(end) - Date.parse(start)) },
    // Every active custom field attaches itself, to a new entry with its default; values come in as `customFields` only, and a
    // replace without them empties them.
    customFieldValues: workspace.customFields.filter((field) => field.status !== "INACTIVE").map((field) => {
      const given = written.customFields?.find((one) => one.customFieldId === field.id);
      const value = given ? given.value : isNew ? field.workspaceDefaultValue : null;
      return {
        customFieldId: field.id,
        timeEntryId: base.id,
        value: value ?? null,
        name: field.name,
        type: field.type,
      };
    }),
    type: written.type || "REGULAR",
    kioskId: null,
    hourlyRate: project?.hourlyRate ?? null,
    costRate: null,
    isLocked: false,
  };
}

/** Sends the event with the entry as webhooks show it. */
export function emitEntry(call: ApiCall, event: string, entry: TimeEntry): void {
  call.world.emit(call.workspace.id, event, timeEntryPayload(call.workspace, entry));
}

/** Every POST makes an entry: Clockify has no idempotency key. Without `end` it is a running timer. */
export function create(call: ApiCall, userId: string): TimeEntry {
  const written = pickFields(objectBody(call), WRITABLE) as Written;
  if (written.end && !written.start) throw refuse("Can't create time entry with end time only.");
  const start = written.start ?? instant(call.world.clock.now());
  const entry = build(call, written, { id: call.world.newId(), userId, start });
  if (entry.timeInterval.end === null) {
    const running = runningOf(call.workspace, userId);
    if (running) stop(call, running, entry.timeInterval.start);
  }
  add(call, entry);
  emitEntry(call, entry.timeInterval.end === null ? "NEW_TIMER_STARTED" : "NEW_TIME_ENTRY", entry);
  return entry;
}

/** Keeps a new entry, with when it was made. */
export function add(call: ApiCall, entry: TimeEntry): void {
  call.workspace.timeEntries.set(entry.id, entry);
  call.workspace.entryMadeAt.set(entry.id, call.world.clock.now());
}

/** The timer of the person; undefined when none runs. */
export function runningOf(workspace: Workspace, userId: string): TimeEntry | undefined {
  return [...workspace.timeEntries.values()].find((one) => one.userId === userId && one.timeInterval.end === null);
}

/** Ends a timer. Throws 400/501 for an end before its start. */
export function stop(call: ApiCall, entry: TimeEntry, end: string): void {
  const { start } = entry.timeInterval;
  if (end < start) throw refuse("End time must be after start time");
  entry.timeInterval = { start, end, duration: isoDuration(Date.parse(end) - Date.parse(start)) };
  emitEntry(call, "TIMER_STOPPED", entry);
}

/** Approved entries stay as they are. */
function checkUnlocked(entry: TimeEntry): void {
  if (entry.isLocked) throw new ApiRefusal(403, "Time entry is approved", 4005);
}

/** Writes an entry whole. Throws 400/3001 without a start, 403/4005 for one that is approved. */
export function replace(call: ApiCall, entry: TimeEntry, body: Record<string, unknown>): TimeEntry {
  const written = pickFields(body, WRITABLE) as Written;
  if (!written.start) throw new ApiRefusal(400, "Missing parameter start", 3001);
  checkUnlocked(entry);
  Object.assign(entry, build(call, written, { id: entry.id, userId: entry.userId, start: written.start }));
  emitEntry(call, "TIME_ENTRY_UPDATED", entry);
  return entry;
}

/** Throws 403/4005 for an entry that is approved. */
export function remove(call: ApiCall, entry: TimeEntry): void {
  checkUnlocked(entry);
  const payload = deletedTimeEntryPayload(call.workspace, entry);
  call.workspace.timeEntries.delete(entry.id);
  call.workspace.entryMadeAt.delete(entry.id);
  call.world.emit(call.workspace.id, "TIME_ENTRY_DELETED", payload);
}
