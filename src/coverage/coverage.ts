/** Webhook coverage over one database: what pages read and change of it, its job, and what the verifier looks up. */

import type { ClockifyClient } from "../clockify/client.ts";
import type { AtEnd } from "../db/at_end.ts";
import type { Database } from "../db/db.ts";
import { AppError } from "../base/errors.ts";
import type { CredentialSource } from "../installations/credentials.ts";
import type { Keyring } from "../secrets/encryption.ts";
import { type Installation, requireInstalled } from "../installations/store.ts";
import { enqueueOnce } from "../queue/enqueue.ts";
import type { JobHandler } from "../queue/worker.ts";
import type { Logger } from "../telemetry/log.ts";
import { coverageRows, type CoveredAddon, createCoverageCheck } from "./check.ts";
import { answerName, createRemoteWebhooks, keyCaller } from "./remote.ts";
import { retireApiKey } from "./remove.ts";
import { createApiKeys } from "./secrets.ts";
import { type CoverageRow, type CoverageStore, createCoverageStore } from "./store.ts";
import { createWebhookTokens, type WebhookTokens } from "./webhook_tokens.ts";

export interface CoverageView {
  /** Undefined before the first check. */
  checkedAt?: Date;
  /** In the profile's order of priority. */
  rows: CoverageRow[];
}

export interface CoverageService {
  view(installation: Installation): Promise<CoverageView>;
  /** Has the installation checked now instead of at its next scheduled check. */
  requestCheck(installationId: number, options?: { atEnd?: AtEnd<void> }): Promise<void>;
  /** When the current API key was stored. */
  keyConfiguredAt(installationId: number): Promise<Date | undefined>;
  /**
   * Verifies the key with Clockify and stores it sealed. Throws REQUEST_INVALID when Clockify refuses it, RATE_LIMITED
   * or an UPSTREAM_* error when Clockify gives no answer.
   */
  setKey(installation: Installation, apiKey: string): Promise<void>;
  /** Ends the key at once; what it registered is removed by a job. False when there is none. */
  removeKey(installationId: number): Promise<boolean>;
}

export interface CoverageOptions {
  db: Database;
  /** The database for what pages and deliveries wait for (short timeouts). */
  requests: Database;
  keyring: Keyring;
  client: ClockifyClient;
  credentials: CredentialSource;
  /** Undefined for an add-on that another process serves. */
  addonOf(profileKey: string): CoveredAddon | undefined;
  /** Event types that polling reads from lists. */
  pollable: ReadonlySet<string>;
  checkMs: number;
  heartbeatMs: number;
  /** CLOCKIFY_API_BASE_URL */
  apiBaseUrl?: string;
  log: Logger;
  /** After a commit that made a job due. */
  wake(): void;
  /** Takes the hash of a webhook's token that was noted, after its commit. */
  onToken(sha256: Uint8Array): void;
}

export interface Coverage {
  service: CoverageService;
  /** Handler of the job kind "coverage". */
  check: JobHandler;
  findPlain: WebhookTokens["findPlain"];
  counts: CoverageStore["counts"];
}

export function createCoverage(options: CoverageOptions): Coverage {
  const { db, requests, client, addonOf, apiBaseUrl, wake } = options;
  const store = createCoverageStore(db);
  const shown = createCoverageStore(requests);
  const keys = createApiKeys({ ...options, db: requests });
  const tokens = createWebhookTokens(db, options.onToken);
  const remote = createRemoteWebhooks(client);

  async function requestCheck(installationId: number, { atEnd }: { atEnd?: AtEnd<void> } = {}) {
    await requests.scoped({ installationIds: [installationId] }, async (sql) => {
      await enqueueOnce(sql, { kind: "coverage", installationId });
      await atEnd?.(sql);
    });
    wake();
  }

  const service: CoverageService = {
    requestCheck,
    keyConfiguredAt: keys.configuredAt,
    view: async ({ id, addon: profileKey }) => {
      const addon = addonOf(profileKey)!;
      const { checkedAt, rows } = await shown.read(id);
      if (rows.length > 0) {
        const order = new Map(addon.profile.events.map((event, index) => [event, index]));
        const place = ({ eventType }: CoverageRow) => order.get(eventType) ?? Infinity;
        return { checkedAt, rows: rows.sort((a, b) => place(a) - place(b)) };
      }
      const facts = await shown.facts(id);
      const ours = { key: "absent", webhooks: new Map(), refusals: new Map(), more: false } as const;
      const seen = { addon, deps: options, ours, manifest: undefined, silent: false };
      return { rows: facts ? coverageRows(facts, seen) : [] };
    },
    setKey: async (installation, apiKey) => {
      const caller = keyCaller(installation, { apiKey, apiBaseUrl });
      const listed = await remote.list("USER_CREATED", { caller, priority: "interactive" });
      if (!listed.ok) {
        throw new AppError(
          "REQUEST_INVALID",
          `Cannot store the API key: Clockify answered ${answerName(listed.refused)} to it for this workspace`,
        );
      }
      if (!await keys.set(installation.id, apiKey)) requireInstalled(undefined);
      await requestCheck(installation.id);
    },
    removeKey: async (installationId) => {
      if (!await keys.configuredAt(installationId)) return false;
      await retireApiKey(requests, installationId);
      wake();
      return true;
    },
  };
  return {
    service,
    check: createCoverageCheck({ ...options, store, keys: createApiKeys(options), tokens, remote }),
    findPlain: createWebhookTokens(requests).findPlain,
    counts: store.counts,
  };
}
