/** The kinds of steps in words for authors of flows: what each has, its limits with their reason, and how people look for it. */

import { BACKOFF_FORMS } from "../../base/backoff.ts";
import { MAX_LOOKUPS } from "../../engine/entity_lookup.ts";
import { DEFAULT_RETRY } from "../../engine/plan.ts";
import { HTTP_METHODS } from "../../actions/http_request.ts";
import type { FlowAction } from "../shape/definition.ts";
import { APPROVAL_ROLES } from "../shape/approval.ts";
import {
  DEFAULT_ITEMS,
  MAX_AT_ONCE,
  MAX_CASES,
  MAX_EQUALS,
  MAX_FAN_OUT,
  MAX_ITEMS,
  MAX_LEVELS,
  MAX_LIST,
  MAX_PEOPLE,
  MAX_STEPS,
  MAX_VARIABLES,
} from "../shape/step_limits.ts";
import type { StepKind } from "../shape/steps.ts";

/** How the value of a field is given: templates may hold expressions. */
export type FieldKind =
  | "text"
  | "template"
  | "condition"
  | "steps"
  | "lists"
  | "duration"
  | "instant"
  | "zone"
  | "number"
  | "flag"
  | "choice"
  | "values"
  | "events"
  | "flow"
  | "operation";

export interface StepField {
  /** As in `remind.after`; `cases[].if` is of each. */
  name: string;
  type: FieldKind;
  required?: true;
  description: string;
  /** What is filled in. */
  default?: unknown;
  values?: readonly string[];
}

export interface StepWords {
  kind: StepKind;
  title: string;
  description: string;
  /** What people search by. */
  words: readonly string[];
  fields: readonly StepField[];
  limits: readonly { limit: string; reason: string }[];
  /** One that can be saved, in a flow of NEW_TIME_ENTRY. */
  example: Record<string, unknown>;
}

/** As a kind, by its type. */
export type ActionWords = Omit<StepWords, "kind" | "limits"> & { type: FlowAction["type"] };

const name: StepField = { name: "name", type: "text", description: "What people read in place of a sentence" };
const findTag = { operation_id: "findOrCreateTag", body: { name: "long" } };

export const STEP_WORDS: readonly StepWords[] = [
  {
    kind: "action",
    title: "Action",
    description: "Does one thing: calls Clockify or another system, keeps a value, or starts another flow",
    words: ["do", "call", "create", "update", "delete", "send", "request"],
    fields: [
      {
        name: "type",
        type: "choice",
        description: "What it does",
        default: "clockify",
        values: ["clockify", "http", "transform", "variables", "emit_event", "run_flow"],
      },
      {
        name: "retry.max_attempts",
        type: "number",
        description: "The first one included",
        default: DEFAULT_RETRY.maxAttempts,
      },
      {
        name: "retry.backoff",
        type: "choice",
        description: "How delays grow",
        default: "exponential",
        values: BACKOFF_FORMS,
      },
      { name: "retry.time_limit_ms", type: "number", description: "No attempt begins later" },
      { name: "try_time_limit_ms", type: "number", description: "One attempt is aborted after it, and has failed" },
      {
        name: "on_uncertain",
        type: "choice",
        description: "After an attempt that was sent and whose answer was never recorded",
        default: "retry",
        values: ["retry", "stop"],
      },
    ],
    limits: [
      {
        limit: `${MAX_STEPS} steps in a flow, ${MAX_LIST} in a list`,
        reason: "each is read on save, and is part of every plan and every run's journal",
      },
      {
        limit: `${MAX_LEVELS} levels`,
        reason:
          "the ids of the steps around are part of a step's Idempotency-Key, which receivers keep in short columns",
      },
      { limit: `${MAX_LOOKUPS} entities looked up in a step`, reason: "they are one read of the database" },
    ],
    example: findTag,
  },
  {
    kind: "branch",
    title: "If, or one of several cases",
    description: "The first case that fits is walked, else `otherwise`; with `on` a value decides",
    words: ["if", "else", "otherwise", "in case", "depending on", "switch", "choose", "only when"],
    fields: [
      name,
      { name: "on", type: "template", description: "Of a switch: the value that the cases name" },
      { name: "cases", type: "lists", required: true, description: "In their order" },
      { name: "cases[].if", type: "condition", description: "Without `on`: when the case is taken" },
      { name: "cases[].equals", type: "values", description: "With `on`: the values that take the case" },
      { name: "cases[].actions", type: "steps", description: "What is done", default: [] },
      { name: "otherwise", type: "steps", description: "Where no case fits", default: [] },
    ],
    limits: [
      {
        limit: `${MAX_CASES} cases, ${MAX_EQUALS} values each`,
        reason: "a longer table belongs into a list of the other system",
      },
    ],
    example: {
      kind: "branch",
      cases: [{
        name: "Long entry",
        if: { field: "$.webhook.timeInterval.duration", operator: ">", value: "8 h" },
        actions: [findTag],
      }],
      otherwise: [],
    },
  },
  {
    kind: "parallel",
    title: "At the same time",
    description: "Several lists of steps at once, until as many have completed as are wanted",
    words: ["several at once", "at the same time", "simultaneously", "in parallel", "both", "whichever is first"],
    fields: [
      name,
      { name: "branches", type: "lists", required: true, description: "Each a list of steps" },
      { name: "branches[].actions", type: "steps", required: true, description: "What is done" },
      {
        name: "join",
        type: "choice",
        description: 'How many have to complete; the rest is cancelled then. {"at_least": 2} for a number',
        default: "all",
        values: ["all", "any", "majority"],
      },
      { name: "time_limit_ms", type: "number", description: "A branch that is not over by then has failed" },
    ],
    limits: [
      { limit: `${MAX_CASES} branches`, reason: "all are calls of one process" },
      {
        limit: `${MAX_FAN_OUT} steps at the same time, with loops around and within`,
        reason: "all are calls of one process",
      },
    ],
    example: {
      kind: "parallel",
      branches: [{ actions: [findTag] }, { actions: [{ operation_id: "findOrCreateClient", body: { name: "ACME" } }] }],
      join: "all",
    },
  },
  {
    kind: "loop",
    title: "For each, or as long as",
    description: "Steps for each item of a list, or as long as a condition holds",
    words: ["for each", "every item", "repeat", "while", "as long as", "until it is done", "list", "all of them"],
    fields: [
      name,
      { name: "over", type: "template", description: "A list: $.loop.item is each of it" },
      { name: "while", type: "condition", description: "In place of `over`: asked before each round" },
      { name: "max_items", type: "number", description: "More is a failure", default: DEFAULT_ITEMS },
      { name: "at_once", type: "number", description: "Items at the same time", default: 1 },
      {
        name: "on_error",
        type: "choice",
        description: "Of an item that failed; collect: as continue, and the output lists the errors",
        default: "stop",
        values: ["stop", "continue", "collect"],
      },
      { name: "actions", type: "steps", required: true, description: "Of each item" },
    ],
    limits: [
      {
        limit: `${MAX_ITEMS.toLocaleString("en-US")} items or rounds`,
        reason: "each leaves rows in the run's journal",
      },
      { limit: `${MAX_AT_ONCE} items at the same time`, reason: "all are calls of one process" },
    ],
    example: {
      kind: "loop",
      over: "$.webhook.tags",
      actions: [{ operation_id: "findOrCreateTag", body: { name: "{{ $.loop.item.name }} copy" } }],
    },
  },
  {
    kind: "wait",
    title: "Wait",
    description: "For a span of time, until an instant, or for an event",
    words: ["wait until", "wait for", "delay", "later", "pause", "tomorrow", "after some time", "when it happens"],
    fields: [
      name,
      { name: "for", type: "duration", description: 'A span of time, as in "2 h"' },
      { name: "until", type: "instant", description: "Or an instant, a day, or a time on the clock of `zone`" },
      { name: "zone", type: "zone", description: "Of `until`; the workspace's where there is none" },
      { name: "event.event_types", type: "events", description: "Or one of these events" },
      {
        name: "event.conditions",
        type: "condition",
        description: "The event that fits: $.webhook in its fields is that event, and its values may be expressions",
      },
      { name: "deadline", type: "duration", description: "A wait for an event ends by then" },
      { name: "expired", type: "steps", description: "At the deadline, before the flow goes on" },
    ],
    limits: [{ limit: "1 s to 366 days", reason: "beyond it the event that began the run is long gone" }],
    example: { kind: "wait", for: "2 h" },
  },
  {
    kind: "approval",
    title: "Ask a person",
    description: "People decide whether the flow goes on, by a link or in the console",
    words: ["ask a person", "approve", "confirm", "sign off", "permission", "four eyes", "manager", "remind"],
    fields: [
      name,
      { name: "people", type: "template", description: "Ids of Clockify users", default: [] },
      { name: "roles", type: "choice", description: "Who else may decide", default: [], values: APPROVAL_ROLES },
      { name: "note", type: "template", description: "What they read" },
      { name: "deadline", type: "duration", description: "Without an answer by then it has expired" },
      { name: "ask", type: "steps", description: "Once it is asked: $.approval.link leads to the answer", default: [] },
      { name: "remind.after", type: "duration", description: "Without an answer by then `remind.actions` are walked" },
      { name: "remind.actions", type: "steps", description: "As `ask`" },
      { name: "approved", type: "steps", description: "Before the flow goes on", default: [] },
      { name: "rejected", type: "steps", description: "Absent: the run is cancelled" },
      { name: "expired", type: "steps", description: "Absent: the run fails" },
    ],
    limits: [{ limit: `${MAX_PEOPLE} people`, reason: "for more there are roles" }],
    example: {
      kind: "approval",
      roles: ["OWNER", "WORKSPACE_ADMIN"],
      note: "Keep {{ $.webhook.description }}?",
      deadline: "2 d",
      rejected: [],
      expired: [],
    },
  },
  {
    kind: "try",
    title: "Try, and on error",
    description: "Steps with others for the case that they fail, and some that follow whatever came",
    words: ["on error", "if it fails", "catch", "fallback", "recover", "finally", "clean up", "try"],
    fields: [
      name,
      { name: "actions", type: "steps", required: true, description: "What is tried" },
      {
        name: "on_error",
        type: "steps",
        description: "Find $.error: code, message, step. Absent: the failure stays one",
      },
      { name: "finally", type: "steps", description: "Whatever came before", default: [] },
    ],
    limits: [],
    example: {
      kind: "try",
      actions: [findTag],
      on_error: [{ type: "variables", set: { reason: "$.error.message" } }],
    },
  },
  {
    kind: "end",
    title: "End the run",
    description: "With success or failure, what people read, and what the run gives to who started it",
    words: ["stop", "end", "exit", "return", "fail", "give up", "nothing more"],
    fields: [
      name,
      {
        name: "outcome",
        type: "choice",
        description: "What becomes of the run",
        default: "success",
        values: ["success", "failure"],
      },
      { name: "message", type: "template", description: "What people read" },
      { name: "output", type: "template", description: "Of success: what the run gives" },
    ],
    limits: [],
    example: { kind: "end", outcome: "success", message: "Nothing to do for {{ $.webhook.id }}" },
  },
];

export const ACTION_WORDS: readonly ActionWords[] = [
  {
    type: "clockify",
    title: "Call Clockify",
    description: "One operation of the Clockify API",
    words: ["clockify", "create", "update", "delete", "find"],
    fields: [
      { name: "operation_id", type: "operation", required: true, description: "Of `operations`" },
      { name: "path_params", type: "template", description: "By their names", default: {} },
      { name: "query_params", type: "template", description: "By their names", default: {} },
      { name: "body", type: "template", description: "What is written" },
      { name: "replace", type: "flag", description: "true: the body is the whole object" },
      { name: "as_user", type: "template", description: "Whose rights the call has" },
    ],
    example: findTag,
  },
  {
    type: "http",
    title: "Call another system",
    description: "One HTTP request",
    words: ["http", "webhook", "request", "send to", "chat", "mail", "e-mail", "slack", "teams", "api"],
    fields: [
      { name: "method", type: "choice", description: "Of the request", default: "POST", values: HTTP_METHODS },
      { name: "url", type: "template", required: true, description: "Address" },
      { name: "headers", type: "template", description: "Those with a secret's name are sealed", default: {} },
      { name: "query", type: "template", description: "Added to the address", default: {} },
      { name: "body", type: "template", description: "JSON, or text" },
      { name: "timeout_ms", type: "number", description: "Of the whole request", default: 10_000 },
    ],
    example: { type: "http", url: "https://example.com/hooks", body: { id: "$.webhook.id" } },
  },
  {
    type: "transform",
    title: "Make a value",
    description: "What its template comes to is its output",
    words: ["transform", "map", "calculate", "format", "shape"],
    fields: [{ name: "output", type: "template", required: true, description: "The value" }],
    example: { type: "transform", output: { text: "{{ upper($.webhook.description) }}" } },
  },
  {
    type: "variables",
    title: "Set variables",
    description: "Values with names, found at $.vars by the steps behind it",
    words: ["set", "remember", "variable", "keep", "count"],
    fields: [
      { name: "set", type: "template", required: true, description: `1 to ${MAX_VARIABLES} names with their values` },
    ],
    example: { type: "variables", set: { project: "$.webhook.projectId" } },
  },
  {
    type: "emit_event",
    title: "Make an event",
    description: "Other flows may begin with it, as `flow:<event>`",
    words: ["emit", "notify", "trigger", "event", "announce"],
    fields: [
      { name: "event", type: "text", required: true, description: "1 to 50 of a-z 0-9 _ -" },
      { name: "body", type: "template", description: "What $.webhook is in those flows" },
    ],
    example: { type: "emit_event", event: "long-entry", body: { id: "$.webhook.id" } },
  },
  {
    type: "run_flow",
    title: "Run another flow",
    description: "Another flow of the workspace, with an input",
    words: ["run", "another flow", "call a flow", "sub-flow", "start", "reuse"],
    fields: [
      { name: "flow_id", type: "flow", required: true, description: "Which" },
      { name: "input", type: "template", description: "What $.webhook is in it" },
      {
        name: "wait",
        type: "flag",
        description: "true: until it is over, and its output is the step's",
        default: false,
      },
    ],
    example: { type: "run_flow", flow_id: 1, input: { id: "$.webhook.id" }, wait: true },
  },
];
