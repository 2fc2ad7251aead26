/** Ready-made actions in plain words: for each event those that fit it, with the fields that are left to fill in. */

import { fullReplaceOf } from "../../clockify/full_replace.ts";
import type { Catalogue } from "../../clockify/operations.ts";
import type { Profile } from "../../profiles/profile.ts";
import { findOrCreateOf } from "../../clockify/find_or_create.ts";
import { operationOf } from "../parse/results.ts";

/** An action as the editor inserts it; a later one names an earlier one by `$.steps.<id>.output`. */
export interface ActionDraft {
  id: string;
  type: "clockify";
  operation_id: string;
  path_params?: Record<string, unknown>;
  query_params?: Record<string, unknown>;
  body?: Record<string, unknown>;
}

/** A value that only the author knows. Until it is given the draft is a fault on save, or its step fails. */
export interface Asked {
  /** Position among the intent's actions. */
  action: number;
  /** Where the value goes: keys into the action, as in `["body", "tagIds", "$add"]`. */
  path: readonly string[];
  label: string;
  /** text, number (cents), boolean, duration (PT8H), instant, or the id of an entity: `entity` says of which type. */
  type: "text" | "number" | "boolean" | "duration" | "instant" | "entity";
  entity?: string;
  /** For the other fields: an example that can be sent. */
  example?: unknown;
}

export interface Intent {
  id: string;
  title: string;
  /** Other words that people look for it by. */
  words: readonly string[];
  /** Events after which it can be done as it stands; null for every event. */
  event_types: readonly string[] | null;
  actions: readonly ActionDraft[];
  asks: readonly Asked[];
  /** False: the author chooses what else the body names. */
  is_complete: boolean;
}

const ENTRY_EVENTS = [
  ...["NEW_TIMER_STARTED", "TIMER_STOPPED", "NEW_TIME_ENTRY", "TIME_ENTRY_UPDATED", "TIME_ENTRY_RESTORED"],
  "TIME_ENTRY_SPLIT",
];
/** Where an object of its own is the body of the event, and lives on. */
const OBJECTS = {
  entry: { operation: "updateTimeEntry", path: { id: "$.webhook.id" }, events: ENTRY_EVENTS },
  project: {
    operation: "updateProject",
    path: { projectId: "$.webhook.id" },
    events: ["NEW_PROJECT", "PROJECT_UPDATED"],
  },
  task: {
    operation: "updateTask",
    path: { projectId: "$.webhook.projectId", taskId: "$.webhook.id" },
    events: ["NEW_TASK", "TASK_UPDATED"],
  },
  client: { operation: "updateClient", path: { id: "$.webhook.id" }, events: ["NEW_CLIENT", "CLIENT_UPDATED"] },
  tag: { operation: "updateTag", path: { id: "$.webhook.id" }, events: ["NEW_TAG", "TAG_UPDATED"] },
} as const;

type AskedField = Omit<Asked, "action" | "path">;

/** One change of one object: `set` is said by us, `ask` by the author. */
function change(
  object: keyof typeof OBJECTS,
  { id, title, words, set = {}, ask = {}, open = false }: {
    id: string;
    title: string;
    words: string[];
    set?: Record<string, unknown>;
    /** By the way into the body, as in `tagIds.$add`. */
    ask?: Record<string, AskedField>;
    open?: boolean;
  },
): Intent {
  const { operation, path, events } = OBJECTS[object];
  return {
    id,
    title,
    words,
    event_types: events,
    actions: [{ id, type: "clockify", operation_id: operation, path_params: { ...path }, body: set }],
    asks: Object.entries(ask).map(([way, asked]) => ({ action: 0, path: ["body", ...way.split(".")], ...asked })),
    is_complete: !open,
  };
}

/** Stands where Clockify itself would take nothing: the step fails until a value takes its place. */
const unsaid = (what: string) => `{{ required("", "${what}") }}`;
const text = (label: string, example: string): AskedField => ({ label, type: "text", example });
const entity = (label: string, type: string): AskedField => ({ label, type: "entity", entity: type });

const TABLE: readonly Intent[] = [
  change("entry", {
    id: "change_time_entry",
    title: "Change the time entry",
    words: ["update", "edit", "start", "end", "custom field"],
    open: true,
  }),
  {
    id: "add_tag_to_time_entry",
    title: "Add a tag to the time entry",
    words: ["tag", "label", "mark"],
    event_types: ENTRY_EVENTS,
    actions: [
      { id: "find_tag", type: "clockify", operation_id: "findOrCreateTag", body: {} },
      {
        id: "add_tag",
        type: "clockify",
        operation_id: "updateTimeEntry",
        path_params: { id: "$.webhook.id" },
        body: { tagIds: { $add: "$.steps.find_tag.output.id" } },
      },
    ],
    asks: [{ action: 0, path: ["body", "name"], ...text("Name of the tag", "needs-project") }],
    is_complete: true,
  },
  change("entry", {
    id: "remove_tag_from_time_entry",
    title: "Remove a tag from the time entry",
    words: ["untag", "label"],
    ask: { "tagIds.$remove": entity("Tag", "tag") },
  }),
  change("entry", {
    id: "set_description",
    title: "Set the description",
    words: ["text", "note", "rename", "what was done", "prefix", "prepend", "append", "put", "before", "after"],
    ask: { description: text("Description", "LONG {{ $.webhook.description }}") },
  }),
  change("entry", {
    id: "set_billable",
    title: "Set billable",
    words: ["not billable", "charge", "invoice"],
    ask: { billable: { label: "Billable", type: "boolean", example: false } },
  }),
  change("entry", {
    id: "set_project",
    title: "Set the project of the time entry",
    words: ["move", "assign project", "change project"],
    ask: { projectId: entity("Project", "project") },
  }),
  change("entry", {
    id: "set_task",
    title: "Set the task of the time entry",
    words: ["assign task", "change task"],
    ask: { projectId: entity("Project", "project"), taskId: entity("Task", "task") },
  }),
  {
    id: "stop_timer",
    title: "Stop the timer",
    words: ["end", "finish", "stop running"],
    event_types: ["NEW_TIMER_STARTED"],
    actions: [{
      id: "stop_timer",
      type: "clockify",
      operation_id: "stopRunningTimeEntry",
      path_params: { userId: "$.webhook.userId" },
      body: { end: '{{ date_format($.delivery.receivedAt, "iso") }}' },
    }],
    asks: [],
    is_complete: true,
  },
  change("project", { id: "change_project", title: "Change the project", words: ["update", "edit"], open: true }),
  change("project", {
    id: "rename_project",
    title: "Rename the project",
    words: ["name", "title"],
    ask: { name: text("Name", "{{ $.webhook.name }} (new)") },
  }),
  change("project", {
    id: "archive_project",
    title: "Archive the project",
    words: ["close", "end", "deactivate"],
    set: { archived: true },
  }),
  change("project", {
    id: "set_project_note",
    title: "Set the note of the project",
    words: ["description", "text"],
    ask: { note: text("Note", "Kick-off held") },
  }),
  change("project", {
    id: "set_project_client",
    title: "Set the client of the project",
    words: ["customer", "assign client"],
    ask: { clientId: entity("Client", "client") },
  }),
  change("project", {
    id: "set_project_rate",
    title: "Set the hourly rate of the project",
    words: ["billable rate", "price", "money"],
    ask: { "hourlyRate.amount": { label: "Rate an hour, in cents", type: "number", example: 9500 } },
  }),
  {
    id: "set_project_budget",
    title: "Set the budget of the project",
    words: ["estimate", "money", "limit"],
    event_types: OBJECTS.project.events,
    actions: [{
      id: "set_project_budget",
      type: "clockify",
      operation_id: "updateEstimate",
      path_params: { projectId: "$.webhook.id" },
      body: { budgetEstimate: { active: true, type: "MANUAL", estimate: unsaid("the budget") } },
    }],
    asks: [{
      action: 0,
      path: ["body", "budgetEstimate", "estimate"],
      label: "Budget, in cents",
      type: "number",
      example: 250_000,
    }],
    is_complete: true,
  },
  change("task", { id: "change_task", title: "Change the task", words: ["update", "edit"], open: true }),
  change("task", {
    id: "rename_task",
    title: "Rename the task",
    words: ["name", "title"],
    ask: { name: text("Name", "{{ $.webhook.name }} (new)") },
  }),
  change("task", {
    id: "finish_task",
    title: "Mark the task as done",
    words: ["complete", "close", "finish"],
    set: { status: "DONE" },
  }),
  change("task", {
    id: "set_task_estimate",
    title: "Set the estimate of the task",
    words: ["budget", "hours"],
    ask: { estimate: { label: "Estimate", type: "duration", example: "PT8H" } },
  }),
  change("task", {
    id: "assign_task",
    title: "Assign the task to a person",
    words: ["assignee", "responsible"],
    ask: { "assigneeIds.$add": entity("Person", "user") },
  }),
  change("client", { id: "change_client", title: "Change the client", words: ["update", "customer"], open: true }),
  change("client", {
    id: "rename_client",
    title: "Rename the client",
    words: ["name", "customer"],
    ask: { name: text("Name", "{{ $.webhook.name }} (new)") },
  }),
  change("client", {
    id: "archive_client",
    title: "Archive the client",
    words: ["close", "customer"],
    set: { archived: true },
  }),
  change("client", {
    id: "set_client_note",
    title: "Set the note of the client",
    words: ["description", "text", "customer"],
    ask: { note: text("Note", "Pays within 30 days") },
  }),
  change("tag", { id: "change_tag", title: "Change the tag", words: ["update", "edit"], open: true }),
  change("tag", {
    id: "rename_tag",
    title: "Rename the tag",
    words: ["name", "label"],
    ask: { name: text("Name", "{{ $.webhook.name }} (new)") },
  }),
  change("tag", { id: "archive_tag", title: "Archive the tag", words: ["close", "label"], set: { archived: true } }),
  ...([
    ["tag", "findOrCreateTag", "label"],
    ["client", "findOrCreateClient", "customer"],
    ["project", "findOrCreateProject", "new"],
  ] as const).map(([noun, operation_id, word]): Intent => ({
    id: `create_${noun}`,
    title: `Create a ${noun}`,
    words: ["make", "add", "find", word],
    event_types: null,
    actions: [{ id: `create_${noun}`, type: "clockify", operation_id, body: {} }],
    asks: [{ action: 0, path: ["body", "name"], ...text("Name", `Made by a flow: ${noun}`) }],
    is_complete: true,
  })),
  {
    id: "create_task",
    title: "Create a task",
    words: ["make", "add", "find", "to do"],
    event_types: null,
    actions: [{ id: "create_task", type: "clockify", operation_id: "findOrCreateTask", path_params: {}, body: {} }],
    asks: [
      { action: 0, path: ["path_params", "projectId"], ...entity("Project", "project") },
      { action: 0, path: ["body", "name"], ...text("Name", "Made by a flow: task") },
    ],
    is_complete: true,
  },
  {
    id: "create_time_entry",
    title: "Create a time entry",
    words: ["log time", "add", "book", "track"],
    event_types: null,
    actions: [{
      id: "create_time_entry",
      type: "clockify",
      operation_id: "POST /workspaces/{workspaceId}/user/{userId}/time-entries",
      path_params: {},
      // Without a start it would be a timer that runs.
      body: { start: unsaid("the start"), end: unsaid("the end") },
    }],
    asks: [
      { action: 0, path: ["path_params", "userId"], ...entity("Person", "user") },
      { action: 0, path: ["body", "start"], label: "Start", type: "instant", example: "2026-11-20T09:00:00Z" },
      { action: 0, path: ["body", "end"], label: "End", type: "instant", example: "2026-11-20T10:00:00Z" },
    ],
    is_complete: true,
  },
];

/** All of them. */
export function intents(): readonly Intent[] {
  return TABLE;
}

/** Intents that flows of the profile can use: it receives one of the events and has the scopes of all calls. */
export function intentsFor({ profile, catalogue }: { profile: Profile; catalogue: Catalogue }): Intent[] {
  const mayCall = (name: string) => {
    const operation = operationOf(catalogue, name);
    if (!operation) return false;
    const reads = findOrCreateOf(name)?.find ?? fullReplaceOf(operation)?.read;
    const scopes = [operation.scope, reads === undefined ? "" : operationOf(catalogue, reads)?.scope ?? ""];
    return scopes.every((scope) => scope === "" || profile.scopes.includes(scope));
  };
  return TABLE
    .filter(({ actions }) => actions.every(({ operation_id }) => mayCall(operation_id)))
    .map((intent) => ({
      ...intent,
      event_types: intent.event_types && intent.event_types.filter((type) => profile.events.includes(type)),
    }))
    .filter(({ event_types }) => event_types === null || event_types.length > 0);
}
