/** /ui/flows: the no-code rules of a workspace, and the history of each. */

import type { Context, Hono } from "hono";
import type { Catalogue } from "../../clockify/operations.ts";
import { AppError } from "../../base/errors.ts";
import { conflictHints } from "../../flows/conflicts.ts";
import { type Fault, type FlowDefinition, mergeFlow, parseFlow, type ParseFlowDeps } from "../../flows/definition.ts";
import { type FlowSecrets, hideFlowSecrets, keepFlowSecrets } from "../../flows/secrets.ts";
import { type Execution, type Flow, type FlowStore, flowUnknown } from "../../flows/store.ts";
import { storedWarnings } from "../../flows/stored_warnings.ts";
import type { SettingsSource } from "../../installations/settings.ts";
import type { Installation } from "../../installations/store.ts";
import type { FlowStats, FlowStatsSource } from "../../runs/stats.ts";
import type { AppEnv } from "../server/app_env.ts";
import { type AuthDeps, requireAdmin, requireLogin } from "../server/login.ts";
import { type BodyLimits, readJson } from "../server/body.ts";
import { queryNumber } from "../server/query.ts";
import { type RunView, runViewOf, shownOutput } from "./run_view.ts";

export interface FlowRoutesDeps extends AuthDeps {
  flows: FlowStore;
  stats: FlowStatsSource;
  secrets: FlowSecrets;
  settings: Pick<SettingsSource, "of">;
  /** What a flow is checked against when it is saved. */
  parse: ParseFlowDeps;
  catalogue: Catalogue;
  body: BodyLimits;
}

const PATH = "/ui/flows";

export function mountFlows(app: Hono<AppEnv>, deps: FlowRoutesDeps) {
  app.get(PATH, async (c) => {
    const { installation } = await requireLogin(c, deps);
    const [flows, stats] = await Promise.all([deps.flows.list(installation.id), deps.stats.of(installation.id)]);
    const enabled = flows.filter((flow) => flow.enabled).length;
    return c.json({
      workspace_id: installation.workspaceId,
      total: flows.length,
      enabled,
      summary: `${flows.length} ${flows.length === 1 ? "flow" : "flows"}, ${enabled} enabled`,
      flows: flows.map((flow) => ({ ...storedJson(flow), stats: statsJson(stats.get(flow.id)) })),
    });
  });

  app.post(PATH, async (c) => {
    const { installation } = await requireAdmin(c, deps);
    const { flow: definition, warnings } = checked(
      await readJson(c, deps.body),
      await parseDeps(installation, deps),
    );
    const flow = await deps.flows.create(
      { installationId: installation.id, workspaceId: installation.workspaceId },
      await deps.secrets.seal(installation.id, definition),
    );
    const answer = await savedJson(flow, { installation, warnings, deps });
    return c.json(answer, 201, { location: `${PATH}/${flow.id}`, etag: etagOf(flow) });
  });

  app.get(`${PATH}/:id`, async (c) => {
    const { installation } = await requireLogin(c, deps);
    const flow = await findFlow(c, installation.id, deps);
    return c.json(storedJson(flow), 200, { etag: etagOf(flow) });
  });

  app.put(`${PATH}/:id`, async (c) => {
    const { installation } = await requireAdmin(c, deps);
    const flow = await findFlow(c, installation.id, deps);
    requireVersion(c, flow);
    const patch = await readJson(c, deps.body);
    const opened = await deps.secrets.open(installation.id, flow.definition);
    const { flow: definition, warnings } = checked(
      keepFlowSecrets(mergeFlow(opened, patch), opened),
      { ...await parseDeps(installation, deps), stored: opened },
    );
    const change = { definition: await deps.secrets.seal(installation.id, definition), expectedVersion: flow.version };
    const updated = await deps.flows.update(installation.id, flow.id, change).catch((error) => {
      // Who said If-Match is told in its own terms also when the other change came between our look and the write.
      throw error?.code === "CONFLICT" && c.req.header("if-match") ? changedMeanwhile(flow) : error;
    });
    return c.json(await savedJson(updated, { installation, warnings, deps }), 200, {
      etag: etagOf(updated),
    });
  });

  app.delete(`${PATH}/:id`, async (c) => {
    const { installation } = await requireAdmin(c, deps);
    const id = flowId(c);
    if (!await deps.flows.remove(installation.id, id)) throw flowUnknown(id);
    return c.json({ status: "deleted", id: String(id) });
  });

  app.get(`${PATH}/:id/executions`, async (c) => {
    const login = await requireLogin(c, deps);
    const { installation } = login;
    const flow = await findFlow(c, installation.id, deps);
    const limit = queryNumber(c, "limit", { fallback: 50, min: 1, max: 100 });
    const offset = queryNumber(c, "offset", { fallback: 0, min: 0, max: 1_000_000 });
    const { total, executions } = await deps.flows.executions(installation.id, flow.id, { limit, offset });
    const view = await runViewOf(login, deps.settings);
    return c.json({
      flow_id: String(flow.id),
      pagination: { total, limit, offset, has_more: offset + executions.length < total },
      executions: executions.map((execution) => executionJson(execution, view)),
    });
  });
}

/** The flow's version as an entity tag (RFC 9110 section 8.8.3). */
function etagOf({ version }: Flow): string {
  return `"${version}"`;
}

/** Throws PRECONDITION_FAILED when If-Match names another version than the stored one (RFC 9110 section 13.1.1). */
function requireVersion(c: Context<AppEnv>, flow: Flow) {
  const wanted = c.req.header("if-match")?.split(",").map((tag) => tag.trim());
  if (wanted === undefined || wanted.includes("*") || wanted.includes(etagOf(flow))) return;
  throw changedMeanwhile(flow);
}

function changedMeanwhile({ id }: Flow): AppError {
  return new AppError("PRECONDITION_FAILED", `Cannot change flow "${id}": it was changed meanwhile; read it again`);
}

/** What this installation's flows are checked against now. */
export async function parseDeps(
  installation: Installation,
  { parse, profile, settings }: FlowRoutesDeps,
): Promise<ParseFlowDeps> {
  const genericHttp = profile.features.genericHttpActions && (await settings.of(installation)).genericHttpActions;
  return { ...parse, genericHttp };
}

/** The flow as saved; beside it `warnings` of path and message, where something may go wrong when it runs. */
async function savedJson(
  flow: Flow,
  { installation, warnings, deps }: { installation: Installation; warnings: Fault[]; deps: FlowRoutesDeps },
) {
  const { flows, catalogue, settings } = deps;
  const others = (await flows.list(installation.id)).filter(({ id }) => id !== flow.id);
  const isOff = flow.enabled && !(await settings.of(installation)).flows;
  const off = "Flows are switched off in the settings: the flow is saved and does not run until they are on";
  const all = [
    ...(isOff ? [{ path: "enabled", message: off }] : []),
    ...warnings,
    ...conflictHints(flow.definition, { others, catalogue }),
  ].map(({ path, message }) => ({ path, message }));
  return { ...flowJson(flow), ...(all.length > 0 && { warnings: all }) };
}

function checked(input: unknown, parse: ParseFlowDeps): { flow: FlowDefinition; warnings: Fault[] } {
  const result = parseFlow(input, parse);
  if (result.ok) return result;
  const { faults } = result;
  throw new AppError(
    "FLOW_INVALID",
    `Cannot save the flow: ${faults.length} ${faults.length === 1 ? "fault" : "faults"}`,
    {
      details: { faults },
    },
  );
}

async function findFlow(c: Context<AppEnv>, installationId: number, deps: FlowRoutesDeps): Promise<Flow> {
  const id = flowId(c);
  const flow = await deps.flows.find(installationId, id);
  if (!flow) throw flowUnknown(id);
  return flow;
}

function flowId(c: Context<AppEnv>): number {
  const text = c.req.param("id") ?? "";
  if (!/^[1-9]\d{0,14}$/.test(text)) throw flowUnknown(text.slice(0, 40));
  return Number(text);
}

/** The flow as it is read later: `warnings` of what its conditions may say otherwise than was meant, where there are some. */
function storedJson(flow: Flow) {
  const warnings = storedWarnings(flow.definition);
  return { ...flowJson(flow), ...(warnings.length > 0 && { warnings }) };
}

function flowJson(flow: Flow) {
  return {
    id: String(flow.id),
    ...hideFlowSecrets(flow.definition),
    version: flow.version,
    created_at: flow.createdAt.toISOString(),
    updated_at: flow.updatedAt.toISOString(),
  };
}

/** The earlier service's words for the engine's states (docs/decisions.md "States and their words"). */
export const RUN_STATUS: Record<string, string> = {
  pending: "IN_PROGRESS",
  running: "IN_PROGRESS",
  waiting: "IN_PROGRESS",
  completed: "COMPLETED",
  failed: "FAILED",
  cancelled: "CANCELLED",
};

/** A flow that was made a moment ago may not be among the counted ones. */
function statsJson({ runs24h, failed24h, recent }: FlowStats = { runs24h: 0, failed24h: 0, recent: [] }) {
  const [last] = recent;
  return {
    runs_24h: runs24h,
    failed_24h: failed24h,
    last_run: last === undefined
      ? null
      : { id: last.id, state: last.state, created_at: new Date(last.createdAt).toISOString() },
    recent: recent.map(({ state }) => state),
  };
}

function executionJson(execution: Execution, view: RunView) {
  const { show } = view;
  return {
    id: execution.runId,
    webhook_id: String(execution.eventId),
    flow_version: execution.flowVersion,
    status: RUN_STATUS[execution.state] ?? execution.state.toUpperCase(),
    state: execution.state,
    error: execution.errorCode && { code: execution.errorCode, message: show(execution.errorMessage) },
    created_at: execution.createdAt.toISOString(),
    started_at: execution.startedAt?.toISOString() ?? null,
    finished_at: execution.finishedAt?.toISOString() ?? null,
    actions: execution.steps.map((step) => ({
      id: step.path.split("/").at(-1),
      type: step.action,
      status: step.state.toUpperCase(),
      attempts: step.attempts,
      result: resultJson(step.output, view),
      error: step.errorCode && { code: step.errorCode, message: show(step.errorMessage) },
      started_at: step.startedAt,
      finished_at: step.finishedAt,
      tries: step.tries.map((one) => ({
        number: one.number,
        status: one.state.toUpperCase(),
        http_status: one.httpStatus,
        error_code: one.errorCode,
        request: show(one.request),
        started_at: one.startedAt,
        finished_at: one.finishedAt,
      })),
    })),
  };
}

function resultJson(output: unknown, view: RunView): unknown {
  const { value, cut } = shownOutput(output, view);
  return cut ? { truncated: true, text: value } : value;
}
