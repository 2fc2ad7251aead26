/** The listener for operators (8003): the console of the add-ons at /, that of the Workflow Management API at /ui, and the data routes of every add-on below /addons/{profile}. */

import { Hono } from "hono";
import { AppError } from "../base/errors.ts";
import { type AddonApp, finish, mountedRoutes } from "./addon_app.ts";
import type { AppEnv } from "../http/server/app_env.ts";
import { mountDocs, routesOfAddons, servedRoutes } from "../http/api/docs.ts";
import { type ConsoleRoutesDeps, mountConsole } from "../http/api/console.ts";
import { type CorsRules, mountCors } from "../http/server/cors.ts";
import { type HealthDeps, mountHealth } from "../http/server/health.ts";
import { operatorOfSession } from "../http/server/api_login.ts";
import { withPath } from "../http/server/listener.ts";
import { sessionOf } from "../http/server/session_cookie.ts";
import { type MetricsRouteDeps, mountMetrics } from "../http/server/metrics.ts";
import { mountWorkflowApi, type WorkflowApiDeps } from "../http/v1/mount.ts";

export interface OperatorAppDeps {
  console: Pick<ConsoleRoutesDeps, "files">;
  health: HealthDeps;
  /** By profile key. */
  addons: ReadonlyMap<string, { name: string; app: AddonApp }>;
  metrics?: MetricsRouteDeps;
  api: WorkflowApiDeps;
  cors: CorsRules & { prefix: string };
}

/** Of those who log in to the data of an add-on without the session of a page. */
const LOGIN_HEADERS = ["x-api-key", "x-addon-token", "authorization"];

/** Below it, the data routes of an add-on. */
export const ADDONS_PATH = "/addons";
export const ADDON_ROUTES = `${ADDONS_PATH}/:key/ui/*`;

/** `service` of its health, log and metrics. */
export const OPERATOR_SERVICE = "workflow-api";

export function createOperatorApp(
  { console: { files }, health, addons, metrics, api, cors }: OperatorAppDeps,
): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  mountHealth(app, health);
  if (metrics) mountMetrics(app, metrics);
  mountCors(app, cors);
  mountWorkflowApi(app, api);
  mountConsole(app, {
    files,
    mount: "",
    // Operators open it alone.
    frameAncestors: [],
    addons: () => [...addons].map(([key, { name }]) => ({ key, name, base: `${ADDONS_PATH}/${key}` })),
    session: cors.prefix,
  });
  mountConsole(app, { files, mount: "/ui", frameAncestors: [], addons: () => [], api: cors.prefix });
  mountDocs(app, {
    title: api.info.title,
    description: `${api.info.description}. Beside it stand the console and the data of every add-on of this process.`,
    version: api.info.version,
    redoc: true,
    serverUrl: "/",
    api: { prefix: cors.prefix, keyHeader: api.keyHeader },
    served: () => [
      ...routesOfAddons(addons),
      ...servedRoutes(
        mountedRoutes(app).filter(({ path }) => path !== "/")
          .map(({ method, path }) => ({ method, path: api.contractPath(path) })),
      ).map(api.servedAs),
    ],
  });
  app.all(ADDON_ROUTES, async (c) => {
    const key = c.req.param("key");
    const addon = addons.get(key);
    if (!addon) {
      const known = [...addons.keys()].join(", ");
      throw new AppError("ROUTE_UNKNOWN", `Cannot serve the request: this process has no such add-on; it has ${known}`);
    }
    const request = withPath(c.req.raw, c.env.path.slice(`${ADDONS_PATH}/${key}`.length));
    // As the URL parser mends it: dots must not lead out of the data routes, to deliveries or diagnostics.
    const path = new URL(request.url).pathname;
    if (!path.startsWith("/ui/")) {
      throw new AppError("ROUTE_UNKNOWN", "Cannot serve the request: there is no such route");
    }
    const session = sessionOf(c);
    const bindings: AppEnv["Bindings"] = {
      ...c.env,
      path,
      // Without a login of its own, which counts first.
      ...(session !== undefined && LOGIN_HEADERS.every((name) => c.req.header(name) === undefined) && {
        operatorOfSession: operatorOfSession(session, c, api),
      }),
    };
    try {
      const answer = await addon.app.fetch(request, bindings);
      const location = answer.headers.get("location");
      if (location?.startsWith("/")) answer.headers.set("location", `${ADDONS_PATH}/${key}${location}`);
      return answer;
    } finally {
      c.env.rateLimits = bindings.rateLimits;
    }
  });
  return finish(app);
}
