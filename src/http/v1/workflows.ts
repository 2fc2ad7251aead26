/** /api/v1/workflows: definitions. Their versions and runs are in workflow_versions.ts and workflow_execute.ts. */

import type { Hono } from "hono";
import { z } from "zod";
import type { Clock } from "../../base/clock.ts";
import { isObject } from "../../engine/faults.ts";
import { stepsShape, workflowShape } from "../../workflows/definition.ts";
import { WORKFLOW_ORDERS, WORKFLOW_STATUSES, type WorkflowStore, workflowUnknown } from "../../workflows/store.ts";
import { defineRoute, mount } from "../api/contract.ts";
import type { ApiAuthDeps } from "../server/api_login.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { BodyLimits } from "../server/body.ts";
import { oneOf, text } from "../server/query.ts";
import { idFrom } from "./ids.ts";
import { listOf, pageOf, pageQuery, rangeOf } from "./paging.ts";
import { byOf, deletedJson, deletedSchema, finderOf, tagged } from "./resource.ts";
import { ETAG, IF_MATCH, knownRevision } from "./revision.ts";
import {
  STEPS_EXAMPLE,
  WORKFLOW_EXAMPLE,
  WORKFLOW_ID,
  WORKFLOW_REFUSAL,
  workflowJson,
  WORKFLOWS_PATH,
  workflowSchema,
} from "./workflow_view.ts";

export interface WorkflowRoutesDeps extends ApiAuthDeps {
  workflows: WorkflowStore;
  body: BodyLimits;
  clock: Clock;
}

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
  path: WORKFLOWS_PATH,
  tag: "Workflows",
  summary: "Create a workflow, or the next version of one",
  about: "A name that is in use gets its next version. Agents that steps name have to be active.",
  who: "api_editor",
  creates: true,
  body: {
    schema: newWorkflow,
    refusal: WORKFLOW_REFUSAL,
    example: { name: "triage", start_step: "classify", steps: STEPS_EXAMPLE },
  },
  answer: {
    status: 201,
    about: "The workflow",
    headers: { Location: "Path of the workflow", ...ETAG },
    schema: workflowSchema,
    example: WORKFLOW_EXAMPLE,
  },
  problems: ["FLOW_INVALID", "CONFLICT"],
});

const listWorkflows = defineRoute({
  method: "get",
  path: WORKFLOWS_PATH,
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
    schema: listOf(workflowSchema),
    example: { items: [WORKFLOW_EXAMPLE], total: 1, page: 1, page_size: 20, total_pages: 1 },
  },
});

const getWorkflow = defineRoute({
  method: "get",
  path: `${WORKFLOWS_PATH}/{workflow_id}`,
  tag: "Workflows",
  summary: "One workflow",
  who: "api_viewer",
  params: WORKFLOW_ID,
  answer: {
    status: 200,
    about: "The workflow, also one that was deleted",
    headers: ETAG,
    schema: workflowSchema,
    example: WORKFLOW_EXAMPLE,
  },
  problems: ["NOT_FOUND"],
});

const updateWorkflow = defineRoute({
  method: "put",
  path: `${WORKFLOWS_PATH}/{workflow_id}`,
  tag: "Workflows",
  summary: "Change a workflow",
  about:
    "Absent fields keep their values. Other steps, start_step or input_schema make the next version; runs keep theirs.",
  who: "api_editor",
  params: WORKFLOW_ID,
  headers: IF_MATCH,
  body: { schema: patch, refusal: WORKFLOW_REFUSAL, example: { status: "inactive" } },
  answer: {
    status: 200,
    about: "The workflow",
    headers: ETAG,
    schema: workflowSchema,
    example: { ...WORKFLOW_EXAMPLE, status: "inactive" },
  },
  problems: ["NOT_FOUND", "PRECONDITION_FAILED", "FLOW_INVALID"],
});

const deleteWorkflow = defineRoute({
  method: "delete",
  path: `${WORKFLOWS_PATH}/{workflow_id}`,
  tag: "Workflows",
  summary: "Delete a workflow",
  about: "It is executed no more; its runs go on and stay. Its name may be given again.",
  who: "api_editor",
  params: WORKFLOW_ID,
  headers: IF_MATCH,
  answer: {
    status: 200,
    about: "It is deleted",
    schema: deletedSchema(workflowSchema, "WorkflowDeleted"),
    example: {
      message: 'Workflow "triage" is deleted',
      timestamp: "2026-11-29T10:00:00.000Z",
      data: { ...WORKFLOW_EXAMPLE, status: "deleted" },
    },
  },
  problems: ["NOT_FOUND", "PRECONDITION_FAILED"],
});

export const workflowRoutes = [createWorkflow, listWorkflows, getWorkflow, updateWorkflow, deleteWorkflow];

export function mountWorkflows(app: Hono<AppEnv>, deps: WorkflowRoutesDeps): void {
  const { workflows, clock } = deps;
  const installation = async () => (await deps.home()).installationId;
  const find = finderOf({ home: deps.home, find: workflows.find, unknown: workflowUnknown });
  const faultsOf = async (sent: unknown, installationId: number, options?: { of: string }) =>
    isObject(sent) ? await workflows.faults(installationId, sent, options) : [];

  mount(app, deps, createWorkflow, async ({ c, login, body, once }) => {
    const home = await deps.home();
    const { status, ...definition } = await body((sent) => faultsOf(sent, home.installationId));
    const by = byOf(c, login);
    return await once(
      (atEnd) => workflows.create(home, definition, { status, by, atEnd }),
      (made) => workflowJson(tagged(c, made, WORKFLOWS_PATH)),
    );
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
    return workflowJson(tagged(c, found));
  });

  mount(app, deps, updateWorkflow, async ({ c, login, params, body }) => {
    const id = idFrom(params.workflow_id, workflowUnknown);
    const { description, status, ...definition } = await body(async (sent) =>
      changesRuns(sent) ? faultsOf(sent, await installation(), { of: id }) : []
    );
    const changed = await workflows.update(await installation(), id, {
      ...(Object.keys(definition).length > 0 && { definition }),
      description,
      status,
      by: byOf(c, login),
      revision: knownRevision(c),
    });
    return workflowJson(tagged(c, changed));
  });

  mount(app, deps, deleteWorkflow, async ({ c, login, params }) => {
    const id = idFrom(params.workflow_id, workflowUnknown);
    const by = byOf(c, login);
    const gone = await workflows.remove(await installation(), id, { by, revision: knownRevision(c) });
    return deletedJson(clock, `Workflow "${gone.name}"`, workflowJson(gone));
  });
}

/** What was sent for a change, whatever shape it has, has something of a definition. */
function changesRuns(sent: unknown): boolean {
  return isObject(sent) && ["start_step", "steps", "input_schema"].some((name) => name in sent);
}
