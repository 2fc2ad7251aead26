/**
 * What a listener says about itself: GET / (info), /openapi.json (OpenAPI 3.1), /docs (the same as a page), and /redoc (the same in
 * the order of the paths, with all fields).
 */

import { hash } from "node:crypto";
import type { Context, Hono } from "hono";
import { z } from "zod";
import type { Profile } from "../../profiles/profile.ts";
import type { AppEnv } from "../server/app_env.ts";
import { mount, type RouteContract } from "./contract.ts";
import { CONTRACTS } from "./contracts.ts";
import { docsPage, PAGE_POLICY, SEARCH_SCRIPT } from "./docs_page.ts";
import { REFERENCE_POLICY, referencePage } from "./redoc_page.ts";
import { type DocumentFacts, type OpenApiDocument, openApiOf } from "./openapi.ts";
import { getDocs, getDocsSearch, getInfo, getOpenApi, getRedoc } from "./service_routes.ts";

export interface DocsDeps extends DocumentFacts {
  /** Contracts of the mounted routes, called once all are: the document names no others. */
  served(): RouteContract[];
  /** Also GET /redoc. */
  redoc?: boolean;
}

export function mountInfo(app: Hono<AppEnv>, { profile: { service, name }, version }: InfoDeps) {
  mount(app, {}, getInfo, ({ c }) => {
    const { basePath = "" } = c.env;
    const links = {
      docs: `${basePath}/docs`,
      openapi: `${basePath}/openapi.json`,
      manifest: `${basePath}/manifest`,
      health: `${basePath}/healthz`,
      ready: `${basePath}/ready`,
    };
    return { service, name, version, links };
  });
}

export interface InfoDeps {
  profile: Profile;
  version: string;
}

export function mountDocs(app: Hono<AppEnv>, { served, redoc = false, ...facts }: DocsDeps) {
  let document: Promise<OpenApiDocument> | undefined;
  const documentOnce = () => document ??= openApiOf(served(), facts);
  const openApi = madeOnce(async () => JSON.stringify(await documentOnce()));
  const page = madeOnce(async () => docsPage(await documentOnce()));
  const script = madeOnce(() => Promise.resolve(SEARCH_SCRIPT));
  mount(app, {}, getOpenApi, ({ c }) => openApi(c, { "content-type": "application/json" }));
  mount(
    app,
    {},
    getDocs,
    ({ c }) => page(c, { "content-type": "text/html; charset=UTF-8", "content-security-policy": PAGE_POLICY }),
  );
  if (redoc) {
    const reference = madeOnce(async () => referencePage(await documentOnce()));
    const headers = { "content-type": "text/html; charset=UTF-8", "content-security-policy": REFERENCE_POLICY };
    mount(app, {}, getRedoc, ({ c }) => reference(c, headers));
  }
  mount(app, {}, getDocsSearch, ({ c }) => script(c, { "content-type": "text/javascript; charset=utf-8" }));
}

/** A page that is the same for all who ask: its bytes are made with the first answer, and a browser that has them asks for no more. */
function madeOnce(
  make: () => Promise<string>,
): (c: Context<AppEnv>, headers: Record<string, string>) => Promise<Response> {
  let made: Promise<{ bytes: Uint8Array<ArrayBuffer>; etag: string }> | undefined;
  return async (c, headers) => {
    made ??= make().then((text) => ({
      bytes: new TextEncoder().encode(text),
      etag: `"${hash("sha256", text).slice(0, 32)}"`,
    }));
    const { bytes, etag } = await made;
    const kept = { ...headers, etag };
    if (c.req.header("if-none-match") === etag) return c.body(null, 304, kept);
    return c.body(inChunks(bytes), 200, { ...kept, "content-length": String(bytes.length) });
  };
}

/** The runtime copies what it sends: of half a megabyte for 500 who ask at once it would hold 300 MB until they have read it. */
const CHUNK_BYTES = 65_536;

function inChunks(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let sent = 0;
  return new ReadableStream({
    pull: (controller) => {
      controller.enqueue(bytes.subarray(sent, sent += CHUNK_BYTES));
      if (sent >= bytes.length) controller.close();
    },
  }, { highWaterMark: 0 });
}

/** `/ui/webhooks/:id{[0-9]+}` as contracts write it: `/ui/webhooks/{id}`. */
export function documentPath(pattern: string): string {
  return pattern.replaceAll(/:(\w+)(?:\{[^}]*\})?/g, "{$1}");
}

/** The contracts whose route is mounted. */
export function servedRoutes(mounted: readonly { method: string; path: string }[]): RouteContract[] {
  const served = new Set(mounted.map(({ method, path }) => `${method} ${documentPath(path)}`));
  return CONTRACTS.filter(({ method, path }) =>
    served.has(`${method.toUpperCase()} ${path}`) || served.has(`ALL ${path}`)
  );
}

/** The data routes of the add-ons as the operators' listener has them: below /addons/{addon}. `addons`: by profile key. */
export function routesOfAddons(
  addons: ReadonlyMap<string, { app: { routes: readonly { method: string; path: string }[] } }>,
): RouteContract[] {
  const isData = ({ path }: { path: string }) => path.startsWith("/ui/");
  const served = [...addons].map(([key, { app }]) => ({
    key,
    routes: new Set(servedRoutes(app.routes.filter(isData))),
  }));
  return [...new Set(served.flatMap(({ routes }) => [...routes]))].map((contract) => {
    const keys = served.filter(({ routes }) => routes.has(contract)).map(({ key }) => key);
    const addon = z.enum(keys).meta({ description: "The add-on, by its profile: one that has this route" });
    return {
      ...contract,
      path: `/addons/{addon}${contract.path}`,
      params: { addon, ...contract.params },
      problems: [...contract.problems ?? [], "ROUTE_UNKNOWN"],
    };
  });
}
