/** /ui/changes/{id}/candidates and /settle: a create whose answer was lost is looked for in Clockify, and a person says what it made. */

import { personOf } from "../../clockify/call_origin.ts";
import type { Hono } from "hono";
import { z } from "zod";
import type { LostCreates } from "../../changes/lost_creates.ts";
import { type ChangeStore, changeUnknown } from "../../changes/store.ts";
import type { Catalogue } from "../../clockify/operations.ts";
import type { AppEnv, Login } from "../server/app_env.ts";
import type { BodyLimits } from "../server/body.ts";
import type { AuthDeps } from "../server/login.ts";
import { candidates, changeRow, ROW_EXAMPLE } from "./change_schemas.ts";
import { changeRowJson } from "./change_view.ts";
import { changeId, ID, PATH, UPSTREAM } from "./changes.ts";
import { defineRoute, mount } from "./contract.ts";
import { explained } from "./explained.ts";

export interface LostChangeRoutesDeps extends AuthDeps {
  changes: Pick<ChangeStore, "find">;
  lostCreates: LostCreates;
  catalogue: Catalogue;
  body: BodyLimits;
}

const LOST = {
  ...ROW_EXAMPLE,
  state: "uncertain",
  operation_id: "createNewTag",
  method: "POST",
  entity_id: null,
  fields: [],
  undo_kind: "remove",
  undoable: false,
  not_undoable: "what came of it is not known",
  lost: true,
  http_status: null,
} as const;

const getCandidates = defineRoute({
  method: "get",
  path: `${PATH}/{id}/candidates`,
  tag: "Changes",
  summary: "Look for what a create made whose answer was lost",
  about:
    "Reads the list that the object would stand in, ten pages at most, each a call. A candidate is called as it was sent; " +
    "what other changes made is none.",
  who: "admin",
  ...ID,
  answer: {
    status: 200,
    about: "Objects that may be the one",
    schema: candidates,
    example: {
      change: LOST,
      candidates: [{
        id: "64c777ddd3fcab07cfbb210c",
        name: "overtime",
        same: ["name"],
        differs: [],
        object: { id: "64c777ddd3fcab07cfbb210c", name: "overtime", archived: false },
      }],
      whole: true,
      reason: null,
    },
  },
  problems: ["NOT_FOUND", "CONFLICT", ...UPSTREAM],
});

const settleChange = defineRoute({
  method: "post",
  path: `${PATH}/{id}/settle`,
  tag: "Changes",
  summary: "Say which object a create made whose answer was lost, or that it made none",
  about:
    "The object is read once more, and must be as it was sent. From then on the change can be undone; one that was the undo " +
    "of another has undone it, or can be made again where it made none. A second answer is a conflict.",
  who: "admin",
  creates: false,
  ...ID,
  body: {
    schema: z.strictObject({
      entity_id: z.string().min(1).max(200).nullable().meta({ description: "Null: it made none" }),
    }, "must be an object"),
    refusal: "Cannot settle the change: expected entity_id, an id or null",
    example: { entity_id: "64c777ddd3fcab07cfbb210c" },
  },
  answer: {
    status: 200,
    about: "The change as it is now",
    schema: changeRow,
    example: { ...ROW_EXAMPLE, operation_id: "createNewTag", method: "POST", undo_kind: "remove", fields: [] },
  },
  problems: ["NOT_FOUND", "CONFLICT", ...UPSTREAM],
});
export const lostChangeRoutes = [getCandidates, settleChange];

export function mountLostChanges(app: Hono<AppEnv>, deps: LostChangeRoutesDeps) {
  const { changes, lostCreates } = deps;
  mount(app, deps, getCandidates, async ({ login, params }) => {
    const { change, candidates, isWhole, reason } = await explained(
      () => lostCreates.look(requestOf(login, changeId(params.id))),
      deps,
    );
    return { change: changeRowJson(change, login.role), candidates, whole: isWhole, reason };
  });

  mount(app, deps, settleChange, async ({ login, params, body }) => {
    const id = changeId(params.id);
    const { entity_id: entityId } = await body();
    await explained(() => lostCreates.settle({ ...requestOf(login, id), entityId }), deps);
    const change = await changes.find(login.installation.id, id);
    if (!change) throw changeUnknown(id);
    return changeRowJson(change, login.role);
  });
}

function requestOf(login: Login, changeId: number) {
  const { id, workspaceId, generation } = login.installation;
  return { installation: { id, workspaceId, generation }, changeId, person: personOf(login) };
}
