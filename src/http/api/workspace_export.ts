/**
 * GET /ui/workspace-export: what people made and set in a workspace as one JSON file, written while it is sent: flows as files that
 * can be imported, their drafts, sources without secrets, the guard, settings, saved calls, saved views of events.
 */

import type { Hono } from "hono";
import { z } from "zod";
import type { EventViews } from "../../events/views.ts";
import type { SavedCalls } from "../../explorer/saved.ts";
import { hideDraftSecrets } from "../../flows/store/draft_secrets.ts";
import type { FlowDrafts } from "../../flows/store/drafts.ts";
import { MAX_FILE_BYTES, MAX_FILE_FLOWS } from "../../flows/store/flow_file.ts";
import type { NewDrafts } from "../../flows/store/new_drafts.ts";
import type { Flow } from "../../flows/store/store.ts";
import { DEFAULT_POLICY, OUTCOMES, type PolicyStore } from "../../guard/policy.ts";
import type { SourceDefinition } from "../../sources/definition.ts";
import { SCHEMES } from "../../sources/scheme_names.ts";
import { PRESETS } from "../../sources/senders.ts";
import type { SourceStore } from "../../sources/store.ts";
import type { AppEnv, Login } from "../server/app_env.ts";
import { readerOf } from "../server/login.ts";
import { defineRoute, mount } from "./contract.ts";
import { viewFilter } from "./event_views.ts";
import { savedReaderOf } from "./explorer_saved.ts";
import { answerExport, type ExportDeps, requireStill } from "./export_file.ts";
import { FILE_EXAMPLE, type FlowFileDeps, flowFileOf } from "./flow_export.ts";
import { flowFile } from "./flow_file_schemas.ts";
import { grade } from "./guard.ts";
import { anyJson, id, instant, orNull, workspaceId } from "./schemas.ts";
import { setting, settingsOf, type SettingsRoutesDeps } from "./settings.ts";
import { ownAnswer } from "./sources.ts";

export interface WorkspaceExportDeps extends ExportDeps, FlowFileDeps {
  flows: { list(installationId: number): Promise<Flow[]> };
  drafts: Pick<FlowDrafts, "list">;
  newDrafts: Pick<NewDrafts, "list" | "find">;
  sources: Pick<SourceStore, "list">;
  policies: Pick<PolicyStore, "read">;
  saved: Pick<SavedCalls, "list">;
  eventViews: Pick<EventViews, "list">;
  /** As GET /ui/settings has them. */
  defaults: SettingsRoutesDeps["defaults"];
  state: SettingsRoutesDeps["state"];
  variableOf: SettingsRoutesDeps["variableOf"];
}

const FORMAT = { format: "timewire.workspace", version: 1 } as const;

const workspaceFile = z.object({
  format: z.literal(FORMAT.format),
  version: z.literal(FORMAT.version),
  exported_at: instant,
  workspace_id: workspaceId,
  addon: z.string(),
  elsewhere: z.object({ events: z.string(), journal: z.string(), calls: z.string() })
    .meta({ description: "Paths of the exports of what is not in this file" }),
  settings: z.array(setting),
  guard: z.object({ by_hand: z.record(grade, z.enum(OUTCOMES)), flows: z.record(grade, z.enum(OUTCOMES)) }),
  flows: z.array(z.object({ id, name: z.string(), enabled: z.boolean(), version: z.int() })),
  flow_files: z.array(flowFile),
  flow_drafts: z.array(z.object({ flow_id: id, definition: z.record(z.string(), anyJson) })),
  new_flow_drafts: z.array(
    z.object({ id, name: z.string().nullable(), definition: z.record(z.string(), anyJson) }),
  ),
  sources: z.array(z.object({
    name: z.string(),
    scheme: z.enum(SCHEMES),
    preset: z.enum(PRESETS).nullable(),
    options: z.record(z.string(), anyJson),
    enabled: z.boolean(),
    max_body_bytes: z.int().nullable(),
    rate_per_second: z.int(),
    duplicate_window_seconds: z.int().nullable(),
    answer: orNull(ownAnswer),
  })),
  saved_calls: z.array(
    z.object({
      name: z.string(),
      shared: z.boolean(),
      request: orNull(z.record(z.string(), anyJson)).meta({ description: "Null where it cannot be opened" }),
    }),
  ),
  event_views: z.array(z.object({ name: z.string(), filter: viewFilter })),
  complete: z.literal(true),
}).meta({ id: "WorkspaceFile" });

/** What is in no such file, and where it is exported instead. */
const ELSEWHERE = {
  events: "/ui/webhooks/export",
  journal: "/ui/changes/export",
  calls: "/ui/calls/export",
} as const;

const EXAMPLE = {
  ...FORMAT,
  exported_at: FILE_EXAMPLE.exported_at,
  workspace_id: FILE_EXAMPLE.workspace_id,
  addon: "universal_webhook",
  elsewhere: ELSEWHERE,
  settings: [{
    id: "enable_flows",
    name: "Enable flows",
    value: true,
    source: "environment",
    variable: "UW_ENABLE_FLOWS",
  }],
  guard: DEFAULT_POLICY,
  flows: [{ id: "3", name: FILE_EXAMPLE.flows[0]!.name, enabled: true, version: 2 }],
  flow_files: [FILE_EXAMPLE],
  flow_drafts: [],
  new_flow_drafts: [],
  sources: [{
    name: "github",
    scheme: "hmac_sha256",
    preset: "github",
    options: {},
    enabled: true,
    max_body_bytes: null,
    rate_per_second: 100,
    duplicate_window_seconds: null,
    answer: null,
  }],
  saved_calls: [{ name: "Tags", shared: true, request: { operation_id: "getTags" } }],
  event_views: [{ name: "What failed today", filter: { outcome: "failed", time: "24h" } }],
  complete: true,
};

const exportWorkspace = defineRoute({
  method: "get",
  path: "/ui/workspace-export",
  tag: "Workspace",
  summary: "What people made and set in the workspace, as one JSON file",
  about:
    "Flows, each part of `flow_files` as POST /ui/flows/import takes it, with whether each is on; their drafts; sources, the guard, " +
    "settings, saved views of events, and saved calls: your own and those that are shared. No secret, no token and no address of a source is in it; of an " +
    "address that events are forwarded to, the origin alone. Events, the journal and records of calls have exports of their own, " +
    "which `elsewhere` names. A whole file ends with `complete`: true; where it broke off, its last line is {error}.",
  who: "admin",
  costly: true,
  answer: {
    status: 200,
    about: "The file",
    media: "application/json",
    headers: { "Content-Disposition": "A name for the file" },
    message: workspaceFile,
    example: EXAMPLE,
  },
});
export const workspaceExportRoutes = [exportWorkspace];

export function mountWorkspaceExport(app: Hono<AppEnv>, deps: WorkspaceExportDeps) {
  mount(app, deps, exportWorkspace, async ({ c, login }) => {
    const headers = {
      "content-type": "application/json; charset=utf-8",
      "content-disposition": `attachment; filename="workspace-${login.installation.workspaceId}.json"`,
      "x-content-type-options": "nosniff",
    };
    const faultLine = (fault: object) => `\n${JSON.stringify(fault)}`;
    return await answerExport(c, { deps, login, headers, chunks: partsOf(login, deps), faultLine });
  });
}

/** The members of the file, in its order: each is read in a place of its own among costly reads. */
async function* partsOf(login: Login, deps: WorkspaceExportDeps): AsyncGenerator<string, void> {
  const { installation } = login;
  const { id, workspaceId, addon } = installation;
  const reader = readerOf(login);
  let isFirst = true;
  const read = async <T>(work: () => Promise<T>): Promise<T> => {
    if (!isFirst) await requireStill(installation, deps);
    const done = await deps.costly.run(reader, work, { goesOn: !isFirst });
    isFirst = false;
    return done;
  };
  const settings = await read(() => settingsOf(installation, "member", deps));
  const { policy } = await read(() => deps.policies.read(id));
  yield `{\n${
    members({
      ...FORMAT,
      exported_at: new Date(deps.clock.now()).toISOString(),
      workspace_id: workspaceId,
      addon,
      elsewhere: ELSEWHERE,
      settings: settings.settings,
      guard: policy,
    })
  }`;

  const flows = await read(() => deps.flows.list(id));
  yield list("flows", flows.map(({ id, name, enabled, version }) => ({ id: String(id), name, enabled, version })));
  yield ',\n"flow_files": [';
  let isNext = false;
  for await (const file of filesOf(flows, (some) => read(() => flowFileOf(some, { login, deps })))) {
    yield `${isNext ? "," : ""}\n${JSON.stringify(file)}`;
    isNext = true;
  }
  yield "]";
  const drafts = await read(() => deps.drafts.list(id));
  yield list(
    "flow_drafts",
    [...drafts].map(([flowId, draft]) => ({ flow_id: String(flowId), definition: hideDraftSecrets(draft) })),
  );
  yield ',\n"new_flow_drafts": [';
  isNext = false;
  for (const row of await read(() => deps.newDrafts.list(id))) {
    const draft = await read(() => deps.newDrafts.find(id, row.id));
    if (!draft) continue;
    yield `${isNext ? "," : ""}\n${
      JSON.stringify({ id: String(draft.id), name: draft.name, definition: hideDraftSecrets(draft.definition) })
    }`;
    isNext = true;
  }
  yield "]";
  const sources = await read(() => deps.sources.list(id));
  yield list("sources", sources.map(({ definition }) => sourceJson(definition)));
  const saved = await read(() => deps.saved.list(savedReaderOf(login)));
  yield list("saved_calls", saved.map(({ name, shared, request }) => ({ name, shared, request })));
  const views = await read(() => deps.eventViews.list(id));
  yield list("event_views", views.map(({ name, filter }) => ({ name, filter })));
  yield `,\n"complete": true\n}\n`;
}

/** As few files as hold the flows, each within what an import takes. */
async function* filesOf(
  flows: readonly Flow[],
  fileOf: (flows: Flow[]) => ReturnType<typeof flowFileOf>,
): AsyncGenerator<unknown, void> {
  for (let from = 0; from < flows.length;) {
    let some = flows.slice(from, from + MAX_FILE_FLOWS);
    let made = await fileOf(some);
    while (made.bytes > MAX_FILE_BYTES && some.length > 1) {
      some = some.slice(0, Math.ceil(some.length / 2));
      made = await fileOf(some);
    }
    yield made.file;
    from += some.length;
  }
}

/** As POST /ui/sources takes it; its address and its secret are new there. */
function sourceJson(source: SourceDefinition) {
  return {
    name: source.name,
    scheme: source.scheme,
    preset: source.preset,
    options: source.options,
    enabled: source.enabled,
    max_body_bytes: source.maxBodyBytes,
    rate_per_second: source.ratePerSecond,
    duplicate_window_seconds: source.duplicateWindowSeconds,
    answer: source.answer,
  };
}

function members(object: Record<string, unknown>): string {
  return Object.entries(object).map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`).join(",\n");
}

function list(name: string, items: readonly unknown[]): string {
  return `,\n${members({ [name]: items })}`;
}
