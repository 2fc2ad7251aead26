/** The audit at the door: each use of an operator's key and each change by an admin leaves a row; GET /ui/audit shows them. */

import type { Context, Hono, Next } from "hono";
import { matchedRoutes } from "hono/route";
import type { AuditOutcome, AuditRecorder } from "../../audit/record.ts";
import type { AuditEntry, AuditStore } from "../../audit/store.ts";
import { type ErrorCode, toAppError } from "../../base/errors.ts";
import type { AppEnv } from "./app_env.ts";
import { type AuthDeps, requireAdmin } from "./login.ts";
import { statusOf } from "./problem.ts";
import { queryNumber, queryText, queryTime } from "./query.ts";

export interface AuditRoutesDeps extends AuthDeps {
  recorder: Pick<AuditRecorder, "record">;
  audit: AuditStore;
  /** Told of each request that was refused for its login. */
  onRefusedLogin(code: ErrorCode): void;
}

const PATH = "/ui/audit";
const LOGIN_CODES: readonly ErrorCode[] = [
  "LOGIN_REQUIRED",
  "LOGIN_INVALID",
  "LOGIN_WRONG_ADDON",
  "ROLE_INSUFFICIENT",
  "INSTALLATION_UNKNOWN",
  "RATE_LIMITED",
];

/** Watches the routes below these paths; to be mounted before them. */
export function mountAuditTrail(app: Hono<AppEnv>, deps: AuditRoutesDeps, paths: readonly string[]) {
  for (const path of paths) app.use(path, (c, next) => watch(c, next, deps));
}

export function mountAudit(app: Hono<AppEnv>, deps: AuditRoutesDeps) {
  app.get(PATH, async (c) => {
    const { installation } = await requireAdmin(c, deps);
    const limit = queryNumber(c, "limit", { fallback: 50, min: 1, max: 100 });
    const beforeId = queryNumber(c, "cursor", { fallback: undefined, min: 1, max: Number.MAX_SAFE_INTEGER });
    const filter = {
      actor: queryText(c, "actor"),
      action: queryText(c, "action"),
      from: queryTime(c, "from"),
      to: queryTime(c, "to"),
    };
    const { entries, nextCursor } = await deps.audit.list(installation.id, filter, { limit, beforeId });
    return c.json({
      workspace_id: installation.workspaceId,
      pagination: {
        limit,
        has_more: nextCursor !== null,
        next_cursor: nextCursor === null ? null : String(nextCursor),
      },
      entries: entries.map(entryJson),
    });
  });
}

async function watch(c: Context<AppEnv>, next: Next, deps: AuditRoutesDeps) {
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
  { recorder }: AuditRoutesDeps,
  { status, code }: { status: number; code?: ErrorCode },
) {
  const { actor } = c.env;
  if (!actor) return;
  const reads = c.req.method === "GET" || c.req.method === "HEAD";
  if (actor.kind === "user" && (reads || status >= 400)) return;
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
    details: { http_status: status, ...(code && { code }) },
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

function entryJson(entry: AuditEntry) {
  return {
    id: String(entry.id),
    at: entry.at.toISOString(),
    actor_kind: entry.actorKind,
    actor: entry.actor,
    action: entry.action,
    target: entry.target,
    outcome: entry.outcome,
    request_id: entry.requestId,
    details: entry.details,
  };
}
