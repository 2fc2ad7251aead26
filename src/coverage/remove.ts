/**
 * Removes the webhooks that were registered with an API key, and then the key: after an uninstall, or when the key was
 * deleted.
 */

import type { Database } from "../db/db.ts";
import { enqueueOnce } from "../queue/enqueue.ts";
import type { Job, JobOutcome } from "../queue/queue.ts";
import type { Logger } from "../telemetry/log.ts";
import { keyCaller, type RemoteWebhooks } from "./remote.ts";
import { API_KEY, type ApiKeys } from "./secrets.ts";
import type { CoverageStore } from "./store.ts";
import type { WebhookTokens } from "./webhook_tokens.ts";

export interface RemoveDeps {
  store: CoverageStore;
  keys: ApiKeys;
  tokens: WebhookTokens;
  remote: RemoteWebhooks;
  /** CLOCKIFY_API_BASE_URL */
  apiBaseUrl?: string;
  log: Logger;
}

/** Payload of the job that removes what is over; also made by an uninstall (installations/lifecycle.ts). */
const REMOVE = { remove: true } as const;

/** Webhooks removed in one run of the job. */
const MAX_REMOVALS = 20;
/**
 * Attempts while Clockify gives no answer: 8 hours. Then only Clockify's own list has them, and its deliveries are
 * refused.
 */
const MAX_TRIES = 100;

/**
 * The API key works after the add-on's own token has died. What is over: rows of another generation than the
 * installation's, so a key that was given after a reinstall stays.
 */
export async function removeRemote(
  job: Job,
  { deps, signal }: { deps: RemoveDeps; signal: AbortSignal },
): Promise<JobOutcome> {
  const { store, keys, tokens, remote, log } = deps;
  const { installationId } = job;
  const facts = await store.facts(installationId);
  if (!facts) return { kind: "done" };
  const over = await tokens.listOver(installationId);
  const apiKey = over.length === 0 ? undefined : await keys.open(installationId, { alsoOver: true });
  const lost: string[] = [];
  for (const { remoteId } of over.slice(0, MAX_REMOVALS)) {
    if (apiKey === undefined || job.attempt >= MAX_TRIES) lost.push(remoteId);
    else {
      const caller = keyCaller(facts, { apiKey, apiBaseUrl: deps.apiBaseUrl });
      const removed = await remote.remove(remoteId, { caller, signal });
      if (!removed.ok) lost.push(remoteId);
    }
    await tokens.forget(installationId, remoteId);
  }
  if (lost.length > 0) {
    log.warn("coverage.not_removed", {
      workspace_id: facts.workspaceId,
      installation_id: installationId,
      webhooks: lost,
      problem: "delete them in Clockify: no API key that may is left",
    });
  }
  if (over.length > MAX_REMOVALS) return { kind: "snooze", delayMs: 0, reason: "more webhooks to remove" };
  await keys.forgetOver(installationId);
  if (facts.status === "uninstalled") await store.clear(installationId);
  return { kind: "done" };
}

/** Ends the API key at once, and has what it registered removed. The caller wakes the queue. */
export async function retireApiKey(db: Database, installationId: number): Promise<void> {
  await db.scoped({ installationIds: [installationId] }, async (sql) => {
    // No installation has generation 0.
    await sql`
      update installation_secret set generation = 0 where installation_id = ${installationId} and name = ${API_KEY}`;
    await sql`update user_webhook set generation = 0 where installation_id = ${installationId}`;
    await enqueueOnce(sql, { kind: "coverage", installationId, payload: REMOVE });
    await enqueueOnce(sql, { kind: "coverage", installationId });
  });
}
