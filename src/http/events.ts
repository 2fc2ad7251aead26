/** /ui/webhooks: the received events of a workspace, newest first, and each with its headers, body and runs. */

import { Buffer } from "node:buffer";
import type { Context, Hono } from "hono";
import { parsePayload, redactPayload } from "../events/payload.ts";
import {
  type EventOutcome,
  type EventRecord,
  type EventStore,
  type EventSummary,
  eventUnknown,
} from "../events/store.ts";
import { AppError } from "../errors.ts";
import type { AppEnv } from "./app_env.ts";
import { type AuthDeps, requireAdmin, requireLogin } from "./auth.ts";
import { RUN_STATUS } from "./flows.ts";
import { queryNumber, queryOneOf, queryText, queryTime } from "./query.ts";

export interface EventRoutesDeps extends AuthDeps {
  events: EventStore;
}

const PATH = "/ui/webhooks";
/** Only digits: other words below /ui/webhooks are routes of their own. */
const ONE = `${PATH}/:id{[0-9]+}`;

export function mountEvents(app: Hono<AppEnv>, deps: EventRoutesDeps) {
  app.get(PATH, async (c) => {
    const { installation } = await requireLogin(c, deps);
    const limit = queryNumber(c, "limit", { fallback: 50, min: 1, max: 100 });
    const offset = queryNumber(c, "offset", { fallback: 0, min: 0, max: 10_000 });
    const beforeId = queryNumber(c, "cursor", { fallback: undefined, min: 1, max: Number.MAX_SAFE_INTEGER });
    if (beforeId !== undefined && offset > 0) {
      throw new AppError("REQUEST_INVALID", "Cannot read the page: cursor and offset exclude each other");
    }
    const filter = {
      eventType: queryText(c, "event_type"),
      source: queryOneOf(c, "source", ["CLOCKIFY", "CUSTOM"]),
      outcome: queryOneOf(c, "outcome", ["waiting", "dispatched", "skipped", "dead"]),
      from: queryTime(c, "from"),
      to: queryTime(c, "to"),
      q: queryText(c, "q"),
    };
    const page = await deps.events.list(installation.id, filter, { limit, offset, beforeId });
    return c.json({
      workspace_id: installation.workspaceId,
      pagination: {
        total: page.total,
        total_is_exact: page.totalIsExact,
        limit,
        offset,
        has_more: page.hasMore,
        next_cursor: page.nextCursor === null ? null : String(page.nextCursor),
      },
      webhooks: page.events.map(eventSummaryJson),
    });
  });

  app.get(ONE, async (c) => {
    const { installation, role } = await requireLogin(c, deps);
    const event = await findEvent(c, installation.id, deps);
    const shown = role === "admin" ? wholeBody(event, c.req.query("raw") === "true") : redactedBody(event);
    return c.json({
      ...eventSummaryJson(event),
      request_id: event.requestId,
      finished_at: event.finishedAt?.toISOString() ?? null,
      headers: event.headers,
      ...shown,
      runs: event.runs.map(({ runId, flowId, state }) => ({
        run_id: runId,
        flow_id: String(flowId),
        status: RUN_STATUS[state] ?? state.toUpperCase(),
      })),
    });
  });

  app.get(`${ONE}/raw`, async (c) => {
    const { installation } = await requireAdmin(c, deps);
    const { id, body } = await findEvent(c, installation.id, deps);
    return c.body(new Uint8Array(body), 200, {
      "content-type": "application/octet-stream",
      "content-disposition": `attachment; filename="webhook-${id}.bin"`,
      "x-content-type-options": "nosniff",
    });
  });
}

async function findEvent(
  c: Context<AppEnv>,
  installationId: number,
  { events }: EventRoutesDeps,
): Promise<EventRecord> {
  const text = c.req.param("id") ?? "";
  const event = /^[1-9]\d{0,14}$/.test(text) ? await events.find(installationId, Number(text)) : undefined;
  if (!event) throw eventUnknown(text.slice(0, 40));
  return event;
}

/** For an admin: the body as JSON; as base64 where it is none, or where that is asked for. */
function wholeBody({ body }: EventRecord, raw: boolean) {
  const parsed = parsePayload(body);
  return {
    payload: parsed?.payload ?? null,
    payload_redacted: false,
    ...((raw || !parsed) && { raw: Buffer.from(body).toString("base64") }),
  };
}

/** For a member: a body that is no JSON cannot be told apart from its secrets, so it is not shown. */
function redactedBody({ body }: EventRecord) {
  const parsed = parsePayload(body);
  return { payload: parsed ? redactPayload(parsed.payload) : null, payload_redacted: true };
}

/** The words of requirement L149. */
const STATUS: Record<EventOutcome, string> = {
  waiting: "received",
  dispatched: "processed",
  skipped: "processed",
  dead: "error",
};

/** One row of a list of events. */
export function eventSummaryJson(event: EventSummary) {
  const id = String(event.id);
  return {
    id,
    webhook_id: id,
    event_type: event.eventType,
    source: event.customSource === null ? "CLOCKIFY" : "CUSTOM",
    custom_source: event.customSource,
    custom_type: event.customType,
    workspace_id: event.workspaceId,
    received_at: event.receivedAt.toISOString(),
    entity: event.entity,
    status: STATUS[event.outcome],
    outcome: event.outcome,
    reason: event.reason,
    payload_size: event.payloadSize,
  };
}
