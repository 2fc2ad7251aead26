/** What a listener says about itself: GET / (info), /openapi.json (OpenAPI 3.1) and /docs (the same as a plain page). */

import { hash } from "node:crypto";
import type { Context, Hono } from "hono";
import type { Profile } from "../../profiles/profile.ts";
import type { AppEnv } from "../server/app_env.ts";
import { type Caller, type RouteEntry, ROUTES } from "./openapi_routes.ts";

export interface DocsDeps {
  profile: Profile;
  version: string;
  /** The routes that are mounted, asked for once all are: the document names no others. */
  mounted(): readonly { method: string; path: string }[];
}

export function mountDocs(app: Hono<AppEnv>, { profile, version, mounted }: DocsDeps) {
  const { service, name } = profile;
  const links = { docs: "/docs", openapi: "/openapi.json", manifest: "/manifest", health: "/healthz", ready: "/ready" };
  app.get("/", (c) => c.json({ service, name, version, links }));
  const openApi = madeOnce(() => JSON.stringify(openApiOf(servedRoutes(mounted()), { profile, version })));
  const page = madeOnce(() => pageOf(servedRoutes(mounted()), { profile, version }));
  app.get("/openapi.json", (c) => openApi(c, { "content-type": "application/json" }));
  app.get("/docs", (c) =>
    page(c, {
      "content-type": "text/html; charset=UTF-8",
      "content-security-policy":
        `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    }));
}

/** A page that is the same for all who ask: its bytes are made with the first answer, and a browser that has them asks for no more. */
function madeOnce(make: () => string): (c: Context<AppEnv>, headers: Record<string, string>) => Response {
  let made: { bytes: Uint8Array<ArrayBuffer>; etag: string } | undefined;
  return (c, headers) => {
    if (!made) {
      const text = make();
      made = { bytes: new TextEncoder().encode(text), etag: `"${hash("sha256", text).slice(0, 32)}"` };
    }
    const { bytes, etag } = made;
    const kept = { ...headers, etag };
    return c.req.header("if-none-match") === etag ? c.body(null, 304, kept) : c.body(bytes, 200, kept);
  };
}

/** `/ui/webhooks/:id{[0-9]+}` as the table writes it: `/ui/webhooks/{id}`. */
export function documentPath(pattern: string): string {
  return pattern.replaceAll(/:(\w+)(?:\{[^}]*\})?/g, "{$1}");
}

/** The entries of the table whose route is mounted. */
export function servedRoutes(mounted: readonly { method: string; path: string }[]): RouteEntry[] {
  const served = new Set(mounted.map(({ method, path }) => `${method} ${documentPath(path)}`));
  return ROUTES.filter(({ method, path }) => served.has(`${method} ${path}`) || served.has(`ALL ${path}`));
}

/** The logins of each kind of caller, any of which will do; an empty list stands for none. */
const SECURITY: Record<Caller, Record<string, []>[]> = {
  anyone: [],
  clockify: [{ clockifySignature: [] }, { lifecycleToken: [] }],
  sender: [],
  login: [{ userToken: [] }, { bearer: [] }, { operatorKey: [] }],
  admin: [{ userToken: [] }, { bearer: [] }, { operatorKey: [] }],
  operator: [{ operatorKey: [] }],
};

const SCHEMES = {
  userToken: header("X-Addon-Token", "A Clockify user token of the workspace"),
  bearer: { type: "http", scheme: "bearer", description: "The same token" },
  operatorKey: header("X-API-Key", "An operator's key, together with ?workspace_id="),
  clockifySignature: header("Clockify-Signature", "The token of this webhook"),
  lifecycleToken: header("X-Addon-Lifecycle-Token", "The token of a lifecycle call"),
};

function header(name: string, description: string) {
  return { type: "apiKey", in: "header", name, description };
}

/** The document. Answers are described in words; problems have the one shape of RFC 9457. */
export function openApiOf(routes: readonly RouteEntry[], { profile, version }: { profile: Profile; version: string }) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method.toLowerCase()] = operationOf(route);
  return {
    openapi: "3.1.0",
    info: { title: profile.name, description: profile.description, version },
    paths,
    components: {
      securitySchemes: SCHEMES,
      responses: {
        problem: {
          description: "What went wrong, with a stable code",
          content: { "application/problem+json": { schema: { $ref: "#/components/schemas/problem" } } },
        },
      },
      schemas: {
        problem: {
          type: "object",
          required: ["type", "title", "status", "code", "detail", "request_id"],
          properties: {
            type: { type: "string" },
            title: { type: "string" },
            status: { type: "integer" },
            code: { type: "string" },
            detail: { type: "string" },
            request_id: { type: "string" },
          },
        },
      },
    },
  };
}

function operationOf({ method, path, summary, who, query = {}, body, answers }: RouteEntry) {
  const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => parameter(name!, "path"));
  const operators = who !== "operator" && SECURITY[who].some((login) => "operatorKey" in login);
  const asked = Object.entries({ ...query, ...(operators && OPERATORS_QUERY) })
    .map(([name, about]) => parameter(name, "query", about));
  const parameters = [...named, ...asked];
  return {
    operationId: `${method.toLowerCase()}${path.replaceAll(/[^A-Za-z0-9]+/g, "_").replace(/_$/, "")}`,
    summary,
    security: SECURITY[who],
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && {
      requestBody: {
        description: body,
        required: who !== "sender",
        content: { [who === "sender" ? "*/*" : "application/json"]: {} },
      },
    }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, description]) => [status, { description }])),
      default: { $ref: "#/components/responses/problem" },
    },
  };
}

/** Operators belong to no workspace: they name one, where a route is about one. */
const OPERATORS_QUERY = { workspace_id: "the workspace; required with an operator's key" };

function parameter(name: string, place: "path" | "query", description?: string) {
  return {
    name,
    in: place,
    ...(place === "path" && { required: true }),
    ...(description && { description }),
    schema: { type: "string" },
  };
}

const STYLE =
  `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b1f24;background:#fff}
h2{font:600 1rem ui-monospace,monospace;margin:1.5rem 0 .25rem;overflow-wrap:anywhere}p,dl{margin:.25rem 0}
dt{font-weight:600}dd{margin:0 0 .25rem 1.5rem}.who{color:#57606a}
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}.who{color:#9198a1}}`;
const STYLE_HASH = hash("sha256", STYLE, "base64");

const WHO: Record<Caller, string> = {
  anyone: "Anyone",
  clockify: "Clockify, by its token",
  sender: "The source's system, as the source asks",
  login: "Members of the workspace and operators",
  admin: "Owners and admins of the workspace and operators",
  operator: "Operators",
};

function pageOf(routes: readonly RouteEntry[], { profile, version }: { profile: Profile; version: string }): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escape(profile.name)}: routes</title><style>${STYLE}</style></head><body>
<h1>${escape(profile.name)} ${escape(version)}</h1>
<p>${
    escape(profile.description)
  } The same for machines: <a href="/openapi.json">OpenAPI 3.1</a>. What goes wrong is answered as application/problem+json with a stable code.</p>
${routes.map(sectionOf).join("\n")}
</body></html>
`;
}

function sectionOf({ method, path, summary, who, query, body, answers }: RouteEntry): string {
  const facts: [string, string][] = [
    ...Object.entries(query ?? {}).map(([name, about]): [string, string] => [`?${name}=`, about]),
    ...(body === undefined ? [] : [["Body", body] as [string, string]]),
    ...Object.entries(answers),
  ];
  return `<h2>${method} ${escape(path)}</h2><p>${escape(summary)}. <span class="who">${WHO[who]}.</span></p><dl>${
    facts.map(([name, about]) => `<dt>${escape(name)}</dt><dd>${escape(about)}</dd>`).join("")
  }</dl>`;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
