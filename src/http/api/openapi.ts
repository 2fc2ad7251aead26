/** The OpenAPI 3.1 document of a listener, made from the contracts of its routes. */

import { z } from "zod";
import { ERROR_CODES, type ErrorCode } from "../../base/errors.ts";
import { nextLoopTurn } from "../../base/event_loop.ts";
import { MAX_KEY_CHARS } from "../../idempotency/key.ts";
import { KEY_HOURS } from "../../idempotency/room.ts";
import { isApiWho } from "../server/api_login.ts";
import { needsLogin, type Who } from "../server/login.ts";
import { MAY_WAIT, statusOfCode, TITLES } from "../server/problem.ts";
import { REPLAYED } from "../server/once.ts";
import { RATE_LIMITS } from "../server/rate_limits.ts";
import type { JsonAnswer, OtherAnswer, RouteContract } from "./contract.ts";
import { fault } from "./schemas.ts";
import { TAGS } from "./tags.ts";

export interface DocumentFacts {
  title: string;
  description: string;
  version: string;
  /** Public address of the listener. */
  serverUrl: string;
  /** How it serves the Workflow Management API. */
  api?: ApiFacts;
}

interface ApiFacts {
  /** API_PREFIX: below it problems have the names of the API's documents too. */
  prefix: string;
  /** API_KEY_HEADER. */
  keyHeader: string;
}

const API: ApiFacts = { prefix: "/api/v1", keyHeader: "X-API-Key" };

export interface OpenApiDocument {
  openapi: string;
  info: { title: string; description: string; version: string };
  servers: { url: string }[];
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, OpenApiOperation>>;
  components: {
    schemas: Record<string, unknown>;
    headers: Record<string, unknown>;
    securitySchemes: Record<string, unknown>;
  };
}

export interface OpenApiOperation {
  operationId: string;
  summary: string;
  description?: string;
  tags: string[];
  /** Who may call, in words. */
  "x-who": string;
  security: Record<string, unknown>[];
  parameters?: {
    name: string;
    in: string;
    required?: boolean;
    description?: string;
    schema?: { example?: unknown; enum?: unknown[] };
  }[];
  requestBody?: { description?: string; content: Record<string, { example?: unknown }> };
  responses: Record<string, { description: string; content?: Record<string, { example?: unknown }> }>;
}

/** Who may call, in words. */
const CALLERS: Record<Who, string> = {
  public: "Anyone",
  clockify: "Clockify, by its token",
  sender: "The source's system, signed as the source requires",
  member: "Members of the workspace and operators",
  admin: "Owners and admins of the workspace and operators",
  operator: "Operators",
  workspace_operator: "Operators, for a workspace that they name",
  api_viewer: "Viewers and above",
  api_editor: "Editors and above",
  api_operator: "Operators of runs and above",
  api_admin: "Admins of the API",
};

const BY_API: Record<string, []>[] = [{ accessToken: [] }, { apiKey: [] }, { consoleSession: [] }];
/** The logins of each kind of caller, any of which will do; an empty list stands for none. */
export const SECURITY: Record<Who, Record<string, []>[]> = {
  public: [],
  clockify: [{ clockifySignature: [] }, { lifecycleToken: [] }],
  sender: [],
  member: [{ userToken: [] }, { bearer: [] }, { operatorKey: [] }],
  admin: [{ userToken: [] }, { bearer: [] }, { operatorKey: [] }],
  operator: [{ operatorKey: [] }],
  workspace_operator: [{ operatorKey: [] }],
  api_viewer: BY_API,
  api_editor: BY_API,
  api_operator: BY_API,
  api_admin: BY_API,
};

const SCHEMES = {
  userToken: header("X-Addon-Token", "A Clockify user token of the workspace"),
  bearer: { type: "http", scheme: "bearer", description: "The same token" },
  operatorKey: header("X-API-Key", "An operator's key, together with ?workspace_id="),
  apiKey: header("X-API-Key", "A key of the API, or an operator's"),
  accessToken: { type: "http", scheme: "bearer", bearerFormat: "JWT", description: "A token of /api/v1/auth/token" },
  consoleSession: {
    type: "apiKey",
    in: "cookie",
    name: "timewire_session",
    description: "What POST /api/v1/session gives a page of the console",
  },
  clockifySignature: header("Clockify-Signature", "The token of this webhook"),
  lifecycleToken: header("X-Addon-Lifecycle-Token", "The token of a lifecycle call"),
};

function header(name: string, description: string) {
  return { type: "apiKey", in: "header", name, description };
}

/** Of CONFIRMATION_REQUIRED and APPROVAL_REQUIRED (confirmation.ts). */
const confirmation = z.object({
  kind: z.enum(["preview", "second_person"]),
  grade: z.string(),
  confirm_token: z.string().optional().meta({ description: "Of a preview: with it the same request passes, once" }),
  request_id: z.string().optional().meta({ description: "Of the request that waits for a second person" }),
  expires_at: z.string(),
  steps: z.array(z.object({
    path: z.string(),
    id: z.string(),
    operation: z.string(),
    grade: z.string(),
    reason: z.string(),
  })).optional().meta({ description: "Of a flow: what is new in it" }),
  left: z.array(z.object({ way: z.string(), grade: z.string(), to: z.string() })).optional().meta({
    description: "Of the guard: what would need no second person any more",
  }),
}).meta({ id: "Confirmation", description: "What the guard asks for before it lets a request pass" });

/** RFC 9457, with a stable code. */
const problem = z.object({
  type: z.literal("about:blank"),
  title: z.string(),
  status: z.int(),
  code: z.enum(ERROR_CODES),
  detail: z.string(),
  request_id: z.string(),
  faults: z.array(fault).optional()
    .meta({ description: "Places in what was sent, and what is wrong there" }),
  issues: z.array(z.string()).optional(),
  maxBytes: z.int().optional(),
  actualBytes: z.int().optional(),
  maxDepth: z.int().optional(),
  position: z.int().optional(),
  candidates: z.array(z.string()).optional(),
  confirmation: confirmation.optional(),
}).meta({
  id: "Problem",
  example: {
    type: "about:blank",
    title: "Not Found",
    status: 404,
    code: "NOT_FOUND",
    detail: 'Cannot find flow "17": the workspace has none with this id',
    request_id: "7d6f2b1e-5d0c-4b52-9c8b-0e6f7a1d2c3b",
  },
});

/** The same in the Workflow Management API, which its documents give further names. */
const apiProblem = problem.extend({
  error: z.enum(ERROR_CODES),
  status_code: z.int(),
  timestamp: z.iso.datetime(),
  path: z.string(),
  errors: z.array(z.object({ field: z.string(), message: z.string(), type: z.string() })),
}).meta({
  id: "ApiProblem",
  example: {
    type: "about:blank",
    title: "Not Found",
    status: 404,
    code: "NOT_FOUND",
    detail: 'Cannot find agent "7d6f2b1e-5d0c-4b52-9c8b-0e6f7a1d2c3b": there is none with this id',
    request_id: "7d6f2b1e-5d0c-4b52-9c8b-0e6f7a1d2c3b",
    error: "NOT_FOUND",
    status_code: 404,
    timestamp: "2026-11-29T09:00:00.000Z",
    path: "/api/v1/agents/7d6f2b1e-5d0c-4b52-9c8b-0e6f7a1d2c3b",
    errors: [],
  },
});

const BODY_PROBLEMS: readonly ErrorCode[] = [
  "REQUEST_INVALID",
  "BODY_NOT_JSON",
  "JSON_TOO_DEEP",
  "BODY_TOO_SLOW",
  "BODY_TOO_LARGE",
  "CONTENT_TYPE_UNSUPPORTED",
  "CONTENT_ENCODING_UNSUPPORTED",
  "RATE_LIMITED",
];
const LOGIN_PROBLEMS: readonly ErrorCode[] = ["LOGIN_REQUIRED", "LOGIN_INVALID", "RATE_LIMITED"];
const KEY_PROBLEMS: readonly ErrorCode[] = [
  "IDEMPOTENCY_KEY_INVALID",
  "IDEMPOTENCY_KEY_REUSED",
  "IDEMPOTENCY_KEY_IN_USE",
  "IDEMPOTENCY_ANSWER_NOT_KEPT",
  "RATE_LIMITED",
];
/** Of a route that creates. */
export const KEY_HEADER = "Idempotency-Key";
const keyHeader = z.string().min(1).max(MAX_KEY_CHARS).optional().meta({
  description:
    `Chosen by the sender, 1 to ${MAX_KEY_CHARS} visible ASCII characters: for ${KEY_HOURS} hours the same request ` +
    "under it gets the first answer again and creates nothing",
  example: "8e03978e-40d5-43dd-bc93-6894a57f9324",
});
const replayedHeader = { [REPLAYED]: "true where the answer was given before, to the same request under its key" };

const WORKSPACE_PROBLEMS: readonly ErrorCode[] = [
  "REQUEST_INVALID",
  "ROLE_INSUFFICIENT",
  "INSTALLATION_UNKNOWN",
  "LOGIN_WRONG_ADDON",
];

/** The codes that a route may be refused with: its own, and those of every route with such a login, query or body. */
export function problemsOf({ who, query, body, anyBody, creates, problems = [] }: RouteContract): ErrorCode[] {
  const codes = new Set<ErrorCode>(problems);
  const add = (more: readonly ErrorCode[]) => more.forEach((code) => codes.add(code));
  if (needsLogin(who) || isApiWho(who)) add(LOGIN_PROBLEMS);
  if (isApiWho(who)) add(["ROLE_INSUFFICIENT", "CROSS_SITE"]);
  if (needsLogin(who) && who !== "operator") add(WORKSPACE_PROBLEMS);
  // Reads too, where the login is the session of a page.
  if (needsLogin(who)) add(["ROLE_INSUFFICIENT", "CROSS_SITE"]);
  if (creates) add(KEY_PROBLEMS);
  if (query) add(["REQUEST_INVALID"]);
  if (body || anyBody !== undefined) add(BODY_PROBLEMS);
  add(["INTERNAL", "OVERLOADED", "DATABASE_UNAVAILABLE"]);
  return ERROR_CODES.filter((code) => codes.has(code));
}

/** Contracts whose part of the document is made in one turn of the event loop: some 10 ms. */
const AT_ONCE = 4;

/**
 * Its generator is loaded when a document is first asked for: a start has no use for it. All at once it would hold the thread
 * for 250 ms, and for anyone who asks first.
 */
export async function openApiOf(
  contracts: readonly RouteContract[],
  { title, description, version, serverUrl, api = API }: DocumentFacts,
): Promise<OpenApiDocument> {
  const { OpenAPIHono } = await import("@hono/zod-openapi");
  const paths: Record<string, object> = {};
  const schemas: Record<string, unknown> = {};
  for (let from = 0; from < contracts.length; from += AT_ONCE) {
    await nextLoopTurn();
    const { openAPIRegistry: registry, getOpenAPI31Document } = new OpenAPIHono();
    type Route = Parameters<typeof registry.registerPath>[0];
    for (const contract of contracts.slice(from, from + AT_ONCE)) {
      registry.registerPath(routeOf(contract, api) as Route);
    }
    const part = getOpenAPI31Document({ openapi: "3.1.0", info: { title, version } });
    for (const [path, item] of Object.entries(part.paths ?? {})) paths[path] = { ...paths[path], ...item };
    Object.assign(schemas, part.components?.schemas);
  }
  const tags = Object.entries(TAGS).map(([name, description]) => ({ name, description }));
  const document = {
    openapi: "3.1.0",
    info: { title, description, version, license: { name: "MIT", identifier: "MIT" } },
    servers: [{ url: serverUrl }],
    tags,
    paths,
    components: {
      securitySchemes: schemesOf(paths, api),
      headers: RATE_LIMIT_HEADERS,
      schemas: withPlainJson(schemas),
    },
  };
  return document as unknown as OpenApiDocument;
}

/** On answers to who is logged in for a workspace, and on each 429 of a route with a login (server/rate_limits.ts). */
const RATE_LIMIT_HEADERS = {
  "RateLimit-Policy": {
    description: `Limits that the request counts for: q at once, and as many again evenly over w seconds. ${
      Object.entries(RATE_LIMITS).map(([name, about]) => `"${name}": ${about}`).join(". ")
    }.`,
    schema: { type: "string" },
    example: '"requests";q=1000;w=10',
  },
  "RateLimit": {
    description:
      "What is left of each: r now, and all of it after t seconds; with several instances over Redis r at least, and no t",
    schema: { type: "string" },
    example: '"requests";r=999;t=1',
  },
};
const RATE_LIMIT_REFS = Object.fromEntries(
  Object.keys(RATE_LIMIT_HEADERS).map((name) => [name, { $ref: `#/components/headers/${name}` }]),
);

/**
 * Json comes from the generator as a schema that names itself, of which openapi-typescript makes a type that TypeScript refuses
 * (TS2502). A schema that demands nothing says the same: `unknown` there, and what others have for any JSON.
 */
function withPlainJson(schemas: Record<string, unknown>): Record<string, unknown> {
  return schemas.Json ? { ...schemas, Json: { description: "Any JSON" } } : schemas;
}

/** The logins that some route takes: a listener without Clockify's calls names none of Clockify's. */
function schemesOf(paths: object, { keyHeader }: ApiFacts): Partial<typeof SCHEMES> {
  const operations = Object.values(paths).flatMap((item) => Object.values(item) as OpenApiOperation[]);
  const used = new Set(operations.flatMap(({ security }) => security.flatMap((login) => Object.keys(login))));
  const schemes = { ...SCHEMES, apiKey: { ...SCHEMES.apiKey, name: keyHeader } };
  return Object.fromEntries(Object.entries(schemes).filter(([name]) => used.has(name)));
}

function routeOf(contract: RouteContract, { prefix }: ApiFacts) {
  const { method, path, tag, summary, about, who, params, query, body, anyBody, creates } = contract;
  const headers = creates ? { ...contract.headers, [KEY_HEADER]: keyHeader } : contract.headers;
  const asked = needsLogin(who) && who !== "operator" ? { ...query?.shape, ...OPERATORS_QUERY } : query?.shape;
  return {
    method,
    path,
    tags: [tag],
    operationId: operationId(method, path),
    summary,
    "x-who": CALLERS[who],
    ...(about && { description: about }),
    security: SECURITY[who],
    request: {
      ...(params && { params: z.object(params) }),
      ...(asked && { query: z.object(asked) }),
      ...(headers && { headers: z.object(headers) }),
      ...(body && {
        body: {
          required: body.absent === undefined,
          content: { "application/json": { schema: body.schema, example: body.example } },
        },
      }),
      ...(anyBody !== undefined && {
        body: { description: anyBody, content: { "*/*": { schema: { type: "string" } } } },
      }),
    },
    responses: answersOf(contract, path.startsWith(`${prefix}/`) ? apiProblem : problem),
  };
}

function answersOf(contract: RouteContract, schema: z.ZodType) {
  const { answer, creates, who } = contract;
  const byStatus = Object.groupBy(problemsOf(contract), (code) => String(statusOfCode(code)));
  const answers: Record<
    string,
    ReturnType<typeof answerOf> | ReturnType<typeof problemAnswer> | { description: string }
  > = Object.fromEntries(
    Object.entries(byStatus).map((
      [status, codes],
    ) => [status, problemAnswer(Number(status), codes!, { contract, schema })]),
  );
  answers[answer.status] = answerOf(
    creates ? { ...answer, headers: { ...answer.headers, ...replayedHeader } } : answer,
    countsForWorkspace(who) ? RATE_LIMIT_REFS : {},
  );
  const { 304: unchanged, 503: unready } = answer.also ?? {};
  if (unchanged !== undefined) answers[304] = { description: unchanged };
  if (unready !== undefined) {
    const problem = problemAnswer(503, ["OVERLOADED"], { contract, schema });
    answers[503] = {
      ...problem,
      description: `${unready}; or ${problem.description}`,
      content: { ...answerOf(answer).content, ...problem.content } as typeof problem.content,
    };
  }
  return answers;
}

/** Operators belong to no workspace: they name one, where a route is about one. */
const OPERATORS_QUERY = {
  workspace_id: z.string().optional().meta({ description: "The workspace; required with an operator's key" }),
};

function answerOf({ about, headers, ...answer }: JsonAnswer | OtherAnswer, more: Record<string, unknown> = {}) {
  const own = Object.entries(headers ?? {}).map(([name, description]) => [
    name,
    { description, schema: { type: "string" } },
  ]);
  const named = { ...Object.fromEntries(own), ...more };
  const content = "media" in answer
    ? {
      [answer.media]: {
        schema: answer.message ?? { type: "string" as const },
        ...(answer.example !== undefined && { example: answer.example }),
      },
      ...Object.fromEntries(
        (answer.otherMedia ?? []).map((media) => [media, { schema: { type: "string" as const } }]),
      ),
    }
    : {
      "application/json": { schema: answer.schema, example: answer.example },
      ...(answer.orMedia && {
        [answer.orMedia.media]: { schema: answer.orMedia.message, example: answer.orMedia.example },
      }),
      ...(answer.orFile !== undefined && {
        "application/octet-stream": { schema: { type: "string" as const, format: "binary" } },
      }),
    };
  const others = "media" in answer ? [] : [answer.orMedia?.about, answer.orFile].filter((one) => one !== undefined);
  const or = others.map((one) => `; or ${one}`).join("");
  return { description: `${about}${or}`, ...(Object.keys(named).length > 0 && { headers: named }), content };
}

function problemAnswer(
  status: number,
  codes: readonly ErrorCode[],
  { contract: { who }, schema }: { contract: RouteContract; schema: z.ZodType },
) {
  const mayWait = MAY_WAIT.includes(status) || codes.includes("IDEMPOTENCY_KEY_IN_USE");
  return {
    description: `${TITLES[status]}: ${codes.join(", ")}`,
    ...(mayWait && {
      headers: {
        "Retry-After": { description: "Seconds to wait before a retry", schema: { type: "integer" } },
        ...(status === 429 && (needsLogin(who) || isApiWho(who)) && RATE_LIMIT_REFS),
      },
    }),
    content: { "application/problem+json": { schema } },
  };
}

function countsForWorkspace(who: Who): boolean {
  return needsLogin(who) && who !== "operator" || isApiWho(who);
}

/** As in `get_ui_flows_id`. */
function operationId(method: string, path: string): string {
  return `${method.toLowerCase()}${path.replaceAll(/[^A-Za-z0-9]+/g, "_").replace(/_$/, "")}`;
}
