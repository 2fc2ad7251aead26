/** The job that sends one message about a run to a webhook: signed, tried again for about an hour, then kept with the reason. */

import { appendAudit, type Audit } from "../access/audit.ts";
import { standardWebhookHeaders } from "../actions/standard_webhooks.ts";
import { backoffMs, type BackoffPolicy, retryAfterMs } from "../base/backoff.ts";
import type { Clock } from "../base/clock.ts";
import { AppError } from "../base/errors.ts";
import { type Database, retryRolledBack, type TransactionSql } from "../db/db.ts";
import type { SafeFetch } from "../egress/safe_fetch.ts";
import { removeJob } from "../queue/claims.ts";
import type { Job, JobOutcome } from "../queue/queue.ts";
import type { JobHandler } from "../queue/worker.ts";
import type { Keyring } from "../secrets/encryption.ts";
import { KEPT_DELIVERIES, openSigning } from "./webhooks.ts";

/** A slot of the worker is held meanwhile. */
const TIMEOUT_MS = 10_000;
/** Nothing of an answer is kept. */
const MAX_ANSWER_BYTES = 65_536;
export const MAX_DELIVERY_ATTEMPTS = 8;
/** With full jitter some 30 minutes in all, an hour at most; later ones of the same runs wait behind. */
const RETRY: BackoffPolicy = { initialDelayMs: 5_000, maxDelayMs: 900_000, multiplier: 5 };
const MAX_RETRY_AFTER_MS = 3_600_000;
/** Who switches a webhook off that wants no more, in the audit. */
const ACTOR = "webhooks";
/** Answers after which the same message may be taken later. */
const MAY_PASS = new Set([408, 425, 429]);

interface Pending {
  id: string;
  webhook_id: string;
  event: string;
  data: unknown;
  attempts: number;
  created_at: Date;
  url: string;
  secret_sealed: string;
  enabled: boolean;
}

interface AttemptEnd {
  httpStatus?: number;
  /** Undefined: delivered. */
  reason?: string;
  /** It may be tried again, after so long where the receiver said so. */
  mayPass?: boolean;
  afterMs?: number;
  /** The receiver wants no more. */
  isGone?: boolean;
}

export type DeliveryOutcome = "delivered" | "retried" | "failed";

export function createWebhookDelivery({ db, keyring, fetch, clock, audit = appendAudit, onAttempted }: {
  db: Pick<Database, "scoped">;
  keyring: Keyring;
  /** Through the egress rules. */
  fetch: SafeFetch;
  clock: Clock;
  audit?: Audit;
  onAttempted(fact: { installationId: number; outcome: DeliveryOutcome }): void;
}): JobHandler {
  const within = <T>({ installationId }: Job, body: (sql: TransactionSql) => Promise<T>) =>
    retryRolledBack(() => db.scoped({ installationIds: [installationId] }, body));

  async function attempt(pending: Pending, { job, signal }: { job: Job; signal: AbortSignal }): Promise<AttemptEnd> {
    if (!pending.enabled && pending.event !== "webhook.test") return { reason: "the webhook is switched off" };
    const { id, webhook_id: webhookId, url, event, data, created_at: at } = pending;
    const signing = await openSigning(keyring, {
      installationId: job.installationId,
      id: webhookId,
      sealed: pending.secret_sealed,
    });
    const { secret, previous } = signing;
    const secrets = previous && previous.untilMs > clock.now() ? [secret, previous.secret] : [secret];
    const body = JSON.stringify({ type: event, timestamp: at.toISOString(), data });
    try {
      const response = await fetch({
        method: "POST",
        url,
        headers: {
          "user-agent": "Timewire",
          "content-type": "application/json",
          ...standardWebhookHeaders({ id, nowMs: clock.now(), body, secrets }),
        },
        body,
        timeoutMs: TIMEOUT_MS,
        maxResponseBytes: MAX_ANSWER_BYTES,
        signal,
        operation: "webhook.send",
      });
      return endOf(response.status, retryAfterMs(response.headers.get("retry-after"), clock.now()));
    } catch (error) {
      if (signal.aborted || !(error instanceof AppError)) throw error;
      return { reason: error.message, mayPass: error.code.startsWith("UPSTREAM_") };
    }
  }

  /** Records how it ended, with the job, in one transaction. */
  async function settle(job: Job, pending: Pending, end: AttemptEnd): Promise<JobOutcome> {
    const attempts = pending.attempts + 1;
    const { reason = null, httpStatus = null } = end;
    if (reason !== null && end.mayPass && attempts < MAX_DELIVERY_ATTEMPTS) {
      await within(job, (sql) =>
        sql`
          update webhook_delivery set attempts = ${attempts}, attempted_at = now(), reason = ${reason.slice(0, 1_000)},
            http_status = ${httpStatus}::int
          where installation_id = ${job.installationId} and id = ${pending.id} and state = 'pending'`);
      onAttempted({ installationId: job.installationId, outcome: "retried" });
      const delayMs = Math.max(backoffMs(attempts, RETRY), Math.min(end.afterMs ?? 0, MAX_RETRY_AFTER_MS));
      return { kind: "retry", delayMs, reason };
    }
    const state = reason === null ? "delivered" : "failed";
    await within(job, async (sql) => {
      await sql`
        update webhook_delivery set state = ${state}, attempts = ${attempts}, attempted_at = now(), finished_at = now(),
          reason = ${reason === null ? null : reason.slice(0, 1_000)}, http_status = ${httpStatus}::int
        where installation_id = ${job.installationId} and id = ${pending.id}`;
      if (end.isGone) await switchOff(sql, job, { ...pending, reason });
      await forgetOld(sql, job.installationId, { webhookId: pending.webhook_id, state });
      await removeJob(sql, job);
    });
    onAttempted({ installationId: job.installationId, outcome: state });
    return { kind: "settled" };
  }

  /** Not one that was given another address since. */
  async function switchOff(
    sql: TransactionSql,
    { installationId }: Job,
    { webhook_id: id, url, reason }: Pending & { reason: string | null },
  ): Promise<void> {
    const off = await sql`
      update run_webhook set enabled = false, fault = ${reason}, fault_at = now(), revision = revision + 1, updated_at = now()
      where installation_id = ${installationId} and id = ${id} and url = ${url} and enabled returning id`;
    if (off.length === 0) return;
    await audit(sql, { installationId, at: clock.now() }, {
      actor: ACTOR,
      action: "update",
      entityType: "webhook",
      entityId: id,
      changes: { enabled: false, reason },
    });
  }

  return async (job, { signal }) => {
    const [pending] = await within(job, (sql) =>
      sql<Pending[]>`
        select delivery.id, webhook_id, event, data, attempts, delivery.created_at, url, secret_sealed, enabled
        from webhook_delivery delivery join run_webhook on run_webhook.id = delivery.webhook_id
        where delivery.installation_id = ${job.installationId} and delivery.id = ${String(job.payload.delivery_id)}
          and state = 'pending'`);
    // Its webhook was deleted, or a claim before this one has ended it.
    if (!pending) return { kind: "done" };
    return await settle(job, pending, await attempt(pending, { job, signal }));
  };
}

function endOf(status: number, afterMs: number | undefined): AttemptEnd {
  if (status >= 200 && status < 300) return { httpStatus: status };
  if (status === 410) {
    return { httpStatus: status, reason: "the receiver answered 410: it wants no more", isGone: true };
  }
  const mayPass = status >= 500 || MAY_PASS.has(status);
  return { httpStatus: status, reason: `the receiver answered ${status}`, mayPass, afterMs };
}

async function forgetOld(
  sql: TransactionSql,
  installationId: number,
  { webhookId, state }: { webhookId: string; state: "delivered" | "failed" },
): Promise<void> {
  await sql`
    delete from webhook_delivery where installation_id = ${installationId} and id in (
      select id from webhook_delivery where installation_id = ${installationId} and webhook_id = ${webhookId}
        and state = ${state} order by created_at desc, id offset ${KEPT_DELIVERIES})`;
}
