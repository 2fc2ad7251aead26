/** /api/v1/webhooks: where changes of a run's status are sent. */

import type { Hono } from "hono";
import { z } from "zod";
import { type ApiCaller, mayAs } from "../../access/roles.ts";
import { targetUrl } from "../../agents/definition.ts";
import type { Clock } from "../../base/clock.ts";
import { RUN_STATUSES, runIdOf } from "../../workflows/runs.ts";
import {
  DELIVERY_STATES,
  deliveryUnknown,
  MAX_WEBHOOKS,
  type RunWebhook,
  type WebhookDelivery,
  type WebhookStore,
  webhookUnknown,
} from "../../workflows/webhooks.ts";
import { defineRoute, mount } from "../api/contract.ts";
import { instant } from "../api/schemas.ts";
import type { ApiAuthDeps } from "../server/api_login.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { BodyLimits } from "../server/body.ts";
import { oneOf } from "../server/query.ts";
import { idFrom, uuid } from "./ids.ts";
import { listOf, pageOf, pageQuery, rangeOf } from "./paging.ts";
import { byOf, deletedJson, deletedSchema, finderOf, tagged } from "./resource.ts";
import { ETAG, IF_MATCH, knownRevision } from "./revision.ts";
import { RUN_EXAMPLE } from "./run_view.ts";

export interface WebhookRoutesDeps extends ApiAuthDeps {
  webhooks: WebhookStore;
  body: BodyLimits;
  clock: Clock;
}

const PATH = "/api/v1/webhooks";
const REFUSAL = "Cannot save the webhook";

const webhook = z.object({
  id: uuid,
  url: z.string().meta({
    description: "Whole for admins; others get its host alone, since the rest of it may let anyone post there",
  }),
  description: z.string().nullable(),
  workflow_id: uuid.nullable().meta({ description: "null: of every workflow" }),
  statuses: z.array(z.enum(RUN_STATUSES)).meta({ description: "Empty: all" }),
  enabled: z.boolean(),
  fault: z.string().nullable().meta({ description: "Why the program has switched it off" }),
  pending: z.int().meta({ description: "Deliveries that wait" }),
  created_by: z.string(),
  created_at: instant,
  updated_at: instant,
}).meta({ id: "RunWebhook" });

const delivery = z.object({
  id: uuid.meta({ description: "The webhook-id of each attempt" }),
  event: z.string().meta({
    description: "run.pending, run.running, run.completed, run.failed, run.cancelled, webhook.test",
  }),
  run_id: z.string().nullable(),
  state: z.enum(DELIVERY_STATES),
  attempts: z.int(),
  http_status: z.int().nullable().meta({ description: "Of the last attempt; null without an answer" }),
  reason: z.string().nullable(),
  created_at: instant,
  attempted_at: instant.nullable(),
  finished_at: instant.nullable(),
}).meta({ id: "WebhookDelivery" });

const EXAMPLE = {
  id: "9c4b1d3a-2f6e-4d58-8a77-1b0c9e5f3a21",
  url: "https://hooks.example.com/runs",
  description: null,
  workflow_id: RUN_EXAMPLE.workflow_definition_id,
  statuses: ["FAILED", "CANCELLED"],
  enabled: true,
  fault: null,
  pending: 0,
  created_by: "ops",
  created_at: "2026-11-29T09:00:00.000Z",
  updated_at: "2026-11-29T09:00:00.000Z",
} as const;

const SECRET = `whsec_${"A".repeat(43)}=`;

const DELIVERY_EXAMPLE = {
  id: "4e7a9c02-6b1d-4f0e-9a3c-8d2f5b6e7c10",
  event: "run.failed",
  run_id: RUN_EXAMPLE.run_id,
  state: "delivered",
  attempts: 1,
  http_status: 200,
  reason: null,
  created_at: "2026-11-29T09:00:01.000Z",
  attempted_at: "2026-11-29T09:00:01.020Z",
  finished_at: "2026-11-29T09:00:01.020Z",
} as const;

const ID = { webhook_id: z.string().meta({ description: "Id of the webhook" }) };

const fields = {
  url: targetUrl,
  description: z.string().max(2_000).nullish(),
  workflow_id: z.uuid().nullish().meta({
    description: "Only runs of this workflow; absent or null: of every workflow",
  }),
  statuses: z.array(z.enum(RUN_STATUSES)).max(RUN_STATUSES.length).meta({ description: "Empty: all" }),
  enabled: z.boolean(),
};

const createWebhook = defineRoute({
  method: "post",
  path: PATH,
  tag: "Run webhooks",
  summary: "Send changes of runs to an address",
  about:
    `The secret is in this answer alone. There may be ${MAX_WEBHOOKS}; a second one to the same address for the same ` +
    "workflow is refused, so that a request which is sent twice makes one.",
  who: "api_editor",
  // No Idempotency-Key: the answer that it would keep has the secret.
  creates: false,
  body: {
    schema: z.strictObject({
      ...fields,
      statuses: fields.statuses.default([]),
      enabled: fields.enabled.default(true),
    }),
    refusal: REFUSAL,
    example: { url: EXAMPLE.url, statuses: EXAMPLE.statuses },
  },
  answer: {
    status: 201,
    about: "The webhook, with its secret",
    headers: { Location: "Path of the webhook", ...ETAG },
    schema: webhook.extend({ secret: z.string() }).meta({ id: "NewRunWebhook" }),
    example: { ...EXAMPLE, secret: SECRET },
  },
  problems: ["CONFLICT"],
});

const listWebhooks = defineRoute({
  method: "get",
  path: PATH,
  tag: "Run webhooks",
  summary: "Webhooks, the newest first",
  who: "api_viewer",
  query: z.object(pageQuery),
  answer: {
    status: 200,
    about: "A page of webhooks",
    schema: listOf(webhook),
    example: { items: [EXAMPLE], total: 1, page: 1, page_size: 20, total_pages: 1 },
  },
});

const getWebhook = defineRoute({
  method: "get",
  path: `${PATH}/{webhook_id}`,
  tag: "Run webhooks",
  summary: "One webhook",
  who: "api_viewer",
  params: ID,
  answer: { status: 200, about: "The webhook", headers: ETAG, schema: webhook, example: EXAMPLE },
  problems: ["NOT_FOUND"],
});

const updateWebhook = defineRoute({
  method: "put",
  path: `${PATH}/{webhook_id}`,
  tag: "Run webhooks",
  summary: "Change a webhook",
  about: "Absent fields keep their values, and so does the url where it is sent as it was answered.",
  who: "api_editor",
  params: ID,
  headers: IF_MATCH,
  body: { schema: z.strictObject(fields).partial(), refusal: REFUSAL, example: { enabled: false } },
  answer: {
    status: 200,
    about: "The webhook",
    headers: ETAG,
    schema: webhook,
    example: { ...EXAMPLE, enabled: false },
  },
  problems: ["NOT_FOUND", "CONFLICT", "PRECONDITION_FAILED"],
});

const deleteWebhook = defineRoute({
  method: "delete",
  path: `${PATH}/{webhook_id}`,
  tag: "Run webhooks",
  summary: "Delete a webhook",
  about: "Deliveries that wait are not sent.",
  who: "api_editor",
  params: ID,
  headers: IF_MATCH,
  answer: {
    status: 200,
    about: "It is deleted",
    schema: deletedSchema(webhook, "RunWebhookDeleted"),
    example: {
      message: "The webhook is deleted",
      timestamp: "2026-11-29T10:00:00.000Z",
      data: { ...EXAMPLE, enabled: false },
    },
  },
  problems: ["NOT_FOUND", "PRECONDITION_FAILED"],
});

const rotateSecret = defineRoute({
  method: "post",
  path: `${PATH}/{webhook_id}/rotate_secret`,
  tag: "Run webhooks",
  summary: "Give a webhook a new secret",
  about: "The secret is in this answer alone; the one before signs beside it for 24 hours.",
  who: "api_editor",
  creates: false,
  params: ID,
  answer: {
    status: 200,
    about: "The new secret",
    schema: z.object({ secret: z.string(), previous_until: instant }).meta({ id: "RunWebhookSecret" }),
    example: { secret: SECRET, previous_until: "2026-11-30T09:00:00.000Z" },
  },
  problems: ["NOT_FOUND"],
});

const testWebhook = defineRoute({
  method: "post",
  path: `${PATH}/{webhook_id}/test`,
  tag: "Run webhooks",
  summary: "Send a message of the type webhook.test",
  about: "Also where the webhook is switched off. Its delivery says what the receiver answered.",
  who: "api_editor",
  creates: true,
  params: ID,
  answer: {
    status: 202,
    about: "The delivery, which is about to be sent",
    schema: delivery,
    example: {
      ...DELIVERY_EXAMPLE,
      event: "webhook.test",
      run_id: null,
      state: "pending",
      attempts: 0,
      http_status: null,
      attempted_at: null,
      finished_at: null,
    },
  },
  problems: ["NOT_FOUND"],
});

const listDeliveries = defineRoute({
  method: "get",
  path: `${PATH}/{webhook_id}/deliveries`,
  tag: "Run webhooks",
  summary: "Deliveries of a webhook, the newest first",
  about: "Those that wait, the last 100 that were delivered, and the last 100 that failed, each with the reason.",
  who: "api_viewer",
  params: ID,
  query: z.object({ ...pageQuery, state: oneOf("Only in this state", DELIVERY_STATES) }),
  answer: {
    status: 200,
    about: "A page of deliveries",
    schema: listOf(delivery),
    example: { items: [DELIVERY_EXAMPLE], total: 1, page: 1, page_size: 20, total_pages: 1 },
  },
  problems: ["NOT_FOUND"],
});

const redeliver = defineRoute({
  method: "post",
  path: `${PATH}/{webhook_id}/deliveries/{delivery_id}/redeliver`,
  tag: "Run webhooks",
  summary: "Send a delivery that failed once more",
  about: "Under the same webhook-id, by which a receiver knows a repeat.",
  who: "api_operator",
  creates: false,
  params: { ...ID, delivery_id: z.string().meta({ description: "Id of the delivery" }) },
  answer: {
    status: 202,
    about: "The delivery, which is about to be sent",
    schema: delivery,
    example: { ...DELIVERY_EXAMPLE, state: "pending", attempts: 0, http_status: null, finished_at: null },
  },
  problems: ["NOT_FOUND", "CONFLICT"],
});

export const runWebhookRoutes = [
  createWebhook,
  listWebhooks,
  getWebhook,
  updateWebhook,
  deleteWebhook,
  rotateSecret,
  testWebhook,
  listDeliveries,
  redeliver,
];

export function mountRunWebhooks(app: Hono<AppEnv>, deps: WebhookRoutesDeps): void {
  const { webhooks, clock } = deps;
  const installation = async () => (await deps.home()).installationId;
  const find = finderOf({ home: deps.home, find: webhooks.find, unknown: webhookUnknown });

  mount(app, deps, createWebhook, async ({ c, login, body }) => {
    const by = byOf(c, login);
    const { made, secret } = await webhooks.create(await installation(), await body(), by);
    return { ...webhookJson(tagged(c, made, PATH), login), secret };
  });

  mount(app, deps, listWebhooks, async ({ login, query }) => {
    const { webhooks: found, total } = await webhooks.list(await installation(), rangeOf(query));
    return pageOf(found.map((one) => webhookJson(one, login)), query, total);
  });

  mount(app, deps, getWebhook, async ({ c, login, params }) => {
    const found = await find(params.webhook_id);
    return webhookJson(tagged(c, found), login);
  });

  mount(app, deps, updateWebhook, async ({ c, login, params, body }) => {
    const id = idFrom(params.webhook_id, webhookUnknown);
    const by = byOf(c, login);
    const { url, ...given } = await body();
    // Who was not shown the whole address keeps it by sending what was shown.
    const isShown = url !== undefined && url === shownUrl(await find(id), login);
    const patch = isShown ? given : { url, ...given };
    const changed = await webhooks.update(await installation(), id, patch, { by, revision: knownRevision(c) });
    return webhookJson(tagged(c, changed), login);
  });

  mount(app, deps, deleteWebhook, async ({ c, login, params }) => {
    const id = idFrom(params.webhook_id, webhookUnknown);
    const by = byOf(c, login);
    const gone = await webhooks.remove(await installation(), id, { by, revision: knownRevision(c) });
    return deletedJson(clock, "The webhook", webhookJson(gone, login));
  });

  mount(app, deps, rotateSecret, async ({ c, login, params }) => {
    const id = idFrom(params.webhook_id, webhookUnknown);
    const by = byOf(c, login);
    const { secret, previousUntil } = await webhooks.rotate(await installation(), id, by);
    return { secret, previous_until: previousUntil.toISOString() };
  });

  mount(app, deps, testWebhook, async ({ c, login, params, once }) => {
    const id = idFrom(params.webhook_id, webhookUnknown);
    const installationId = await installation();
    const by = byOf(c, login);
    return await once((atEnd) => webhooks.test(installationId, id, { by, atEnd }), deliveryJson);
  });

  mount(app, deps, listDeliveries, async ({ params, query }) => {
    const id = idFrom(params.webhook_id, webhookUnknown);
    const page = { ...rangeOf(query), state: query.state };
    const { deliveries, total } = await webhooks.deliveries(await installation(), id, page);
    return pageOf(deliveries.map(deliveryJson), query, total);
  });

  mount(app, deps, redeliver, async ({ c, login, params }) => {
    const id = idFrom(params.webhook_id, webhookUnknown);
    const deliveryId = idFrom(params.delivery_id, deliveryUnknown);
    const by = byOf(c, login);
    return deliveryJson(await webhooks.redeliver(await installation(), id, deliveryId, by));
  });
}

/** An address may be all that its receiver asks of who posts there. */
export function shownUrl({ url }: Pick<RunWebhook, "url">, { role }: ApiCaller): string {
  return mayAs(role, "admin") ? url : new URL(url).origin;
}

function webhookJson(one: RunWebhook, caller: ApiCaller) {
  return {
    id: one.id,
    url: shownUrl(one, caller),
    description: one.description,
    workflow_id: one.workflowId,
    statuses: one.statuses,
    enabled: one.enabled,
    fault: one.fault,
    pending: one.pending,
    created_by: one.createdBy,
    created_at: one.createdAt.toISOString(),
    updated_at: one.updatedAt.toISOString(),
  };
}

function deliveryJson(one: WebhookDelivery) {
  return {
    id: one.id,
    event: one.event,
    run_id: runIdOf(one.runId),
    state: one.state,
    attempts: one.attempts,
    http_status: one.httpStatus,
    reason: one.reason,
    created_at: one.createdAt.toISOString(),
    attempted_at: one.attemptedAt?.toISOString() ?? null,
    finished_at: one.finishedAt?.toISOString() ?? null,
  };
}
