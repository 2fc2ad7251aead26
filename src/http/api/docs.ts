/** What a listener says about itself: GET / (info), /openapi.json (OpenAPI 3.1) and /docs (the same as a page). */

import { hash } from "node:crypto";
import type { Context, Hono } from "hono";
import type { Profile } from "../../profiles/profile.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { RouteContract } from "./contract.ts";
import { CONTRACTS } from "./contracts.ts";
import { docsPage, PAGE_POLICY } from "./docs_page.ts";
import { type OpenApiDocument, openApiOf } from "./openapi.ts";
import { type RouteEntry, ROUTES } from "./openapi_routes.ts";

export interface DocsDeps {
  profile: Profile;
  version: string;
  /** Public address of the listener. */
  baseUrl: string;
  /** The routes that are mounted, asked for once all are: the document names no others. */
  mounted(): readonly { method: string; path: string }[];
}

export function mountDocs(app: Hono<AppEnv>, { profile, version, baseUrl, mounted }: DocsDeps) {
  const { service, name, description } = profile;
  const links = { docs: "/docs", openapi: "/openapi.json", manifest: "/manifest", health: "/healthz", ready: "/ready" };
  app.get("/", (c) => c.json({ service, name, version, links }));
  let document: Promise<OpenApiDocument> | undefined;
  const documentOnce = () =>
    document ??= openApiOf(servedRoutes(mounted()), { title: name, description, version, serverUrl: baseUrl });
  const openApi = madeOnce(async () => JSON.stringify(await documentOnce()));
  const page = madeOnce(async () => docsPage(await documentOnce()));
  app.get("/openapi.json", (c) => openApi(c, { "content-type": "application/json" }));
  app.get(
    "/docs",
    (c) => page(c, { "content-type": "text/html; charset=UTF-8", "content-security-policy": PAGE_POLICY }),
  );
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
    return c.req.header("if-none-match") === etag ? c.body(null, 304, kept) : c.body(bytes, 200, kept);
  };
}

/** `/ui/webhooks/:id{[0-9]+}` as contracts write it: `/ui/webhooks/{id}`. */
export function documentPath(pattern: string): string {
  return pattern.replaceAll(/:(\w+)(?:\{[^}]*\})?/g, "{$1}");
}

/** The contracts, and the entries without one, whose route is mounted. */
export function servedRoutes(
  mounted: readonly { method: string; path: string }[],
): { contracts: RouteContract[]; entries: RouteEntry[] } {
  const served = new Set(mounted.map(({ method, path }) => `${method} ${documentPath(path)}`));
  const isServed = ({ method, path }: { method: string; path: string }) =>
    served.has(`${method.toUpperCase()} ${path}`) || served.has(`ALL ${path}`);
  return { contracts: CONTRACTS.filter(isServed), entries: ROUTES.filter(isServed) };
}
