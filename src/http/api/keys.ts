/** GET /ui/keys: which encryption keys and secrets a workspace has, by id, number and age. */

import type { Hono } from "hono";
import { z } from "zod";
import type { CoverageService } from "../../coverage/coverage.ts";
import type { KeyReports } from "../../secrets/key_report.ts";
import type { SigningSecrets } from "../../installations/signing_secrets.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { AuthDeps } from "../server/login.ts";
import { defineRoute, mount } from "./contract.ts";
import { instant } from "./schemas.ts";

export interface KeyRoutesDeps extends AuthDeps {
  keys: Pick<KeyReports, "read">;
  coverage: Pick<CoverageService, "keyConfiguredAt">;
  signing: Pick<SigningSecrets, "configuredAt">;
}

const keys = z.object({
  encryption: z.array(z.object({
    id: z.string(),
    first: z.boolean().meta({ description: "New values are sealed with it" }),
    configured: z.boolean(),
    values: z.int().meta({ description: "Values of the workspace that it holds" }),
  })),
  installation_token: z.object({ received_at: instant.nullable(), key_id: z.string().nullable() }),
  api_key: z.object({ configured: z.boolean(), configured_at: instant.nullable() }),
  signing_secret: z.object({ configured: z.boolean(), created_at: instant.nullable() }),
  operators: z.array(z.object({ name: z.string(), loopback_only: z.boolean() }))
    .meta({ description: "For operators alone; others get an empty list" }),
}).meta({ id: "Keys" });

const getKeys = defineRoute({
  method: "get",
  path: "/ui/keys",
  tag: "Workspace",
  summary: "Encryption keys and secrets by id, number and age",
  about: "No key and no secret is ever answered.",
  who: "admin",
  answer: {
    status: 200,
    about: "The keys and secrets",
    schema: keys,
    example: {
      encryption: [{ id: "2026-11", first: true, configured: true, values: 4 }],
      installation_token: { received_at: "2026-11-01T09:00:00.000Z", key_id: "2026-11" },
      api_key: { configured: false, configured_at: null },
      signing_secret: { configured: true, created_at: "2026-11-02T10:00:00.000Z" },
      operators: [],
    },
  },
});
export const keyRoutes = [getKeys];

export function mountKeys(app: Hono<AppEnv>, deps: KeyRoutesDeps) {
  mount(app, deps, getKeys, async ({ login: { installation: { id }, kind } }) => {
    const [{ encryption, token }, apiKeyAt, signingAt] = await Promise.all([
      deps.keys.read(id),
      deps.coverage.keyConfiguredAt(id),
      deps.signing.configuredAt(id),
    ]);
    return {
      encryption,
      installation_token: { received_at: token?.receivedAt.toISOString() ?? null, key_id: token?.keyId ?? null },
      api_key: { configured: apiKeyAt !== undefined, configured_at: apiKeyAt?.toISOString() ?? null },
      signing_secret: { configured: signingAt !== undefined, created_at: signingAt?.toISOString() ?? null },
      // The names of operators are not shown to a workspace.
      operators: kind === "operator"
        ? deps.operators.map(({ name, loopbackOnly }) => ({ name, loopback_only: loopbackOnly ?? false }))
        : [],
    };
  });
}
