/** The caller, workspaces, and pictures that are uploaded. */

import { type ApiCall, created, objectBody, ok, refuse, type Route } from "../route.ts";
import { userView } from "../user_search.ts";
import { emptyWorkspace } from "../workspace_data.ts";

const WORKSPACES = "/v1/workspaces";

/** A person's new workspace, with him as its owner. */
function create(call: ApiCall) {
  const { name } = objectBody(call);
  if (typeof name !== "string" || name.length < 1 || name.length > 50) throw refuse("Workspace name is not valid");
  const { newId, workspaces } = call.world;
  const made = emptyWorkspace({ id: newId(), name, owner: call.caller.user, like: call.workspace.about, newId });
  workspaces.set(made.id, made);
  return created(made.about);
}

/** Those that the person is in. */
function own({ world, caller }: ApiCall) {
  return ok([...world.workspaces.values()].filter(({ users }) => users.has(caller.user.id)).map(({ about }) => about));
}

export const workspaceRoutes: Route[] = [
  { method: "GET", path: "/v1/user", scope: "USER_READ", handle: (call) => ok(userView(call.caller.user)) },
  { method: "GET", path: WORKSPACES, closedToAddons: true, handle: own },
  { method: "POST", path: WORKSPACES, closedToAddons: true, handle: create },
  {
    method: "GET",
    path: `${WORKSPACES}/{workspaceId}`,
    scope: "WORKSPACE_READ",
    handle: (call) => ok(call.workspace.about),
  },
  {
    method: "POST",
    path: "/v1/file/image",
    scope: "USER_WRITE",
    handle(call) {
      const { file } = objectBody(call) as { file?: { name?: string } | string };
      if (!file) throw refuse("must not be null");
      const name = typeof file === "string" ? "picture.png" : file.name || "picture.png";
      return ok({ name, url: `https://pictures.example/${call.world.newId()}/${encodeURIComponent(name)}` });
    },
  },
];
