/** /api/v1/workflows/{workflow_id}/versions: earlier versions of a workflow, read, compared and made the next one. */

import type { Hono } from "hono";
import { z } from "zod";
import { compareWorkflows } from "../../workflows/compare.ts";
import {
  versionUnknown,
  type Workflow,
  type WorkflowStore,
  workflowUnknown,
  type WorkflowVersion,
} from "../../workflows/store.ts";
import { defineRoute, mount } from "../api/contract.ts";
import { anyJson, instant } from "../api/schemas.ts";
import type { ApiAuthDeps } from "../server/api_login.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { BodyLimits } from "../server/body.ts";
import { wholeNumber } from "../server/query.ts";
import { idFrom } from "./ids.ts";
import { listOf, pageOf, pageQuery, rangeOf } from "./paging.ts";
import { byOf, finderOf, tagged } from "./resource.ts";
import { ETAG } from "./revision.ts";
import {
  DATA_EXAMPLE,
  dataJson,
  dataSchema,
  WORKFLOW_EXAMPLE,
  WORKFLOW_ID,
  WORKFLOW_REFUSAL,
  workflowJson,
  WORKFLOWS_PATH,
  workflowSchema,
} from "./workflow_view.ts";

export interface WorkflowVersionRoutesDeps extends ApiAuthDeps {
  workflows: WorkflowStore;
  body: BodyLimits;
}

const version = z.object({
  version: z.int(),
  is_current: z.boolean(),
  workflow_data: dataSchema,
  restored_from: z.int().nullable(),
  created_by: z.string(),
  created_at: instant,
}).meta({ id: "WorkflowVersion" });

const VERSION_EXAMPLE = {
  version: 1,
  is_current: true,
  workflow_data: DATA_EXAMPLE,
  restored_from: null,
  created_by: "ops",
  created_at: "2026-11-29T09:00:00.000Z",
};

const VERSION = { ...WORKFLOW_ID, version: z.string().meta({ description: "Number of the version" }) };

const listVersions = defineRoute({
  method: "get",
  path: `${WORKFLOWS_PATH}/{workflow_id}/versions`,
  tag: "Workflows",
  summary: "Versions of a workflow, newest first",
  who: "api_viewer",
  params: WORKFLOW_ID,
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
  path: `${WORKFLOWS_PATH}/{workflow_id}/versions/{version}`,
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
  path: `${WORKFLOWS_PATH}/{workflow_id}/compare`,
  tag: "Workflows",
  summary: "What differs between two versions",
  who: "api_viewer",
  params: WORKFLOW_ID,
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
  path: `${WORKFLOWS_PATH}/{workflow_id}/rollback`,
  tag: "Workflows",
  summary: "Make an earlier version the next one",
  who: "api_editor",
  creates: true,
  params: WORKFLOW_ID,
  body: {
    schema: z.strictObject({ version: z.int().min(1).max(1_000_000) }),
    refusal: WORKFLOW_REFUSAL,
    example: { version: 1 },
  },
  answer: {
    status: 200,
    about: "The workflow",
    headers: ETAG,
    schema: workflowSchema,
    example: { ...WORKFLOW_EXAMPLE, version: 2 },
  },
  problems: ["NOT_FOUND", "FLOW_INVALID"],
});

export const workflowVersionRoutes = [listVersions, getVersion, compareVersions, rollbackWorkflow];

export function mountWorkflowVersions(app: Hono<AppEnv>, deps: WorkflowVersionRoutesDeps): void {
  const { workflows } = deps;
  const installation = async () => (await deps.home()).installationId;
  const find = finderOf({ home: deps.home, find: workflows.find, unknown: workflowUnknown });

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
    const by = byOf(c, login);
    return await once(
      (atEnd) => workflows.rollback(installationId, id, version, { by, atEnd }),
      (made) => workflowJson(tagged(c, made)),
    );
  });
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
