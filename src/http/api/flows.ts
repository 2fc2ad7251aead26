/** /ui/flows: the no-code rules of a workspace, and the history of each. */

import { isDeepStrictEqual } from "node:util";
import type { Hono } from "hono";
import { z } from "zod";
import { isObject } from "../../engine/faults.ts";
import type { FlowDefinition } from "../../flows/shape/definition.ts";
import { mergeFlow, withoutAnswerFields } from "../../flows/parse/parse_flow.ts";
import { keepFlowSecrets } from "../../flows/secrets.ts";
import type { DraftSecrets } from "../../flows/store/draft_secrets.ts";
import { dropNewDraft, type NewDrafts } from "../../flows/store/new_drafts.ts";
import type { Execution } from "../../flows/store/store.ts";
import type { FlowStats, FlowStatsSource } from "../../runs/stats.ts";
import type { AppEnv } from "../server/app_env.ts";
import { wholeNumber } from "../server/query.ts";
import { defineRoute, mount } from "./contract.ts";
import {
  changedMeanwhile,
  checked,
  ETAG,
  etagOf,
  findFlow,
  type FlowSavingDeps,
  IF_MATCH,
  parseDeps,
  readSaving,
  refusedChange,
  requireVersion,
  savedJson,
  schedulesJson,
  storedJson,
} from "./flow_saving.ts";
import { admitPublication, confirmToken, GUARD_PROBLEMS, GUARDED, takeToken } from "./flow_guard.ts";
import { findNewDraft, newDraftUnknown } from "./new_flow_drafts.ts";
import { flow, FLOW_EXAMPLE, FLOW_INPUT_EXAMPLE, flowInput } from "./flow_schemas.ts";
import { runError, runState, runStatus } from "./run_schemas.ts";
import { type RunView, runViewOf, shownOutput } from "./run_view.ts";
import { anyJson, deleted, id, instant, offsetPage, orNull, workspaceId } from "./schemas.ts";

export interface FlowRoutesDeps extends FlowSavingDeps {
  newDrafts: Pick<NewDrafts, "find">;
  draftSecrets: Pick<DraftSecrets, "open">;
  stats: FlowStatsSource;
}

const PATH = "/ui/flows";

const flowStats = z.object({
  runs_24h: z.int(),
  failed_24h: z.int(),
  last_run: z.object({ id: z.string(), state: runState, created_at: instant }).nullable(),
  recent: z.array(runState).meta({ description: "States of the last runs, newest first, at most 20" }),
}).meta({ id: "FlowStats" });

const listFlows = defineRoute({
  method: "get",
  path: PATH,
  tag: "Flows",
  summary: "Flows of the workspace",
  who: "member",
  answer: {
    status: 200,
    about: "All flows, each with how it did lately",
    schema: z.object({
      workspace_id: workspaceId,
      total: z.int(),
      enabled: z.int(),
      summary: z.string(),
      flows: z.array(flow.extend({ stats: flowStats }).meta({ id: "FlowRow" })),
    }),
    example: {
      workspace_id: "64a687e29ae1f428e7ebe303",
      total: 1,
      enabled: 1,
      summary: "1 flow, 1 enabled",
      flows: [{ ...FLOW_EXAMPLE, stats: { runs_24h: 0, failed_24h: 0, last_run: null, recent: [] } }],
    },
  },
});

const createFlow = defineRoute({
  method: "post",
  path: PATH,
  tag: "Flows",
  summary: "Create a flow",
  about: GUARDED,
  who: "admin",
  creates: true,
  body: {
    schema: flowInput.extend({
      confirm_token: confirmToken,
      draft_id: id.optional().meta({
        description: "Draft of a new flow (GET /ui/flow-drafts) that it is: its secrets come over, and it goes",
      }),
    }).meta({ id: "NewFlow" }),
    example: FLOW_INPUT_EXAMPLE,
  },
  answer: {
    status: 201,
    about: "The flow, with what may go wrong when it runs",
    schema: flow,
    example: FLOW_EXAMPLE,
    headers: { ...ETAG, Location: "Path of the flow" },
  },
  problems: ["NOT_FOUND", "FLOW_INVALID", "OPERATION_UNKNOWN", "OPERATION_INPUT_INVALID", ...GUARD_PROBLEMS],
});

const params = { id: id.meta({ description: "Id of the flow", example: "3" }) };

const getFlow = defineRoute({
  method: "get",
  path: `${PATH}/{id}`,
  tag: "Flows",
  summary: "One flow",
  who: "member",
  params,
  answer: { status: 200, about: "The flow", schema: flow, example: FLOW_EXAMPLE, headers: ETAG },
  problems: ["NOT_FOUND"],
});

const updateFlow = defineRoute({
  method: "put",
  path: `${PATH}/{id}`,
  tag: "Flows",
  summary: "Change a flow, in part or whole",
  about:
    "It makes the next version, which new runs begin with; runs in progress keep theirs. Switching the flow on or off " +
    "makes none. With If-Match the change is made at that version only. " + GUARDED,
  who: "admin",
  params,
  headers: IF_MATCH,
  body: {
    schema: flowInput.partial().extend({ confirm_token: confirmToken }).meta({ id: "FlowPatch" }),
    example: { name: "Mark long entries" },
  },
  answer: {
    status: 200,
    about: "The flow as it is now",
    schema: flow,
    example: { ...FLOW_EXAMPLE, name: "Mark long entries", version: 2 },
    headers: ETAG,
  },
  problems: ["NOT_FOUND", "CONFLICT", "PRECONDITION_FAILED", "FLOW_INVALID", ...GUARD_PROBLEMS],
});

const deleteFlow = defineRoute({
  method: "delete",
  path: `${PATH}/{id}`,
  tag: "Flows",
  summary: "Delete a flow and its versions; the history of its runs stays",
  about: "With If-Match it is deleted at that version only.",
  who: "admin",
  params,
  headers: IF_MATCH,
  answer: { status: 200, about: "It is deleted", schema: deleted, example: { status: "deleted", id: "3" } },
  problems: ["NOT_FOUND", "PRECONDITION_FAILED"],
});

const execution = z.object({
  id: z.string(),
  webhook_id: id.nullable().meta({ description: "null: no event started it" }),
  flow_version: z.int(),
  status: runStatus,
  state: runState,
  error: orNull(runError),
  created_at: instant,
  started_at: instant.nullable(),
  finished_at: instant.nullable(),
  actions: z.array(z.object({
    id: z.string(),
    type: z.string(),
    status: z.string(),
    attempts: z.int(),
    result: anyJson.meta({
      description: "Cut to 5,000 characters of JSON, as {truncated, text}, unless developer mode",
    }),
    error: orNull(runError),
    started_at: z.string(),
    finished_at: z.string().nullable(),
    tries: z.array(z.object({
      number: z.int(),
      status: z.string(),
      http_status: z.int().nullable(),
      error_code: z.string().nullable(),
      request: anyJson,
      started_at: z.string(),
      finished_at: z.string().nullable(),
    })),
  })),
}).meta({ id: "Execution" });

const executionPage = offsetPage.extend({
  total: z.int().meta({
    description: "At most 10,000, which stands for more too: has_more says whether a page follows",
  }),
}).meta({ id: "ExecutionPage" });

const listExecutions = defineRoute({
  method: "get",
  path: `${PATH}/{id}/executions`,
  tag: "Flows",
  summary: "Runs of a flow, newest first",
  who: "member",
  params,
  query: z.object({
    limit: wholeNumber("Rows of the page", { fallback: 50, min: 1, max: 100 }),
    offset: wholeNumber("Rows to leave out, newest first", { fallback: 0, min: 0, max: 1_000_000 }),
  }),
  answer: {
    status: 200,
    about:
      "A page of runs, each with 200 actions at most (of items of loops: GET /ui/runs/{id}/nodes); members get what steps sent and got redacted",
    schema: z.object({ flow_id: id, pagination: executionPage, executions: z.array(execution) }),
    example: { flow_id: "3", pagination: { total: 0, limit: 50, offset: 0, has_more: false }, executions: [] },
  },
  problems: ["NOT_FOUND"],
});
export const flowRoutes = [listFlows, createFlow, getFlow, updateFlow, deleteFlow, listExecutions];

export function mountFlows(app: Hono<AppEnv>, deps: FlowRoutesDeps) {
  mount(app, deps, listFlows, async ({ login: { installation } }) => {
    const [flows, stats] = await Promise.all([deps.flows.list(installation.id), deps.stats.of(installation.id)]);
    const enabled = flows.filter((flow) => flow.enabled).length;
    return {
      workspace_id: installation.workspaceId,
      total: flows.length,
      enabled,
      summary: `${flows.length} ${flows.length === 1 ? "flow" : "flows"}, ${enabled} enabled`,
      flows: flows.map((flow) => ({ ...storedJson(flow, deps.clock), stats: statsJson(stats.get(flow.id)) })),
    };
  });

  mount(app, deps, createFlow, async ({ c, login, json, once }) => {
    const { installation, name: author } = login;
    const { input: asked, token } = takeToken(await json());
    const { draftId, input } = takeDraftId(asked);
    const draft = draftId === undefined ? undefined : await findNewDraft(draftId, installation.id, deps);
    const { id: installationId } = installation;
    const given = draft
      ? keepFlowSecrets(
        input,
        await deps.draftSecrets.open({ installationId, newDraftId: draft.id }, draft.definition),
      )
      : input;
    const { flow: definition, warnings } = checked(given, await parseDeps(installation, deps));
    const admitted = await admitPublication({ login, flow: undefined, definition, token }, deps);
    const tenant = { installationId, workspaceId: installation.workspaceId };
    const facts = await readSaving(installation, deps);
    return await once(
      (atEnd) => {
        const ending = admitted.atEnd(atEnd);
        return deps.flows.create(tenant, (flowId) => deps.secrets.seal({ installationId, flowId }, definition), {
          author,
          atEnd: async (sql, made) => {
            // Two requests at once make one flow of it.
            if (draft && !await dropNewDraft(sql, { installationId, id: draft.id })) {
              throw newDraftUnknown(String(draft.id));
            }
            await ending?.(sql, made);
          },
        });
      },
      (flow) => {
        c.header("location", `${PATH}/${flow.id}`);
        c.header("etag", etagOf(flow));
        return savedJson(flow, { ...facts, warnings: [...warnings, ...admitted.warnings], deps });
      },
    );
  });

  mount(app, deps, getFlow, async ({ c, login: { installation }, params }) => {
    const flow = await findFlow(params.id, installation.id, deps);
    c.header("etag", etagOf(flow));
    return { ...storedJson(flow, deps.clock), ...schedulesJson(flow, deps.clock) };
  });

  mount(app, deps, updateFlow, async ({ c, login, params, json }) => {
    const { installation, name: author } = login;
    const flow = await findFlow(params.id, installation.id, deps);
    requireVersion(c, flow, { switchStays: true });
    const { input: patch, token } = takeToken(await json());
    const key = { installationId: installation.id, flowId: flow.id };
    const opened = await deps.secrets.open(key, flow.definition);
    const { flow: definition, warnings } = checked(
      keepFlowSecrets(mergeFlow(opened, patch), opened),
      { ...await parseDeps(installation, deps), stored: opened },
    );
    const { version, switched } = flow;
    if (definition.enabled !== flow.enabled) requireVersion(c, flow);
    const save = async () => {
      const admitted = await admitPublication({ login, flow, definition, token }, deps);
      warnings.push(...admitted.warnings);
      const change = {
        definition: await deps.secrets.seal(key, definition),
        expectedVersion: version,
        expectedSwitched: switched,
        author,
      };
      return await deps.flows.update(installation.id, flow.id, change, { atEnd: admitted.atEnd() });
    };
    const turn = { enabled: definition.enabled, expected: { version, switched } };
    const saving = isSwitch(patch, { opened, definition }) ? deps.flows.turn(installation.id, flow.id, turn) : save();
    const updated = await saving.catch(refusedChange(c, () => changedMeanwhile(flow)));
    c.header("etag", etagOf(updated));
    return savedJson(updated, { ...await readSaving(installation, deps), warnings, deps });
  });

  mount(app, deps, deleteFlow, async ({ c, login: { installation }, params }) => {
    const flow = await findFlow(params.id, installation.id, deps);
    requireVersion(c, flow);
    const expected = c.req.header("if-match") ? flow : undefined;
    if (!await deps.flows.remove(installation.id, flow.id, { expected })) {
      // It went, or changed, between our read and the write.
      await findFlow(params.id, installation.id, deps);
      throw changedMeanwhile(flow);
    }
    return { status: "deleted" as const, id: String(flow.id) };
  });

  mount(app, deps, listExecutions, async ({ login, params, query: { limit, offset } }) => {
    const { installation } = login;
    const flow = await findFlow(params.id, installation.id, deps);
    const { total, hasMore, executions } = await deps.flows.executions(installation.id, flow.id, { limit, offset });
    const view = await runViewOf(login, deps.settings);
    return {
      flow_id: String(flow.id),
      pagination: { total, limit, offset, has_more: hasMore },
      executions: executions.map((execution) => executionJson(execution, view)),
    };
  });
}

/** The flow that is asked for, and the draft that it is. */
function takeDraftId(asked: unknown): { draftId: string | undefined; input: unknown } {
  if (!isObject(asked) || !Object.hasOwn(asked, "draft_id")) return { draftId: undefined, input: asked };
  const { draft_id: draftId, ...input } = asked;
  return { draftId: String(draftId), input };
}

/** True for a change of nothing but whether the flow is on, which makes no version. */
function isSwitch(
  patch: unknown,
  { opened, definition }: { opened: FlowDefinition; definition: FlowDefinition },
): boolean {
  if (isObject(patch) && Object.keys(withoutAnswerFields(patch)).join() === "enabled") return true;
  if (definition.enabled === opened.enabled) return false;
  // As it is stored: without what is undefined.
  return isDeepStrictEqual(JSON.parse(JSON.stringify({ ...definition, enabled: opened.enabled })), opened);
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
    webhook_id: execution.eventId === null ? null : String(execution.eventId),
    flow_version: execution.flowVersion,
    status: RUN_STATUS[execution.state] ?? execution.state.toUpperCase(),
    state: execution.state,
    error: errorJson(execution, view),
    created_at: execution.createdAt.toISOString(),
    started_at: execution.startedAt?.toISOString() ?? null,
    finished_at: execution.finishedAt?.toISOString() ?? null,
    actions: execution.steps.map((step) => ({
      id: step.path.split("/").at(-1)!,
      type: step.action,
      status: step.state.toUpperCase(),
      attempts: step.attempts,
      result: resultJson(step, view),
      error: errorJson(step, view),
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

function errorJson({ errorCode, errorMessage }: Pick<Execution, "errorCode" | "errorMessage">, { showText }: RunView) {
  return errorCode === null ? null : { code: errorCode, message: showText(errorMessage) };
}

function resultJson(step: Execution["steps"][number], view: RunView): unknown {
  const { value, cut } = shownOutput(step, view);
  return cut ? { truncated: true, text: value } : value;
}
