/** API_PREFIX: the path below which the Workflow Management API has its routes. */

import { AppError } from "../base/errors.ts";

/** First parts of paths that its listener has for something else. */
const TAKEN = new Set(["addons", "app", "assets", "docs", "redoc", "health", "healthz", "metrics", "ready", "ui"]);

/** The path as it was given. Throws CONFIG_INVALID for what is no plain path, or stands where something else does. */
export function apiPrefix(path: string): string {
  const [, first = ""] = path.split("/");
  if (path.length <= 100 && /^(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)+$/.test(path) && !TAKEN.has(first)) return path;
  throw new AppError("CONFIG_INVALID", "Cannot serve the API there");
}
