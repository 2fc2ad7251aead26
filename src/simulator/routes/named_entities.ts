/** Create, read, update and delete of clients, tags, projects and tasks: one table row per family. */

import { namedPayload, projectPayload, taskPayload } from "../payloads.ts";
import {
  type ApiCall,
  created,
  matchesListFilter,
  objectBody,
  ok,
  paged,
  pickFields,
  refuse,
  type Route,
} from "../route.ts";
import type { Client, Project, Task, Workspace } from "../workspace_data.ts";

interface Named {
  id: string;
  name: string;
}

interface Family<T extends Named> {
  /** Path of the list, below the workspace. */
  path: string;
  /** Name of the last path parameter in operations.json. */
  idParam: string;
  scope: string;
  /** As it stands in "<noun> doesn't belong to Workspace". */
  noun: string;
  owner: "Workspace" | "Project";
  items(workspace: Workspace): Map<string, T>;
  /** Whether an item belongs to the list of this path. */
  belongs?(item: T, call: ApiCall): boolean;
  filter?(call: ApiCall): (item: T) => boolean;
  /** Writable fields with a sample of their type. */
  writable: Record<string, unknown>;
  /** A new item with Clockify's defaults, before the written fields are laid over it. */
  blank(call: ApiCall, id: string): T;
  /** Settles fields that depend on others; refuses references that do not exist. */
  settle?(item: T, body: Record<string, unknown>, workspace: Workspace): void;
  /** What else goes when an item goes. */
  removed?(item: T, workspace: Workspace): void;
  payload(workspace: Workspace, item: T): unknown;
  events: { created: string; updated: string; deleted: string };
}

const clients: Family<Client> = {
  path: "clients",
  idParam: "id",
  scope: "CLIENT",
  noun: "Client",
  owner: "Workspace",
  items: (workspace) => workspace.clients,
  writable: { name: "", email: "", address: "", note: "", archived: false, currencyId: "", ccEmails: [] },
  blank: (call, id) => ({
    id,
    name: "",
    email: null,
    address: null,
    workspaceId: call.workspace.id,
    archived: false,
    note: null,
    currencyId: null,
    currencyCode: "EUR",
    ccEmails: [],
  }),
  payload: (_workspace, item) => namedPayload(item),
  events: { created: "NEW_CLIENT", updated: "CLIENT_UPDATED", deleted: "CLIENT_DELETED" },
};

const tags: Family<Client> = {
  path: "tags",
  idParam: "id",
  scope: "TAG",
  noun: "Tag",
  owner: "Workspace",
  items: (workspace) => workspace.tags,
  writable: { name: "", archived: false },
  blank: (call, id) => ({ id, name: "", workspaceId: call.workspace.id, archived: false }),
  removed(item, workspace) {
    for (const entry of workspace.timeEntries.values()) entry.tagIds = entry.tagIds.filter((id) => id !== item.id);
  },
  payload: (_workspace, item) => namedPayload(item),
  events: { created: "NEW_TAG", updated: "TAG_UPDATED", deleted: "TAG_DELETED" },
};

const projects: Family<Project> = {
  path: "projects",
  idParam: "projectId",
  scope: "PROJECT",
  noun: "Project",
  owner: "Workspace",
  items: (workspace) => workspace.projects,
  filter(call) {
    const chosen = call.query.get("clients")?.split(",").filter(Boolean);
    return (item) => !chosen?.length || chosen.includes(item.clientId);
  },
  writable: {
    name: "",
    clientId: "",
    color: "",
    note: "",
    billable: false,
    archived: false,
    hourlyRate: {},
    costRate: {},
    estimate: {},
  },
  blank: (call, id) => ({
    id,
    name: "",
    hourlyRate: null,
    costRate: null,
    clientId: "",
    clientName: "",
    workspaceId: call.workspace.id,
    billable: true,
    color: "#03A9F4",
    archived: false,
    duration: "PT0S",
    note: "",
    public: true,
    template: false,
    memberships: [],
    estimate: { estimate: "PT0S", type: "AUTO" },
    timeEstimate: null,
    budgetEstimate: null,
    estimateReset: null,
  }),
  settle(item, body, workspace) {
    if (typeof body.isPublic === "boolean") item.public = body.isPublic;
    const client = item.clientId ? workspace.clients.get(item.clientId) : undefined;
    if (item.clientId && !client) throw refuse("Client doesn't belong to Workspace");
    item.clientId ??= "";
    item.clientName = client?.name ?? "";
  },
  removed(item, workspace) {
    for (const task of workspace.tasks.values()) if (task.projectId === item.id) workspace.tasks.delete(task.id);
    for (const entry of workspace.timeEntries.values()) {
      if (entry.projectId === item.id) Object.assign(entry, { projectId: null, taskId: null });
    }
  },
  payload: projectPayload,
  events: { created: "NEW_PROJECT", updated: "PROJECT_UPDATED", deleted: "PROJECT_DELETED" },
};

const tasks: Family<Task> = {
  path: "projects/{projectId}/tasks",
  idParam: "taskId",
  scope: "TASK",
  noun: "Task",
  owner: "Project",
  items: (workspace) => workspace.tasks,
  belongs: (item, call) => item.projectId === call.params.projectId,
  filter(call) {
    const active = call.query.get("is-active");
    return (item) => !active || String(item.status === "ACTIVE") === active;
  },
  writable: {
    name: "",
    assigneeId: "",
    assigneeIds: [],
    userGroupIds: [],
    estimate: "",
    status: "",
    billable: false,
    budgetEstimate: 0,
  },
  blank: (call, id) => ({
    id,
    name: "",
    projectId: call.params.projectId!,
    workspaceId: call.workspace.id,
    assigneeId: "",
    assigneeIds: [],
    userGroupIds: [],
    estimate: "PT0S",
    status: "ACTIVE",
    duration: "PT0S",
    billable: true,
    budgetEstimate: 0,
    hourlyRate: null,
    costRate: null,
  }),
  removed(item, workspace) {
    for (const entry of workspace.timeEntries.values()) if (entry.taskId === item.id) entry.taskId = null;
  },
  payload: (_workspace, item) => taskPayload(item),
  events: { created: "NEW_TASK", updated: "TASK_UPDATED", deleted: "TASK_DELETED" },
};

function familyRoutes<T extends Named>(family: Family<T>): Route[] {
  const list = `/v1/workspaces/{workspaceId}/${family.path}`;
  const one = `${list}/{${family.idParam}}`;
  const [read, write] = [`${family.scope}_READ`, `${family.scope}_WRITE`];

  function listed(call: ApiCall): T[] {
    const { projectId } = call.params;
    if (family.belongs && !call.workspace.projects.has(projectId!)) {
      throw refuse("Project doesn't belong to Workspace");
    }
    const items = [...family.items(call.workspace).values()];
    return family.belongs ? items.filter((item) => family.belongs!(item, call)) : items;
  }
  function found(call: ApiCall): T {
    const item = family.items(call.workspace).get(call.params[family.idParam]!);
    if (!item || family.belongs?.(item, call) === false) {
      throw refuse(`${family.noun} doesn't belong to ${family.owner}`);
    }
    return item;
  }
  /** Lays the body over `item`; the name must be there and unique in its list. */
  function overlay(call: ApiCall, item: T): T {
    const body = objectBody(call);
    const next = { ...item, ...pickFields(body, family.writable) };
    if (!next.name) throw refuse(`${family.noun} name is required`);
    if (listed(call).some((other) => other.id !== item.id && other.name === next.name)) {
      throw refuse(`${family.noun} with that name already exists`);
    }
    family.settle?.(next, body, call.workspace);
    return Object.assign(item, next);
  }
  function emit(call: ApiCall, event: string, item: T): void {
    call.world.emit(call.workspace.id, event, family.payload(call.workspace, item));
  }
  return [
    {
      method: "GET",
      path: list,
      scope: read,
      handle: (call) =>
        paged(call, listed(call).filter(matchesListFilter(call.query)).filter(family.filter?.(call) ?? (() => true))),
    },
    {
      method: "POST",
      path: list,
      scope: write,
      handle(call) {
        const item = overlay(call, family.blank(call, call.world.newId()));
        family.items(call.workspace).set(item.id, item);
        emit(call, family.events.created, item);
        return created(item);
      },
    },
    { method: "GET", path: one, scope: read, handle: (call) => ok(found(call)) },
    {
      method: "PUT",
      path: one,
      scope: write,
      handle(call) {
        const item = overlay(call, found(call));
        emit(call, family.events.updated, item);
        return ok(item);
      },
    },
    {
      method: "DELETE",
      path: one,
      scope: write,
      handle(call) {
        const item = found(call);
        // The body is built first: it names what goes with the item.
        const payload = family.payload(call.workspace, item);
        family.items(call.workspace).delete(item.id);
        family.removed?.(item, call.workspace);
        call.world.emit(call.workspace.id, family.events.deleted, payload);
        return ok(item);
      },
    },
  ];
}

export const namedEntityRoutes: Route[] = [
  ...familyRoutes(clients),
  ...familyRoutes(projects),
  ...familyRoutes(tasks),
  ...familyRoutes(tags),
];
