/** The routes that have no contract yet (contract.ts), in words. A test holds both against the routes that are mounted. */

import type { Who } from "../server/login.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface RouteEntry {
  method: Method;
  /** Parameters in braces. */
  path: string;
  summary: string;
  who: Who;
  /** Query parameters with what they hold; those of the login come by themselves. */
  query?: Readonly<Record<string, string>>;
  /** What the body holds; absent: none is read. */
  body?: string;
  /** Answers that are no problem, by status. */
  answers: Readonly<Record<number, string>>;
}

const PAGE = { limit: "1 to 100, 50 unless given", cursor: "next_cursor of the page before" };
const TIMES = { from: "not before this time", to: "before this time" };
export const ROUTES: readonly RouteEntry[] = [
  get(
    "/ui/dashboard",
    "Overview of the workspace",
    "member",
    "bootstrap, entity_counts, flows, recent_activity, receiving",
  ),
  get(
    "/ui/overview",
    "What came in and ran lately, and what needs a person",
    "member",
    "period, receiving, events, runs, latency, budget, bootstrap, coverage, install, failures, alarms",
    { hours: "1 to 168, 24 unless given" },
  ),
  get("/ui/parts", "How the parts of the program stand for the workspace", "member", "parts"),
  get("/ui/entities/names", "Names of entities by id", "member", "names", {
    ids: "1 to 100 ids with commas",
    type: "The entity type assumed for ids that are not known",
  }),
  get("/ui/entities/search", "Entities whose name holds a text", "member", "entities", {
    q: "a part of the name",
    type: "one type",
    limit: "1 to 50, 20 unless given",
  }),
  get("/ui/bootstrap", "How the reading of the workspace stands, list by list", "member", "status, progress, lists"),
  post("/ui/bootstrap/trigger", "Read the workspace anew", "admin", { answers: { 200: "status triggered, message" } }),
  get("/ui/entities", "Entities of a type as they were read, by id", "member", "entities, next_cursor", {
    type: "one type",
    limit: "1 to 200, 50 unless given",
    cursor: PAGE.cursor,
  }),
  get("/ui/entities/types", "How many entities of each type were read", "member", "total, types"),
  post("/bootstrap/{workspace_id}", "Read the workspace anew, in the add-on's older shape", "admin", {
    answers: { 200: "job_id, status started" },
  }),
  get("/bootstrap/{workspace_id}/status", "How that stands, in the same shape", "member", "id, status, results"),
  get(
    "/ui/retention",
    "How long data is kept, and what was deleted last",
    "member",
    "days, sources, next_run_at, last_runs",
  ),
  get("/ui/forwarding", "Where events are forwarded to, with the last results", "admin", "enabled, url, results"),
  post("/ui/forwarding/secret", "Make a new secret that forwarded events are signed with", "admin", {
    answers: { 201: "the secret, for this once" },
  }),
  get("/ui/audit", "Who changed what, newest first", "admin", "pagination, entries", {
    actor: "id of a user, or name of an operator",
    action: "as the entries show it",
    ...TIMES,
    ...PAGE,
  }),
  get("/ui/webhooks/coverage", "Which way each event type comes", "member", "checked_at, summary, events"),
  post("/ui/webhooks/coverage/check", "Have the webhooks checked now", "admin", { answers: { 202: "requested" } }),
  get("/ui/webhooks/api-key", "Is an API key there to register webhooks with", "member", "configured, configured_at"),
  put("/ui/webhooks/api-key", "Give the API key of a workspace admin", "admin", "api_key", "configured, configured_at"),
  {
    ...remove("/ui/webhooks/api-key", "Take it back, and remove what it registered", "admin"),
    answers: { 202: "its webhooks are being removed" },
  },
  get("/ui/sources", "Other systems that may send events", "member", "total, sources"),
  post("/ui/sources", "Make a source", "admin", {
    body: "name, scheme and its options",
    answers: { 201: "the source, with its secret for this once" },
  }),
  get("/ui/sources/{id}", "One source", "member", "the source"),
  put("/ui/sources/{id}", "Change a source", "admin", "fields of the source", "the source"),
  remove("/ui/sources/{id}", "Delete a source", "admin"),
  post("/ui/sources/{id}/rotate", "Give a source a new secret; the old one stays valid for a while", "admin", {
    body: "how long the old one stays valid",
    answers: { 200: "the source, with its secret for this once" },
  }),

  get("/installations", "Workspaces with the add-on (DEBUG only)", "operator", "installations"),
  get("/webhooks", "Last events of a workspace (DEBUG only)", "operator", "webhooks", {
    workspace_id: "the workspace; required",
    limit: PAGE.limit,
  }),
  get("/openapi-endpoints", "Clockify's operations that are known (DEBUG only)", "operator", "endpoints"),
];

function get(path: string, summary: string, who: Who, answer: string, query?: RouteEntry["query"]): RouteEntry {
  return { method: "GET", path, summary, who, ...(query && { query }), answers: { 200: answer } };
}

function post(path: string, summary: string, who: Who, rest: Pick<RouteEntry, "body" | "answers">): RouteEntry {
  return { method: "POST", path, summary, who, ...rest };
}

function put(path: string, summary: string, who: Who, body: string, answer: string): RouteEntry {
  return { method: "PUT", path, summary, who, body, answers: { 200: answer } };
}

function remove(path: string, summary: string, who: Who): RouteEntry {
  return { method: "DELETE", path, summary, who, answers: { 200: "status deleted, id" } };
}
