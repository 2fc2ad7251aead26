/**
 * GET /ui/stream: events and runs as they come, as server-sent events (WHATWG HTML, section 9.2) for a reader that
 * sends headers.
 *
 * A reader that comes back with Last-Event-ID gets the events above that id, and again those that were received in the
 * 5 s before it: an id is drawn before its transaction commits, so among those may be one that was committed after the
 * reader had gone. Readers recognise events by their id. With more than 1,000 of them it gets `gap` instead, and reads
 * the list again.
 */

import type { Hono } from "hono";
import { z } from "zod";
import { BREAKER_STATES } from "../../breakers/store.ts";
import { redactPayload } from "../../events/payload.ts";
import { AppError, toAppError } from "../../base/errors.ts";
import { END_REASONS } from "../../stream/client.ts";
import type { StreamHub } from "../../stream/hub.ts";
import type { StreamJson } from "../../stream/serialize.ts";
import type { AppEnv } from "../server/app_env.ts";
import type { AuthDeps } from "../server/login.ts";
import { defineRoute, mount } from "./contract.ts";
import { eventRow, eventRowJson, eventSummaryJson } from "./events.ts";
import { run } from "./run_schemas.ts";
import { runRowJson } from "./runs.ts";
import { id } from "./schemas.ts";

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

function message<Event extends string, Data extends z.ZodType>(event: Event, data: Data, description: string) {
  return z.object({ event: z.literal(event), data }).meta({ description });
}

/** What a stream says, by the name of its event. */
export const streamMessage = z.discriminatedUnion("event", [
  message(
    "hello",
    z.object({
      head: id.meta({ description: "Id of the newest event; 0: there is none" }),
      heartbeat_seconds: z.int().meta({ description: "Something is sent at least so often, if only a comment" }),
    }),
    "The first: what follows is newer than head, or than Last-Event-ID",
  ),
  message(
    "events",
    z.object({
      events: z.array(eventRow),
      skipped: z.int().meta({ description: "Events before these that came faster than they are sent" }),
    }),
    "New events, oldest first, as the list has them",
  ),
  message(
    "updates",
    z.object({ events: z.array(eventRow.pick({ id: true, outcome: true, reason: true, runs: true, took_ms: true })) }),
    "What changed of events",
  ),
  message(
    "breaker",
    z.object({ host: z.string(), state: z.enum(BREAKER_STATES) }),
    "A circuit breaker changed: steps wait for the host, or no longer do",
  ),
  message("runs", z.object({ runs: z.array(run) }), "Runs that are new or changed"),
  message(
    "approvals",
    z.object({ changed: z.array(z.uuid()).meta({ description: "Ids, for the list or the page to be read again" }) }),
    "Approvals that are new or changed",
  ),
  message(
    "gap",
    z.object({ missed: z.int().nullable().meta({ description: "Events; null: it is not known how many" }) }),
    "Something was missed: the list is to be read again",
  ),
  message("end", z.object({ reason: z.enum(END_REASONS) }), "The last"),
]).meta({ id: "StreamMessage" });

const getStream = defineRoute({
  method: "get",
  path: "/ui/stream",
  tag: "Events",
  summary: "Events and runs as they come",
  about:
    "Server-sent events: `hello`, `events`, `updates` of events, `runs`, `approvals`, `breaker`, `gap` where something was missed, " +
    "and `end`. The schema " +
    "is of one of them, with its name as `event`; its `data` is one line of JSON.",
  who: "member",
  query: z.object({
    types: z.string().optional().meta({ description: "Event types with commas between; all unless given" }),
    last_event_id: z.string().optional().meta({ description: "As the header Last-Event-ID" }),
  }),
  headers: {
    "last-event-id": z.string().optional().meta({
      description: "Resumes after this event; those of the 5 s before it may come again",
    }),
  },
  answer: {
    status: 200,
    about: "A stream without an end",
    media: "text/event-stream",
    message: streamMessage,
    example: { event: "hello", data: { head: "4711", heartbeat_seconds: 15 } },
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
      isOver: isOverOf(c.env),
      onClosed: deps.onClose,
    });
    deps.onOpen();
    return c.body(body, 200, HEADERS);
  });
}

/** Of the session of a page, which ends when somebody says so; other logins end with their time. */
function isOverOf({ operatorOfSession: ask }: AppEnv["Bindings"]): (() => Promise<boolean>) | undefined {
  if (!ask) return undefined;
  return async () => {
    try {
      await ask();
      return false;
    } catch (error) {
      if (toAppError(error).code === "LOGIN_REQUIRED") return true;
      throw error;
    }
  };
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
  throw new AppError("REQUEST_INVALID", `Cannot read types: expected 1 to ${MAX_TYPES} event types with commas`);
}

function readEventId(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new AppError("REQUEST_INVALID", "Cannot read Last-Event-ID: expected the id of an event");
}
