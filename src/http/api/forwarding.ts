/** /ui/forwarding: where an installation's events are sent on to, how that went, and the secret its requests are signed with. */

import type { Hono } from "hono";
import type { ForwardResult, ForwardResults } from "../../flows/forwarding.ts";
import type { SettingsSource } from "../../installations/settings.ts";
import type { SigningSecrets } from "../../installations/signing_secrets.ts";
import type { AppEnv } from "../server/app_env.ts";
import { type AuthDeps, requireAdmin } from "../server/login.ts";

export interface ForwardingRoutesDeps extends AuthDeps {
  settings: Pick<SettingsSource, "of">;
  forwarding: { results: ForwardResults };
  signing: Pick<SigningSecrets, "configuredAt" | "rotate">;
}

const PATH = "/ui/forwarding";
const MAX_RESULTS = 20;

/** For admins only: an address may carry a secret of its own. */
export function mountForwarding(app: Hono<AppEnv>, deps: ForwardingRoutesDeps) {
  const { settings, forwarding, signing } = deps;

  app.get(PATH, async (c) => {
    const { installation } = await requireAdmin(c, deps);
    const { forwardingUrl } = await settings.of(installation);
    const configuredAt = await signing.configuredAt(installation.id);
    return c.json({
      workspace_id: installation.workspaceId,
      enabled: forwardingUrl !== undefined,
      url: forwardingUrl ?? null,
      secret_configured: configuredAt !== undefined,
      secret_created_at: configuredAt?.toISOString() ?? null,
      results: (await forwarding.results(installation.id, MAX_RESULTS)).map(resultJson),
    });
  });

  app.post(`${PATH}/secret`, async (c) => {
    const { installation } = await requireAdmin(c, deps);
    const { secret, previousUntil } = await signing.rotate(installation.id);
    // Shown this once; nothing else ever gives it out.
    return c.json({ secret, previous_valid_until: previousUntil?.toISOString() ?? null }, 201, {
      "cache-control": "no-store",
    });
  });
}

function resultJson(result: ForwardResult) {
  return {
    event_id: String(result.eventId),
    event_type: result.eventType ?? null,
    state: result.state,
    attempts: result.attempts,
    http_status: result.httpStatus,
    skipped: result.skipped,
    error: result.errorCode && { code: result.errorCode, message: result.errorMessage },
    created_at: result.createdAt.toISOString(),
    finished_at: result.finishedAt?.toISOString() ?? null,
  };
}
