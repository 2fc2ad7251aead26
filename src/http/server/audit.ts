/** The audit at the door: each use of an operator's key and each change by an admin leaves a row (http/api/audit.ts shows them). */

import type { Context, Hono, Next } from "hono";
import { matchedRoutes } from "hono/route";
import type { AuditOutcome, AuditRecorder } from "../../audit/record.ts";
import { type ErrorCode, toAppError } from "../../base/errors.ts";
import type { AppEnv } from "./app_env.ts";
import { REPLAYED } from "./once.ts";
import { statusOf } from "./problem.ts";

export interface AuditTrailDeps {
  recorder: Pick<AuditRecorder, "record">;
  /** Called for each request that was refused for its login. */
  onRefusedLogin(code: ErrorCode): void;
}

const LOGIN_CODES: readonly ErrorCode[] = [
  "LOGIN_REQUIRED",
  "LOGIN_INVALID",
  "LOGIN_WRONG_ADDON",
  "ROLE_INSUFFICIENT",
  "INSTALLATION_UNKNOWN",
  "RATE_LIMITED",
];

/** Watches the routes below these paths; to be mounted before them. */
export function mountAuditTrail(app: Hono<AppEnv>, deps: AuditTrailDeps, paths: readonly string[]) {
  for (const path of paths) app.use(path, (c, next) => watch(c, next, deps));
}

async function watch(c: Context<AppEnv>, next: Next, deps: AuditTrailDeps) {
  try {
    await next();
  } catch (error) {
    const { code } = toAppError(error);
    // A login that is known, and beyond its budget, was not refused as such.
    if (LOGIN_CODES.includes(code) && !(code === "RATE_LIMITED" && c.env.actor)) deps.onRefusedLogin(code);
    await leaveRow(c, deps, { status: statusOf(error), code });
    throw error;
  }
  await leaveRow(c, deps, { status: c.res.status });
}

/** Operators leave a row always, users where they changed something. A change is answered after its row is written. */
async function leaveRow(
  c: Context<AppEnv>,
  { recorder }: AuditTrailDeps,
  { status, code }: { status: number; code?: ErrorCode },
) {
  const { actor, isPassedOn } = c.env;
  if (!actor || isPassedOn) return;
  const reads = c.req.method === "GET" || c.req.method === "HEAD";
  if (actor.kind === "user" && (reads || status >= 400)) return;
  // A row of its own: where the process was killed, the first time left none.
  const isReplayed = code === undefined && c.res.headers.has(REPLAYED);
  const route = matchedRoutes(c).find(({ method }) => method !== "ALL");
  const pattern = route?.path.replaceAll(/\{[^}]*\}/g, "");
  const written = recorder.record({
    installationId: actor.installationId,
    workspaceId: actor.workspaceId,
    actorKind: actor.kind,
    actor: actor.name,
    action: `${c.req.method} ${pattern ?? "unknown route"}`,
    target: targetOf(c, pattern),
    outcome: outcomeOf(status),
    requestId: c.env.requestId,
    details: { http_status: status, ...(code && { code }), ...(isReplayed && { replayed: true }) },
  });
  if (!reads) await written;
}

function outcomeOf(status: number): AuditOutcome {
  return status < 400 ? "done" : status < 500 ? "refused" : "failed";
}

/** The parameters of the path; of something new, its place. */
function targetOf(c: Context<AppEnv>, pattern = ""): string | undefined {
  const parts = c.env.path.split("/");
  const named = pattern.split("/").flatMap((part, index) => part.startsWith(":") ? [parts[index] ?? ""] : []);
  if (named.length > 0) return named.join("/");
  const place = c.error ? null : c.res.headers.get("location");
  return place?.split("/").at(-1);
}
