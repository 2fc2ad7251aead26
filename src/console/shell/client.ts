/** All requests of the console: adds the login, parses problems, renews the token once after a 401. */

import type { Wire } from "../wire.ts";
import { say } from "../words/say.ts";
import { createOnce } from "./once.ts";

/** How requests are signed in; made by the session. */
export interface Connection {
  /** Path before /ui. */
  base: string;
  /** What follows it, where that is not /ui. */
  root?: string;
  /** Where the login is a cookie: "same-origin". */
  credentials?: RequestCredentials;
  headers(): Record<string, string>;
  /** Named in each request of an operator. */
  workspaceId?: string;
  /** Another add-on of the workspace, which the one that the login is to is asked about. */
  addon?: string;
  /** A new token, or false when there is none to be had. */
  renew(): Promise<boolean>;
  /** The login is over; `why` is for people. */
  ended(why: string): void;
}

export interface Fault {
  /** Place in what was sent, as in "actions[0].path_params.id". */
  path: string;
  message: string;
}

/** What the guard asks for before it lets a request pass. */
export type Confirmation = Wire<"Confirmation">;

/** A refused or failed request, in words. `status` 0: no answer. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly requestId?: string,
    readonly faults: Fault[] = [],
    readonly retryAfterSeconds?: number,
    readonly confirmation?: Confirmation,
  ) {
    super(message);
  }
}

export type Query = Record<string, string | number | boolean | null | undefined>;

export interface Api {
  /** Path below the root, as in "/webhooks". Throws ApiError. */
  get<Answer>(path: string, query?: Query, signal?: AbortSignal): Promise<Answer>;
  send<Answer>(
    method: "POST" | "PUT" | "DELETE",
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer>;
  /** With the answer's entity tag, for the If-Match of a change. */
  tagged<Answer>(
    method: "GET" | "PUT",
    path: string,
    options?: { body?: unknown; headers?: Record<string, string>; signal?: AbortSignal },
  ): Promise<{ answer: Answer; tag: string }>;
  /** A POST that makes something: once, however often it is pressed or tried again (once.ts). */
  create<Answer>(path: string, body?: unknown): Promise<Answer>;
  /** The answer itself, for streams, files, and reads that say in a body what they read: `post`, of a POST. */
  open(
    path: string,
    options?: { query?: Query; headers?: Record<string, string>; signal?: AbortSignal; post?: unknown },
  ): Promise<Response>;
}

const KEY_HEADER = "idempotency-key";

/** `reads`: it changes nothing, whatever its method. */
type Init = RequestInit & { reads?: boolean };

export function createApi(connection: Connection): Api {
  async function request(path: string, query: Query | undefined, init: Init): Promise<Response> {
    let response = await attempt(path, query, init);
    if (response.status === 401 && await connection.renew()) response = await attempt(path, query, init);
    if (response.ok) return response;
    const error = await problemOf(response);
    if (response.status === 401) connection.ended(error.message);
    throw error;
  }

  async function attempt(path: string, query: Query | undefined, { reads, ...init }: Init): Promise<Response> {
    const params = new URLSearchParams();
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value !== undefined && value !== null && value !== "") params.set(name, String(value));
    }
    if (connection.workspaceId) params.set("workspace_id", connection.workspaceId);
    if (connection.addon) params.set("addon", connection.addon);
    const search = params.size > 0 ? `?${params}` : "";
    const headers: Record<string, string> = {
      accept: "application/json",
      ...connection.headers(),
      ...init.headers as Record<string, string>,
    };
    try {
      const { base, root = "/ui", credentials = "omit" } = connection;
      return await fetch(`${base}${root}${path}${search}`, { ...init, headers, credentials });
    } catch (error) {
      if (init.signal?.aborted) throw error;
      const isRead = reads ?? (init.method ?? "GET") === "GET";
      const why = isRead
        ? say("Timewire does not answer. Nothing was changed; try again when it is back")
        : KEY_HEADER in headers
        ? say("Timewire does not answer. The change may have been made; trying again does not make it twice")
        : say("Timewire does not answer. The change may have been made: check before you try again");
      throw new ApiError(0, "UNREACHABLE", why);
    }
  }

  const change = (method: string, path: string, body?: unknown, headers?: Record<string, string>) =>
    request(path, undefined, {
      method,
      headers: { "content-type": "application/json", ...headers },
      body: body === undefined ? (method === "DELETE" ? undefined : "{}") : JSON.stringify(body),
    });
  const send: Api["send"] = async (method, path, body, headers) => (await change(method, path, body, headers)).json();
  const once = createOnce((path, body, key) => send("POST", path, body, { [KEY_HEADER]: key }), {
    isDecided: (error) => error instanceof ApiError && isDecided(error),
  });

  return {
    get: async (path, query, signal) => (await request(path, query, { signal })).json(),
    send,
    tagged: async (method, path, { body, headers, signal } = {}) => {
      const response = method === "GET"
        ? await request(path, undefined, { headers, signal })
        : await change(method, path, body, headers);
      // A proxy that compresses makes a weak tag of it (RFC 9110 section 8.8.3).
      const tag = response.headers.get("etag")?.replace(/^W\//, "").replaceAll('"', "") ?? "";
      return { answer: await response.json(), tag };
    },
    create: <Answer>(path: string, body?: unknown) => once(path, body) as Promise<Answer>,
    open: (path, { query, headers, signal, post } = {}) =>
      request(
        path,
        query,
        post === undefined ? { headers, signal } : {
          method: "POST",
          headers: { "content-type": "application/json", ...headers },
          body: JSON.stringify(post),
          signal,
          reads: true,
        },
      ),
  };
}

/** Refused for good: the server keeps the answers of others under no key. */
function isDecided({ status, code }: ApiError): boolean {
  return status >= 400 && status < 500 && ![401, 428, 429].includes(status) && code !== "IDEMPOTENCY_KEY_IN_USE";
}

async function problemOf(response: Response): Promise<ApiError> {
  const problem = await response.json().catch(() => ({}));
  return new ApiError(
    response.status,
    problem.code ?? "UNKNOWN",
    problem.detail ?? say("The response was HTTP {status} without a reason", { status: response.status }),
    problem.request_id ?? response.headers.get("x-request-id") ?? undefined,
    problem.faults ?? [],
    Number(response.headers.get("retry-after")) || undefined,
    problem.confirmation,
  );
}
