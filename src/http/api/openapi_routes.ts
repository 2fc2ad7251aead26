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

export const ROUTES: readonly RouteEntry[] = [];
