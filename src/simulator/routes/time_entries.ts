/**
 * Time entries and timers: create, read, full replace, stop, delete, and the lists with their habits.
 * See docs/clockify-protocol.md "Times and writes".
 */

import { businessOf } from "../business_data.ts";
import { timeEntryPayload } from "../payloads.ts";
import {
  accessDenied,
  type ApiCall,
  ApiRefusal,
  created,
  flagOf,
  objectBody,
  ok,
  paged,
  refuse,
  type Route,
} from "../route.ts";
import { add, create, emitEntry, readInstant, remove, replace, runningOf, stop } from "../time_entry_writes.ts";
import { localTime } from "../wall_clock.ts";
import { isAdminRole, type TimeEntry, type User } from "../workspace_data.ts";

const WORKSPACE = "/v1/workspaces/{workspaceId}";
const [READ, WRITE] = ["TIME_ENTRY_READ", "TIME_ENTRY_WRITE"];
/** Lists filtered by start or end miss entries younger than this; others show them at once. */
const WINDOWED_LIST_LAG_MS = 45_000;

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

/** A list of the query: the name once with commas, several times, or both. */
function listed(query: URLSearchParams, name: string): string[] {
  return query.getAll(name).flatMap((text) => text.split(",")).filter(Boolean);
}

/** A user's entries, newest first, by the filters of getTimeEntries. `start` and `end` are wall-clock in his zone. */
function userEntries(call: ApiCall): TimeEntry[] {
  const { query, workspace, world } = call;
  const user = userOf(call);
  const [from, to] = [query.get("start")?.slice(0, 19), query.get("end")?.slice(0, 19)];
  const [description, project, task] = [query.get("description"), query.get("project"), query.get("task")];
  const tags = listed(query, "tags");
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
      const ids = listed(call.query, "time-entry-ids");
      if (ids.length === 0) throw new ApiRefusal(400, "Missing parameter time-entry-ids", 3001);
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
    // A search: the entries of these ids, in their order; ids that are not there are left out.
    method: "POST",
    path: `${WORKSPACE}/time-entries/batch`,
    scope: READ,
    handle(call) {
      const { timeEntryIds, hydrated } = objectBody(call);
      if (!Array.isArray(timeEntryIds)) throw refuse("must not be null");
      if (timeEntryIds.length === 0) throw refuse("must not be empty");
      const query = new URLSearchParams(hydrated ? { hydrated: "true" } : {});
      const entries = timeEntryIds.flatMap((id) => call.workspace.timeEntries.get(String(id)) ?? []);
      for (const { userId } of entries) checkOwn(call, userId);
      return ok(entries.map((entry) => shown({ ...call, query }, entry)));
    },
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
