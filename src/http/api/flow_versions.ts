/** /ui/flows/{id}/versions: what each save of a flow published. */

import type { Hono } from "hono";
import { z } from "zod";
import type { DraftRow, FlowDrafts } from "../../flows/store/drafts.ts";
import { hideFlowSecrets } from "../../flows/secrets.ts";
import { MAX_NOTE_CHARS } from "../../flows/store/version_rows.ts";
import { type FlowVersions, type VersionRow, versionUnknown } from "../../flows/store/versions.ts";
import type { AppEnv } from "../server/app_env.ts";
import { defineRoute, mount } from "./contract.ts";
import { COUNTED, type FlowStatsSource, type VersionRuns } from "../../runs/stats.ts";
import { findFlow, type FlowSavingDeps } from "./flow_saving.ts";
import { definition, FLOW_EXAMPLE } from "./flow_schemas.ts";
import { type RunView, runViewOf } from "./run_view.ts";
import { cursorPage, id, idCursor, instant, limitUpTo100, orNull } from "./schemas.ts";

export interface FlowVersionRoutesDeps extends FlowSavingDeps {
  versions: FlowVersions;
  drafts: Pick<FlowDrafts, "about">;
  stats: Pick<FlowStatsSource, "byVersion">;
}

const PATH = "/ui/flows/{id}/versions";

export const author = {
  author: z.string().nullable().meta({ description: "Id of a user, or name of an operator; null: not known" }),
  author_name: z.string().nullable().meta({ description: "As the workspace knows the user, where that was read" }),
};

export const noteText = z.string("must be text").trim()
  .max(MAX_NOTE_CHARS, `must have at most ${MAX_NOTE_CHARS} characters`)
  .meta({ description: "What was changed and why" });

const versionFields = {
  version: z.int(),
  state: z.enum(["published", "retired"]).meta({ description: "published: the one that new runs begin with" }),
  present: z.boolean(),
  restored_from: z.int().nullable().meta({ description: "The earlier version that it repeats" }),
  ...author,
  note: z.string().nullable(),
  created_at: instant.meta({ description: "When it was saved, or its draft begun" }),
  published_at: instant,
};

const version = z.object(versionFields);

const countFields = {
  runs: z.int().meta({ description: "Runs of the version that are kept" }),
  failed: z.int().meta({ description: "Those of them that failed" }),
  in_progress: z.int().meta({ description: "Runs that keep the version until they end: pending, running or waiting" }),
  last_run_at: instant.nullable().meta({ description: "When the newest of the counted runs was made" }),
};

const NO_RUNS = { runs: 0, failed: 0, inProgress: 0, lastRunAt: null };

export const draftFields = {
  base_version: z.int().meta({ description: "The version that it is a change of" }),
  restored_from: z.int().nullable().meta({ description: "The earlier version that it repeats" }),
  ...author,
  note: z.string().nullable(),
  created_at: instant,
  updated_at: instant,
};

const draft = z.object(draftFields).meta({ id: "FlowDraftRow" });

const { enabled: _enabled, ...versioned } = definition;

const VERSION_EXAMPLE = {
  version: 4,
  state: "published" as const,
  present: true,
  restored_from: null,
  author: "5e6a0f7c1f3b2a0012345678",
  author_name: "Ada Lovelace",
  note: null,
  created_at: "2026-11-21T08:00:00.000Z",
  published_at: "2026-11-21T08:00:00.000Z",
};

export const FLOW_PARAM = { id: id.meta({ description: "Id of the flow", example: "3" }) };

const listVersions = defineRoute({
  method: "get",
  path: PATH,
  tag: "Flows",
  summary: "Versions of a flow, newest first",
  about:
    "The newest 100 are kept, and of the 900 before them those that still have runs; of large flows fewer, up to 4 MiB.",
  who: "member",
  params: FLOW_PARAM,
  query: z.object({ limit: limitUpTo100, cursor: idCursor }),
  answer: {
    status: 200,
    about: "A page of versions, without their definitions",
    schema: z.object({
      flow_id: id,
      enabled: z.boolean().meta({ description: "The flow is on: new runs begin with the version that is present" }),
      draft: orNull(draft).meta({ description: "What is worked on; null: nothing" }),
      pagination: cursorPage,
      counted_runs: z.object({
        limit: z.int(),
        is_cut: z.boolean().meta({ description: "The flow has more: those of before are not counted" }),
      }).meta({
        description: "Of which runs `runs`, `failed` and `last_run_at` of the versions are: the newest of the flow",
      }),
      versions: z.array(version.extend(countFields).meta({ id: "FlowVersionRow" })),
    }),
    example: {
      flow_id: "3",
      enabled: true,
      draft: null,
      pagination: { limit: 50, has_more: false, next_cursor: null },
      counted_runs: { limit: COUNTED, is_cut: false },
      versions: [{
        ...VERSION_EXAMPLE,
        runs: 120,
        failed: 3,
        in_progress: 2,
        last_run_at: "2026-11-22T09:14:00.000Z",
      }],
    },
  },
  problems: ["NOT_FOUND"],
});

export const VERSION_PARAMS = {
  ...FLOW_PARAM,
  version: z.string().meta({ description: "Number of the version", example: "4" }),
};

const getVersion = defineRoute({
  method: "get",
  path: `${PATH}/{version}`,
  tag: "Flows",
  summary: "One version of a flow",
  who: "member",
  params: VERSION_PARAMS,
  answer: {
    status: 200,
    about: "The version with its definition; whether the flow is on is no part of it",
    schema: z.object({
      flow_id: id,
      ...versionFields,
      definition: z.object(versioned).meta({ id: "VersionDefinition" }),
    }),
    example: {
      flow_id: "3",
      ...VERSION_EXAMPLE,
      definition: {
        name: FLOW_EXAMPLE.name,
        trigger_event_types: FLOW_EXAMPLE.trigger_event_types,
        conditions: FLOW_EXAMPLE.conditions,
        actions: FLOW_EXAMPLE.actions,
        ordered: FLOW_EXAMPLE.ordered,
      },
    },
  },
  problems: ["NOT_FOUND"],
});

export const flowVersionRoutes = [listVersions, getVersion];

export function mountFlowVersions(app: Hono<AppEnv>, deps: FlowVersionRoutesDeps) {
  mount(app, deps, listVersions, async ({ login, params, query: { limit, cursor } }) => {
    const { installation } = login;
    const flow = await findFlow(params.id, installation.id, deps);
    const [{ versions, next }, draft, view, counted] = await Promise.all([
      deps.versions.list(installation.id, flow.id, { limit, before: cursor }),
      deps.drafts.about(installation.id, flow.id),
      runViewOf(login, deps.settings),
      deps.stats.byVersion(installation.id, flow.id),
    ]);
    return {
      flow_id: String(flow.id),
      enabled: flow.enabled,
      draft: draft ? draftJson(draft, view) : null,
      pagination: { limit, has_more: next !== null, next_cursor: next === null ? null : String(next) },
      counted_runs: { limit: COUNTED, is_cut: counted.isCut },
      versions: versions.map((one) => ({
        ...versionJson(one, view),
        ...countsJson(counted.versions.get(one.version) ?? NO_RUNS),
      })),
    };
  });

  mount(app, deps, getVersion, async ({ login, params }) => {
    const { installation } = login;
    const flow = await findFlow(params.id, installation.id, deps);
    const found = await deps.versions.find(installation.id, flow.id, versionOf(params.version, flow.id));
    return {
      flow_id: String(flow.id),
      ...versionJson(found, await runViewOf(login, deps.settings)),
      definition: hideFlowSecrets(found.definition),
    };
  });
}

/** Throws NOT_FOUND for what is no number of a version. */
export function versionOf(text: string, flowId: number): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw versionUnknown(flowId, text.slice(0, 40));
  return Number(text);
}

export function draftJson(draft: DraftRow, { showText }: RunView) {
  return {
    base_version: draft.baseVersion,
    restored_from: draft.restoredFrom,
    author: draft.author,
    author_name: showText(draft.authorName),
    note: draft.note,
    created_at: draft.createdAt.toISOString(),
    updated_at: draft.updatedAt.toISOString(),
  };
}

function countsJson({ runs, failed, inProgress, lastRunAt }: VersionRuns) {
  return { runs, failed, in_progress: inProgress, last_run_at: lastRunAt?.toISOString() ?? null };
}

function versionJson(one: VersionRow, { showText }: RunView) {
  return {
    version: one.version,
    state: one.state,
    present: one.state === "published",
    restored_from: one.restoredFrom,
    author: one.author,
    author_name: showText(one.authorName),
    note: one.note,
    created_at: one.createdAt.toISOString(),
    published_at: one.publishedAt.toISOString(),
  };
}
