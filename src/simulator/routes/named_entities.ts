/** Create, read, update and delete of clients, tags, projects and tasks: one table row per family. */

import { namedPayload, projectPayload, taskPayload } from "../payloads.ts";
import { isoDuration } from "../wall_clock.ts";
import {
  type ApiCall,
  created,
  flagOf,
  matchesListFilter,
  objectBody,
  ok,
  paged,
  pickFields,
  refuse,
  type Route,
  sorted,
} from "../route.ts";
import type { Client, Project, Task, Workspace } from "../workspace_data.ts";

/** Of every rate; the fixtures have one currency. */
const CURRENCY = "EUR";

interface Currency {
  id: string;
  code: string;
  isDefault: boolean;
}

function defaultCurrency({ workspace }: ApiCall): Currency {
  const currencies = workspace.about.currencies as Currency[];
  return currencies.find(({ isDefault }) => isDefault) ?? currencies[0]!;
}

interface Named {
  id: string;
  name: string;
}

interface Family<T extends Named> {
  /** Path of the list, below the workspace. */
  path: string;
  /** Name of the last path parameter in the catalogue of operations. */
  idParam: string;
  scope: string;
  /** As it stands in "<noun> doesn't belong to Workspace". */
  noun: string;
  owner: "Workspace" | "Project";
  items(workspace: Workspace): Map<string, T>;
  /** Whether an item belongs to the list of this path. */
  belongs?(item: T, call: ApiCall): boolean;
  filter?(call: ApiCall): (item: T) => boolean;
  /** Writable fields with a sample of their type. A PUT replaces them all: what it leaves out has its default again. */
  writable: Record<string, unknown>;
  /** Of these, the ones that only a POST writes. */
  createOnly?: readonly string[];
  /** Of these, the ones that a POST ignores without a word. */
  replaceOnly?: readonly string[];
  /** Of these, the ones that stay as they are when a PUT leaves them out. */
  kept?: readonly string[];
  /** Why an item cannot be deleted as it is. */
  keeps?(item: T): string | undefined;
  /** A new item with Clockify's defaults, before the written fields are laid over it. */
  blank(call: ApiCall, id: string): T;
  /** Sets back what a PUT replaces under another name. */
  replaced?(item: T, body: Record<string, unknown>): void;
  /** Settles fields that depend on others; refuses references that do not exist. */
  settle?(item: T, body: Record<string, unknown>, workspace: Workspace): void;
  /** What answers show of an item, where that is more than what is kept. */
  shown?(workspace: Workspace): (item: T) => T;
  /** What else a PUT changes, by its query. */
  after?(call: ApiCall, item: T): void;
  /** What else goes when an item goes. */
  removed?(item: T, workspace: Workspace): void;
  payload(workspace: Workspace, item: T): unknown;
  events: { created: string; updated: string; deleted: string };
}

const idsIn = (query: URLSearchParams, name: string): string[] =>
  query.getAll(name).flatMap((text) => text.split(",")).filter(Boolean);

const clients: Family<Client> = {
  path: "clients",
  idParam: "id",
  scope: "CLIENT",
  noun: "Client",
  owner: "Workspace",
  items: (workspace) => workspace.clients,
  writable: { name: "", email: "", address: "", note: "", archived: false, currencyId: "", ccEmails: [] },
  replaceOnly: ["archived", "currencyId", "ccEmails"],
  kept: ["currencyId"],
  blank: (call, id) => ({
    id,
    name: "",
    email: null,
    address: null,
    workspaceId: call.workspace.id,
    archived: false,
    note: null,
    currencyId: defaultCurrency(call).id,
    currencyCode: defaultCurrency(call).code,
    ccEmails: null,
  }),
  settle(item, _body, workspace) {
    if (((item.ccEmails ?? []) as string[]).length > 3) throw refuse("Number of additional emails must be less than 3");
    const currencies = workspace.about.currencies as Currency[];
    const currency = currencies.find(({ id }) => id === item.currencyId);
    if (item.currencyId && !currency) throw refuse("Currency doesn't belong to Workspace");
    if (currency) item.currencyCode = currency.code;
  },
  after({ query, workspace }, client) {
    const [archives, ends] = [flagOf(query, "archive-projects"), flagOf(query, "mark-tasks-as-done")];
    if (!client.archived || !archives) return;
    for (const project of workspace.projects.values()) {
      if (project.clientId !== client.id) continue;
      project.archived = true;
      for (const task of workspace.tasks.values()) if (ends && task.projectId === project.id) task.status = "DONE";
    }
  },
  keeps: ({ archived }) => archived ? undefined : "Cannot delete an active client: archive it first",
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
  filter({ query }) {
    const excluded = idsIn(query, "excluded-ids");
    return ({ id }) => !excluded.includes(id);
  },
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
  filter({ query }) {
    const [billable, template] = [flagOf(query, "billable"), flagOf(query, "is-template")];
    const [contains, people] = [flagOf(query, "contains-client") ?? true, idsIn(query, "users")];
    const clients = idsIn(query, "clients");
    return (item) =>
      (clients.length === 0 || clients.includes(item.clientId) === contains) &&
      (people.length === 0 || item.memberships.some(({ userId }) => people.includes(userId))) &&
      (billable === undefined || item.billable === billable) && (template === undefined || item.template === template);
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
  createOnly: ["estimate"],
  replaceOnly: ["archived"],
  // As probed: these stay, while billable and public are off unless the body says so.
  kept: ["color", "note", "archived", "clientId", "hourlyRate", "costRate"],
  keeps: ({ archived }) => archived ? undefined : "Cannot delete an active project: archive it first",
  // The time that its entries took.
  shown({ timeEntries }) {
    const ms = new Map<string, number>();
    for (const { projectId, timeInterval: { start, end } } of timeEntries.values()) {
      if (projectId && end) ms.set(projectId, (ms.get(projectId) ?? 0) + Date.parse(end) - Date.parse(start));
    }
    return (item) => ({ ...item, duration: isoDuration(ms.get(item.id) ?? 0) });
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
  replaced(item, body) {
    item.public = false;
    if (typeof body.billable !== "boolean") item.billable = false;
  },
  settle(item, body, workspace) {
    if (typeof body.isPublic === "boolean") item.public = body.isPublic;
    for (const name of ["hourlyRate", "costRate"] as const) {
      const { amount } = item[name] ?? {};
      item[name] = amount === undefined ? null : { amount, currency: CURRENCY };
    }
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
    const active = flagOf(call.query, "is-active");
    return (item) => active === undefined || (item.status === "ACTIVE") === active;
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
  keeps: ({ status }) => status === "DONE" ? undefined : "Cannot delete an active task: mark it as done first",
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
  function show(call: ApiCall, item: T): T {
    return family.shown?.(call.workspace)(item) ?? item;
  }
  /** Lays the body over `item`, or over the defaults that a replace begins with; the name must be there and unique in its list. */
  function overlay(call: ApiCall, item: T, { replaces }: { replaces: boolean }): T {
    const body = objectBody(call);
    const blank = (replaces ? family.blank(call, item.id) : item) as unknown as Record<string, unknown>;
    const ignored = replaces ? family.createOnly : family.replaceOnly;
    const names = Object.keys(family.writable).filter((name) => !ignored?.includes(name));
    const samples = Object.fromEntries(names.map((name) => [name, family.writable[name]]));
    const reset = names.filter((name) => name in blank && !(replaces && family.kept?.includes(name)));
    const begins = Object.fromEntries(reset.map((name) => [name, blank[name]]));
    const next = { ...item, ...begins, ...pickFields(body, samples) };
    if (replaces) family.replaced?.(next, body);
    if (!next.name) throw refuse(`${family.noun} name is required`);
    if (listed(call).some((other) => other.id !== item.id && other.name === next.name)) {
      throw refuse(`${family.noun} with this name already exists`);
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
      handle(call) {
        const named = listed(call).filter(matchesListFilter(call.query));
        const items = sorted(call.query, named.filter(family.filter?.(call) ?? (() => true)));
        return paged(call, items.map(family.shown?.(call.workspace) ?? ((item) => item)));
      },
    },
    {
      method: "POST",
      path: list,
      scope: write,
      handle(call) {
        const item = overlay(call, family.blank(call, call.world.newId()), { replaces: false });
        family.items(call.workspace).set(item.id, item);
        emit(call, family.events.created, item);
        return created(show(call, item));
      },
    },
    {
      method: "GET",
      path: one,
      scope: read,
      handle(call) {
        const item = found(call);
        return ok(show(call, item));
      },
    },
    {
      method: "PUT",
      path: one,
      scope: write,
      handle(call) {
        const item = overlay(call, found(call), { replaces: true });
        family.after?.(call, item);
        emit(call, family.events.updated, item);
        return ok(show(call, item));
      },
    },
    {
      method: "DELETE",
      path: one,
      scope: write,
      handle(call) {
        const item = found(call);
        const kept = family.keeps?.(item);
        if (kept) throw refuse(kept);
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
