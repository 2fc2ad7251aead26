/**
 * CSRF guard: changes that a page of another site makes a browser send are refused before anything is read (Fetch
 * Metadata, `Sec-Fetch-Site`).
 */

import type { Hono } from "hono";
import { AppError } from "../../base/errors.ts";
import type { AppEnv } from "./app_env.ts";

const READS = new Set(["GET", "HEAD"]);
/** The console's own requests are same-origin; other clients than browsers send no such header. */
const OTHERS = new Set(["cross-site", "same-site"]);

/**
 * The second wall against forged requests: the first is that every login is a header, which no page of another origin can
 * set without a preflight, and none is answered. To be mounted before the routes. Refuses with CROSS_SITE.
 */
export function refuseCrossSite(app: Hono<AppEnv>, paths: readonly string[]) {
  for (const path of paths) {
    app.use(path, async (c, next) => {
      if (!READS.has(c.req.method) && OTHERS.has(c.req.header("sec-fetch-site") ?? "")) {
        throw new AppError("CROSS_SITE", "Cannot make the change: a page of another site asked for it");
      }
      await next();
    });
  }
}
