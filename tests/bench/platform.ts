/** The platform's side of the bench: keys, tokens as Clockify signs them, and an installation made by a signed lifecycle call. */

import { systemClock } from "../../src/base/clock.ts";
import { platformKey } from "../../src/simulator/keys.ts";
import { createTokens, type TokenInput } from "../../src/simulator/tokens.ts";
import { universalWebhook } from "../../src/profiles/universal_webhook.ts";
import { WEBHOOK_PATH } from "./requests.ts";

const WORKSPACE_ID = "68ef1a6c58f93c5e752fa3db";
const ADDON_ID = "690a1c22f1d3a75b6f0e4c11";
const OWNER_ID = "68ea1d08128c2388de98dcb1";
/** Where nobody answers: what the program asks of Clockify beside the load fails at once, and nothing leaves the machine. */
export const CLOCKIFY = "http://127.0.0.1:9";
/** Clockify's webhook tokens have about 800 characters. */
const TOKEN_LENGTH = 800;

export interface Platform {
  publicKeyPem: string;
  workspaceId: string;
  /** Signs every delivery of the load. */
  webhookToken: string;
  /** Of an admin of the workspace, for a day. */
  personToken: string;
  /** Installs the add-on in the program that listens on `port`; throws when it refuses. */
  install(port: number): Promise<void>;
  /** Another workspace of the same platform. */
  another(workspaceId: string): Promise<Platform>;
}

export async function createPlatform(clockify = CLOCKIFY): Promise<Platform> {
  return await platformOf(await platformKey(), { clockify, workspaceId: WORKSPACE_ID });
}

async function platformOf(
  key: Awaited<ReturnType<typeof platformKey>>,
  { clockify, workspaceId }: { clockify: string; workspaceId: string },
): Promise<Platform> {
  const tokens = createTokens(key, clockify, systemClock);
  const names = { addonKey: universalWebhook.addonKey, workspaceId, addonId: ADDON_ID };
  const sign = (kind: TokenInput["kind"], more: Partial<TokenInput> = {}) => tokens.sign({ kind, ...names, ...more });
  const plain = await sign("webhook", { claims: { jti: "" } });
  // Three bytes of a claim become four characters of the token.
  const filler = "0".repeat(Math.max(0, Math.floor((TOKEN_LENGTH - plain.length) * 3 / 4)));
  const webhookToken = await sign("webhook", { claims: { jti: filler } });
  return {
    publicKeyPem: key.publicKeyPem,
    workspaceId,
    webhookToken,
    personToken: await sign("user", { userId: OWNER_ID, workspaceRole: "OWNER", expiresInSeconds: 86_400 }),
    another: (workspaceId) => platformOf(key, { clockify, workspaceId }),
    install: async (port) => {
      const answer = await fetch(`http://127.0.0.1:${port}/lifecycle/installed`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "x-addon-lifecycle-token": await sign("lifecycle", { expiresInSeconds: 1_800 }),
        },
        body: JSON.stringify({
          addonId: ADDON_ID,
          workspaceId,
          asUser: OWNER_ID,
          authToken: await sign("installation", { userId: OWNER_ID }),
          apiUrl: `${clockify}/api`,
          webhooks: [{ path: WEBHOOK_PATH, webhookType: "ADDON", authToken: webhookToken }],
        }),
      });
      const text = await answer.text();
      if (!answer.ok) throw new Error(`the program refused the installation: ${answer.status} ${text}`);
    },
  };
}
