/** /ui/flows/{id}/draft: what somebody works on beside the published version, and its publication. */

import type { Context, Hono } from "hono";
import { z } from "zod";
import { AppError } from "../../base/errors.ts";
import { type DraftDefinition, draftFaults } from "../../flows/store/draft_shape.ts";
import { type DraftSecrets, hideDraftSecrets } from "../../flows/store/draft_secrets.ts";
import { type FlowDraft, type FlowDrafts, takeDraft } from "../../flows/store/drafts.ts";
import { type FlowReading, readFlow, withoutAnswerFields } from "../../flows/parse/parse_flow.ts";
import { keepFlowSecrets } from "../../flows/secrets.ts";
import type { Flow } from "../../flows/store/store.ts";
import type { AppEnv, Login } from "../server/app_env.ts";
import { defineRoute, mount } from "./contract.ts";
import {
  changedMeanwhile,
  checked,
  ETAG,
  etagOf,
  findFlow,
  type FlowSavingDeps,
  IF_MATCH,
  ifMatch,
  invalidFlow,
  parseDeps,
  readSaving,
  refusedChange,
  requireVersion,
  savedJson,
} from "./flow_saving.ts";
import { admitPublication, confirmToken, GUARD_PROBLEMS, GUARDED } from "./flow_guard.ts";
import { flow, FLOW_EXAMPLE, FLOW_INPUT_EXAMPLE } from "./flow_schemas.ts";
import { draftFields, draftJson, FLOW_PARAM, noteText } from "./flow_versions.ts";
import { type RunView, runViewOf } from "./run_view.ts";
import { anyJson, deleted, fault, id } from "./schemas.ts";

export interface FlowDraftRoutesDeps extends FlowSavingDeps {
  drafts: FlowDrafts;
  draftSecrets: DraftSecrets;
}

const PATH = "/ui/flows/{id}/draft";
export const DRAFT_ETAG = { ETag: "Of what the draft says, for If-Match" };
export const IF_DRAFT = { "if-match": z.string().optional().meta({ description: "ETag of the draft as it was read" }) };

const definition = z.record(z.string(), anyJson);

export const draft = z.object({
  flow_id: id,
  present_version: z.int().meta({
    description: "The one that is published; another one than base_version is a conflict",
  }),
  ...draftFields,
  definition: definition.meta({ description: "As it was saved, with or without faults" }),
  faults: z.array(fault).meta({ description: "What keeps it from being published" }),
  warnings: z.array(fault).meta({ description: "What may go wrong when it runs" }),
}).meta({ id: "FlowDraft" });

export const DRAFT_EXAMPLE = {
  flow_id: "3",
  present_version: 4,
  base_version: 4,
  restored_from: null,
  author: "5e6a0f7c1f3b2a0012345678",
  author_name: "Ada Lovelace",
  note: null,
  created_at: "2026-11-21T08:00:00.000Z",
  updated_at: "2026-11-21T08:10:00.000Z",
  definition: { ...FLOW_INPUT_EXAMPLE, actions: [] },
  faults: [{ path: "actions", message: "must hold at least one action" }],
  warnings: [],
};

const getDraft = defineRoute({
  method: "get",
  path: PATH,
  tag: "Flows",
  summary: "The draft of a flow",
  who: "member",
  params: FLOW_PARAM,
  answer: {
    status: 200,
    about: "The draft, with what is wrong with it",
    schema: draft,
    example: DRAFT_EXAMPLE,
    headers: DRAFT_ETAG,
  },
  problems: ["NOT_FOUND"],
});

const saveDraft = defineRoute({
  method: "put",
  path: PATH,
  tag: "Flows",
  summary: "Make or replace the draft of a flow; it never runs",
  about:
    "The whole definition, which may have faults: they are in the answer. Refused is only what flows have no field for, " +
    "and a draft for which those of the workspace have no room (DRAFTS_MB_PER_WORKSPACE). `enabled` is no part of it: the flow stays on or off. base_version stays as it is where it is left out; of a new " +
    "draft it is the version that is published.",
  who: "admin",
  params: FLOW_PARAM,
  headers: {
    ...IF_DRAFT,
    "if-none-match": z.string().optional().meta({ description: '"*": the flow must have no draft yet' }),
  },
  body: {
    schema: z.strictObject({
      definition: definition.meta({ description: "A flow, as far as it is done" }),
      base_version: z.int("must be a version of the flow").min(1, "must be a version of the flow").optional()
        .meta({ description: "The version that it is a change of" }),
      note: noteText.optional(),
    }, "must be an object of definition, base_version and note"),
    refusal: "Cannot save the draft: expected a definition",
    example: { definition: { ...FLOW_INPUT_EXAMPLE, actions: [] } },
  },
  answer: {
    status: 200,
    about: "The draft, with what is wrong with it",
    schema: draft,
    example: DRAFT_EXAMPLE,
    headers: DRAFT_ETAG,
  },
  problems: ["NOT_FOUND", "CONFLICT", "PRECONDITION_FAILED", "FLOW_INVALID"],
});

const deleteDraft = defineRoute({
  method: "delete",
  path: PATH,
  tag: "Flows",
  summary: "Delete the draft of a flow",
  about: "The flow stays as it is.",
  who: "admin",
  params: FLOW_PARAM,
  headers: IF_DRAFT,
  answer: { status: 200, about: "It is deleted", schema: deleted, example: { status: "deleted", id: "3" } },
  problems: ["NOT_FOUND", "CONFLICT", "PRECONDITION_FAILED"],
});

const publishDraft = defineRoute({
  method: "post",
  path: "/ui/flows/{id}/publish",
  tag: "Flows",
  summary: "Publish the draft of a flow",
  about:
    "It becomes the next version, which new runs begin with; runs in progress keep theirs. It is a conflict when another " +
    "version was published since the draft was begun: compare, and save the draft with base_version of today to go on. " +
    "Without a note it has the draft's. " + GUARDED,
  who: "admin",
  creates: true,
  params: FLOW_PARAM,
  headers: IF_MATCH,
  body: {
    schema: z.strictObject({
      note: noteText.optional(),
      draft_tag: z.string("must be text").optional().meta({
        description: "ETag of the draft as it was read: another one is not published",
      }),
      confirm_token: confirmToken,
    }, "must be an object"),
    refusal: "Cannot publish the draft: the request does not fit",
    example: { note: "Back to before the new tags" },
    absent: {},
  },
  answer: {
    status: 200,
    about: "The flow as it is now",
    schema: flow,
    example: { ...FLOW_EXAMPLE, version: 5 },
    headers: ETAG,
  },
  problems: ["NOT_FOUND", "CONFLICT", "PRECONDITION_FAILED", "FLOW_INVALID", ...GUARD_PROBLEMS],
});
export const flowDraftRoutes = [getDraft, saveDraft, deleteDraft, publishDraft];

export function mountFlowDrafts(app: Hono<AppEnv>, deps: FlowDraftRoutesDeps) {
  mount(app, deps, getDraft, async ({ c, login, params }) => {
    const flow = await findFlow(params.id, login.installation.id, deps);
    const draft = await deps.drafts.find(login.installation.id, flow.id);
    if (!draft) throw draftUnknown(flow.id);
    c.header("etag", `"${draft.tag}"`);
    return await shown(draft, { flow, login, deps });
  });

  mount(app, deps, saveDraft, async ({ c, login, params, body }) => {
    const { installation, name: author } = login;
    const flow = await findFlow(params.id, installation.id, deps);
    const { definition, base_version: baseVersion, note } = await body();
    const { enabled: _, ...given } = withoutAnswerFields(definition);
    const faults = draftFaults(given);
    if (faults.length > 0) throw invalidFlow(faults, "Cannot save the draft");
    const before = await deps.drafts.find(installation.id, flow.id);
    const expectedTag = isNoneWanted(c) ? null : requireDraft(c, flow, before);
    if (before && expectedTag === null) throw draftChanged(flow);
    // What says "[redacted]" is in the draft as it is stored, or in the flow that it is a change of.
    const key = { installationId: installation.id, flowId: flow.id };
    const [draft, published] = await Promise.all([
      before ? deps.draftSecrets.open(key, before.definition) : {},
      deps.secrets.openKnown(key, flow.definition),
    ]);
    const kept = keepFlowSecrets(keepFlowSecrets(given, draft), published) as DraftDefinition;
    const change = {
      definition: await deps.draftSecrets.seal(key, kept),
      note: note || null,
      author,
      baseVersion,
      expectedTag,
    };
    const saved = await deps.drafts.save(installation.id, flow.id, change).catch(
      refusedChange(c, () => draftChanged(flow)),
    );
    c.header("etag", `"${saved.tag}"`);
    return await shown(saved, { flow, login, deps });
  });

  mount(app, deps, deleteDraft, async ({ c, login: { installation }, params }) => {
    const flow = await findFlow(params.id, installation.id, deps);
    const draft = await deps.drafts.find(installation.id, flow.id);
    if (!draft) throw draftUnknown(flow.id);
    const expectedTag = requireDraft(c, flow, draft);
    const isGone = await deps.drafts.remove(installation.id, flow.id, { expectedTag }).catch(
      refusedChange(c, () => draftChanged(flow)),
    );
    if (!isGone) throw draftUnknown(flow.id);
    return { status: "deleted" as const, id: String(flow.id) };
  });

  mount(app, deps, publishDraft, async ({ c, login, params, body, once }) => {
    const { installation, name: author } = login;
    const flow = await findFlow(params.id, installation.id, deps);
    requireVersion(c, flow, { switchStays: true });
    const { note, draft_tag: tag, confirm_token: token } = await body();
    const draft = await deps.drafts.find(installation.id, flow.id);
    if (tag !== undefined && tag !== draft?.tag) throw draftChanged(flow);
    if (!draft) throw unpublished(flow, "it has no draft");
    if (draft.baseVersion !== flow.version) {
      throw unpublished(
        flow,
        `version ${flow.version} was published since its draft was begun from version ${draft.baseVersion}; ` +
          `save the draft with base_version ${flow.version} to publish it all the same`,
      );
    }
    const { input, parse } = await toBeChecked(draft, { flow, login, deps });
    const { flow: definition, warnings } = checked(input, parse, "Cannot publish the draft");
    const admitted = await admitPublication({ login, flow, definition, token }, deps);
    const key = { installationId: installation.id, flowId: flow.id };
    const change = {
      definition: await deps.secrets.seal(key, definition),
      expectedVersion: flow.version,
      expectedSwitched: flow.switched,
      author,
      note: note || draft.note,
      begunAt: draft.createdAt,
      restoredFrom: draft.restoredFrom,
    };
    const facts = await readSaving(installation, deps);
    let taken = true;
    return await once(
      (atEnd) =>
        deps.flows.update(installation.id, flow.id, change, {
          before: async (sql) => {
            taken = false;
            await takeDraft(sql, key, draft.tag);
            taken = true;
          },
          atEnd: admitted.atEnd(atEnd),
        }).catch((error) => {
          // Not the flow but its draft was changed meanwhile: If-Match says nothing of it.
          if (!taken) throw error;
          return refusedChange(c, () => changedMeanwhile(flow))(error);
        }),
      (published) => {
        c.header("etag", etagOf(published));
        return savedJson(published, { ...facts, warnings: [...warnings, ...admitted.warnings], deps });
      },
    );
  });
}

export interface DraftPlace {
  flow: Flow;
  login: Pick<Login, "installation">;
  deps: FlowDraftRoutesDeps;
}

/** What the draft would be checked as, were it published now. */
export async function toBeChecked(draft: FlowDraft, { flow, login: { installation }, deps }: DraftPlace) {
  const key = { installationId: installation.id, flowId: flow.id };
  const [opened, stored, parse] = await Promise.all([
    deps.draftSecrets.open(key, draft.definition),
    deps.secrets.openKnown(key, flow.definition),
    parseDeps(installation, deps),
  ]);
  return { input: { ...opened, enabled: flow.enabled }, parse: { ...parse, stored } };
}

async function shown(draft: FlowDraft, place: DraftPlace & { login: Login }) {
  const { input, parse } = await toBeChecked(draft, place);
  return shownDraft(draft, {
    flow: place.flow,
    reading: readFlow(input, parse),
    view: await runViewOf(place.login, place.deps.settings),
  });
}

/** The draft as it is answered; `reading`: what was found in it. */
export function shownDraft(
  draft: FlowDraft,
  { flow, reading: { faults, warnings }, view }: {
    flow: Flow;
    reading: Pick<FlowReading, "faults" | "warnings">;
    view: RunView;
  },
) {
  return {
    flow_id: String(flow.id),
    present_version: flow.version,
    ...draftJson(draft, view),
    definition: hideDraftSecrets(draft.definition),
    faults,
    warnings: warnings.map(({ path, message }) => ({ path, message })),
  };
}

/** The tag that the stored draft must still have at the write: with If-Match alone. Throws PRECONDITION_FAILED. */
export function requireDraft(c: Context<AppEnv>, flow: Flow, draft: FlowDraft | undefined): string | undefined {
  const wanted = ifMatch(c);
  if (wanted === undefined) return undefined;
  if (draft && (wanted.includes("*") || wanted.includes(`"${draft.tag}"`))) return draft.tag;
  throw draftChanged(flow);
}

/** True for a draft that is to be made: one of another person is not replaced by it. */
function isNoneWanted(c: Context<AppEnv>): boolean {
  return c.req.header("if-none-match")?.trim() === "*";
}

export function draftChanged(flow: Flow): AppError {
  return new AppError(
    "PRECONDITION_FAILED",
    `Cannot change the draft of flow "${flow.id}": it is in another state than the request names; read the draft again`,
  );
}

export function draftUnknown(flowId: number): AppError {
  return new AppError("NOT_FOUND", `Cannot find the draft of flow "${flowId}": it has none`);
}

function unpublished(flow: Flow, why: string): AppError {
  return new AppError("CONFLICT", `Cannot publish the draft of flow "${flow.id}": ${why}`);
}
