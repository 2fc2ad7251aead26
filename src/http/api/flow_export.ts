/** Flows as one JSON file: GET /ui/flows/{id}/export, POST /ui/flows/export, and the schema of the file. */

import type { Hono } from "hono";
import { z } from "zod";
import { AppError } from "../../base/errors.ts";
import type { Clock } from "../../base/clock.ts";
import type { EntityNames } from "../../entities/names.ts";
import { idsIn } from "../../flows/compare/compared.ts";
import { FLOW_FILE, type FlowFile, MAX_FILE_BYTES, MAX_FILE_FLOWS, toFiled } from "../../flows/store/flow_file.ts";
import { type Flow, flowUnknown } from "../../flows/store/store.ts";
import type { AppEnv, Login } from "../server/app_env.ts";
import { defineRoute, mount } from "./contract.ts";
import { flowFile, flowFileSchema } from "./flow_file_schemas.ts";
import { findFlow, type FlowSavingDeps } from "./flow_saving.ts";
import { FLOW_EXAMPLE } from "./flow_schemas.ts";
import { FLOW_PARAM } from "./flow_versions.ts";
import { refuseOtherMethods } from "./other_methods.ts";
import { runViewOf } from "./run_view.ts";
import { anyJson } from "./schemas.ts";

export type FlowExportDeps = FlowSavingDeps & FlowFileDeps;

/** What a file of flows is made with. */
export interface FlowFileDeps {
  entityNames: Pick<EntityNames, "find">;
  settings: FlowSavingDeps["settings"];
  clock: Clock;
}

const ABOUT =
  "Secrets are left out, and `secrets` of each flow names their places. Whether a flow is on is no part of the file. " +
  `At most ${MAX_FILE_FLOWS} flows and 1 MB.`;

export const FILE_EXAMPLE = {
  ...FLOW_FILE,
  exported_at: "2026-11-21T08:00:00.000Z",
  workspace_id: "64a687e29ae1f428e7ebe303",
  flows: [{
    id: "3",
    name: FLOW_EXAMPLE.name,
    trigger_event_types: FLOW_EXAMPLE.trigger_event_types,
    conditions: FLOW_EXAMPLE.conditions,
    actions: FLOW_EXAMPLE.actions,
    ordered: false,
    secrets: [],
  }],
  names: {},
};

const answer = {
  status: 200,
  about: "The file",
  schema: flowFile,
  example: FILE_EXAMPLE,
  headers: { "Content-Disposition": "A name for the file" },
} as const;

const exportFlow = defineRoute({
  method: "get",
  path: "/ui/flows/{id}/export",
  tag: "Flows",
  summary: "A flow as a file",
  about: ABOUT,
  who: "member",
  params: FLOW_PARAM,
  answer,
  problems: ["NOT_FOUND"],
});

const exportFlows = defineRoute({
  method: "post",
  path: "/ui/flows/export",
  tag: "Flows",
  summary: "Several flows as one file",
  about: ABOUT,
  who: "admin",
  creates: false,
  body: {
    schema: z.strictObject({
      ids: z.array(z.string().regex(/^[1-9]\d{0,14}$/, "must be the id of a flow"), "must be a list of ids")
        .min(1, "must name a flow").max(MAX_FILE_FLOWS, `must name at most ${MAX_FILE_FLOWS} flows`),
    }, "must be an object of ids"),
    refusal: "Cannot export the flows",
    example: { ids: ["3"] },
  },
  answer,
  problems: ["NOT_FOUND"],
});

const getFlowSchema = defineRoute({
  method: "get",
  path: "/schemas/flows.json",
  tag: "Flows",
  summary: "JSON Schema of a file of flows",
  who: "public",
  answer: { status: 200, about: "JSON Schema, 2020-12", schema: anyJson, example: { type: "object" } },
});
export const flowExportRoutes = [exportFlow, exportFlows, getFlowSchema];

export function mountFlowExport(app: Hono<AppEnv>, deps: FlowExportDeps) {
  mount(app, deps, exportFlow, async ({ c, login, params }) => {
    const flow = await findFlow(params.id, login.installation.id, deps);
    const file = await fileOf([flow], { login, deps });
    c.header("content-disposition", `attachment; filename="flow-${flow.id}.json"`);
    return file;
  });
  mount(app, deps, exportFlows, async ({ c, login, body }) => {
    const { ids } = await body();
    const all = new Map((await deps.flows.list(login.installation.id)).map((flow) => [String(flow.id), flow]));
    const flows = [...new Set(ids)].map((id) => {
      const flow = all.get(id);
      if (!flow) throw flowUnknown(id);
      return flow;
    });
    const file = await fileOf(flows, { login, deps });
    c.header("content-disposition", `attachment; filename="flows-${login.installation.workspaceId}.json"`);
    return file;
  });
  refuseOtherMethods(app, exportFlows.path, "POST");
}

/** Where everybody may read it, and a program may be pointed at it. */
export function mountFlowSchema(app: Hono<AppEnv>) {
  mount(app, {}, getFlowSchema, () => flowFileSchema());
}

/** Throws REQUEST_INVALID for more than a file may have. */
async function fileOf(flows: Flow[], context: { login: Login; deps: FlowFileDeps }): Promise<FlowFile> {
  const { file, bytes } = await flowFileOf(flows, context);
  if (bytes <= MAX_FILE_BYTES) return file;
  throw new AppError(
    "REQUEST_INVALID",
    `Cannot export the flows: the file would have ${bytes} bytes, at most ${MAX_FILE_BYTES} are allowed; export fewer`,
  );
}

/** The file with its bytes as JSON, also where an import takes none of that size. */
export async function flowFileOf(
  flows: Flow[],
  { login, deps }: { login: Login; deps: FlowFileDeps },
): Promise<{ file: FlowFile; bytes: number }> {
  const { installation } = login;
  const filed = flows.map(({ id, definition }) => toFiled(id, definition));
  const [names, view] = await Promise.all([
    deps.entityNames.find(installation.id, idsIn(filed)),
    runViewOf(login, deps.settings),
  ]);
  const file = {
    ...FLOW_FILE,
    exported_at: new Date(deps.clock.now()).toISOString(),
    workspace_id: installation.workspaceId,
    flows: filed,
    names: Object.fromEntries(
      [...names.values()].map(({ id, type, name }) => [id, { type, name: view.showText(name) ?? "" }]),
    ),
  };
  return { file, bytes: new TextEncoder().encode(JSON.stringify(file)).length };
}
