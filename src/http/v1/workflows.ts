/** /api/v1/workflows: definitions, their versions, and runs that are asked for. */

import type { Hono } from "hono";
import { z } from "zod";
import { defineRoute, mount } from "../api/contract.ts";
import { anyJson, instant, orNull } from "../api/schemas.ts";
import type { ApiAuthDeps } from "../server/api_login.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { BodyLimits } from "../server/body.ts";
import { oneOf, text, wholeNumber } from "../server/query.ts";
import type { Clock } from "../../base/clock.ts";
import { compareWorkflows } from "../../workflows/compare.ts";
import { stepsShape, workflowShape } from "../../workflows/definition.ts";
import { callerKey, type Executions } from "../../workflows/executions.ts";
import type { WorkflowRuns } from "../../workflows/runs.ts";
import {
  versionUnknown,
  type Workflow,
  WORKFLOW_ORDERS,
  WORKFLOW_STATUSES,
  type WorkflowStore,
  workflowUnknown,
  type WorkflowVersion,
} from "../../workflows/store.ts";
import { idFrom, uuid } from "./ids.ts";
import { listOf, pageOf, pageQuery, rangeOf } from "./paging.ts";
import { ETAG, IF_MATCH, knownRevision, tagOf } from "./revision.ts";
import { RUN_EXAMPLE, runJson, runSchema } from "./run_view.ts";

export interface WorkflowRoutesDeps extends ApiAuthDeps {
  workflows: WorkflowStore;
  executions: Executions;
  workflowRuns: Pick<WorkflowRuns, "find">;
  body: BodyLimits;
  clock: Clock;
}

const PATH = "/api/v1/workflows";
const REFUSAL = "Cannot save the workflow";

const data = z.object({
  workflow_id: z.string().meta({ description: "wf-<name>-<version>" }),
  name: z.string(),
  version: z.int(),
  start_step: z.string(),
  steps: z.record(z.string(), anyJson).meta({ description: "Each step as it was sent, with its defaults" }),
  input_schema: orNull(z.record(z.string(), anyJson)),
});

const workflow = z.object({
  id: uuid,
  name: z.string(),
  description: z.string().nullable(),
  version: z.int(),
  status: z.enum(WORKFLOW_STATUSES),
  workflow_data: data,
  created_by: z.string(),
  created_at: instant,
  updated_at: instant,
}).meta({ id: "Workflow" });

const version = z.object({
  version: z.int(),
  is_current: z.boolean(),
  workflow_data: data,
  restored_from: z.int().nullable(),
  created_by: z.string(),
  created_at: instant,
}).meta({ id: "WorkflowVersion" });

const STEPS = {
  classify: {
    type: "agent",
    agent_name: "classifier",
    input_mapping: { text: "${workflow.input.text}" },
    next_step: "check",
  },
  check: { type: "conditional", condition: "${classify.output.urgent} == true", if_true_step: "alert" },
  alert: { type: "agent", agent_name: "alerter", input_mapping: { why: "${classify.output.reason}" } },
} as const;
const DATA_EXAMPLE = {
  workflow_id: "wf-triage-1",
  name: "triage",
  version: 1,
  start_step: "classify",
  steps: STEPS,
  input_schema: null,
};
const EXAMPLE = {
  id: "6b0d3c52-54a1-4a0c-8f2e-3d1b7a9c2e10",
  name: "triage",
  description: null,
  version: 1,
  status: "active",
  workflow_data: DATA_EXAMPLE,
  created_by: "ops",
  created_at: "2026-11-29T09:00:00.000Z",
  updated_at: "2026-11-29T09:00:00.000Z",
} as const;
const VERSION_EXAMPLE = {
  version: 1,
  is_current: true,
  workflow_data: DATA_EXAMPLE,
  restored_from: null,
  created_by: "ops",
  created_at: "2026-11-29T09:00:00.000Z",
};

const ID = { workflow_id: z.string().meta({ description: "Id of the workflow" }) };
const VERSION = { ...ID, version: z.string().meta({ description: "Number of the version" }) };

const status = z.enum(["draft", "active", "inactive", "deprecated", "archived"]);
const newWorkflow = workflowShape.extend({ status: status.default("active") });
const patch = z.strictObject({
  description: z.string().max(10_000).nullable(),
  start_step: workflowShape.shape.start_step,
  steps: stepsShape,
  input_schema: workflowShape.shape.input_schema,
  status,
}).partial();

const createWorkflow = defineRoute({
  method: "post",
  path: PATH,
  tag: "Workflows",
  summary: "Create a workflow, or the next version of one",
  about: "A name that is in use gets its next version. Agents that steps name have to be active.",
  who: "api_editor",
  creates: true,
  body: { schema: newWorkflow, refusal: REFUSAL, example: { name: "triage", start_step: "classify", steps: STEPS } },
  answer: {
    status: 201,
    about: "The workflow",
    headers: { Location: "Path of the workflow", ...ETAG },
    schema: workflow,
    example: EXAMPLE,
  },
  problems: ["FLOW_INVALID", "CONFLICT"],
});

const listWorkflows = defineRoute({
  method: "get",
  path: PATH,
  tag: "Workflows",
  summary: "Workflows",
  who: "api_viewer",
  query: z.object({
    ...pageQuery,
    status: oneOf("Only with this status; absent: all that are not deleted", WORKFLOW_STATUSES),
    name: text("A part of the name"),
    sort_by: oneOf("What they are sorted by; absent: created_at", WORKFLOW_ORDERS),
    sort_order: oneOf("Absent: desc", ["asc", "desc"]),
  }),
  answer: {
    status: 200,
    about: "A page of workflows",
    schema: listOf(workflow),
    example: { items: [EXAMPLE], total: 1, page: 1, page_size: 20, total_pages: 1 },
  },
});

const getWorkflow = defineRoute({
  method: "get",
  path: `${PATH}/{workflow_id}`,
  tag: "Workflows",
  summary: "One workflow",
  who: "api_viewer",
  params: ID,
  answer: {
    status: 200,
    about: "The workflow, also one that was deleted",
    headers: ETAG,
    schema: workflow,
    example: EXAMPLE,
  },
  problems: ["NOT_FOUND"],
});

const updateWorkflow = defineRoute({
  method: "put",
  path: `${PATH}/{workflow_id}`,
  tag: "Workflows",
  summary: "Change a workflow",
  about:
    "Absent fields keep their values. Other steps, start_step or input_schema make the next version; runs keep theirs.",
  who: "api_editor",
  params: ID,
  headers: IF_MATCH,
  body: { schema: patch, refusal: REFUSAL, example: { status: "inactive" } },
  answer: {
    status: 200,
    about: "The workflow",
    headers: ETAG,
    schema: workflow,
    example: { ...EXAMPLE, status: "inactive" },
  },
  problems: ["NOT_FOUND", "PRECONDITION_FAILED", "FLOW_INVALID"],
});

const deleteWorkflow = defineRoute({
  method: "delete",
  path: `${PATH}/{workflow_id}`,
  tag: "Workflows",
  summary: "Delete a workflow",
  about: "It is executed no more; its runs go on and stay. Its name may be given again.",
  who: "api_editor",
  params: ID,
  headers: IF_MATCH,
  answer: {
    status: 200,
    about: "It is deleted",
    schema: z.object({ message: z.string(), timestamp: instant, data: workflow }).meta({ id: "WorkflowDeleted" }),
    example: {
      message: 'Workflow "triage" is deleted',
      timestamp: "2026-11-29T10:00:00.000Z",
      data: { ...EXAMPLE, status: "deleted" },
    },
  },
  problems: ["NOT_FOUND", "PRECONDITION_FAILED"],
});

const listVersions = defineRoute({
  method: "get",
  path: `${PATH}/{workflow_id}/versions`,
  tag: "Workflows",
  summary: "Versions of a workflow, newest first",
  who: "api_viewer",
  params: ID,
  query: z.object(pageQuery),
  answer: {
    status: 200,
    about: "A page of versions",
    schema: listOf(version),
    example: { items: [VERSION_EXAMPLE], total: 1, page: 1, page_size: 20, total_pages: 1 },
  },
  problems: ["NOT_FOUND"],
});

const getVersion = defineRoute({
  method: "get",
  path: `${PATH}/{workflow_id}/versions/{version}`,
  tag: "Workflows",
  summary: "One version",
  who: "api_viewer",
  params: VERSION,
  answer: { status: 200, about: "The version", schema: version, example: VERSION_EXAMPLE },
  problems: ["NOT_FOUND"],
});

const difference = z.object({
  path: z.string(),
  kind: z.enum(["added", "removed", "changed"]),
  before: anyJson,
  after: anyJson,
}).meta({ id: "WorkflowDifference" });

const compareVersions = defineRoute({
  method: "get",
  path: `${PATH}/{workflow_id}/compare`,
  tag: "Workflows",
  summary: "What differs between two versions",
  who: "api_viewer",
  params: ID,
  query: z.object({
    from: wholeNumber("The one version; absent: the one before `to`", { fallback: undefined, min: 1, max: 1_000_000 }),
    to: wholeNumber("The other; absent: the current one", { fallback: undefined, min: 1, max: 1_000_000 }),
  }),
  answer: {
    status: 200,
    about: "The differences, steps that are added or removed as a whole",
    schema: z.object({ from: z.int(), to: z.int(), changes: z.array(difference) }),
    example: {
      from: 1,
      to: 2,
      changes: [{ path: "steps.alert.agent_name", kind: "changed", before: "alerter", after: "pager" }],
    },
  },
  problems: ["NOT_FOUND"],
});

const rollbackWorkflow = defineRoute({
  method: "post",
  path: `${PATH}/{workflow_id}/rollback`,
  tag: "Workflows",
  summary: "Make an earlier version the next one",
  who: "api_editor",
  creates: true,
  params: ID,
  body: {
    schema: z.strictObject({ version: z.int().min(1).max(1_000_000) }),
    refusal: REFUSAL,
    example: { version: 1 },
  },
  answer: { status: 200, about: "The workflow", headers: ETAG, schema: workflow, example: { ...EXAMPLE, version: 2 } },
  problems: ["NOT_FOUND", "FLOW_INVALID"],
});

const executeWorkflow = defineRoute({
  method: "post",
  path: `${PATH}/{workflow_id}/execute`,
  tag: "Workflows",
  summary: "Execute a workflow",
  about: "Starts a run of the current version and answers at once; with an Idempotency-Key one run for a key.",
  who: "api_operator",
  creates: true,
  params: ID,
  body: {
    schema: z.strictObject({ input_data: z.record(z.string(), anyJson).default({}) }),
    refusal: "Cannot execute the workflow",
    example: { input_data: { text: "The server is down" } },
    absent: {},
  },
  answer: {
    status: 202,
    about: "The run, which has been accepted",
    headers: { Location: "Path of the run" },
    schema: runSchema,
    example: RUN_EXAMPLE,
  },
  problems: ["NOT_FOUND", "CONFLICT", "BODY_TOO_LARGE", "RATE_LIMITED", "IDEMPOTENCY_KEY_REUSED"],
});

export const workflowRoutes = [
  createWorkflow,
  listWorkflows,
  getWorkflow,
  updateWorkflow,
  deleteWorkflow,
  listVersions,
  getVersion,
  compareVersions,
  rollbackWorkflow,
  executeWorkflow,
];

export function mountWorkflows(app: Hono<AppEnv>, deps: WorkflowRoutesDeps): void {
  const { workflows, executions, clock } = deps;
  const installation = async () => (await deps.home()).installationId;

  mount(app, deps, createWorkflow, async ({ c, login, body, once }) => {
    const { status, ...definition } = await body();
    const home = await deps.home();
    const by = { actor: login.name, requestId: c.env.requestId };
    return await once((atEnd) => workflows.create(home, definition, { status, by, atEnd }), (made) => {
      c.header("location", `${PATH}/${made.id}`);
      c.header("etag", tagOf(made.revision));
      return workflowJson(made);
    });
  });

  mount(app, deps, listWorkflows, async ({ query }) => {
    const { status, name, sort_by: by = "created_at", sort_order } = query;
    const sort = { by, descending: sort_order !== "asc" };
    const { workflows: found, total } = await workflows.list(await installation(), { status, name }, {
      ...rangeOf(query),
      sort,
    });
    return pageOf(found.map(workflowJson), query, total);
  });

  mount(app, deps, getWorkflow, async ({ c, params }) => {
    const found = await find(params.workflow_id);
    c.header("etag", tagOf(found.revision));
    return workflowJson(found);
  });

  mount(app, deps, updateWorkflow, async ({ c, login, params, body }) => {
    const id = idFrom(params.workflow_id, workflowUnknown);
    const { description, status, start_step, steps, input_schema } = await body();
    const installationId = await installation();
    const known = await find(params.workflow_id);
    const isOfSteps = start_step !== undefined || steps !== undefined || input_schema !== undefined;
    const changed = await workflows.update(installationId, id, {
      ...(isOfSteps && {
        definition: {
          start_step: start_step ?? known.definition.start_step,
          steps: steps ?? known.definition.steps,
          input_schema: input_schema === undefined ? known.definition.input_schema : input_schema,
        },
      }),
      description,
      status,
      by: { actor: login.name, requestId: c.env.requestId },
      // What was not named is as it was read here.
      revision: knownRevision(c) ?? (isOfSteps ? known.revision : undefined),
    });
    c.header("etag", tagOf(changed.revision));
    return workflowJson(changed);
  });

  mount(app, deps, deleteWorkflow, async ({ c, login, params }) => {
    const id = idFrom(params.workflow_id, workflowUnknown);
    const by = { actor: login.name, requestId: c.env.requestId };
    const gone = await workflows.remove(await installation(), id, { by, revision: knownRevision(c) });
    return {
      message: `Workflow "${gone.name}" is deleted`,
      timestamp: new Date(clock.now()).toISOString(),
      data: workflowJson(gone),
    };
  });

  mount(app, deps, listVersions, async ({ params, query }) => {
    const of = await find(params.workflow_id);
    const { versions, total } = await workflows.versions(await installation(), of.id, rangeOf(query));
    return pageOf(versions.map((one) => versionJson(one, of)), query, total);
  });

  mount(app, deps, getVersion, async ({ params }) => {
    const of = await find(params.workflow_id);
    const number = /^[1-9]\d{0,6}$/.test(params.version) ? Number(params.version) : 0;
    const found = await workflows.version(await installation(), of.id, number);
    if (!found) throw versionUnknown(of.name, number);
    return versionJson(found, of);
  });

  mount(app, deps, compareVersions, async ({ params, query }) => {
    const of = await find(params.workflow_id);
    const { to = of.version } = query;
    const { from = to - 1 } = query;
    const installationId = await installation();
    const definitionOf = async (number: number) => {
      const found = await workflows.version(installationId, of.id, number);
      if (!found) throw versionUnknown(of.name, number);
      return found.definition;
    };
    return { from, to, changes: compareWorkflows(await definitionOf(from), await definitionOf(to)) };
  });

  mount(app, deps, rollbackWorkflow, async ({ c, login, params, body, once }) => {
    const id = idFrom(params.workflow_id, workflowUnknown);
    const { version } = await body();
    const installationId = await installation();
    const by = { actor: login.name, requestId: c.env.requestId };
    return await once((atEnd) => workflows.rollback(installationId, id, version, { by, atEnd }), (made) => {
      c.header("etag", tagOf(made.revision));
      return workflowJson(made);
    });
  });

  mount(app, deps, executeWorkflow, async ({ c, login, params, body, once }) => {
    const workflowId = idFrom(params.workflow_id, workflowUnknown);
    const { input_data: input } = await body();
    const home = await deps.home();
    const startedAt = new Date(clock.now());
    const key = c.req.header("idempotency-key");
    return await once((atEnd) =>
      executions.start(home, {
        workflowId,
        input,
        by: { actor: login.name, requestId: c.env.requestId },
        correlationId: c.env.requestId,
        key: key === undefined ? undefined : callerKey(login, key),
        atEnd,
      }), ({ runId, workflowName, version }) => {
      c.header("location", `/api/v1/runs/${runId}`);
      return runJson({
        id: runId,
        workflowId,
        workflowName,
        version,
        status: "PENDING",
        input,
        output: null,
        triggeredBy: login.name,
        correlationId: c.env.requestId,
        pausedAt: null,
        createdAt: startedAt,
        updatedAt: startedAt,
        startedAt: null,
        completedAt: null,
        cancelledAt: null,
        cancelledBy: null,
        cancelReason: null,
        errorCode: null,
        errorMessage: null,
        retryOf: null,
      });
    });
  });

  async function find(text: string): Promise<Workflow> {
    const id = idFrom(text, workflowUnknown);
    const found = await workflows.find(await installation(), id);
    if (!found) throw workflowUnknown(id);
    return found;
  }
}

function dataJson(name: string, { version, definition }: Pick<Workflow, "version" | "definition">) {
  const { start_step, steps, input_schema } = definition;
  return {
    workflow_id: `wf-${name}-${version}`,
    name,
    version,
    start_step,
    steps: steps as Record<string, unknown>,
    input_schema: (input_schema ?? null) as Record<string, unknown> | null,
  };
}

function workflowJson(workflow: Workflow) {
  const { id, name, description, version, status, createdBy, createdAt, updatedAt } = workflow;
  return {
    id,
    name,
    description,
    version,
    status,
    workflow_data: dataJson(name, workflow),
    created_by: createdBy,
    created_at: createdAt.toISOString(),
    updated_at: updatedAt.toISOString(),
  };
}

function versionJson(one: WorkflowVersion, of: Workflow) {
  return {
    version: one.version,
    is_current: one.version === of.version,
    workflow_data: dataJson(of.name, one),
    restored_from: one.restoredFrom,
    created_by: one.createdBy,
    created_at: one.createdAt.toISOString(),
  };
}
