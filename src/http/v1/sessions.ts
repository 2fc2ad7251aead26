/** /api/v1/sessions: where people are signed in at the consoles of port 8003, and how that ends. */

import type { Hono } from "hono";
import { z } from "zod";
import { mayAs } from "../../access/roles.ts";
import { type ConsoleSession, type Sessions, sessionUnknown } from "../../access/sessions.ts";
import { AppError } from "../../base/errors.ts";
import type { Clock } from "../../base/clock.ts";
import { defineRoute, mount } from "../api/contract.ts";
import { instant } from "../api/schemas.ts";
import type { ApiAuthDeps } from "../server/api_login.ts";
import type { AppEnv } from "../server/app_env.ts";
import { sessionOf } from "../server/session_cookie.ts";
import { idFrom, uuid } from "./ids.ts";
import { listOf, pageOf, pageQuery, rangeOf } from "./paging.ts";
import { byOf } from "./resource.ts";

export interface SessionsRoutesDeps extends ApiAuthDeps {
  sessions: Sessions;
  clock: Clock;
}

const PATH = "/api/v1/sessions";

const session = z.object({
  id: uuid,
  kind: z.enum(["user", "key", "operator"]),
  name: z.string().meta({ description: "Of the user, of the API key, or of the operator's key" }),
  address: z.string().meta({ description: "Where it was last used from" }),
  browser: z.string().meta({ description: "What the browser called itself at the sign-in" }),
  created_at: instant,
  last_used_at: instant.meta({ description: "To the minute" }),
  expires_at: instant,
  is_current: z.boolean().meta({ description: "That of the request" }),
}).meta({ id: "SignedInSession" });

const EXAMPLE = {
  id: "7b0f6f0e-54b7-4c1c-9d0e-0f6a3c1b2d4e",
  kind: "user",
  name: "ada@example.com",
  address: "192.0.2.7",
  browser: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
  created_at: "2026-11-29T09:00:00.000Z",
  last_used_at: "2026-11-29T10:12:00.000Z",
  expires_at: "2026-11-29T21:00:00.000Z",
  is_current: true,
} as const;

const listSessions = defineRoute({
  method: "get",
  path: PATH,
  tag: "Access",
  summary: "Sessions that count, the last used first",
  about: "Those of the caller; admins may ask for everybody's.",
  who: "api_viewer",
  query: z.object({
    ...pageQuery,
    of: z.enum(["me", "all"]).default("me").meta({ description: "Whose; all is for admins" }),
  }),
  answer: {
    status: 200,
    about: "A page of sessions",
    schema: listOf(session),
    example: { items: [EXAMPLE], total: 1, page: 1, page_size: 20, total_pages: 1 },
  },
  problems: ["ROLE_INSUFFICIENT"],
});

const revokeSession = defineRoute({
  method: "delete",
  path: `${PATH}/{session_id}`,
  tag: "Access",
  summary: "End a session",
  about: "One of the caller, or for admins anybody's. It ends at once in this process, and within 5 s in others.",
  who: "api_viewer",
  params: { session_id: z.string().meta({ description: "Id of the session" }) },
  answer: {
    status: 200,
    about: "It is over",
    schema: z.object({ message: z.string(), timestamp: instant, data: session }).meta({ id: "SessionRevoked" }),
    example: {
      message: 'The session of "ada@example.com" is over',
      timestamp: "2026-11-29T10:13:00.000Z",
      data: { ...EXAMPLE, is_current: false },
    },
  },
  problems: ["NOT_FOUND"],
});

const revokeOthers = defineRoute({
  method: "post",
  path: `${PATH}/revoke_others`,
  tag: "Access",
  summary: "End all other sessions of the caller",
  about: "That of the request stays; without one all end.",
  who: "api_viewer",
  creates: false,
  answer: {
    status: 200,
    about: "They are over",
    schema: z.object({ message: z.string(), timestamp: instant, ended: z.int() }).meta({ id: "SessionsRevoked" }),
    example: { message: "2 sessions are over", timestamp: "2026-11-29T10:13:00.000Z", ended: 2 },
  },
});

export const sessionsRoutes = [listSessions, revokeSession, revokeOthers];

export function mountSessions(app: Hono<AppEnv>, deps: SessionsRoutesDeps): void {
  const { sessions, verdicts, clock } = deps;
  const installation = async () => (await deps.home()).installationId;
  const answered = (message: string) => {
    verdicts.forget();
    return { message, timestamp: new Date(clock.now()).toISOString() };
  };

  mount(app, deps, listSessions, async ({ c, login, query }) => {
    if (query.of === "all" && !mayAs(login.role, "admin")) {
      throw new AppError("ROLE_INSUFFICIENT", "Cannot list the sessions of everybody: that needs the role admin");
    }
    const { sessions: found, total } = await sessions.list(await installation(), {
      owner: query.of === "all" ? undefined : login,
      cookie: sessionOf(c),
      page: rangeOf(query),
    });
    return pageOf(found.map(sessionJson), query, total);
  });

  mount(app, deps, revokeSession, async ({ c, login, params }) => {
    const id = idFrom(params.session_id, sessionUnknown);
    const owner = mayAs(login.role, "admin") ? undefined : login;
    const gone = await sessions.revoke(await installation(), id, { owner, by: byOf(c, login) });
    return { ...answered(`The session of "${gone.name}" is over`), data: sessionJson(gone) };
  });

  mount(app, deps, revokeOthers, async ({ c, login }) => {
    const ended = await sessions.revokeOthers(await installation(), {
      owner: login,
      cookie: sessionOf(c),
      by: byOf(c, login),
    });
    return { ...answered(ended === 1 ? "1 session is over" : `${ended} sessions are over`), ended };
  });
}

function sessionJson({ createdAt, lastUsedAt, expiresAt, isCurrent, ...one }: ConsoleSession) {
  return {
    ...one,
    created_at: createdAt.toISOString(),
    last_used_at: lastUsedAt.toISOString(),
    expires_at: expiresAt.toISOString(),
    is_current: isCurrent,
  };
}
