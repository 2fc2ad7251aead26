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

export const ROUTES: readonly RouteEntry[] = [
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
