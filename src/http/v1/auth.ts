/** /api/v1/auth: a token for a password, and the end of a token. */

import type { Hono } from "hono";
import { z } from "zod";
import { MAX_PASSWORD_CHARS } from "../../access/passwords.ts";
import { API_ROLES } from "../../access/roles.ts";
import { AppError } from "../../base/errors.ts";
import { defineRoute, mount } from "../api/contract.ts";
import { instant } from "../api/schemas.ts";
import { bearerOf } from "../server/api_login.ts";
import type { AppEnv } from "../server/app_env.ts";
import { loginName } from "./keys.ts";
import { userOfPassword } from "./password_login.ts";
import { byOf } from "./resource.ts";
import type { UserRoutesDeps } from "./users.ts";

const createToken = defineRoute({
  method: "post",
  path: "/api/v1/auth/token",
  tag: "Access",
  summary: "Log in by a password",
  about: "Failed logins are counted for an address, and for a name from that address: 20 a minute. The answer to an " +
    "unknown or disabled user is that to a wrong password.",
  who: "public",
  creates: false,
  body: {
    schema: z.strictObject({ username: loginName, password: z.string().min(1).max(MAX_PASSWORD_CHARS) }),
    refusal: "Cannot log in",
    example: { username: "ada@example.com", password: "correct horse battery" },
  },
  answer: {
    status: 200,
    about: "A token for Authorization: Bearer",
    schema: z.object({
      access_token: z.string(),
      token_type: z.literal("bearer"),
      expires_in: z.int().meta({ description: "Seconds" }),
      role: z.enum(API_ROLES),
    }).meta({ id: "AccessToken" }),
    example: { access_token: "header.claims.signature", token_type: "bearer", expires_in: 3_600, role: "editor" },
  },
  problems: ["LOGIN_INVALID", "RATE_LIMITED", "FEATURE_OFF"],
});

const revokeToken = defineRoute({
  method: "post",
  path: "/api/v1/auth/revoke",
  tag: "Access",
  summary: "Revoke the token of this request",
  about: "It ends at once in this process, and within 5 s in others.",
  who: "api_viewer",
  creates: false,
  answer: {
    status: 200,
    about: "It is revoked",
    schema: z.object({ message: z.string(), timestamp: instant }).meta({ id: "AccessTokenRevoked" }),
    example: { message: "The token is revoked", timestamp: "2026-11-29T10:00:00.000Z" },
  },
  problems: ["REQUEST_INVALID"],
});

export const authRoutes = [createToken, revokeToken];

export function mountAuth(app: Hono<AppEnv>, deps: UserRoutesDeps): void {
  const { users, clock, verdicts, tokens } = deps;

  mount(app, deps, createToken, async ({ c, body }) => {
    if (!tokens) throw new AppError("FEATURE_OFF", "Cannot log in by a password: JWT_SECRET is not set");
    const { username: name, password } = await body();
    const user = await userOfPassword(c, { name, password }, deps);
    const { installationId, workspaceId } = await deps.home();
    c.env.actor = { kind: "user", name, workspaceId, installationId };
    const { token, expiresInSeconds } = await tokens.issue(user);
    return { access_token: token, token_type: "bearer" as const, expires_in: expiresInSeconds, role: user.role };
  });

  mount(app, deps, revokeToken, async ({ c, login }) => {
    const token = login.kind === "user" ? await tokens?.read(bearerOf(c)!) : undefined;
    if (!token) throw new AppError("REQUEST_INVALID", "Cannot revoke a token: this request has none");
    const { installationId } = await deps.home();
    await users.revokeToken(installationId, token, byOf(c, login));
    verdicts.forget();
    return { message: "The token is revoked", timestamp: new Date(clock.now()).toISOString() };
  });
}
