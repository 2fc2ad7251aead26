/** What was sent to a webhook that a person made: kept for seven days, paged from 0. */

import { stableId } from "../items.ts";
import { type ApiCall, ApiRefusal, objectBody, ok, type Route } from "../route.ts";
import { instant } from "../wall_clock.ts";
import { webhookOf } from "./webhooks.ts";

function pageOf({ query }: ApiCall): { page: number; size: number } {
  const [page, size] = [query.get("page") ?? "0", query.get("size") ?? "50"].map(Number) as [number, number];
  if (!(page >= 0 && size >= 1)) throw new ApiRefusal(400, "Bad parameter page", 3000);
  return { page, size };
}

function logs(call: ApiCall) {
  const webhook = webhookOf(call);
  const { from, to, status = "ALL", sortByNewest = false } = objectBody(call) as Record<string, string>;
  const { page, size } = pageOf(call);
  const since = Math.max(from ? Date.parse(from) : 0, call.world.clock.now() - 7 * 86_400_000);
  const rows = attemptsOf(call, webhook.id).filter(({ at, isGood }) =>
    at >= since && (!to || at <= Date.parse(to)) && (status === "ALL" || isGood === (status === "SUCCEEDED"))
  ).map(({ at: _at, isGood: _isGood, ...row }) => row);
  if (sortByNewest) rows.reverse();
  return ok(rows.slice(page * size, (page + 1) * size));
}

function attemptsOf(call: ApiCall, webhookId: string) {
  return call.world.deliveriesTo(webhookId).flatMap((delivery) =>
    delivery.attempts.map(({ at, idempotencyKey, status }) => ({
      id: stableId(call.workspace, idempotencyKey),
      webhookId,
      webhookEventStatusId: stableId(call.workspace, `delivery ${delivery.id}`),
      requestBody: delivery.body,
      responseBody: "",
      statusCode: status ?? 0,
      respondedAt: instant(at),
      at,
      isGood: status !== null && status >= 200 && status < 300,
    }))
  );
}

const STATES = { delivered: "SUCCEEDED", given_up: "FAILED", pending: "RETRYING", held: "RETRYING" };

/** Each event that was to be delivered, with the last attempt. */
function statuses(call: ApiCall) {
  const { id } = webhookOf(call);
  const asked = call.query.getAll("statuses").flatMap((text) => text.split(",")).filter(Boolean);
  const rows = call.world.deliveriesTo(id).map(({ id: number, state, attempts }) => {
    const last = attemptsOf(call, id).filter(({ webhookEventStatusId }) =>
      webhookEventStatusId === stableId(call.workspace, `delivery ${number}`)
    ).at(-1);
    return {
      id: stableId(call.workspace, `delivery ${number}`),
      webhookId: id,
      webhookLogId: last?.id ?? null,
      status: STATES[state],
      retryCount: Math.max(0, attempts.length - 1),
      ...{ requestBody: last?.requestBody ?? null, responseBody: last?.responseBody ?? null },
      ...{ statusCode: last?.statusCode ?? null, respondedAt: last?.respondedAt ?? null },
    };
  }).filter(({ status }) => asked.length === 0 || asked.includes(status));
  const { page, size } = pageOf(call);
  return ok(rows.slice(page * size, (page + 1) * size));
}

const WEBHOOK = "/v1/workspaces/{workspaceId}/webhooks/{webhookId}";

export const webhookLogRoutes: Route[] = [
  { method: "POST", path: `${WEBHOOK}/logs`, closedToAddons: true, handle: logs },
  { method: "GET", path: `${WEBHOOK}/statuses`, closedToAddons: true, handle: statuses },
];
