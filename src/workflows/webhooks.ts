/** Webhooks on the status of runs: made, changed, tested, with what became of their messages. What sends those is webhook_delivery.ts. */

import { appendAudit, type Audit } from "../access/audit.ts";
import { accessStore, type By, requireRevision } from "../access/by.ts";
import { AppError } from "../base/errors.ts";
import type { Clock } from "../base/clock.ts";
import { jsonText } from "../base/json_text.ts";
import { insertJobs } from "../queue/enqueue.ts";
import type { AtEnd } from "../db/at_end.ts";
import type { Database, Query, TransactionSql } from "../db/db.ts";
import { newSigningSecret } from "../installations/signing_secrets.ts";
import { runWebhookContext } from "../secrets/contexts.ts";
import type { Keyring } from "../secrets/encryption.ts";
import type { RunStatus } from "./runs.ts";

/** Each status of a run is a message for each of them. */
export const MAX_WEBHOOKS = 20;
/** Messages that are over, kept of each webhook: so many that were delivered, and as many that were not. */
export const KEPT_DELIVERIES = 100;
/** For so long a replaced secret signs beside the new one. */
const OVERLAP_MS = 24 * 3_600_000;

export interface RunWebhook {
  id: string;
  url: string;
  description: string | null;
  /** Null: of every workflow. */
  workflowId: string | null;
  /** Empty: all. */
  statuses: RunStatus[];
  enabled: boolean;
  /** Why the program has switched it off. */
  fault: string | null;
  /** Messages that wait. */
  pending: number;
  revision: number;
  createdBy: string;
  createdAt: Date;
  updatedAt: Date;
}

export interface NewWebhook {
  url: string;
  description?: string | null;
  workflow_id?: string | null;
  statuses: RunStatus[];
  enabled: boolean;
}
export type WebhookPatch = Partial<NewWebhook>;

export const DELIVERY_STATES = ["pending", "delivered", "failed"] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** One message. */
export interface WebhookDelivery {
  /** The webhook-id of each attempt. */
  id: string;
  event: string;
  runId: string | null;
  state: DeliveryState;
  attempts: number;
  httpStatus: number | null;
  /** Why the last attempt, or the message, failed. */
  reason: string | null;
  createdAt: Date;
  attemptedAt: Date | null;
  finishedAt: Date | null;
}

interface Change {
  by: By;
  /** The revision that the caller knows; absent: whichever there is. */
  revision?: number;
}

/** What is sealed. */
interface Signing {
  secret: string;
  previous?: { secret: string; untilMs: number };
}

export interface WebhookStore {
  /**
   * With its secret, which is given this once. Throws REQUEST_INVALID for an unknown workflow, and CONFLICT where there are
   * MAX_WEBHOOKS or one to the same address for the same workflow.
   */
  create(installationId: number, webhook: NewWebhook, by: By): Promise<{ made: RunWebhook; secret: string }>;
  /** The newest first, with the true total. */
  list(
    installationId: number,
    page: { limit: number; offset: number },
  ): Promise<{ webhooks: RunWebhook[]; total: number }>;
  find(installationId: number, id: string): Promise<RunWebhook | undefined>;
  /** Throws NOT_FOUND, PRECONDITION_FAILED, and what create() throws. */
  update(installationId: number, id: string, patch: WebhookPatch, change: Change): Promise<RunWebhook>;
  /** With the messages that wait. Throws NOT_FOUND, PRECONDITION_FAILED. */
  remove(installationId: number, id: string, change: Change): Promise<RunWebhook>;
  /** A new secret; the present one signs beside it for 24 hours. Throws NOT_FOUND. */
  rotate(installationId: number, id: string, by: By): Promise<{ secret: string; previousUntil: Date }>;
  /** Sends a message of the type webhook.test. Throws NOT_FOUND. */
  test(
    installationId: number,
    id: string,
    options: { by: By; atEnd?: AtEnd<WebhookDelivery> },
  ): Promise<WebhookDelivery>;
  /** The newest first. Throws NOT_FOUND. */
  deliveries(
    installationId: number,
    id: string,
    page: { limit: number; offset: number; state?: DeliveryState },
  ): Promise<{ deliveries: WebhookDelivery[]; total: number }>;
  /** Sends a message that failed once more. Throws NOT_FOUND, and CONFLICT for one that has not failed. */
  redeliver(installationId: number, id: string, deliveryId: string, by: By): Promise<WebhookDelivery>;
  /**
   * Those of them that have failed, at most KEPT_DELIVERIES; gives how many are sent. Throws NOT_FOUND, and CONFLICT where the
   * webhook is switched off: they would fail at once.
   */
  redeliverFailed(installationId: number, id: string, deliveryIds: readonly string[], by: By): Promise<number>;
}

interface Row {
  id: string;
  url: string;
  description: string | null;
  workflow_id: string | null;
  statuses: RunStatus[];
  enabled: boolean;
  fault: string | null;
  pending: number;
  revision: number;
  created_by: string;
  created_at: Date;
  updated_at: Date;
}

export function createWebhookStore({ db, keyring, clock, wake, audit: append = appendAudit }: {
  db: Pick<Database, "scoped">;
  keyring: Keyring;
  clock: Clock;
  /** Of the queue: called after the commit. */
  wake(): void;
  audit?: Audit;
}): WebhookStore {
  const { within, audit } = accessStore({ db, clock, audit: append, entityType: "webhook" });

  const seal = (installationId: number, id: string, signing: Signing) =>
    keyring.seal(JSON.stringify(signing), runWebhookContext(installationId, id));

  async function lock(sql: TransactionSql, installationId: number, id: string, revision?: number): Promise<Row> {
    await sql`select 1 from run_webhook where installation_id = ${installationId} and id = ${id} for update`;
    const row = await read(sql, installationId, id);
    if (!row) throw webhookUnknown(id);
    requireRevision(row, revision, "the webhook");
    return row;
  }

  async function touch(sql: TransactionSql, installationId: number, id: string): Promise<RunWebhook> {
    await sql`
      update run_webhook set revision = revision + 1, updated_at = now()
      where installation_id = ${installationId} and id = ${id}`;
    return toWebhook((await read(sql, installationId, id))!);
  }

  async function send<Sent>(installationId: number, body: (sql: TransactionSql) => Promise<Sent>): Promise<Sent> {
    const sent = await within(installationId, body);
    wake();
    return sent;
  }

  return {
    create: async (installationId, given, by) => {
      const id = crypto.randomUUID();
      const secret = newSigningSecret();
      const sealed = await seal(installationId, id, { secret });
      const made = await within(installationId, async (sql) => {
        await requireFree(sql, { installationId, id, url: given.url, workflowId: given.workflow_id ?? null });
        await sql`
          insert into run_webhook (id, installation_id, url, description, workflow_id, statuses, secret_sealed, enabled,
            created_by)
          values (${id}, ${installationId}, ${given.url}, ${given.description ?? null}, ${given.workflow_id ?? null},
            ${statusList(sql, given.statuses)}, ${sealed}, ${given.enabled}, ${by.actor})`;
        await audit(sql, installationId, { ...by, action: "create", entityId: id, changes: given });
        return toWebhook((await read(sql, installationId, id))!);
      });
      return { made, secret };
    },

    list: (installationId, { limit, offset }) =>
      within(installationId, async (sql) => {
        const [count] = await sql<{ total: number }[]>`
          select count(*)::int as total from run_webhook where installation_id = ${installationId}`;
        const rows = await sql<Row[]>`
          select ${columns(sql)} from run_webhook where installation_id = ${installationId}
          order by created_at desc, id limit ${limit} offset ${offset}`;
        return { webhooks: rows.map(toWebhook), total: count!.total };
      }),

    find: (installationId, id) =>
      within(installationId, async (sql) => {
        const row = await read(sql, installationId, id);
        return row && toWebhook(row);
      }),

    update: (installationId, id, patch, { by, revision }) =>
      within(installationId, async (sql) => {
        const row = await lock(sql, installationId, id, revision);
        const next = {
          url: patch.url ?? row.url,
          workflowId: patch.workflow_id === undefined ? row.workflow_id : patch.workflow_id,
        };
        if (next.url !== row.url || next.workflowId !== row.workflow_id) {
          await requireFree(sql, { installationId, id, ...next });
        }
        await sql`
          update run_webhook set url = ${next.url}, workflow_id = ${next.workflowId},
            description = ${patch.description === undefined ? row.description : patch.description},
            statuses = ${statusList(sql, patch.statuses ?? row.statuses)}, enabled = ${patch.enabled ?? row.enabled},
            fault = case when ${patch.enabled ?? false}::boolean then null else fault end,
            fault_at = case when ${patch.enabled ?? false}::boolean then null else fault_at end
          where installation_id = ${installationId} and id = ${id}`;
        const changed = await touch(sql, installationId, id);
        await audit(sql, installationId, { ...by, action: "update", entityId: id, changes: patch });
        return changed;
      }),

    remove: (installationId, id, { by, revision }) =>
      within(installationId, async (sql) => {
        const row = await lock(sql, installationId, id, revision);
        await sql`delete from run_webhook where installation_id = ${installationId} and id = ${id}`;
        await audit(sql, installationId, { ...by, action: "delete", entityId: id, changes: {} });
        return { ...toWebhook(row), enabled: false };
      }),

    rotate: (installationId, id, by) =>
      within(installationId, async (sql) => {
        await lock(sql, installationId, id);
        const [row] = await sql<{ secret_sealed: string }[]>`
          select secret_sealed from run_webhook where installation_id = ${installationId} and id = ${id}`;
        const present = await openSigning(keyring, { installationId, id, sealed: row!.secret_sealed });
        const secret = newSigningSecret();
        const untilMs = clock.now() + OVERLAP_MS;
        const sealed = await seal(installationId, id, { secret, previous: { secret: present.secret, untilMs } });
        await sql`
          update run_webhook set secret_sealed = ${sealed} where installation_id = ${installationId} and id = ${id}`;
        await touch(sql, installationId, id);
        await audit(sql, installationId, { ...by, action: "rotate_secret", entityId: id, changes: {} });
        return { secret, previousUntil: new Date(untilMs) };
      }),

    test: (installationId, id, { by, atEnd }) =>
      send(installationId, async (sql) => {
        const row = await lock(sql, installationId, id);
        const data = { webhook_id: id, sent_by: by.actor };
        const [delivery] = await sql<DeliveryRow[]>`
          insert into webhook_delivery (installation_id, webhook_id, event, data)
          values (${installationId}, ${row.id}, 'webhook.test', ${jsonText(data)}::text::jsonb)
          returning ${deliveryColumns(sql)}`;
        await queue(sql, { installationId, webhookId: id, deliveryIds: [delivery!.id] });
        const made = toDelivery(delivery!);
        await audit(sql, installationId, { ...by, action: "test", entityId: id, changes: { delivery_id: made.id } });
        await atEnd?.(sql, made);
        return made;
      }),

    deliveries: (installationId, id, { limit, offset, state }) =>
      within(installationId, async (sql) => {
        if (!await read(sql, installationId, id)) throw webhookUnknown(id);
        const fits = sql`installation_id = ${installationId} and webhook_id = ${id}
          ${state === undefined ? sql`` : sql`and state = ${state}`}`;
        const [count] = await sql<{ total: number }[]>`
          select count(*)::int as total from webhook_delivery where ${fits}`;
        const rows = await sql<DeliveryRow[]>`
          select ${deliveryColumns(sql)} from webhook_delivery where ${fits}
          order by created_at desc, id limit ${limit} offset ${offset}`;
        return { deliveries: rows.map(toDelivery), total: count!.total };
      }),

    redeliver: (installationId, id, deliveryId, by) =>
      send(installationId, async (sql) => {
        if (!await read(sql, installationId, id)) throw webhookUnknown(id);
        const [found] = await sql<{ state: DeliveryState }[]>`
          select state from webhook_delivery
          where installation_id = ${installationId} and webhook_id = ${id} and id = ${deliveryId} for update`;
        if (!found) throw deliveryUnknown(deliveryId);
        if (found.state !== "failed") {
          throw new AppError(
            "CONFLICT",
            `Cannot send delivery "${deliveryId}" again: it is ${found.state}, not failed`,
          );
        }
        const [delivery] = await sql<DeliveryRow[]>`
          update webhook_delivery set state = 'pending', attempts = 0, finished_at = null, reason = null, http_status = null
          where installation_id = ${installationId} and id = ${deliveryId} returning ${deliveryColumns(sql)}`;
        await queue(sql, { installationId, webhookId: id, deliveryIds: [deliveryId] });
        const changes = { delivery_id: deliveryId };
        await audit(sql, installationId, { ...by, action: "redeliver", entityId: id, changes });
        return toDelivery(delivery!);
      }),

    redeliverFailed: (installationId, id, asked, by) =>
      send(installationId, async (sql) => {
        const { enabled } = await lock(sql, installationId, id);
        if (!enabled) {
          throw new AppError(
            "CONFLICT",
            "Cannot send the deliveries again: the webhook is switched off; switch it on first",
          );
        }
        const ids = JSON.stringify(asked.slice(0, KEPT_DELIVERIES));
        const sent = await sql<{ id: string }[]>`
          update webhook_delivery set state = 'pending', attempts = 0, finished_at = null, reason = null, http_status = null
          where installation_id = ${installationId} and webhook_id = ${id} and state = 'failed'
            and id in (select value::uuid from json_array_elements_text(${ids}::text::json))
          returning id`;
        const deliveryIds = sent.map((one) => one.id);
        await queue(sql, { installationId, webhookId: id, deliveryIds });
        const changes = { delivery_ids: deliveryIds };
        if (sent.length > 0) await audit(sql, installationId, { ...by, action: "redeliver", entityId: id, changes });
        return sent.length;
      }),
  };
}

export function webhookUnknown(id: string): AppError {
  return new AppError("NOT_FOUND", `Cannot find webhook "${id.slice(0, 40)}": there is none with this id`);
}

export function deliveryUnknown(id: string): AppError {
  return new AppError("NOT_FOUND", `Cannot find delivery "${id.slice(0, 40)}": the webhook has none with this id`);
}

export async function openSigning(
  keyring: Keyring,
  { installationId, id, sealed }: { installationId: number; id: string; sealed: string },
): Promise<Signing> {
  return JSON.parse(await keyring.open(sealed, runWebhookContext(installationId, id)));
}

/** Throws as create(). */
async function requireFree(
  sql: TransactionSql,
  { installationId, id, url, workflowId }: {
    installationId: number;
    id: string;
    url: string;
    workflowId: string | null;
  },
): Promise<void> {
  // Two at once follow one another.
  await sql`select pg_advisory_xact_lock(hashtextextended('run_webhooks', ${installationId}))`;
  if (workflowId !== null) {
    const known = await sql`
      select 1 from workflow where installation_id = ${installationId} and id = ${workflowId} and status <> 'deleted'`;
    if (known.length === 0) {
      throw new AppError("REQUEST_INVALID", "Cannot save the webhook: it has 1 fault", {
        details: { faults: [{ path: "workflow_id", message: "names no workflow" }] },
      });
    }
  }
  const [count] = await sql<{ all: number; same: number }[]>`
    select count(*)::int as all,
      (count(*) filter (where url = ${url} and workflow_id is not distinct from ${workflowId}::text::uuid))::int as same
    from run_webhook where installation_id = ${installationId} and id <> ${id}`;
  if (count!.same > 0) {
    throw new AppError("CONFLICT", "Cannot save the webhook: there is one to this address for the same workflow");
  }
  if (count!.all >= MAX_WEBHOOKS) {
    throw new AppError("CONFLICT", `Cannot save the webhook: there are ${MAX_WEBHOOKS}; delete one first`);
  }
}

/** As the trigger on runs does it (migration 60): outside of the lines of runs. */
async function queue(
  sql: TransactionSql,
  { installationId, webhookId, deliveryIds }: {
    installationId: number;
    webhookId: string;
    deliveryIds: readonly string[];
  },
): Promise<void> {
  await sql`
    ${insertJobs(sql)}
    select 'webhook', ${installationId}::bigint, null::int, jsonb_build_object('delivery_id', value), null,
      ${`webhook:${webhookId}/by_hand`}::text
    from json_array_elements_text(${JSON.stringify(deliveryIds)}::text::json)`;
}

async function read(sql: Query, installationId: number, id: string): Promise<Row | undefined> {
  const [row] = await sql<Row[]>`
    select ${columns(sql)} from run_webhook where installation_id = ${installationId} and id = ${id}`;
  return row;
}

function columns(sql: Query) {
  return sql`id, url, description, workflow_id, to_json(statuses) as statuses, enabled, fault, revision, created_by,
    created_at, updated_at, (select count(*)::int from webhook_delivery waiting
      where waiting.webhook_id = run_webhook.id and waiting.state = 'pending') as pending`;
}

function statusList(sql: Query, statuses: readonly RunStatus[]) {
  return sql`array(select json_array_elements_text(${JSON.stringify(statuses)}::text::json))`;
}

function toWebhook(row: Row): RunWebhook {
  return {
    id: row.id,
    url: row.url,
    description: row.description,
    workflowId: row.workflow_id,
    statuses: row.statuses,
    enabled: row.enabled,
    fault: row.fault,
    pending: row.pending,
    revision: row.revision,
    createdBy: row.created_by,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

interface DeliveryRow {
  id: string;
  event: string;
  run_id: string | null;
  state: DeliveryState;
  attempts: number;
  http_status: number | null;
  reason: string | null;
  created_at: Date;
  attempted_at: Date | null;
  finished_at: Date | null;
}

function deliveryColumns(sql: Query) {
  return sql`id, event, run_id, state, attempts, http_status, reason, created_at, attempted_at, finished_at`;
}

function toDelivery(row: DeliveryRow): WebhookDelivery {
  return {
    id: row.id,
    event: row.event,
    runId: row.run_id,
    state: row.state,
    attempts: row.attempts,
    httpStatus: row.http_status,
    reason: row.reason,
    createdAt: row.created_at,
    attemptedAt: row.attempted_at,
    finishedAt: row.finished_at,
  };
}
