/**
 * Time entries and timers: create, read, full replace, stop, delete, and the lists with their habits.
 * See docs/clockify-protocol.md "Times and writes".
 */

import { businessOf } from "../business_data.ts";
import { deletedTimeEntryPayload, timeEntryPayload } from "../payloads.ts";
import {
  accessDenied,
  type ApiCall,
  ApiRefusal,
  created,
  flagOf,
  objectBody,
  ok,
  paged,
  pickFields,
  refuse,
  type Route,
} from "../route.ts";
import { instant, isoDuration, localTime } from "../wall_clock.ts";
import { isAdminRole, type TimeEntry, type User, type Workspace } from "../workspace_data.ts";

const WORKSPACE = "/v1/workspaces/{workspaceId}";
const [READ, WRITE] = ["TIME_ENTRY_READ", "TIME_ENTRY_WRITE"];
/** Lists filtered by start or end miss entries younger than this; others show them at once. */
const WINDOWED_LIST_LAG_MS = 45_000;

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

function userOf(call: ApiCall): User {
  const user = call.workspace.users.get(call.params.userId!);
  if (!user) throw refuse("User doesn't belong to Workspace");
  checkOwn(call, user.id);
  return user;
}

function entryOf(call: ApiCall): TimeEntry {
  const entry = call.workspace.timeEntries.get(call.params.id!);
  if (!entry) throw refuse("Time entry doesn't belong to Workspace");
  checkOwn(call, entry.userId);
  return entry;
}

/** A viewer who is no admin has his own entries only. Clockify's answer to others is not documented: ours is 403. */
function checkOwn(call: ApiCall, userId: string): void {
  const { kind, user } = call.caller;
  if (kind === "user" && user.id !== userId && !isAdminRole(user.role)) throw accessDenied();
}

function readInstant(text: string): string {
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

function emitEntry(call: ApiCall, event: string, entry: TimeEntry): void {
  call.world.emit(call.workspace.id, event, timeEntryPayload(call.workspace, entry));
}

/** Every POST makes an entry: Clockify has no idempotency key. Without `end` it is a running timer. */
function create(call: ApiCall, userId: string): TimeEntry {
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

function add(call: ApiCall, entry: TimeEntry): void {
  call.workspace.timeEntries.set(entry.id, entry);
  call.workspace.entryMadeAt.set(entry.id, call.world.clock.now());
}

function runningOf(workspace: Workspace, userId: string): TimeEntry | undefined {
  return [...workspace.timeEntries.values()].find((one) => one.userId === userId && one.timeInterval.end === null);
}

function stop(call: ApiCall, entry: TimeEntry, end: string): void {
  const { start } = entry.timeInterval;
  if (end < start) throw refuse("End time must be after start time");
  entry.timeInterval = { start, end, duration: isoDuration(Date.parse(end) - Date.parse(start)) };
  emitEntry(call, "TIMER_STOPPED", entry);
}

/** Approved entries stay as they are. */
function checkUnlocked(entry: TimeEntry): void {
  if (entry.isLocked) throw new ApiRefusal(403, "Time entry is approved", 4005);
}

function replace(call: ApiCall, entry: TimeEntry, body: Record<string, unknown>): TimeEntry {
  const written = pickFields(body, WRITABLE) as Written;
  if (!written.start) throw new ApiRefusal(400, "Missing parameter start", 3001);
  checkUnlocked(entry);
  Object.assign(entry, build(call, written, { id: entry.id, userId: entry.userId, start: written.start }));
  emitEntry(call, "TIME_ENTRY_UPDATED", entry);
  return entry;
}

function remove(call: ApiCall, entry: TimeEntry): void {
  checkUnlocked(entry);
  const payload = deletedTimeEntryPayload(call.workspace, entry);
  call.workspace.timeEntries.delete(entry.id);
  call.workspace.entryMadeAt.delete(entry.id);
  call.world.emit(call.workspace.id, "TIME_ENTRY_DELETED", payload);
}

/** A user's entries, newest first, by the filters of getTimeEntries. `start` and `end` are wall-clock in his zone. */
function userEntries(call: ApiCall): TimeEntry[] {
  const { query, workspace, world } = call;
  const user = userOf(call);
  const [from, to] = [query.get("start")?.slice(0, 19), query.get("end")?.slice(0, 19)];
  const [description, project, task] = [query.get("description"), query.get("project"), query.get("task")];
  const tags = query.get("tags")?.split(",").filter(Boolean) ?? [];
  const inProgress = flagOf(query, "in-progress");
  const newest = world.clock.now() - WINDOWED_LIST_LAG_MS;
  const inWindow = (entry: TimeEntry) => {
    if ((workspace.entryMadeAt.get(entry.id) ?? 0) > newest) return false;
    const local = localTime(entry.timeInterval.start, user.settings.timeZone);
    return (!from || local >= from) && (!to || local <= to);
  };
  return [...workspace.timeEntries.values()].filter((entry) =>
    entry.userId === user.id &&
    (!description || entry.description.toLowerCase().includes(description.toLowerCase())) &&
    (!project || entry.projectId === project) &&
    (!task || entry.taskId === task) &&
    (tags.length === 0 || tags.some((id) => entry.tagIds.includes(id))) &&
    (!inProgress || entry.timeInterval.end === null) &&
    ((!from && !to) || inWindow(entry))
  ).sort((a, b) => a.timeInterval.start < b.timeInterval.start ? 1 : -1);
}

/** `hydrated` puts the referenced objects beside the ids, as the webhook body has them. */
function shown(call: ApiCall, entry: TimeEntry): unknown {
  if (!flagOf(call.query, "hydrated")) return entry;
  const { project, task, tags, user } = timeEntryPayload(call.workspace, entry);
  return { ...entry, project, task, tags, user };
}

export const timeEntryRoutes: Route[] = [
  {
    method: "POST",
    path: `${WORKSPACE}/time-entries`,
    scope: WRITE,
    handle: (call) => created(create(call, call.caller.user.id)),
  },
  {
    method: "POST",
    path: `${WORKSPACE}/user/{userId}/time-entries`,
    scope: WRITE,
    handle(call) {
      const { id } = userOf(call);
      const from = call.query.get("from-entry");
      // Of an entry that is not there: no body, unlike everywhere else.
      if (from && !call.workspace.timeEntries.has(from)) throw new ApiRefusal(404);
      return created(create(call, id));
    },
  },
  {
    method: "GET",
    path: `${WORKSPACE}/user/{userId}/time-entries`,
    scope: READ,
    handle(call) {
      const answer = paged(call, userEntries(call));
      return { ...answer, body: (answer.body as TimeEntry[]).map((entry) => shown(call, entry)) };
    },
  },
  {
    method: "PATCH",
    path: `${WORKSPACE}/user/{userId}/time-entries`,
    scope: WRITE,
    handle(call) {
      const { end } = objectBody(call);
      if (typeof end !== "string") throw new ApiRefusal(400, "Missing parameter end", 3001);
      const entry = runningOf(call.workspace, userOf(call).id);
      if (!entry) {
        const { workspaceId, userId } = call.params;
        const where = `on workspace ${workspaceId} for user ${userId}`;
        throw new ApiRefusal(404, `Currently running time entry doesn't exist ${where}.`, 404);
      }
      stop(call, entry, readInstant(end));
      return ok(entry);
    },
  },
  {
    method: "PUT",
    path: `${WORKSPACE}/user/{userId}/time-entries`,
    scope: WRITE,
    handle(call) {
      if (!Array.isArray(call.body)) throw new ApiRefusal(400, "Request body is not a JSON array", 3002);
      const { id: userId } = userOf(call);
      const pairs = call.body.map((body: Record<string, unknown>) => {
        const entry = call.workspace.timeEntries.get(String(body?.id));
        if (entry?.userId !== userId) throw refuse("Time entry doesn't belong to Workspace");
        return { entry, body };
      });
      return ok(pairs.map(({ entry, body }) => shown(call, replace(call, entry, body))));
    },
  },
  {
    method: "DELETE",
    path: `${WORKSPACE}/user/{userId}/time-entries`,
    scope: WRITE,
    handle(call) {
      const ids = call.query.get("time-entry-ids")?.split(",").filter(Boolean);
      if (!ids?.length) throw new ApiRefusal(400, "Missing parameter time-entry-ids", 3001);
      const { id: userId } = userOf(call);
      const entries = ids.map((id) => {
        const entry = call.workspace.timeEntries.get(id);
        if (entry?.userId !== userId) throw refuse("Time entry doesn't belong to Workspace");
        return entry;
      });
      for (const entry of entries) remove(call, entry);
      return ok(entries);
    },
  },
  {
    method: "POST",
    path: `${WORKSPACE}/user/{userId}/time-entries/{id}/duplicate`,
    scope: WRITE,
    handle(call) {
      userOf(call);
      const id = call.world.newId();
      const copy = structuredClone(entryOf(call));
      const values = copy.customFieldValues.map((value) => ({ ...value, timeEntryId: id }));
      const entry = { ...copy, id, customFieldValues: values };
      add(call, entry);
      emitEntry(call, entry.timeInterval.end === null ? "NEW_TIMER_STARTED" : "NEW_TIME_ENTRY", entry);
      return created(entry);
    },
  },
  {
    method: "GET",
    path: `${WORKSPACE}/time-entries/status/in-progress`,
    scope: READ,
    handle: (call) =>
      paged(call, [...call.workspace.timeEntries.values()].filter((entry) => entry.timeInterval.end === null), {
        defaultSize: 10,
        maxSize: 1000,
      }),
  },
  {
    method: "PATCH",
    path: `${WORKSPACE}/time-entries/invoiced`,
    scope: WRITE,
    handle(call) {
      const { invoiced, timeEntryIds } = objectBody(call);
      if (typeof invoiced !== "boolean" || !Array.isArray(timeEntryIds)) throw refuse("must not be null");
      const ids = timeEntryIds.map(String);
      if (!ids.every((id) => call.workspace.timeEntries.has(id))) {
        throw refuse("Time entry doesn't belong to Workspace");
      }
      const marked = businessOf(call.workspace).invoiced;
      for (const id of ids) {
        if (invoiced) marked.add(id);
        else marked.delete(id);
      }
      return { status: 200 };
    },
  },
  {
    method: "GET",
    path: `${WORKSPACE}/time-entries/{id}`,
    scope: READ,
    handle: (call) => ok(shown(call, entryOf(call))),
  },
  {
    method: "PUT",
    path: `${WORKSPACE}/time-entries/{id}`,
    scope: WRITE,
    handle: (call) => ok(replace(call, entryOf(call), objectBody(call))),
  },
  {
    method: "DELETE",
    path: `${WORKSPACE}/time-entries/{id}`,
    scope: WRITE,
    handle(call) {
      remove(call, entryOf(call));
      return { status: 204 };
    },
  },
];
