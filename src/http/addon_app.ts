/** One add-on's listener: the routes its profile names, over the shared core, with one line of log and metrics per request. */

import { Hono } from "hono";
import { buildManifest } from "../clockify/manifest.ts";
import { AppError } from "../errors.ts";
import type { Profile } from "../profiles/profile.ts";
import type { AppEnv } from "./app_env.ts";
import { type FlowRoutesDeps, mountFlows } from "./flows.ts";
import { type HealthDeps, mountHealth } from "./health.ts";
import { type LifecycleRoutesDeps, mountLifecycle } from "./lifecycle.ts";
import type { App } from "./listener.ts";
import { isDelivery, mountWebhooks, receive, type WebhookDeps } from "./webhooks.ts";

export interface AddonAppDeps {
  profile: Profile;
  addonKey: string;
  /** Public address that the manifest names. */
  baseUrl: string;
  webhookLimit: number;
  health: HealthDeps;
  lifecycle: LifecycleRoutesDeps;
  webhooks: WebhookDeps;
  flows: FlowRoutesDeps;
  /** Prometheus text; undefined when METRICS_PORT moves it to an inner port. */
  scrape?: () => Promise<string>;
}

export function createAddonApp(deps: AddonAppDeps): App {
  const { profile, addonKey, webhookLimit, scrape } = deps;
  const app = new Hono<AppEnv>();
  mountWebhooks(app, deps.webhooks);
  mountLifecycle(app, deps.lifecycle);
  mountFlows(app, deps.flows);
  mountHealth(app, deps.health);
  app.get("/manifest", (c) => c.json(buildManifest({ profile, addonKey, baseUrl: deps.baseUrl, webhookLimit })));
  app.get("/ui/health", (c) => c.json({ status: "ok" }));
  if (scrape) mountMetrics(app, scrape);
  finish(app);
  const { webhooks } = deps;
  return {
    fetch: (request, bindings) =>
      isDelivery(request, bindings.path) ? receive(request, bindings, webhooks) : app.fetch(request, bindings),
  };
}

/** The inner listener of METRICS_PORT: metrics, and the health of a process that has no other listener (ROLE=work). */
export function createMetricsApp(scrape: () => Promise<string>, health: HealthDeps): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  mountHealth(app, health);
  mountMetrics(app, scrape);
  return finish(app);
}

function mountMetrics(app: Hono<AppEnv>, scrape: () => Promise<string>) {
  app.get("/metrics", async (c) => c.text(await scrape(), 200, { "content-type": "text/plain; version=0.0.4" }));
}

/** Unknown routes are 404, known ones with another method 405 with Allow; errors go to the listener, which answers them. */
function finish(app: Hono<AppEnv>): Hono<AppEnv> {
  const methods = new Map<string, Set<string>>();
  for (const { path, method } of app.routes) {
    methods.set(path, (methods.get(path) ?? new Set()).add(method));
  }
  for (const [path, allowed] of methods) {
    app.all(path, () => {
      throw new AppError("METHOD_NOT_ALLOWED", "Cannot serve the request: the route has other methods", {
        details: { allow: [...allowed] },
      });
    });
  }
  app.notFound(() => {
    throw new AppError("ROUTE_UNKNOWN", "Cannot serve the request: there is no such route");
  });
  app.onError((error) => {
    throw error;
  });
  return app;
}
