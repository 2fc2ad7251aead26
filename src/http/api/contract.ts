/**
 * One contract per route: method, path, who may call it, what it takes and what it answers. From it come the login, the
 * validation, the OpenAPI document with /docs (openapi.ts, docs.ts), the console's types (src/console/wire.ts) and the table of
 * who in the tenancy test.
 *
 * To write one for a resource:
 * 1. In its file: `const getThing = defineRoute({ method, path, tag, summary, who, params, query, body, answer, problems })`, and
 *    `export const thingRoutes = [getThing]`, which contracts.ts lists. An object that several answers hold, or that the
 *    console names, gets `.meta({ id: "Thing" })`: then it is a schema of that name. schemas.ts has what many share; a schema
 *    with a name that may be null is orNull() of it.
 * 2. `mount(app, deps, getThing, async ({ login, query, params, body }) => ({ ... }))`: the handler gives what the answer's
 *    schema says, headers by `c.header()`; where the answer is no JSON, it gives a Response.
 *    The login is checked before; queries are read by the schemas of server/query.ts, in the order in which they stand.
 *    `await body()` reads and validates: call it where the body is needed, so that a 404 comes first.
 * 3. Name what it answers to who may pass, in the table of tests/http/tenancy_test.ts.
 * 4. A POST says whether it creates: `creates: true` for what makes a row or has an effect that a second request would make
 *    again. Then it takes an Idempotency-Key, and its handler does the work by `return await once((atEnd) => store.create(...,
 *    { atEnd }), (made) => ({ ... }))`: the store calls `atEnd` last in its transaction, where the answer is kept.
 * 5. `problems`: codes of errors beside those that every route of its kind has (problemsOf() in openapi.ts).
 * 6. `deno task api:types`, and let the console's api.ts take its wire types from src/console/wire.ts.
 * Tests hold each answer of tests/http against its schema (tests/support/contract_answers.ts): a field that is not in it fails.
 */

import type { Context, Hono } from "hono";
import type { z } from "zod";
import { AppError, type ErrorCode } from "../../base/errors.ts";
import type { AtEnd } from "../../db/at_end.ts";
import type { Fault } from "../../engine/faults.ts";
import { parseKey } from "../../idempotency/key.ts";
import type { ApiCaller } from "../../access/roles.ts";
import { admitApi, API_WHO, type ApiAuthDeps, type ApiWho, isApiWho } from "../server/api_login.ts";
import type { AppEnv, Login } from "../server/app_env.ts";
import { type BodyLimits, parseJson, readBody, readJson, requireJsonType } from "../server/body.ts";
import { admit, type AuthDeps, type LoggedIn, needsLogin, readerOf, WHO, type Who } from "../server/login.ts";
import { answerOnce, type KeepAnswer } from "../server/once.ts";
import { readQuery, requireKnownNames } from "../server/query.ts";
import { readForm } from "./body_faults.ts";
import { isReadBeside } from "./read_beside.ts";
import type { Tag } from "./tags.ts";

export type RouteContract =
  & RouteFacts
  & ({ method: "get" | "put" | "delete"; creates?: undefined } | { method: "post"; creates: boolean });

interface RouteFacts {
  /** Parameters in braces. */
  path: `/${string}`;
  tag: Tag;
  /** Half a sentence; the rest is `about`. */
  summary: string;
  about?: string;
  who: Who;
  /** Schemas of the path's parameters. The handler gets the text, and answers 404 to one that fits no schema. */
  params?: Readonly<Record<string, z.ZodType<string>>>;
  /** Parameters that match this pattern alone, where another path would be taken for one. */
  patterns?: Readonly<Record<string, string>>;
  query?: z.ZodObject;
  /** Request headers beside those of the login, for the document: handlers read them themselves. */
  headers?: Readonly<Record<string, z.ZodType<string | undefined>>>;
  body?: BodyContract;
  /** For a body that need not be JSON: its description. Its module reads it. */
  anyBody?: string;
  answer: JsonAnswer | OtherAnswer;
  /** Codes of problems beside those that each route of its kind has. */
  problems?: readonly ErrorCode[];
  /** Some of its requests are costly reads (limits/costly_reads.ts): their limit is shown beside that of all requests. */
  costly?: true;
}

export interface BodyContract {
  schema: z.ZodType;
  /** The sentence of REQUEST_INVALID when the body does not fit; its faults follow as `faults`. Absent where json() reads it. */
  refusal?: string;
  example: unknown;
  /** What stands for an absent body; without it one is needed. */
  absent?: unknown;
}

interface AnswerFacts {
  status: 200 | 201 | 202;
  about: string;
  /** Other answers that are no problem: 304 without a body, 503 in the same form. A handler that has some may give a Response. */
  also?: Readonly<Partial<Record<304 | 503, string>>>;
  /** What headers say, by name. */
  headers?: Readonly<Record<string, string>>;
}

export interface JsonAnswer extends AnswerFacts {
  schema: z.ZodType;
  example: unknown;
  /** What some requests are answered with instead: the handler gives a Response then. */
  orMedia?: {
    media: string;
    about: string;
    /** One line of it, as its reader has it. */
    message: z.ZodType;
    /** Of a line. */
    example: unknown;
  };
  /** When it is a file instead, of any type and as an attachment: the handler gives a Response then. */
  orFile?: string;
}

export interface OtherAnswer extends AnswerFacts {
  /** Media type. */
  media: string;
  /** Other types that the same answer may have, where the request asks for them. */
  otherMedia?: readonly string[];
  schema?: undefined;
  /** Of server-sent events one of them, as its reader has it, `data` read as JSON; of a file of JSON the whole. */
  message?: z.ZodType;
  example?: unknown;
}

type SchemaOf<Part> = Part extends { schema: infer Schema extends z.ZodType } ? Schema : never;

/** What the handler gives. */
export type AnswerOf<Route extends RouteContract> = Route["answer"] extends { media: string } ? Response
  : Route["answer"] extends { also: object } | { orMedia: object } | { orFile: string }
    ? Response | Given<z.input<SchemaOf<Route["answer"]>>>
  : Given<z.input<SchemaOf<Route["answer"]>>>;

/** A value of the type, whose lists may be ones that must not be changed. */
type Given<Value> = Value extends readonly (infer Item)[] ? readonly Given<Item>[]
  : Value extends object ? { readonly [Name in keyof Value]: Given<Value[Name]> }
  : Value;

export interface RouteRequest<Route extends RouteContract> {
  c: Context<AppEnv>;
  /** The name of the operator for a route of operators. */
  login: Route["who"] extends "member" | "admin" | "workspace_operator" ? Login
    : Route["who"] extends "operator" ? string
    : Route["who"] extends ApiWho ? ApiCaller
    : undefined;
  query: Route["query"] extends z.ZodType ? z.output<Route["query"]> : undefined;
  params: { readonly [Name in keyof Route["params"]]: string };
  /**
   * Reads and validates. Throws as readJson(), and REQUEST_INVALID with every fault: `besides` gives those that the schema
   * cannot know of a body that does not fit it.
   */
  body: (besides?: FaultsBeside) => Promise<z.output<SchemaOf<Route["body"]>>>;
  /** Reads alone: for a body that its module checks, with faults of its own. */
  json: () => Promise<unknown>;
  once: Route["creates"] extends true ? Once<Route> : undefined;
}

/**
 * Does the work of a route that creates, and answers it. `work` hands `atEnd` (undefined without an Idempotency-Key) to the
 * end of its one transaction, to be called with what `work` gives; `answer` is called there, so it asks for nothing more.
 */
export type Once<Route extends RouteContract> = <Made>(
  work: (atEnd: AtEnd<unknown> | undefined) => Promise<Made>,
  answer: (made: Made) => AnswerOf<Route>,
) => Promise<Answered>;

/** An answer of once(). */
class Answered {
  constructor(readonly response: Response) {}
}

type FaultsBeside = (sent: unknown) => Promise<readonly Fault[]>;

export type RouteHandler<Route extends RouteContract> = (
  request: RouteRequest<Route>,
) => GivenBy<Route> | Promise<GivenBy<Route>>;

type GivenBy<Route extends RouteContract> = AnswerOf<Route> | (Route["creates"] extends true ? Answered : never);

export type MountDeps<Route extends RouteContract> =
  & (Route["who"] extends LoggedIn ? AuthDeps : unknown)
  & (Route["who"] extends ApiWho ? ApiAuthDeps : unknown)
  & (Route["body"] extends BodyContract ? { body: BodyLimits } : unknown);

export function defineRoute<const Route extends RouteContract>(route: Route): Route {
  return route;
}

/** How a process serves contracts that its configuration moves or bounds; a part of `deps` where there is such a thing. */
export interface ServedAs {
  servedAs(route: RouteContract): RouteContract;
  /** A path that a contract or a Location names, as it is served. */
  servedPath(path: string): string;
  /** The other way round. */
  contractPath(path: string): string;
}

/** Serves the route. Throws START_FAILED for a contract that names no `who`, or of a POST not whether it creates. */
export function mount<Route extends RouteContract>(
  app: Hono<AppEnv>,
  deps: MountDeps<Route>,
  contract: Route,
  handle: RouteHandler<Route>,
): void {
  const { servedAs, servedPath } = deps as Partial<ServedAs>;
  const route = (servedAs?.(contract) ?? contract) as Route;
  const { who, query, answer, creates, costly } = route;
  const method = route.method.toUpperCase();
  if (!WHO.includes(who)) {
    throw new AppError("START_FAILED", `Cannot mount ${method} ${route.path}: its contract names no caller (who)`);
  }
  if ((creates === undefined) !== (method !== "POST")) {
    throw new AppError(
      "START_FAILED",
      `Cannot mount ${method} ${route.path}: a POST says whether it creates, no other does`,
    );
  }
  if (creates && !BY_LOGIN.includes(who)) {
    throw new AppError(
      "START_FAILED",
      `Cannot mount ${method} ${route.path}: it creates, and by its caller (who) for no workspace`,
    );
  }
  const limits = (deps as { body?: BodyLimits }).body;
  const handler = async (c: Context<AppEnv>) => {
    const login = c.get("login");
    if (costly) showCostly(c, deps as AuthDeps);
    if (query && isApiWho(who)) requireKnownNames(c.req.queries(), Object.keys(query.shape));
    const asked = query && readQuery(query, c.req.query());
    const toResponse = (given: unknown) =>
      given instanceof Response
        ? given
        : given instanceof Answered
        ? given.response
        : c.json(given as object, answer.status);
    const respond = async ({ sent, keep }: { sent?: Uint8Array; keep?: KeepAnswer } = {}) =>
      toResponse(
        await handle({
          c,
          login: login ?? c.get("operator") ?? c.get("apiCaller"),
          query: asked,
          params: c.req.param(),
          body: (besides?: FaultsBeside) => readContracted(c, { route, limits: limits!, sent, besides }),
          json: () => readSent(c, { limits: limits!, sent }),
          once: creates && createOnce({ toResponse, keep }),
        } as unknown as RouteRequest<Route>),
      );
    const header = creates ? c.req.header("idempotency-key") : undefined;
    if (header === undefined) return await respond();
    const key = parseKey(header);
    const sent = await readWhole(c, { route, limits });
    const owner = await ownerOf(c, deps as object);
    const { idempotency: keys } = deps as AuthDeps;
    return await answerOnce(c, { keys, owner, key, query: asked, body: sent }, (keep) => respond({ sent, keep }));
  };
  const path = honoPath(route);
  if (isApiWho(who)) {
    app.on(method, path, async (c, next) => {
      await admitApi(who, c, deps as ApiAuthDeps);
      await next();
      const location = c.res.headers.get("location");
      if (servedPath && location !== null) c.res.headers.set("location", servedPath(location));
    }, handler);
  } else if (needsLogin(who)) {
    app.on(method, path, admit(who, deps as AuthDeps, { readBeside: isReadBeside(contract) }), handler);
  } else app.on(method, path, handler);
}

/** `/ui/webhooks/{id}` as Hono writes it: `/ui/webhooks/:id`, with the pattern where there is one. */
export function honoPath({ path, patterns = {} }: Pick<RouteContract, "path" | "patterns">): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const pattern = patterns[name];
    return pattern === undefined ? `:${name}` : `:${name}{${pattern}}`;
  });
}

function showCostly(c: Context<AppEnv>, { costly }: AuthDeps): void {
  const reader = readerOf(c.get("login")!);
  c.env.rateLimits?.push({ name: "costly", look: () => costly.look(reader) });
}

/** Those whose login names an installation. */
const BY_LOGIN: readonly Who[] = ["member", "admin", "workspace_operator", ...API_WHO];

/** Whose Idempotency-Key it is. */
async function ownerOf(
  c: Context<AppEnv>,
  deps: object,
): Promise<{ installationId: number; generation: number; caller: string }> {
  const caller = c.get("apiCaller");
  if (caller) {
    const { installationId, generation } = await (deps as ApiAuthDeps).home();
    return { installationId, generation, caller: `api ${caller.kind} ${caller.name}` };
  }
  const { kind, name, installation: { id: installationId, generation } } = c.get("login")!;
  return { installationId, generation, caller: `${kind} ${name}` };
}

function createOnce({ toResponse, keep }: { toResponse(given: unknown): Response; keep?: KeepAnswer }) {
  return async (work: (atEnd: AtEnd<unknown> | undefined) => Promise<unknown>, answer: (made: unknown) => unknown) => {
    if (!keep) return new Answered(toResponse(answer(await work(undefined))));
    let kept: Response | undefined;
    await work(async (sql, made) => {
      kept = toResponse(answer(made));
      await keep(sql, kept);
    });
    if (!kept) throw new AppError("INTERNAL", "Cannot answer: the work ended without its answer being kept");
    return new Answered(kept);
  };
}

/**
 * The bytes of a body, none where it may be absent and is: a POST without one may look like one whose length is not known
 * yet, so its type is asked for once a byte came. Of a route without a body it is left unread.
 */
async function readWhole(
  c: Context<AppEnv>,
  { route: { body }, limits }: { route: RouteContract; limits: BodyLimits | undefined },
): Promise<Uint8Array> {
  const { raw } = c.req;
  if (!body || !limits || (body.absent !== undefined && isEmpty(raw))) return new Uint8Array();
  const bytes = await readBody(raw, { ...limits, hold: c.env.hold });
  if (bytes.length > 0 || body.absent === undefined) requireJsonType(raw);
  return bytes;
}

/** The runtime has a body where its length is said to be 0 (Deno 2.9), as fetch() sends it. */
function isEmpty({ body, headers }: Request): boolean {
  return body === null || headers.get("content-length") === "0";
}

interface Reading {
  limits: BodyLimits;
  /** The body, where it was read before. */
  sent: Uint8Array | undefined;
}

async function readSent(c: Context<AppEnv>, { limits, sent }: Reading): Promise<unknown> {
  return sent ? parseJson(sent, limits) : await readJson(c, limits);
}

async function readContracted(
  c: Context<AppEnv>,
  { route, besides, ...reading }: Reading & { route: RouteContract; besides: FaultsBeside | undefined },
): Promise<unknown> {
  const { schema, refusal, absent } = route.body!;
  const { limits } = reading;
  // Where it may be absent, its bytes say whether it is.
  const sent = reading.sent ?? (absent === undefined ? undefined : await readWhole(c, { route, limits }));
  const input = absent !== undefined && sent?.length === 0 ? absent : await readSent(c, { limits, sent });
  const read = readForm(schema, input);
  if (read.ok) return read.value;
  const faults = [...read.faults, ...await besides?.(input) ?? []];
  throw new AppError("REQUEST_INVALID", refusal!, { details: { faults } });
}
