/** POST /lifecycle/*: Clockify says that an add-on was installed, removed, switched or set up anew. */

import type { Context, Hono } from "hono";
import { AppError } from "../errors.ts";
import type { LifecycleRoom } from "../installations/lifecycle.ts";
import type { InstallationStore } from "../installations/store.ts";
import type { Profile } from "../profiles/profile.ts";
import type { LifecycleType } from "../verify/lifecycle_body.ts";
import { type LifecycleCall, type LifecycleDeps, verifyLifecycle } from "../verify/lifecycle.ts";
import type { AppEnv } from "./app_env.ts";
import { type BodyLimits, parseJson, readBody } from "./body.ts";

export interface LifecycleRoutesDeps {
  profile: Profile;
  /** Expected `sub` of every token. */
  addonKey: string;
  body: BodyLimits;
  keys: LifecycleDeps["keys"];
  clock: LifecycleDeps["clock"];
  installations: InstallationStore;
  lifecycle: LifecycleRoom;
  /** Throws HOST_NOT_ALLOWED for a host we may not call. */
  assertHost(url: string): void;
  onApplied(call: LifecycleCall, installationId: number): void;
}

const ROUTES: Record<string, LifecycleType> = {
  "/lifecycle/installed": "INSTALLED",
  "/lifecycle/deleted": "DELETED",
  "/lifecycle/uninstalled": "DELETED",
  "/lifecycle/settings-updated": "SETTINGS_UPDATED",
  "/lifecycle/status-changed": "STATUS_CHANGED",
};

export function mountLifecycle(app: Hono<AppEnv>, deps: LifecycleRoutesDeps) {
  for (const [path, type] of Object.entries(ROUTES)) app.post(path, (c) => obey(c, type, deps));
}

async function obey(c: Context<AppEnv>, type: LifecycleType, deps: LifecycleRoutesDeps): Promise<Response> {
  const { headers } = c.req.raw;
  const token = headers.get("x-addon-lifecycle-token") ?? headers.get("clockify-signature") ?? undefined;
  const body = parseJson(await readBody(c.req.raw, deps.body), deps.body);
  const call = await verifyLifecycle({ token, body, type }, {
    keys: deps.keys,
    addonKey: deps.addonKey,
    clock: deps.clock,
    isStoredToken: deps.installations.isStoredToken,
  });
  if (call.type === "INSTALLED") {
    // The other hosts are each held against the list when they are called: an odd one is off alone.
    deps.assertHost(call.hosts.backendUrl);
  }
  const result = await deps.lifecycle.apply(deps.profile.key, call);
  const { workspaceId } = call;
  switch (result.outcome) {
    case "applied":
      deps.onApplied(call, result.installationId);
      return c.json({ status: ANSWERS[type], workspaceId });
    case "stale":
      // 200, so that it is not sent again: it is about an installation that is over.
      return c.json({ status: "ignored", workspaceId });
    case "unknown":
      if (type === "DELETED" && deps.profile.unknownUninstallStatus === 200) {
        return c.json({ status: "ignored", workspaceId });
      }
      throw new AppError("NOT_FOUND", "Cannot obey the call: the add-on was never installed in this workspace");
  }
}

const ANSWERS: Record<LifecycleType, string> = {
  INSTALLED: "installed",
  DELETED: "uninstalled",
  SETTINGS_UPDATED: "updated",
  STATUS_CHANGED: "updated",
};
