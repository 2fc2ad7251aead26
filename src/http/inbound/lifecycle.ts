/** POST /lifecycle/*: Clockify says that an add-on was installed, removed, switched on or off, or set up again. */

import type { Context, Hono } from "hono";
import type { HostClaims } from "../../clockify/hosts.ts";
import { AppError } from "../../base/errors.ts";
import type { Lifecycle } from "../../installations/lifecycle.ts";
import type { InstallationStore } from "../../installations/store.ts";
import { createSlots } from "../../limits/slots.ts";
import type { Profile } from "../../profiles/profile.ts";
import type { LifecycleType } from "../../verify/lifecycle_body.ts";
import { type LifecycleCall, type LifecycleDeps, verifyLifecycle } from "../../verify/lifecycle.ts";
import { type Reach, readUnsignedInstall, requireLocal, unsignedRefused } from "../../verify/unsigned_install.ts";
import type { AppEnv } from "../server/app_env.ts";
import { senderKey } from "../server/body_account.ts";
import { type BodyLimits, parseJson, readBody } from "../server/body.ts";

export interface LifecycleRoutesDeps {
  profile: Profile;
  /** Expected `sub` of every token. */
  addonKey: string;
  /** False only for local tests: then an INSTALLED without a token is accepted from this machine. */
  requireSignature: boolean;
  reach: Reach;
  body: BodyLimits;
  keys: LifecycleDeps["keys"];
  clock: LifecycleDeps["clock"];
  installations: InstallationStore;
  lifecycle: Lifecycle;
  /** Throws HOST_NOT_ALLOWED for a host we may not call. */
  assertHost(url: string): void;
  /** Why services that an install names cannot be called. */
  hostProblems(hosts: HostClaims): string[];
  /** Whether an install has the workspace's lists read, as the settings say that are known by now. */
  bootstrapOnInstall(installationId: number): Promise<boolean>;
  /** `warnings`: what will not work, as the answer says. */
  onApplied(call: LifecycleCall, fact: { installationId: number; warnings: readonly string[] }): void;
}

type ApplyDeps = LifecycleRoutesDeps & Pick<LifecycleDeps, "signatures">;

const ROUTES: Record<string, LifecycleType> = {
  "/lifecycle/installed": "INSTALLED",
  "/lifecycle/deleted": "DELETED",
  "/lifecycle/uninstalled": "DELETED",
  "/lifecycle/settings-updated": "SETTINGS_UPDATED",
  "/lifecycle/status-changed": "STATUS_CHANGED",
};

/** The call that has this path; undefined: none. */
export function lifecycleOf(path: string): LifecycleType | undefined {
  return path.startsWith("/lifecycle/") && Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined;
}

/** One shape for all calls; an install also says whether the workspace's lists will be read. */
const ANSWERS: Record<LifecycleType, { status: string; message: string }> = {
  INSTALLED: { status: "installed", message: "The add-on is installed" },
  DELETED: { status: "uninstalled", message: "The add-on is uninstalled" },
  SETTINGS_UPDATED: { status: "updated", message: "The settings are stored" },
  STATUS_CHANGED: { status: "updated", message: "The status is stored" },
};
const IGNORED = { status: "ignored", message: "Nothing changed: the installation is over, or was never seen" };

/**
 * Lifecycle tokens are new each time, so none is known before its signature is: forged ones, 0.1 ms of a processor each, wait
 * their turn with the genuine ones, and leave a processor to everything else.
 */
const SIGNATURES = { purpose: "verify the lifecycle token", atOnce: 4, maxQueued: 1_000 };

export function mountLifecycle(app: Hono<AppEnv>, deps: LifecycleRoutesDeps) {
  const signatures = createSlots({ ...SIGNATURES, clock: deps.clock });
  for (const [path, type] of Object.entries(ROUTES)) app.post(path, (c) => apply(c, type, { ...deps, signatures }));
}

async function apply(c: Context<AppEnv>, type: LifecycleType, deps: ApplyDeps): Promise<Response> {
  const call = await readCall(c, type, deps);
  if (call.type === "INSTALLED") {
    // The other hosts are each held against the list when they are called: an odd one is off alone.
    deps.assertHost(call.hosts.backendUrl);
  }
  const result = await deps.lifecycle.apply(deps.profile.key, call);
  const answer = (said: { status: string; message: string }, more?: Record<string, unknown>) => {
    const { status, message } = said;
    return c.json({ status, success: true, workspaceId: call.workspaceId, message, ...more });
  };
  switch (result.outcome) {
    case "applied": {
      // 200 all the same: the call is genuine and comes once, and another list of allowed hosts makes it work.
      const warnings = call.type === "INSTALLED" ? deps.hostProblems(call.hosts) : [];
      deps.onApplied(call, { installationId: result.installationId, warnings });
      const more = call.type === "INSTALLED" ? await bootstrapOf(call, result, deps) : undefined;
      return answer(ANSWERS[type], { ...more, ...(warnings.length > 0 && { warnings }) });
    }
    case "stale":
      // 200, so that it is not sent again: it is about an installation that is over.
      return answer(IGNORED);
    case "unsigned":
      throw unsignedRefused("the workspace has, or had, an installation that Clockify signed");
    case "unknown":
      if (type === "DELETED" && deps.profile.unknownUninstallStatus === 200) return answer(IGNORED);
      throw new AppError("NOT_FOUND", "Cannot apply the call: the add-on was never installed in this workspace");
  }
}

async function readCall(
  c: Context<AppEnv>,
  type: LifecycleType,
  { profile, requireSignature, reach, body: limits, keys, addonKey, clock, installations, signatures }: ApplyDeps,
): Promise<LifecycleCall> {
  const { headers } = c.req.raw;
  const token = headers.get("x-addon-lifecycle-token") ?? headers.get("clockify-signature") ?? undefined;
  const unsigned = token === undefined && type === "INSTALLED" && !requireSignature;
  if (unsigned) requireLocal({ headers, remoteAddress: c.env.remoteAddress, reach });
  const { hold } = c.env;
  const read = async () => parseJson(await readBody(c.req.raw, { ...limits, hold }), limits);
  if (unsigned) return readUnsignedInstall(await read());
  const { isStoredToken } = installations;
  const readKnown = (sender: { workspaceId: string }) => {
    hold.knownAs(senderKey(profile, sender.workspaceId));
    return read();
  };
  return await verifyLifecycle({ token, readBody: readKnown, type }, {
    keys,
    addonKey,
    clock,
    isStoredToken,
    signatures,
  });
}

async function bootstrapOf(
  call: LifecycleCall & { type: "INSTALLED" },
  { installationId }: { installationId: number },
  { bootstrapOnInstall }: LifecycleRoutesDeps,
): Promise<{ bootstrap: "scheduled" | "disabled" }> {
  const wanted = !call.unverified && await bootstrapOnInstall(installationId);
  return { bootstrap: wanted ? "scheduled" : "disabled" };
}
