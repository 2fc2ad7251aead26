/** /ui/runs: what the flows of a workspace did, newest first; each run in all its steps, and a failed one asked to go on. */

import type { Context, Hono } from "hono";
import { z } from "zod";
import { builtinCatalogue, type Catalogue } from "../../clockify/operations.ts";
import { stepName } from "../../flows/step_name.ts";
import type { SettingsSource } from "../../installations/settings.ts";
import { AppError } from "../../base/errors.ts";
import { decodeCursor, encodeCursor } from "../../runs/cursor.ts";
import { RETRY_VERSIONS, type RetryVersion } from "../../runs/go_on.ts";
import type { RunInspector } from "../../runs/inspect.ts";
import { RUN_FILTER_STATES, type RunList, type RunRow } from "../../runs/list.ts";
import { type RunRetry, runUnknown } from "../../runs/retry.ts";
import type { AppEnv } from "../server/app_env.ts";
import { type AuthDeps, requireAdmin, requireLogin } from "../server/login.ts";
import { type BodyLimits, readJson } from "../server/body.ts";
import { RUN_STATUS } from "./flows.ts";
import { queryNumber, queryOneOf, queryTime } from "../server/query.ts";
import { retryJson, runDetailJson } from "./run_detail.ts";
import { runViewOf } from "./run_view.ts";

export interface RunRoutesDeps extends AuthDeps {
  runs: RunList & RunInspector & RunRetry;
  settings: Pick<SettingsSource, "of">;
  catalogue: Catalogue;
  body: BodyLimits;
}

const PATH = "/ui/runs";
const retrySchema = z.strictObject({
  version: z.enum(RETRY_VERSIONS, 'must be "same" or "present"').default("same"),
}, "must be an object");
const ID = { fallback: undefined, min: 1, max: 999_999_999_999_999 };

export function mountRuns(app: Hono<AppEnv>, deps: RunRoutesDeps) {
  app.get(PATH, async (c) => {
    const login = await requireLogin(c, deps);
    const { installation } = login;
    const limit = queryNumber(c, "limit", { fallback: 50, min: 1, max: 100 });
    const cursor = c.req.query("cursor");
    const filter = {
      flowId: queryNumber(c, "flow_id", ID),
      eventId: queryNumber(c, "event_id", ID),
      state: queryOneOf(c, "state", RUN_FILTER_STATES),
      from: queryTime(c, "from"),
      to: queryTime(c, "to"),
    };
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    const { runs, next } = await deps.runs.list(installation.id, filter, { limit, after });
    const { show } = await runViewOf(login, deps.settings);
    return c.json({
      workspace_id: installation.workspaceId,
      pagination: { limit, has_more: next !== null, next_cursor: next && encodeCursor(next) },
      runs: runs.map((run) => runRowJson(run, show)),
    });
  });

  app.get(`${PATH}/:id`, async (c) => {
    const login = await requireLogin(c, deps);
    const detail = await deps.runs.inspect(login.installation.id, runId(c));
    const view = await runViewOf(login, deps.settings);
    const mayRetry = login.role === "admin";
    const asks = mayRetry && detail.run.state === "failed";
    const choices = asks ? await deps.runs.choices(login.installation.id, detail.run.id) : undefined;
    return c.json({
      ...runRowJson(detail.run, view.show),
      ...runDetailJson(detail, { view, mayRetry, catalogue: deps.catalogue }),
      retry: choices ? { same: retryJson(choices.same), present: retryJson(choices.present) } : null,
    });
  });

  app.post(`${PATH}/:id/retry`, async (c) => {
    const { installation } = await requireAdmin(c, deps);
    const id = runId(c);
    const version = await retryVersion(c, deps.body);
    const way = await deps.runs.retry(installation.id, id, { version });
    return c.json({ run_id: id, state: "pending", ...retryJson(way) }, 202);
  });
}

/** A request without a body asks for the same version. */
async function retryVersion(c: Context<AppEnv>, body: BodyLimits): Promise<RetryVersion> {
  if (c.req.raw.body === null) return "same";
  const parsed = retrySchema.safeParse(await readJson(c, body));
  if (parsed.success) return parsed.data.version;
  const faults = parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
  throw new AppError("REQUEST_INVALID", "Cannot retry: the request does not say how", { details: { faults } });
}

function runId(c: Context<AppEnv>): string {
  const text = (c.req.param("id") ?? "").toLowerCase();
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)) throw runUnknown(text.slice(0, 40));
  return text;
}

/** One row of a list of runs; `show` decides what the viewer may read of an error (redactPayload for members). */
export function runRowJson(run: RunRow, show: (value: unknown) => unknown) {
  const { startedAt, finishedAt } = run;
  return {
    id: run.id,
    flow_id: String(run.flowId),
    flow_name: run.flowName,
    flow_version: run.flowVersion,
    event_id: String(run.eventId),
    event_type: run.eventType,
    state: run.state,
    status: RUN_STATUS[run.state] ?? run.state.toUpperCase(),
    replay: run.replay,
    error: run.errorMessage === null
      ? null
      // A run that was cancelled has a reason, and no code of an error.
      : { code: run.errorCode ?? run.state.toUpperCase(), message: show(run.errorMessage) },
    created_at: run.createdAt.toISOString(),
    started_at: startedAt?.toISOString() ?? null,
    finished_at: finishedAt?.toISOString() ?? null,
    duration_ms: startedAt && finishedAt ? finishedAt.getTime() - startedAt.getTime() : null,
    failed_step: run.failedStep?.id ?? null,
    failed_step_number: run.failedStep?.number ?? null,
    failed_step_name: run.failedStep && stepName(run.failedStep, builtinCatalogue()),
  };
}
