/** POST /ui/flows/{id}/versions/{version}/restore: an earlier version as the draft of its flow, to be looked at and published. */

import type { Hono } from "hono";
import { z } from "zod";
import { AppError } from "../../base/errors.ts";
import type { DraftDefinition } from "../../flows/store/draft_shape.ts";
import { readFlow } from "../../flows/parse/parse_flow.ts";
import type { FlowVersions } from "../../flows/store/versions.ts";
import type { AppEnv } from "../server/app_env.ts";
import { defineRoute, mount } from "./contract.ts";
import {
  draft,
  DRAFT_ETAG,
  DRAFT_EXAMPLE,
  draftChanged,
  type FlowDraftRoutesDeps,
  IF_DRAFT,
  requireDraft,
  shownDraft,
} from "./flow_drafts.ts";
import { findFlow, parseDeps, refusedChange } from "./flow_saving.ts";
import { noteText, VERSION_PARAMS, versionOf } from "./flow_versions.ts";
import { runViewOf } from "./run_view.ts";

export interface FlowRestoreDeps extends FlowDraftRoutesDeps {
  versions: FlowVersions;
}

const restoreVersion = defineRoute({
  method: "post",
  path: "/ui/flows/{id}/versions/{version}/restore",
  tag: "Flows",
  summary: "Make an earlier version the draft of its flow",
  about:
    "Nothing is published: what runs stays as it is until POST /ui/flows/{id}/publish, and the version that it makes says by " +
    "restored_from which one it repeats. The answer names what keeps it from being published today, such as an operation that is " +
    "gone. It is a conflict where the flow has a draft, unless replace_draft is true.",
  who: "admin",
  creates: true,
  params: VERSION_PARAMS,
  headers: IF_DRAFT,
  body: {
    schema: z.strictObject({
      note: noteText.optional(),
      replace_draft: z.boolean("must be true or false").default(false).meta({
        description: "True: the draft that there is goes",
      }),
    }, "must be an object"),
    refusal: "Cannot restore the version: the request does not fit",
    example: { note: "Back to before the new tags" },
    absent: { replace_draft: false },
  },
  answer: {
    status: 200,
    about: "The draft, with what is wrong with it",
    schema: draft,
    example: { ...DRAFT_EXAMPLE, restored_from: 2 },
    headers: DRAFT_ETAG,
  },
  problems: ["NOT_FOUND", "CONFLICT", "PRECONDITION_FAILED", "FLOW_INVALID"],
});
export const flowRestoreRoutes = [restoreVersion];

export function mountFlowRestore(app: Hono<AppEnv>, deps: FlowRestoreDeps) {
  mount(app, deps, restoreVersion, async ({ c, login, params, body, once }) => {
    const { installation, name: author } = login;
    const flow = await findFlow(params.id, installation.id, deps);
    const number = versionOf(params.version, flow.id);
    const { note, replace_draft: replaces } = await body();
    const { definition: old, version, state } = await deps.versions.find(installation.id, flow.id, number);
    if (state === "published") {
      throw new AppError("CONFLICT", `Cannot restore version ${version} of flow "${flow.id}": it is the present one`);
    }
    const present = await deps.drafts.find(installation.id, flow.id);
    const expectedTag = requireDraft(c, flow, present) ?? (replaces ? undefined : null);
    if (present && !replaces) throw hasDraft(flow.id, version);
    const key = { installationId: installation.id, flowId: flow.id };
    const [opened, stored, parse, view] = await Promise.all([
      deps.secrets.openKnown(key, old),
      deps.secrets.openKnown(key, flow.definition),
      parseDeps(installation, deps),
      runViewOf(login, deps.settings),
    ]);
    const reading = readFlow({ ...opened, enabled: flow.enabled }, { ...parse, stored });
    const change = {
      definition: await deps.draftSecrets.seal(key, { ...opened } satisfies DraftDefinition),
      note: note || null,
      author,
      baseVersion: flow.version,
      restoredFrom: version,
      expectedTag,
    };
    return await once(
      (atEnd) =>
        deps.drafts.save(installation.id, flow.id, change, { atEnd }).catch((error) => {
          const isConflict = error instanceof AppError && error.code === "CONFLICT";
          if (isConflict && expectedTag === null) throw hasDraft(flow.id, version);
          return refusedChange(c, () => draftChanged(flow))(error);
        }),
      (saved) => {
        c.header("etag", `"${saved.tag}"`);
        return shownDraft(saved, { flow, reading, view });
      },
    );
  });
}

function hasDraft(flowId: number, version: number): AppError {
  return new AppError(
    "CONFLICT",
    `Cannot restore version ${version} of flow "${flowId}": it has a draft; replace_draft replaces it`,
  );
}
