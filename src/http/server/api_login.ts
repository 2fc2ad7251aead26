/** Login of the Workflow Management API: who calls, and with which role. */

import type { Context } from "hono";
import { hash } from "node:crypto";
import type { ApiKeyStore } from "../../access/keys.ts";
import { type ApiCaller, type ApiRole, mayAs } from "../../access/roles.ts";
import type { AccessTokens } from "../../access/tokens.ts";
import type { ApiUserStore } from "../../access/users.ts";
import type { Sessions } from "../../access/sessions.ts";
import type { Verdicts } from "../../access/verdicts.ts";
import type { Home } from "../../access/home.ts";
import { AppError } from "../../base/errors.ts";
import type { IdempotencyKeys } from "../../idempotency/store.ts";
import type { GuessGuard } from "../../limits/guesses.ts";
import { type Budget, requireBudget } from "../../limits/limits.ts";
import { findOperator, type OperatorKey, usableFrom } from "../../verify/operator.ts";
import type { AppEnv } from "./app_env.ts";
import { refuseOtherOrigins, sessionOf } from "./session_cookie.ts";

export interface ApiAuthDeps {
  home(): Promise<Home>;
  operators: readonly OperatorKey[];
  apiKeys: Pick<ApiKeyStore, "verdictOf">;
  verdicts: Verdicts;
  users: Pick<ApiUserStore, "verdictOf">;
  /** Undefined without JWT_SECRET: no token is taken. */
  tokens?: AccessTokens;
  /** Of people at the console. */
  sessions: Sessions;
  /** Where keys are sent. */
  keyHeader: string;
  /** Requests of each caller; its key is the caller. */
  budget: Budget;
  logins: GuessGuard;
  /** Of requests that create. */
  idempotency: IdempotencyKeys;
}

/** The login of a route of the API: what its contract says in `who`. */
export const API_WHO = ["api_viewer", "api_editor", "api_operator", "api_admin"] as const;
export type ApiWho = (typeof API_WHO)[number];

export function isApiWho(who: string): who is ApiWho {
  return (API_WHO as readonly string[]).includes(who);
}

/**
 * Lets only callers of at least the role of `who` past. Throws LOGIN_REQUIRED, LOGIN_INVALID, ROLE_INSUFFICIENT, and RATE_LIMITED
 * when the caller asks too often, or instead of LOGIN_INVALID when too many logins failed from this address.
 */
export async function admitApi(who: ApiWho, c: Context<AppEnv>, deps: ApiAuthDeps): Promise<void> {
  const caller = await identify(c, deps);
  const { installationId, workspaceId } = await deps.home();
  c.env.actor = {
    kind: caller.kind === "operator" ? "operator" : "user",
    name: caller.name,
    workspaceId,
    installationId,
  };
  const key = `${caller.kind} ${caller.name}`;
  c.env.rateLimits = [{ name: "requests", look: () => deps.budget.look(key) }];
  requireBudget(deps.budget, key);
  const least = who.slice("api_".length) as ApiRole;
  if (!mayAs(caller.role, least)) {
    throw new AppError(
      "ROLE_INSUFFICIENT",
      `Cannot serve the request: it needs the role ${least}, and ${caller.name} has ${caller.role}`,
    );
  }
  c.set("apiCaller", caller);
}

/**
 * By a key, by a token where no key is sent, or by the session of a page of this origin where neither is. An operator of the
 * program is an admin here.
 */
async function identify(c: Context<AppEnv>, deps: ApiAuthDeps): Promise<ApiCaller> {
  const { operators, logins, keyHeader } = deps;
  const key = c.req.header(keyHeader);
  const token = key === undefined ? bearerOf(c) : undefined;
  if (key === undefined && token === undefined) {
    const session = sessionOf(c);
    if (session !== undefined) {
      refuseOtherOrigins(c);
      const caller = await callerOfSession(session, { c, deps });
      if (caller) return caller;
      throw sessionOver();
    }
    throw new AppError(
      "LOGIN_REQUIRED",
      `Cannot serve the request: send a key (${keyHeader}) or a token (Authorization: Bearer)`,
      { details: { authenticate: "Bearer" } },
    );
  }
  const name = key === undefined ? undefined : findOperator(usableFrom(c.env, operators), key);
  if (name !== undefined) return { kind: "operator", name, role: "admin" };
  const caller = key === undefined ? await callerOfToken(token!, deps) : await callerOfKey(key, deps);
  if (caller) return caller;
  c.env.rateLimits = [{ name: "logins", look: () => logins.look(c.env.remoteAddress) }];
  logins.admit(c.env.remoteAddress);
  logins.failed(c.env.remoteAddress);
  const what = key === undefined ? "token" : "key";
  throw new AppError("LOGIN_INVALID", `Cannot serve the request: the ${what} is unknown, revoked or over`, {
    details: { authenticate: 'Bearer error="invalid_token"' },
  });
}

/** What follows `Bearer` in Authorization; undefined for another scheme. */
export function bearerOf(c: Context<AppEnv>): string | undefined {
  return /^Bearer +([^ ]+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
}

/** Looked for also from an address that has no failures left, since a true one passes there: wrong ones share queries. */
export async function callerOfKey(
  key: string,
  { apiKeys, verdicts, home }: ApiAuthDeps,
): Promise<ApiCaller | undefined> {
  return await verdicts.callerOf(
    `key ${hash("sha256", key)}`,
    async () => await apiKeys.verdictOf((await home()).installationId, key),
  );
}

/**
 * Gives the name of the operator whose session the cookie is of, for the data of add-ons, where no other caller of the API has
 * rights. It throws CROSS_SITE, LOGIN_REQUIRED where the session is over, ROLE_INSUFFICIENT, and may be asked again later.
 */
export function operatorOfSession(text: string, c: Context<AppEnv>, deps: ApiAuthDeps): () => Promise<string> {
  let isOwn = false;
  return async () => {
    // Once: of a stream the headers are gone when it is asked for again.
    if (!isOwn) refuseOtherOrigins(c);
    isOwn = true;
    const caller = await callerOfSession(text, { c, deps });
    if (!caller) throw sessionOver();
    if (caller.kind === "operator") return caller.name;
    throw new AppError(
      "ROLE_INSUFFICIENT",
      `Cannot serve the request: the data of add-ons is for operators, and ${caller.name} signed in as a ${caller.kind}`,
    );
  };
}

function sessionOver(): AppError {
  return new AppError("LOGIN_REQUIRED", "Cannot serve the request: the session is over; sign in again", {
    details: { authenticate: "Bearer" },
  });
}

/** Undefined for a session that is over. An operator's key that counts on this machine alone opens none elsewhere. */
export async function callerOfSession(
  text: string,
  { c, deps: { sessions, verdicts, home, operators } }: { c: Context<AppEnv>; deps: ApiAuthDeps },
): Promise<ApiCaller | undefined> {
  const caller = await verdicts.callerOf(
    `session ${hash("sha256", text)}`,
    async () => await sessions.verdictOf((await home()).installationId, text, c.env.remoteAddress),
  );
  if (caller?.kind !== "operator") return caller;
  return usableFrom(c.env, operators).some(({ name }) => name === caller.name) ? caller : undefined;
}

async function callerOfToken(
  text: string,
  { tokens, users, verdicts, home }: ApiAuthDeps,
): Promise<ApiCaller | undefined> {
  return await verdicts.callerOf(`token ${hash("sha256", text)}`, async () => {
    const token = await tokens?.read(text);
    return token && await users.verdictOf((await home()).installationId, token);
  });
}
