/** /ui/flow-drafts: flows that were never saved, as far as somebody got with them. They never run. */

import type { Context, Hono } from "hono";
import { z } from "zod";
import { AppError } from "../../base/errors.ts";
import type { Fault } from "../../engine/faults.ts";
import { readFlow, withoutAnswerFields } from "../../flows/parse/parse_flow.ts";
import { keepFlowSecrets } from "../../flows/secrets.ts";
import { type DraftDefinition, draftFaults } from "../../flows/store/draft_shape.ts";
import { type DraftSecrets, hideDraftSecrets } from "../../flows/store/draft_secrets.ts";
import { MAX_NEW_DRAFTS, type NewDraft, type NewDraftRow, type NewDrafts } from "../../flows/store/new_drafts.ts";
import type { AppEnv, Login } from "../server/app_env.ts";
import { defineRoute, mount } from "./contract.ts";
import { DRAFT_ETAG, IF_DRAFT } from "./flow_drafts.ts";
import { type FlowSavingDeps, ifMatch, invalidFlow, parseDeps } from "./flow_saving.ts";
import { FLOW_INPUT_EXAMPLE } from "./flow_schemas.ts";
import { author } from "./flow_versions.ts";
import { type RunView, runViewOf } from "./run_view.ts";
import { anyJson, deleted, fault, id, instant } from "./schemas.ts";

export interface NewFlowDraftRoutesDeps extends FlowSavingDeps {
  newDrafts: NewDrafts;
  draftSecrets: DraftSecrets;
}

const PATH = "/ui/flow-drafts";
const params = { id: id.meta({ description: "Id of the draft", example: "7" }) };
const definition = z.record(z.string(), anyJson);

const rowFields = {
  id,
  name: z.string().nullable().meta({ description: "As it is called so far" }),
  ...author,
  created_at: instant,
  updated_at: instant,
};
const draft = z.object({
  ...rowFields,
  definition: definition.meta({ description: "As it was saved, with or without faults" }),
  faults: z.array(fault).meta({ description: "What keeps it from being saved as a flow" }),
}).meta({ id: "NewFlowDraft" });

const ROW_EXAMPLE = {
  id: "7",
  name: "Mark long entries",
  author: "5e6a0f7c1f3b2a0012345678",
  author_name: "Ada Lovelace",
  created_at: "2026-11-21T08:00:00.000Z",
  updated_at: "2026-11-21T08:10:00.000Z",
};
const EXAMPLE = {
  ...ROW_EXAMPLE,
  definition: { ...FLOW_INPUT_EXAMPLE, actions: [] },
  faults: [{ path: "actions", message: "must hold at least one action" }],
};
const body = {
  schema: z.strictObject(
    { definition: definition.meta({ description: "A flow, as far as it is done" }) },
    "must be an object of definition",
  ),
  refusal: "Cannot keep the draft: expected a definition",
  example: { definition: { ...FLOW_INPUT_EXAMPLE, actions: [] } },
};

const listDrafts = defineRoute({
  method: "get",
  path: PATH,
  tag: "Flows",
  summary: "Drafts of flows that were never saved, the newest change first",
  who: "member",
  answer: {
    status: 200,
    about: "All of them, without their definitions",
    schema: z.object({
      most: z.int().meta({ description: "How many the workspace may have" }),
      drafts: z.array(z.object(rowFields).meta({ id: "NewFlowDraftRow" })),
    }),
    example: { most: MAX_NEW_DRAFTS, drafts: [ROW_EXAMPLE] },
  },
});

const createDraft = defineRoute({
  method: "post",
  path: PATH,
  tag: "Flows",
  summary: "Keep the draft of a flow that was never saved; it never runs",
  about:
    `The whole definition, which may have faults. Refused is only what flows have no field for, and the draft after ${MAX_NEW_DRAFTS} ` +
    "of the workspace, or one for which its drafts have no room (DRAFTS_MB_PER_WORKSPACE). `POST /ui/flows` with its `draft_id` makes it a flow.",
  who: "admin",
  creates: true,
  body,
  answer: { status: 201, about: "The draft", schema: draft, example: EXAMPLE, headers: DRAFT_ETAG },
  problems: ["CONFLICT", "FLOW_INVALID"],
});

const getDraft = defineRoute({
  method: "get",
  path: `${PATH}/{id}`,
  tag: "Flows",
  summary: "The draft of a flow that was never saved",
  who: "member",
  params,
  answer: { status: 200, about: "The draft", schema: draft, example: EXAMPLE, headers: DRAFT_ETAG },
  problems: ["NOT_FOUND"],
});

const saveDraft = defineRoute({
  method: "put",
  path: `${PATH}/{id}`,
  tag: "Flows",
  summary: "Replace the draft of a flow that was never saved",
  about: "With If-Match it is replaced in that state only.",
  who: "admin",
  params,
  headers: IF_DRAFT,
  body,
  answer: { status: 200, about: "The draft", schema: draft, example: EXAMPLE, headers: DRAFT_ETAG },
  problems: ["NOT_FOUND", "PRECONDITION_FAILED", "FLOW_INVALID"],
});

const deleteDraft = defineRoute({
  method: "delete",
  path: `${PATH}/{id}`,
  tag: "Flows",
  summary: "Discard the draft of a flow that was never saved",
  who: "admin",
  params,
  answer: { status: 200, about: "It is deleted", schema: deleted, example: { status: "deleted", id: "7" } },
  problems: ["NOT_FOUND"],
});
export const newFlowDraftRoutes = [listDrafts, createDraft, getDraft, saveDraft, deleteDraft];

export function mountNewFlowDrafts(app: Hono<AppEnv>, deps: NewFlowDraftRoutesDeps) {
  mount(app, deps, listDrafts, async ({ login }) => {
    const [rows, view] = await Promise.all([
      deps.newDrafts.list(login.installation.id),
      runViewOf(login, deps.settings),
    ]);
    return { most: MAX_NEW_DRAFTS, drafts: rows.map((row) => rowJson(row, view)) };
  });

  mount(app, deps, createDraft, async ({ c, login, body, once }) => {
    const { installation, name: author } = login;
    const given = keepable((await body()).definition);
    const { id: installationId } = installation;
    const sealed = (newDraftId: number) => deps.draftSecrets.seal({ installationId, newDraftId }, given);
    const context = await showing(login, deps, given);
    return await once(
      (atEnd) => deps.newDrafts.create(installationId, { sealed, author }, { atEnd }),
      (made) => shown(c, made, context),
    );
  });

  mount(app, deps, getDraft, async ({ c, login, params }) => {
    const found = await findNewDraft(params.id, login.installation.id, deps);
    const place = { installationId: login.installation.id, newDraftId: found.id };
    const opened = await deps.draftSecrets.open(place, found.definition);
    return shown(c, found, await showing(login, deps, opened));
  });

  mount(app, deps, saveDraft, async ({ c, login, params, body }) => {
    const { installation, name: author } = login;
    const before = await findNewDraft(params.id, installation.id, deps);
    const given = keepable((await body()).definition);
    const wanted = ifMatch(c);
    if (wanted && !wanted.includes("*") && !wanted.includes(`"${before.tag}"`)) throw changed(before.id);
    // What says "[redacted]" is in the draft as it is stored.
    const place = { installationId: installation.id, newDraftId: before.id };
    const opened = await deps.draftSecrets.open(place, before.definition);
    const kept = keepFlowSecrets(given, opened) as DraftDefinition;
    const definition = await deps.draftSecrets.seal(place, kept);
    const change = { definition, author, ...(wanted && { expectedTag: before.tag }) };
    const saved = await deps.newDrafts.save(installation.id, before.id, change).catch((error) => {
      throw error instanceof AppError && error.code === "CONFLICT" ? changed(before.id) : error;
    });
    if (!saved) throw newDraftUnknown(params.id);
    return shown(c, saved, await showing(login, deps, kept));
  });

  mount(app, deps, deleteDraft, async ({ login: { installation }, params }) => {
    const { id } = await findNewDraft(params.id, installation.id, deps);
    if (!await deps.newDrafts.remove(installation.id, id)) throw newDraftUnknown(params.id);
    return { status: "deleted" as const, id: String(id) };
  });
}

/** Throws NOT_FOUND. */
export async function findNewDraft(
  text: string,
  installationId: number,
  { newDrafts }: { newDrafts: Pick<NewDrafts, "find"> },
): Promise<NewDraft> {
  const found = /^[1-9]\d{0,14}$/.test(text) ? await newDrafts.find(installationId, Number(text)) : undefined;
  if (!found) throw newDraftUnknown(text);
  return found;
}

/** NOT_FOUND. */
export function newDraftUnknown(text: string): AppError {
  return new AppError("NOT_FOUND", `Cannot find draft "${text.slice(0, 40)}" of a new flow: there is none`);
}

function changed(draftId: number): AppError {
  return new AppError(
    "PRECONDITION_FAILED",
    `Cannot change draft "${draftId}": it was changed meanwhile; read it again`,
  );
}

/** Without what only answers have. Throws FLOW_INVALID for what flows have no field for. */
function keepable(definition: Record<string, unknown>): DraftDefinition {
  const { enabled: _, ...given } = withoutAnswerFields(definition);
  const faults = draftFaults(given);
  if (faults.length > 0) throw invalidFlow(faults, "Cannot keep the draft");
  return given;
}

interface Showing {
  view: RunView;
  faults: Fault[];
}

/** `opened`: with its secrets, as it is checked. */
async function showing(login: Login, deps: NewFlowDraftRoutesDeps, opened: DraftDefinition): Promise<Showing> {
  const [view, parse] = await Promise.all([runViewOf(login, deps.settings), parseDeps(login.installation, deps)]);
  return { view, faults: readFlow({ ...opened, enabled: false }, parse).faults };
}

function shown(c: Context<AppEnv>, found: NewDraft, { view, faults }: Showing) {
  c.header("etag", `"${found.tag}"`);
  return { ...rowJson(found, view), definition: hideDraftSecrets(found.definition), faults };
}

function rowJson(row: NewDraftRow, { showText }: RunView) {
  return {
    id: String(row.id),
    name: row.name,
    author: row.author,
    author_name: showText(row.authorName),
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}
