/** /api/v1/session: a person signs in at a console of port 8003 and out of it; by a cookie that no script reads. */

import type { Context, Hono } from "hono";
import { z } from "zod";
import { MAX_PASSWORD_CHARS } from "../../access/passwords.ts";
import { SESSION_HOURS, type SessionLogin } from "../../access/sessions.ts";
import { API_ROLES, type ApiCaller } from "../../access/roles.ts";
import { AppError } from "../../base/errors.ts";
import { findOperator, usableFrom } from "../../verify/operator.ts";
import { defineRoute, mount } from "../api/contract.ts";
import { instant, orNull } from "../api/schemas.ts";
import { callerOfKey, callerOfSession } from "../server/api_login.ts";
import type { AppEnv } from "../server/app_env.ts";
import { giveSession, refuseOtherOrigins, sessionOf, takeSession } from "../server/session_cookie.ts";
import type { ApiInfoDeps } from "./info.ts";
import { loginName } from "./keys.ts";
import { userOfPassword } from "./password_login.ts";
import { byOf } from "./resource.ts";
import type { UserRoutesDeps } from "./users.ts";

export interface SessionRoutesDeps extends UserRoutesDeps, Pick<ApiInfoDeps, "info"> {
  /** The program's. */
  version: string;
  /** Below which the cookie is sent: to the API, and for operators to the data of add-ons. */
  cookiePaths: { api: string; addons: string };
}

const PATH = "/api/v1/session";

const caller = z.object({
  kind: z.enum(["user", "key", "operator"]),
  name: z.string(),
  role: z.enum(API_ROLES),
}).meta({ id: "SessionCaller" });

const EXAMPLE = { kind: "user", name: "ada@example.com", role: "editor" } as const;

const getSession = defineRoute({
  method: "get",
  path: PATH,
  tag: "Access",
  summary: "Who is signed in at the console",
  about: "Without a session the answer is 200 too: caller is null then.",
  who: "public",
  answer: {
    status: 200,
    about: "Who is signed in, and the program's version",
    schema: z.object({ caller: orNull(caller), title: z.string(), version: z.string() })
      .meta({ id: "ConsoleSession" }),
    example: { caller: EXAMPLE, title: "Workflow Management API", version: "0.1.0" },
  },
  problems: ["CROSS_SITE"],
});

const createSession = defineRoute({
  method: "post",
  path: PATH,
  tag: "Access",
  summary: "Sign in at the console",
  about: `By a user's name and password, or by a key, which is exchanged for a session with its rights. That is in a ` +
    `cookie (HttpOnly, SameSite=Strict) for ${SESSION_HOURS} hours, or until the key ends; one that the browser has already ` +
    "ends. Failed logins are counted as those of /api/v1/auth/token.",
  who: "public",
  creates: false,
  body: {
    schema: z.union([
      z.strictObject({ username: loginName, password: z.string().min(1).max(MAX_PASSWORD_CHARS) }),
      z.strictObject({ key: z.string().min(1).max(1_000) }),
    ]),
    refusal: "Cannot sign in",
    example: { username: "ada@example.com", password: "correct horse battery" },
  },
  answer: {
    status: 200,
    about: "Who is signed in",
    headers: { "Set-Cookie": "The session" },
    schema: z.object({ caller, expires_at: instant }).meta({ id: "ConsoleSessionMade" }),
    example: { caller: EXAMPLE, expires_at: "2026-11-29T21:00:00.000Z" },
  },
  problems: ["LOGIN_INVALID", "RATE_LIMITED", "CROSS_SITE"],
});

const endSession = defineRoute({
  method: "delete",
  path: PATH,
  tag: "Access",
  summary: "Sign out of the console",
  about: "The session ends at once in this process, and within 5 s in others, also where its cookie was copied.",
  who: "api_viewer",
  answer: {
    status: 200,
    about: "It is over",
    headers: { "Set-Cookie": "Takes the cookie away" },
    schema: z.object({ message: z.string(), timestamp: instant }).meta({ id: "ConsoleSessionEnded" }),
    example: { message: "The session is over", timestamp: "2026-11-29T10:00:00.000Z" },
  },
  problems: ["REQUEST_INVALID", "CROSS_SITE"],
});

export const sessionRoutes = [getSession, createSession, endSession];

export function mountConsoleSession(app: Hono<AppEnv>, deps: SessionRoutesDeps): void {
  const { sessions, verdicts, logins, operators, clock, info: { title }, version, cookiePaths } = deps;
  const paths = [cookiePaths.api, cookiePaths.addons];

  mount(app, deps, getSession, async ({ c }) => {
    const session = sessionOf(c);
    if (session === undefined) return { caller: null, title, version };
    refuseOtherOrigins(c);
    return { caller: await callerOfSession(session, { c, deps }) ?? null, title, version };
  });

  mount(app, deps, createSession, async ({ c, body }) => {
    // Programs name no origin; a page of another one must not sign its visitor in as somebody else.
    if (c.req.header("origin") !== undefined || c.req.header("sec-fetch-site") !== undefined) refuseOtherOrigins(c);
    const given = await body();
    const { installationId, workspaceId } = await deps.home();
    const [made, login] = "key" in given ? await byKey(c, given.key) : await byPassword(c, given);
    c.env.actor = {
      kind: made.kind === "operator" ? "operator" : "user",
      name: made.name,
      workspaceId,
      installationId,
    };
    const { cookie, expiresAt } = await sessions.issue(installationId, login, {
      address: c.env.remoteAddress,
      browser: c.req.header("user-agent") ?? "",
      by: byOf(c, made),
      replaces: sessionOf(c),
    });
    verdicts.forget();
    giveSession(c, { cookie, paths: made.kind === "operator" ? paths : [cookiePaths.api], expiresAt });
    if (made.kind !== "operator") takeSession(c, [cookiePaths.addons]);
    return { caller: made, expires_at: new Date(expiresAt).toISOString() };
  });

  mount(app, deps, endSession, async ({ c, login }) => {
    const { installationId } = await deps.home();
    const session = sessionOf(c);
    const isEnded = session !== undefined && await sessions.end(installationId, session, byOf(c, login));
    if (!isEnded) throw new AppError("REQUEST_INVALID", "Cannot sign out: this request has no session");
    verdicts.forget();
    takeSession(c, paths);
    return { message: "The session is over", timestamp: new Date(clock.now()).toISOString() };
  });

  async function byPassword(
    c: Context<AppEnv>,
    { username: name, password }: { username: string; password: string },
  ): Promise<[ApiCaller, SessionLogin]> {
    const { role } = await userOfPassword(c, { name, password }, deps);
    return [{ kind: "user", name, role }, { kind: "user", name }];
  }

  async function byKey(c: Context<AppEnv>, key: string): Promise<[ApiCaller, SessionLogin]> {
    const name = findOperator(usableFrom(c.env, operators), key);
    if (name !== undefined) return [{ kind: "operator", name, role: "admin" }, { kind: "operator", name, key }];
    const known = await callerOfKey(key, deps);
    if (known) return [known, { kind: "key", name: known.name, key }];
    logins.admit(c.env.remoteAddress);
    logins.failed(c.env.remoteAddress);
    throw new AppError("LOGIN_INVALID", "Cannot sign in: the key is unknown, revoked or over");
  }
}
