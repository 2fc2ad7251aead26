/** GET /metrics: metrics for Prometheus, open unless METRICS_TOKEN is set. */

import type { Hono } from "hono";
import { AppError } from "../../base/errors.ts";
import { secretEqual } from "../../sources/equal.ts";
import type { AppEnv } from "./app_env.ts";

export interface MetricsRouteDeps {
  /** Prometheus text, format 0.0.4. */
  scrape(): Promise<string>;
  /** METRICS_TOKEN; undefined: whoever reaches the listener may read, as a scrape job without settings does. */
  token?: string;
}

const HEADERS = { "content-type": "text/plain; version=0.0.4; charset=utf-8" };
/** RFC 6750 section 3. */
const CHALLENGE = 'Bearer realm="metrics"';

export function mountMetrics(app: Hono<AppEnv>, { scrape, token }: MetricsRouteDeps) {
  app.get("/metrics", async (c) => {
    if (token !== undefined) requireToken(c.req.header("authorization"), token);
    return c.text(await scrape(), 200, HEADERS);
  });
}

/** Throws LOGIN_REQUIRED or LOGIN_INVALID, with the challenge that a 401 carries. */
function requireToken(header: string | undefined, token: string): void {
  const given = /^Bearer (\S+)$/i.exec(header ?? "")?.[1];
  const details = { authenticate: CHALLENGE };
  if (given === undefined) {
    throw new AppError("LOGIN_REQUIRED", "Cannot serve the request: send Authorization: Bearer with METRICS_TOKEN", {
      details,
    });
  }
  if (!secretEqual(token, given)) {
    throw new AppError("LOGIN_INVALID", "Cannot serve the request: the token is not METRICS_TOKEN", { details });
  }
}
