/** POST /api/v1/events: what steps of the type wait_for_event wait for. */

import { Buffer } from "node:buffer";
import type { Hono } from "hono";
import { z } from "zod";
import { jsonText } from "../../base/json_text.ts";
import { anyJson } from "../../engine/any_json.ts";
import type { Ingest } from "../../ingest/ingest.ts";
import { EVENT_TYPE } from "../../workflows/definition.ts";
import { defineRoute, mount } from "../api/contract.ts";
import { id } from "../api/schemas.ts";
import type { ApiAuthDeps } from "../server/api_login.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { BodyLimits } from "../server/body.ts";

export interface ApiEventRoutesDeps extends ApiAuthDeps {
  ingest: Pick<Ingest, "receive">;
  body: BodyLimits;
}

/** A repeat under the same key is known for so long. */
const MEMORY_SECONDS = 604_800;

const postEvent = defineRoute({
  method: "post",
  path: "/api/v1/events",
  tag: "Workflow runs",
  summary: "Make an event that runs wait for",
  about:
    "Each step of the type wait_for_event that waits for its type, and whose `match` fits its data, goes on. It is " +
    "committed before it is answered; one that no step waits for yet ends no later wait.",
  who: "api_operator",
  creates: false,
  body: {
    schema: z.strictObject({
      event_type: EVENT_TYPE,
      data: z.record(z.string(), anyJson).default({}),
      event_id: z.string().min(1).max(100).optional()
        .meta({ description: "For a week, an event with the same id is the same event" }),
    }),
    refusal: "Cannot make the event",
    example: { event_type: "paid", data: { order: { id: 17 } }, event_id: "payment-8812" },
  },
  answer: {
    status: 202,
    about: "The event, which is stored",
    schema: z.object({ event_id: id, event_type: z.string(), duplicate: z.boolean() }),
    example: { event_id: "412", event_type: "paid", duplicate: false },
  },
  problems: ["STORAGE_FULL", "RATE_LIMITED"],
});

export const apiEventRoutes = [postEvent];

export function mountApiEvents(app: Hono<AppEnv>, deps: ApiEventRoutesDeps): void {
  mount(app, deps, postEvent, async ({ c, body }) => {
    const { event_type, data, event_id = crypto.randomUUID() } = await body();
    const { installationId, generation } = await deps.home();
    const text = jsonText(data);
    const { eventId, duplicate } = await deps.ingest.receive({
      installationId,
      generation,
      eventType: `flow:${event_type}`,
      body: new Uint8Array(Buffer.from(text)),
      text,
      entityKey: `api:${event_id}`,
      keyDecides: true,
      memorySeconds: MEMORY_SECONDS,
      headers: {},
      requestId: c.env.requestId,
    });
    return { event_id: String(eventId), event_type, duplicate };
  });
}
