/** Which pages of other origins may call the Workflow Management API from a browser. */

import type { Hono } from "hono";
import { cors } from "hono/cors";
import type { AppEnv } from "./app_env.ts";

export interface CorsRules {
  /** "*": any. */
  origins: readonly string[];
  credentials: boolean;
  /** "*": those that routes have. */
  methods: readonly string[];
  /** "*": those that the browser asks for. */
  headers: readonly string[];
}

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];
/** What a page may read of an answer beside its body. */
const EXPOSED = [
  "ETag",
  "Location",
  "Retry-After",
  "RateLimit",
  "RateLimit-Policy",
  "X-Request-ID",
  "Idempotent-Replayed",
];

/** Answers preflights itself, before any login. Mount it before the routes. */
export function mountCors(
  app: Hono<AppEnv>,
  { prefix, origins, credentials, methods, headers }: CorsRules & { prefix: string },
): void {
  const rules = cors({
    origin: origins.includes("*") ? "*" : [...origins],
    credentials,
    allowMethods: methods.includes("*") ? METHODS : [...methods],
    allowHeaders: headers.includes("*") ? [] : [...headers],
    exposeHeaders: EXPOSED,
    maxAge: 600,
  });
  app.use(`${prefix}/*`, async (c, next) => {
    try {
      return await rules(c, next);
    } catch (error) {
      // The listener makes the answer to it, which pages of these origins may read too.
      c.env.problemHeaders = [...c.res.headers].filter(([name]) =>
        name === "vary" || name.startsWith("access-control-")
      );
      throw error;
    }
  });
}
