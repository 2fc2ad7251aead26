/**
 * GET /ui/stream: events and runs as they come, as server-sent events (WHATWG HTML, section 9.2) for a reader that sends headers.
 *
 * A reader that comes back with Last-Event-ID is told what is above that id, and again what was received in the 5 s before
 * it: an id is drawn before its transaction commits, so among those may be one that was committed after the reader had gone.
 * Readers tell events apart by their id. With more than 1,000 in all it is told of a gap, and reads the list anew.
 */

import type { Hono } from "hono";
import { z } from "zod";
import { redactPayload } from "../../events/payload.ts";
import { AppError } from "../../base/errors.ts";
import type { StreamHub } from "../../stream/hub.ts";
import type { StreamJson } from "../../stream/serialize.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { AuthDeps } from "../server/login.ts";
import { defineRoute, mount } from "./contract.ts";
import { eventRowJson, eventSummaryJson } from "./events.ts";
import { runRowJson } from "./runs.ts";

export interface StreamRoutesDeps extends AuthDeps {
  streams: Pick<StreamHub, "open">;
  onOpen(): void;
  onClose(): void;
}

const MAX_TYPES = 100;

const HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  // So that nginx passes each message on at once.
  "x-accel-buffering": "no",
};

const getStream = defineRoute({
  method: "get",
  path: "/ui/stream",
  tag: "Events",
  summary: "Events and runs as they come",
  about:
    "Server-sent events: `hello` with the head of the list, `events` (as the list has them), `updates` (id, outcome, reason, runs, " +
    "took_ms), `runs`, and `gap` where something was missed and the list is to be read again.",
  who: "member",
  query: z.object({
    types: z.string().optional().meta({ description: "Event types with commas between; all unless given" }),
    last_event_id: z.string().optional().meta({ description: "As the header Last-Event-ID" }),
  }),
  headers: {
    "last-event-id": z.string().optional().meta({
      description: "Goes on after this event; those of the 5 s before it may come again",
    }),
  },
  answer: {
    status: 200,
    about: "A stream without an end",
    media: "text/event-stream",
    example: 'event: hello\ndata: {"head":"4711"}\n\n',
  },
});
export const streamRoutes = [getStream];

export function mountStream(app: Hono<AppEnv>, deps: StreamRoutesDeps) {
  mount(app, deps, getStream, ({ c, login, query }) => {
    const { kind, name, role, installation, token } = login;
    const types = readTypes(query.types);
    const afterId = readEventId(c.req.header("last-event-id") ?? query.last_event_id);
    if (c.req.raw.method === "HEAD") return c.body(null, 200, HEADERS);
    const body = deps.streams.open({
      installationId: installation.id,
      generation: installation.generation,
      login: `${kind} ${name}`,
      role,
      types,
      afterId,
      endsAtMs: token?.expiresAtMs,
      onClosed: deps.onClose,
    });
    deps.onOpen();
    return c.body(body, 200, HEADERS);
  });
}

/** Rows as the lists have them. */
export const streamJson: StreamJson = {
  event: eventRowJson,
  update: (row) => {
    const { id, outcome, reason } = eventSummaryJson(row);
    return { id, outcome, reason, runs: row.runCounts, took_ms: row.tookMs };
  },
  run: (row, role) => runRowJson(row, role === "member" ? redactPayload : (value) => value),
};

function readTypes(text: string | undefined): ReadonlySet<string> | undefined {
  if (text === undefined) return undefined;
  const types = text.split(",");
  if (types.length <= MAX_TYPES && types.every((type) => /^[\x21-\x7e]{1,100}$/.test(type))) return new Set(types);
  throw new AppError("REQUEST_INVALID", `Cannot read types: 1 to ${MAX_TYPES} event types with commas are due`);
}

function readEventId(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new AppError("REQUEST_INVALID", "Cannot read Last-Event-ID: the id of an event is due");
}
