/** GET /api/v1/me: who the caller is, as a program finds out whether its key is good. */

import type { Hono } from "hono";
import { z } from "zod";
import { API_ROLES } from "../../access/roles.ts";
import { defineRoute, mount } from "../api/contract.ts";
import type { ApiAuthDeps } from "../server/api_login.ts";
import type { AppEnv } from "../server/app_env.ts";

const getMe = defineRoute({
  method: "get",
  path: "/api/v1/me",
  tag: "Access",
  summary: "Who the caller is",
  who: "api_viewer",
  answer: {
    status: 200,
    about: "The caller and its role",
    schema: z.object({
      kind: z.enum(["user", "key", "operator"]).meta({
        description: "A user by a token, an API key, or a key of the program's operators",
      }),
      name: z.string(),
      role: z.enum(API_ROLES),
    }).meta({ id: "ApiCaller" }),
    example: { kind: "operator", name: "ops", role: "admin" },
  },
});

export const meRoutes = [getMe];

export function mountMe(app: Hono<AppEnv>, deps: ApiAuthDeps): void {
  mount(app, deps, getMe, ({ login }) => login);
}
