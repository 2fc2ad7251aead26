/** Login: who calls, for which installation, and with which role, by a Clockify user token or an operator's key. */

import type { Context, MiddlewareHandler } from "hono";
import { AppError, toAppError } from "../../base/errors.ts";
import type { IdempotencyKeys } from "../../idempotency/store.ts";
import { type InstallationStore, requireInstalled } from "../../installations/store.ts";
import type { GuessGuard } from "../../limits/guesses.ts";
import { type Budget, requireBudget } from "../../limits/limits.ts";
import type { CostlyReads, Reader } from "../../limits/costly_reads.ts";
import type { ThreadTurns } from "../../limits/thread_turns.ts";
import type { Profile } from "../../profiles/profile.ts";
import { findOperator, type OperatorKey, usableFrom } from "../../verify/operator.ts";
import type { UserVerifier, VerifiedUser } from "../../verify/user.ts";
import { API_WHO } from "./api_login.ts";
import type { AppEnv, Login } from "./app_env.ts";
import { loginBeside } from "./beside.ts";
import { senderKey } from "./body_account.ts";

export interface AuthDeps {
  profile: Profile;
  addonKey: string;
  users: UserVerifier;
  operators: readonly OperatorKey[];
  installations: InstallationStore;
  /** Requests of an installation, whoever logs in for it; its key is the workspace. */
  budget: Budget;
  logins: GuessGuard;
  costly: CostlyReads;
  /** Of requests that create. */
  idempotency: IdempotencyKeys;
  /** For work over many bodies. */
  thread: ThreadTurns;
  /** Every use of an operator's key is audited. */
  onOperator(fact: { name: string; method: string; path: string; workspaceId: string; requestId: string }): void;
}

/**
 * The login of a request, bound to this profile's installation. Throws LOGIN_REQUIRED, LOGIN_INVALID, ROLE_INSUFFICIENT,
 * REQUEST_INVALID (an operator named no workspace), INSTALLATION_UNKNOWN, OVERLOADED, and RATE_LIMITED when the installation
 * asks too often, or instead of LOGIN_INVALID when too many logins failed from this address. `asked`: the add-on whose data
 * are read with it, where that is another of this process.
 */
export async function requireLogin(
  c: Context<AppEnv>,
  deps: AuthDeps,
  { asked }: { asked?: string } = {},
): Promise<Login> {
  const { beside } = c.env;
  const isOperator = c.req.header("x-api-key") !== undefined || c.env.operatorOfSession !== undefined;
  const login = beside
    ? loginBeside(beside, await deps.installations.find(deps.profile.key, beside.workspaceId))
    : isOperator
    ? await operatorLogin(c, deps, asked)
    : await userLogin(c, deps);
  const { kind, name, installation } = login;
  c.env.actor = { kind, name, workspaceId: installation.workspaceId, installationId: installation.id };
  // Members have a budget of their own: what they ask for does not keep an admin out.
  const key = login.role === "member" ? `${installation.workspaceId} members` : installation.workspaceId;
  c.env.rateLimits = [{ name: "requests", look: () => deps.budget.look(key) }];
  requireBudget(deps.budget, key);
  c.env.hold.knownAs(senderKey(deps.profile, installation.workspaceId));
  return login;
}

/** As requireLogin(), for a request that changes something: a member is refused with ROLE_INSUFFICIENT. */
async function requireAdmin(c: Context<AppEnv>, deps: AuthDeps): Promise<Login> {
  const login = await requireLogin(c, deps);
  if (login.role === "admin") return login;
  throw new AppError("ROLE_INSUFFICIENT", "Cannot make the change: only owners and admins of the workspace may");
}

/** As requireLogin(), for operators alone: any other login is refused with ROLE_INSUFFICIENT. */
async function requireWorkspaceOperator(c: Context<AppEnv>, deps: AuthDeps): Promise<Login> {
  const login = await requireLogin(c, deps);
  if (login.kind === "operator") return login;
  throw new AppError("ROLE_INSUFFICIENT", "Cannot serve the request: this route is for operators");
}

/**
 * Who may call a route: "operator" belongs to no workspace, "workspace_operator" names one. Those who log in are admitted by
 * admit() before anything of the request is read; the others prove themselves to their route (a token of Clockify, the
 * signature of a source), or need not.
 */
export const WHO = [
  "public",
  "clockify",
  "sender",
  "member",
  "admin",
  "operator",
  "workspace_operator",
  ...API_WHO,
] as const;
export type Who = (typeof WHO)[number];
export type LoggedIn = "member" | "admin" | "operator" | "workspace_operator";

const ADMIT: Record<LoggedIn, (c: Context<AppEnv>, deps: AuthDeps) => unknown> = {
  member: async (c, deps) => c.set("login", await requireLogin(c, deps)),
  admin: async (c, deps) => c.set("login", await requireAdmin(c, deps)),
  operator: async (c, deps) => c.set("operator", await requireOperator(c, deps)),
  workspace_operator: async (c, deps) => c.set("login", await requireWorkspaceOperator(c, deps)),
};

/**
 * Middleware: only `who` gets past it, and who is logged in to another add-on only where the route is `readBeside`. Throws as
 * requireLogin(), requireAdmin() and requireOperator().
 */
export function admit(
  who: LoggedIn,
  deps: AuthDeps,
  { readBeside }: { readBeside: boolean },
): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    if (c.env.beside && !readBeside) {
      throw new AppError(
        "ROLE_INSUFFICIENT",
        `Cannot serve the request: it needs a login to the add-on itself, and this one is to ${c.env.beside.from.name}`,
      );
    }
    await ADMIT[who](c, deps);
    await next();
  };
}

export function needsLogin(who: Who): who is LoggedIn {
  return Object.hasOwn(ADMIT, who);
}

/** Who asks for a costly read. */
export function readerOf({ kind, name, role, installation: { addon, workspaceId } }: Login): Reader {
  return { workspace: `${addon}:${workspaceId}`, login: `${kind} ${name}`, isMember: role === "member" };
}

async function userLogin(c: Context<AppEnv>, deps: AuthDeps): Promise<Login> {
  const bearer = /^Bearer (.+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
  const token = c.req.header("x-addon-token") ?? bearer;
  if (token === undefined) {
    throw new AppError(
      "LOGIN_REQUIRED",
      "Cannot serve the request: send a Clockify user token (X-Addon-Token) or an operator key (X-API-Key)",
    );
  }
  const user = await verifiedUser(c, token, deps);
  c.env.actor = { kind: "user", name: user.userId, workspaceId: user.workspaceId };
  const named = c.req.query("workspace_id");
  if (named !== undefined && named !== user.workspaceId) {
    throw new AppError("ROLE_INSUFFICIENT", "Cannot serve the request: workspace_id is not the one of the token");
  }
  const installation = requireInstalled(await deps.installations.find(deps.profile.key, user.workspaceId));
  if (installation.addonId !== user.addonId) {
    throw new AppError("LOGIN_INVALID", "Cannot serve the request: the token is of an earlier installation");
  }
  return { kind: "user", name: user.userId, role: user.role, installation, token: user };
}

/**
 * Name of the operator whose key the request carries, or whose page sends it, for what belongs to no workspace. Throws
 * LOGIN_REQUIRED, LOGIN_INVALID, RATE_LIMITED, and what operatorOfSession() throws.
 */
async function requireOperator(c: Context<AppEnv>, deps: AuthDeps): Promise<string> {
  const apiKey = c.req.header("x-api-key");
  const name = apiKey === undefined ? await c.env.operatorOfSession?.() : operatorOfKey(apiKey, c, deps);
  if (name === undefined) {
    throw new AppError("LOGIN_REQUIRED", "Cannot serve the request: send an operator key (X-API-Key)");
  }
  const workspaceId = c.req.query("workspace_id");
  c.env.actor = { kind: "operator", name, workspaceId };
  deps.onOperator({
    name,
    method: c.req.method,
    path: c.req.path,
    workspaceId: workspaceId ?? "",
    requestId: c.env.requestId,
  });
  return name;
}

function operatorOfKey(apiKey: string, c: Context<AppEnv>, deps: AuthDeps): string {
  const name = findOperator(usableFrom(c.env, deps.operators), apiKey);
  if (name !== undefined) return name;
  refuseGuess(c, deps);
  throw new AppError("LOGIN_INVALID", "Cannot serve the request: the operator key is unknown");
}

async function verifiedUser(c: Context<AppEnv>, token: string, deps: AuthDeps): Promise<VerifiedUser> {
  try {
    const isSuspect = deps.logins.isSpent(c.env.remoteAddress);
    return await deps.users.verify({ token, addonKey: deps.addonKey, isSuspect });
  } catch (error) {
    // A page left open continues with a token that was genuine: no guess.
    const { code, details } = toAppError(error);
    if (code === "LOGIN_INVALID" && details.reason !== "expired") refuseGuess(c, deps);
    throw error;
  }
}

/**
 * Counts a failed login for its address; past so many a minute the failure is RATE_LIMITED. A good login never is: behind
 * one address may be a whole company, of whom one guesses.
 */
function refuseGuess(c: Context<AppEnv>, { logins }: AuthDeps): void {
  c.env.rateLimits = [{ name: "logins", look: () => logins.look(c.env.remoteAddress) }];
  logins.admit(c.env.remoteAddress);
  logins.failed(c.env.remoteAddress);
}

async function operatorLogin(c: Context<AppEnv>, deps: AuthDeps, asked: string | undefined): Promise<Login> {
  const name = await requireOperator(c, deps);
  const workspaceId = c.req.query("workspace_id");
  if (workspaceId === undefined) {
    throw new AppError(
      "REQUEST_INVALID",
      "Cannot serve the request: an operator names the workspace as ?workspace_id=",
    );
  }
  const addon = c.req.query("addon");
  if (addon !== undefined && addon !== (asked ?? deps.profile.key)) {
    throw new AppError(
      "REQUEST_INVALID",
      `Cannot serve the request: this listener serves addon=${deps.profile.key} only`,
    );
  }
  const installation = requireInstalled(await deps.installations.find(deps.profile.key, workspaceId));
  return { kind: "operator", name, role: "admin", installation };
}
