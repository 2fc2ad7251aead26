/** What was sent to a webhook that a person made: kept for seven days, paged from 0. */

import { stableId } from "../items.ts";
import { type ApiCall, ApiRefusal, objectBody, ok, type Route } from "../route.ts";
import { instant } from "../wall_clock.ts";
import { webhookOf } from "./webhooks.ts";

function logs(call: ApiCall) {
  const webhook = webhookOf(call);
  const { from, to, status = "ALL", sortByNewest = false } = objectBody(call) as Record<string, string>;
  const [page, size] = [call.query.get("page") ?? "0", call.query.get("size") ?? "50"].map(Number) as [number, number];
  if (!(page >= 0 && size >= 1)) throw new ApiRefusal(400, "Bad parameter page", 3000);
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

export const webhookLogRoutes: Route[] = [{
  method: "POST",
  path: "/v1/workspaces/{workspaceId}/webhooks/{webhookId}/logs",
  closedToAddons: true,
  handle: logs,
}];
