/** /ui/forwarding: where an installation's events are sent on to, how that went, and the secret its requests are signed with. */

import type { Hono } from "hono";
import { z } from "zod";
import type { ForwardResult, ForwardResults } from "../../flows/forwarding.ts";
import type { SettingsSource } from "../../installations/settings.ts";
import type { SigningSecrets } from "../../installations/signing_secrets.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { AuthDeps } from "../server/login.ts";
import { defineRoute, mount } from "./contract.ts";
import { runError, runState } from "./run_schemas.ts";
import { id, instant, orNull, workspaceId } from "./schemas.ts";

export interface ForwardingRoutesDeps extends AuthDeps {
  settings: Pick<SettingsSource, "of">;
  forwarding: { results: ForwardResults };
  signing: Pick<SigningSecrets, "configuredAt" | "rotate">;
}

const MAX_RESULTS = 20;

const forwardResult = z.object({
  event_id: id,
  event_type: z.string().nullable().meta({ description: "null: retention took the event" }),
  state: runState,
  attempts: z.int(),
  http_status: z.int().nullable(),
  skipped: z.string().nullable().meta({ description: "Why it was not sent after all" }),
  error: orNull(runError),
  created_at: instant,
  finished_at: instant.nullable(),
}).meta({ id: "ForwardResult" });

/** For admins only: an address may carry a secret of its own. */
const getForwarding = defineRoute({
  method: "get",
  path: "/ui/forwarding",
  tag: "Delivery",
  summary: "Where events are forwarded to, with the last results",
  about: "The address is set in Clockify, on the add-on's settings page.",
  who: "admin",
  answer: {
    status: 200,
    about: "The address, its secret's age, and the last attempts",
    schema: z.object({
      workspace_id: workspaceId,
      enabled: z.boolean(),
      url: z.string().nullable(),
      secret_configured: z.boolean(),
      secret_created_at: instant.nullable(),
      results: z.array(forwardResult),
    }),
    example: {
      workspace_id: "64a687e29ae1f428e7ebe303",
      enabled: true,
      url: "https://hooks.example.com/clockify",
      secret_configured: true,
      secret_created_at: "2026-11-02T10:00:00.000Z",
      results: [{
        event_id: "4711",
        event_type: "NEW_TIME_ENTRY",
        state: "completed",
        attempts: 1,
        http_status: 200,
        skipped: null,
        error: null,
        created_at: "2026-11-21T08:00:00.000Z",
        finished_at: "2026-11-21T08:00:00.300Z",
      }],
    },
  },
});

const makeSecret = defineRoute({
  method: "post",
  path: "/ui/forwarding/secret",
  tag: "Delivery",
  summary: "Rotate the secret that forwarded events are signed with",
  about: "It is shown this once. Requests are signed with the one before, too, until that ends.",
  who: "admin",
  creates: true,
  answer: {
    status: 201,
    about: "The secret",
    schema: z.object({ secret: z.string(), previous_valid_until: instant.nullable() }),
    example: { secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", previous_valid_until: "2026-11-22T08:00:00.000Z" },
  },
});
export const forwardingRoutes = [getForwarding, makeSecret];

export function mountForwarding(app: Hono<AppEnv>, deps: ForwardingRoutesDeps) {
  const { settings, forwarding, signing } = deps;

  mount(app, deps, getForwarding, async ({ login: { installation } }) => {
    const { forwardingUrl } = await settings.of(installation);
    const configuredAt = await signing.configuredAt(installation.id);
    return {
      workspace_id: installation.workspaceId,
      enabled: forwardingUrl !== undefined,
      url: forwardingUrl ?? null,
      secret_configured: configuredAt !== undefined,
      secret_created_at: configuredAt?.toISOString() ?? null,
      results: (await forwarding.results(installation.id, MAX_RESULTS)).map(resultJson),
    };
  });

  mount(
    app,
    deps,
    makeSecret,
    ({ c, login: { installation }, once }) =>
      once((atEnd) => signing.rotate(installation.id, { atEnd }), ({ secret, previousUntil }) => {
        // Shown this once; nothing else gives it out, but the same request under its Idempotency-Key.
        c.header("cache-control", "no-store");
        return { secret, previous_valid_until: previousUntil?.toISOString() ?? null };
      }),
  );
}

function resultJson(result: ForwardResult) {
  return {
    event_id: String(result.eventId),
    event_type: result.eventType ?? null,
    state: result.state,
    attempts: result.attempts,
    http_status: result.httpStatus,
    skipped: result.skipped,
    error: result.errorCode === null ? null : { code: result.errorCode, message: result.errorMessage },
    created_at: result.createdAt.toISOString(),
    finished_at: result.finishedAt?.toISOString() ?? null,
  };
}
