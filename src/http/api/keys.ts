/** GET /ui/keys: which encryption keys and secrets a workspace has, by id, number and age. */

import type { Hono } from "hono";
import type { CoverageRoom } from "../../coverage/coverage.ts";
import type { KeyReports } from "../../secrets/key_report.ts";
import type { SigningSecrets } from "../../installations/signing_secrets.ts";
import type { AppEnv } from "../server/app_env.ts";
import { type AuthDeps, requireAdmin } from "../server/login.ts";

export interface KeyRoutesDeps extends AuthDeps {
  keys: Pick<KeyReports, "read">;
  coverage: Pick<CoverageRoom, "keyConfiguredAt">;
  signing: Pick<SigningSecrets, "configuredAt">;
}

export function mountKeys(app: Hono<AppEnv>, deps: KeyRoutesDeps) {
  app.get("/ui/keys", async (c) => {
    const { installation: { id }, kind } = await requireAdmin(c, deps);
    const [{ encryption, token }, apiKeyAt, signingAt] = await Promise.all([
      deps.keys.read(id),
      deps.coverage.keyConfiguredAt(id),
      deps.signing.configuredAt(id),
    ]);
    return c.json({
      encryption,
      installation_token: { received_at: token?.receivedAt.toISOString() ?? null, key_id: token?.keyId ?? null },
      api_key: { configured: apiKeyAt !== undefined, configured_at: apiKeyAt?.toISOString() ?? null },
      signing_secret: { configured: signingAt !== undefined, created_at: signingAt?.toISOString() ?? null },
      // A workspace is not told who runs the program.
      operators: kind === "operator"
        ? deps.operators.map(({ name, loopbackOnly }) => ({ name, loopback_only: loopbackOnly ?? false }))
        : [],
    });
  });
}
