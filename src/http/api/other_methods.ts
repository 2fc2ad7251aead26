/** Paths beside /ui/flows/{id}, which would take their other methods: the word in them is no id. */

import type { Hono } from "hono";
import { AppError } from "../../base/errors.ts";
import type { AppEnv } from "../server/app_env.ts";

/** After the route is mounted, and before the flows are. */
export function refuseOtherMethods(app: Hono<AppEnv>, path: string, allow: "GET" | "POST"): void {
  app.all(path, () => {
    throw new AppError("METHOD_NOT_ALLOWED", `Cannot serve the request: the route is for ${allow}`, {
      details: { allow: [allow] },
    });
  });
}
