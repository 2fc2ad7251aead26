/**
 * The webhooks that we registered with an API key: their ids at Clockify, and the hashes of their plain tokens.
 * See docs/clockify-protocol.md "Signatures of webhooks".
 */

import type { Database } from "../db/db.ts";
import { tokenSha256 } from "../verify/token.ts";
import type { PlainWebhook } from "../verify/webhook.ts";
import { API_KEY } from "./secrets.ts";

export interface RegisteredWebhook {
  remoteId: string;
  eventType: string;
  tokenSha256: Uint8Array;
}

export interface WebhookTokens {
  /** The webhook that this token signs for this event, of an add-on that is not uninstalled. */
  findPlain(
    query: { profileKey: string; tokenSha256: Uint8Array; eventType: string },
  ): Promise<PlainWebhook | undefined>;
  /** The current ones. */
  list(installationId: number): Promise<RegisteredWebhook[]>;
  /** Webhooks that are over and still to be removed at Clockify. */
  listOver(installationId: number): Promise<{ remoteId: string }[]>;
  /** Notes a webhook and its token. False, and nothing is noted, when there is no current API key any more. */
  record(installationId: number, webhook: { remoteId: string; eventType: string; token: string }): Promise<boolean>;
  forget(installationId: number, remoteId: string): Promise<void>;
}

/** `onToken` takes the hash of each token that was noted: deliveries with it may come at once. */
export function createWebhookTokens(db: Database, onToken: (sha256: Uint8Array) => void = () => {}): WebhookTokens {
  return {
    findPlain: async ({ profileKey, tokenSha256, eventType }) => {
      // The hash is found by an index and is all that must fit: its workspace is not known before.
      const [row] = await db.scoped(
        "all",
        (sql) =>
          sql<{ installation_id: number; generation: number; workspace_id: string; addon_id: string }[]>`
          select installation.id as installation_id, installation.generation, workspace_id, addon_id
          from user_webhook join installation on installation.id = user_webhook.installation_id
            and installation.generation = user_webhook.generation
          where user_webhook.token_sha256 = ${tokenSha256} and event_type = ${eventType} and addon = ${profileKey}
            and status <> 'uninstalled'`,
      );
      return row && {
        installationId: row.installation_id,
        generation: row.generation,
        workspaceId: row.workspace_id,
        addonId: row.addon_id,
      };
    },
    list: async (installationId) => {
      const rows = await db.scoped(
        { installationIds: [installationId] },
        (sql) =>
          sql<{ remote_id: string; event_type: string; token_sha256: Uint8Array }[]>`
          select remote_id, event_type, token_sha256 from user_webhook
          where installation_id = ${installationId}
            and generation = (select generation from installation where id = ${installationId})
          order by remote_id`,
      );
      return rows.map((row) => ({
        remoteId: row.remote_id,
        eventType: row.event_type,
        tokenSha256: row.token_sha256,
      }));
    },
    listOver: async (installationId) => {
      const rows = await db.scoped({ installationIds: [installationId] }, (sql) =>
        sql<{ remote_id: string }[]>`
          select remote_id from user_webhook
          where installation_id = ${installationId}
            and generation <> (select generation from installation where id = ${installationId})
          order by remote_id`);
      return rows.map((row) => ({ remoteId: row.remote_id }));
    },
    record: async (installationId, { remoteId, eventType, token }) => {
      const sha256 = tokenSha256(token);
      const rows = await db.scoped({ installationIds: [installationId] }, (sql) =>
        sql`
          insert into user_webhook (installation_id, remote_id, event_type, token_sha256, generation)
          select id, ${remoteId}, ${eventType}, ${sha256}, installation.generation
          from installation join installation_secret secret on secret.installation_id = installation.id
            and secret.name = ${API_KEY} and secret.generation = installation.generation
          where id = ${installationId} and status <> 'uninstalled'
          on conflict (installation_id, remote_id) do update set event_type = excluded.event_type,
            token_sha256 = excluded.token_sha256, generation = excluded.generation
          returning 1`);
      if (rows.length > 0) onToken(sha256);
      return rows.length > 0;
    },
    forget: async (installationId, remoteId) => {
      await db.scoped({ installationIds: [installationId] }, (sql) =>
        sql`
          delete from user_webhook where installation_id = ${installationId} and remote_id = ${remoteId}`);
    },
  };
}
