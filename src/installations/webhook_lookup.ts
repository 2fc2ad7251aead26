/**
 * Look-up of the stored webhooks that deliveries are verified against: many at once, so that a start costs a few
 * queries.
 */

import type { Clock } from "../base/clock.ts";
import { createBatcher } from "../db/batcher.ts";
import type { Database } from "../db/db.ts";
import type { StoredWebhook, WebhookVerifierOptions } from "../verify/webhook.ts";

export type WebhookQuery = Parameters<WebhookVerifierOptions["lookup"]>[0];

interface Row {
  place: number;
  installation_id: number;
  generation: number;
  token_sha256: Uint8Array;
  event_type: string;
}

/** In the order of `queries`; undefined where no installation has such a webhook. */
export async function findWebhooks(
  db: Pick<Database, "scoped">,
  queries: readonly WebhookQuery[],
): Promise<(StoredWebhook | undefined)[]> {
  // Many workspaces in one statement: each row is found by its own workspace, and goes to who asked for that one.
  const wanted = JSON.stringify(queries.map((query, place) => ({ ...query, place })));
  const rows = await db.scoped("all", (sql) =>
    sql<Row[]>`
    select wanted.place, webhook.installation_id, installation.generation, webhook.token_sha256, webhook.event_type
    from json_to_recordset(${wanted}::text::json)
      as wanted(place int, "profileKey" text, "workspaceId" text, "addonId" text, path text)
    join installation on installation.addon = wanted."profileKey" and installation.workspace_id = wanted."workspaceId"
      and installation.addon_id = wanted."addonId" and installation.status <> 'uninstalled'
    join installation_webhook webhook
      on webhook.installation_id = installation.id and webhook.path = wanted.path`);
  const found = new Map(rows.map((row) => [row.place, row]));
  return queries.map((_, place) => {
    const row = found.get(place);
    return row && {
      installationId: row.installation_id,
      generation: row.generation,
      tokenSha256: row.token_sha256,
      event: row.event_type,
    };
  });
}

/** As findWebhooks(), for callers that each ask for one: those that ask meanwhile travel together. */
export function createWebhookLookup({ db, clock }: { db: Pick<Database, "scoped">; clock: Clock }) {
  const batches = createBatcher<WebhookQuery, StoredWebhook | undefined>({
    purpose: "look the webhook up",
    clock,
    maxItems: 500,
    maxInFlight: 2,
    flush: (queries) => findWebhooks(db, queries),
  });
  return { find: (query: WebhookQuery) => batches.submit({ ...query }) };
}
