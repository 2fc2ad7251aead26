/** What a route of the fake API is, how it refuses, and the checks that routes share. */

import type { Clock } from "../base/clock.ts";
import type { Delivery } from "./deliveries.ts";
import type { Installation, Installations } from "./installs.ts";
import type { Tokens } from "./tokens.ts";
import type { User, Workspace } from "./workspace_data.ts";

/** Refusal with Clockify's body `{message, code}`; without code and message the body is empty. */
export class ApiRefusal extends Error {
  readonly status: number;
  readonly body: { message: string; code?: number } | undefined;
  readonly headers: Record<string, string> | undefined;

  constructor(status: number, message?: string, code?: number, headers?: Record<string, string>) {
    super(message ?? `status ${status}`);
    this.status = status;
    this.headers = headers;
    this.body = message === undefined ? undefined : code === undefined ? { message } : { message, code };
  }

  answer(): ApiAnswer {
    return { status: this.status, body: this.body, headers: this.headers };
  }
}

/** Domain validation: 400 with code 501, also for unknown and deleted ids. */
export const refuse = (message: string) => new ApiRefusal(400, message, 501);

/** What a person may not do in this workspace. */
export const accessDenied = () => new ApiRefusal(403, "Access Denied", 501);

/** Who calls: an add-on with its own token, a viewer through the add-on, or a person with an API key. */
export type Caller =
  | { kind: "installation" | "user"; installation: Installation; user: User }
  | { kind: "apiKey"; workspaceId: string; user: User };

export interface ApiWorld {
  clock: Clock;
  workspaces: Map<string, Workspace>;
  installations: Installations;
  tokens: Tokens;
  newId: () => string;
  /** Sends the event to every active installation of the workspace that declared it. */
  emit(workspaceId: string, event: string, payload: unknown): void;
  /** What was sent to a webhook that a person made, oldest first. */
  deliveriesTo(webhookId: string): readonly Delivery[];
}

export interface ApiCall {
  world: ApiWorld;
  caller: Caller;
  /** The one of the path; routes without a workspace get the caller's. */
  workspace: Workspace;
  params: Record<string, string>;
  query: URLSearchParams;
  /** Parsed JSON; an empty object when there was no body. */
  body: unknown;
}

export interface ApiAnswer {
  status: number;
  headers?: Record<string, string>;
  /** Sent as JSON, a string as it is; absent for an empty answer. */
  body?: unknown;
}

export interface Route {
  method: string;
  /** With `{name}` segments, as in the catalogue of operations, below /api. */
  path: string;
  /** Before the path: "/api" when absent, "/report" on the reports host, "/pto" on the old time off host. */
  base?: string;
  /** Scope an add-on needs; absent where none is known. */
  scope?: string;
  /** Families closed to add-on tokens whatever the scopes. */
  closedToAddons?: true;
  /** Body fields that the catalogue has as required and Clockify takes without. */
  optional?: readonly string[];
  /** The route checks its body itself, in its own order and with its own codes. */
  checksBody?: true;
  /** "shape": nothing is known of it beyond what the catalogue says, so its answers are plausible and no more. */
  known?: "shape";
  handle(call: ApiCall): ApiAnswer | Promise<ApiAnswer>;
}

export const ok = (body: unknown): ApiAnswer => ({ status: 200, body });
export const created = (body: unknown): ApiAnswer => ({ status: 201, body });

/** The body as an object. 400/3002 for anything else. */
export function objectBody(call: ApiCall): Record<string, unknown> {
  if (typeof call.body !== "object" || call.body === null || Array.isArray(call.body)) {
    throw new ApiRefusal(400, "Request body is not a JSON object", 3002);
  }
  return call.body as Record<string, unknown>;
}

/** The fields of `names` that the body has, type-checked by a sample of each; unknown fields are ignored as live. */
export function pickFields(body: Record<string, unknown>, samples: Record<string, unknown>): Record<string, unknown> {
  const picked: Record<string, unknown> = {};
  for (const [name, sample] of Object.entries(samples)) {
    const value = body[name];
    if (value === undefined) continue;
    const fits = value === null || (Array.isArray(sample) ? Array.isArray(value) : typeof value === typeof sample);
    if (!fits) throw new ApiRefusal(400, `Cannot parse field ${name}`, 3002);
    picked[name] = value;
  }
  return picked;
}

export interface Paging {
  defaultSize?: number;
  maxSize?: number;
}

/** One page with the Last-Page header: `page` from 1, `page-size` 50 by default. */
export function paged(call: ApiCall, items: readonly unknown[], paging: Paging = {}): ApiAnswer {
  const page = positive(call.query, "page", 1);
  const size = positive(call.query, "page-size", paging.defaultSize ?? 50);
  if (paging.maxSize && size > paging.maxSize) {
    throw new ApiRefusal(400, `page-size must be at most ${paging.maxSize}`, 3000);
  }
  const end = page * size;
  return {
    status: 200,
    headers: { "Last-Page": String(end >= items.length) },
    body: items.slice(end - size, end),
  };
}

function positive(query: URLSearchParams, name: string, fallback: number): number {
  const text = query.get(name);
  if (text === null || text === "") return fallback;
  if (!/^-?\d+$/.test(text)) throw new ApiRefusal(400, `Cannot parse parameter ${name}`, 3002);
  const value = Number(text);
  if (value < 1) throw new ApiRefusal(400, `${name} must be at least 1`, 3000);
  return value;
}

/** A switch of the query, as Spring reads one: `1` and `yes` mean true too. 400/3000 for what is none; undefined when absent. */
export function flagOf(query: URLSearchParams, name: string): boolean | undefined {
  const text = query.get(name)?.trim();
  const word = text?.toLowerCase();
  if (!text || !word) return undefined;
  if (["true", "1", "yes", "on"].includes(word)) return true;
  if (["false", "0", "no", "off"].includes(word)) return false;
  const types = "value of type 'java.lang.String' to required type 'java.lang.Boolean'";
  // It repeats what was sent: who shows or logs such texts shows what somebody typed.
  throw new ApiRefusal(
    400,
    `Method parameter '${name}': Failed to convert ${types}; Invalid boolean value [${text}]`,
    3000,
  );
}

/** A test for the list filters `name`, `strict-name-search` and `archived`; absent `archived` means both kinds. */
export function matchesListFilter(query: URLSearchParams): (item: { name: string; archived?: unknown }) => boolean {
  const name = query.get("name");
  const strict = flagOf(query, "strict-name-search");
  const archived = flagOf(query, "archived");
  return (item) =>
    (!name || (strict ? item.name === name : item.name.toLowerCase().includes(name.toLowerCase()))) &&
    (archived === undefined || item.archived === archived);
}

/** Fields that `sort-column` names; any other column leaves the order as it is. */
const COLUMNS: Record<string, string> = { ID: "id", NAME: "name", EMAIL: "email", CLIENT_NAME: "clientName" };

/** In the order of `sort-column` and `sort-order`; without a column as they were made. */
export function sorted<T extends object>(query: URLSearchParams, items: readonly T[]): T[] {
  const field = COLUMNS[query.get("sort-column") ?? ""];
  if (!field) return [...items];
  const textOf = (item: T) => String((item as Record<string, unknown>)[field] ?? "").toLowerCase();
  const factor = query.get("sort-order") === "DESCENDING" ? -1 : 1;
  return items.toSorted((a, b) => textOf(a) === textOf(b) ? 0 : (textOf(a) < textOf(b) ? -factor : factor));
}
