/** /ui/webhooks: the received events of a workspace, newest first, and each with its headers, body and runs. */

import { Buffer } from "node:buffer";
import type { Hono } from "hono";
import { z } from "zod";
import type { BodyReading } from "../../events/body_reading.ts";
import { hasFields, MAX_SHOWN_BYTES, readPayload, redactPayload } from "../../events/payload.ts";
import { type EventOutcome, type EventRow, MAX_READ_BYTES } from "../../events/rows.ts";
import { type EventRecord, type EventStore, eventUnknown } from "../../events/store.ts";
import { subjectOf } from "../../events/subject.ts";
import { verificationOf } from "../../events/verification.ts";
import { AppError } from "../../base/errors.ts";
import { waitsForClockify } from "../../clockify/waits.ts";
import { redactHeaders } from "../../telemetry/redact.ts";
import type { AppEnv, Login } from "../server/app_env.ts";
import { type AuthDeps, readerOf } from "../server/login.ts";
import { wholeNumber } from "../server/query.ts";
import { defineRoute, mount } from "./contract.ts";
import { eventFilter, eventFilters } from "./event_filter.ts";
import { RUN_STATUS } from "./flows.ts";
import { runState, runStatus } from "./run_schemas.ts";
import { anyJson, id, ID_PARAM, idCursor, instant, limitUpTo100, workspaceId } from "./schemas.ts";

export interface EventRoutesDeps extends AuthDeps {
  events: EventStore;
  /** False where deliveries are accepted unsigned (local tests). */
  requireSignature: boolean;
}

/** Only digits: other words below /ui/webhooks are routes of their own. */
const EVENT_ID = { params: ID_PARAM, patterns: { id: "[0-9]+" } } as const;

/** Above it an event is a costly read. */
const MAX_CHEAP_BYTES = 200_000;

const runCounts = z.object({
  total: z.int(),
  active: z.int().meta({ description: "Pending, running or waiting" }),
  completed: z.int(),
  failed: z.int(),
}).meta({ id: "RunCounts" });

const summaryFields = {
  id,
  webhook_id: id.meta({ description: "The same as id" }),
  event_type: z.string(),
  source: z.enum(["CLOCKIFY", "CUSTOM"]),
  custom_source: z.string().nullable().meta({ description: "Name of the custom source" }),
  custom_type: z.string().nullable().meta({ description: "The type that the sender of a custom event named" }),
  workspace_id: workspaceId,
  received_at: instant,
  reconciled: z.boolean().meta({ description: "Its delivery was missed, and it was found again" }),
  entity: z.string().nullable().meta({ description: "resource:id; null where the event names none" }),
  status: z.enum(["received", "processed", "error"]).meta({
    description: "The outcome in the earlier service's words",
  }),
  outcome: z.enum(["waiting", "dispatched", "skipped", "dead"])
    .meta({ description: "waiting: its flows were not evaluated yet; dead: that was given up" }),
  reason: z.string().nullable(),
  payload_size: z.int().meta({ description: "Bytes of the body" }),
};
export const eventSummary = z.object(summaryFields).meta({ id: "EventSummary" });

const rowFields = {
  ...summaryFields,
  subject: z.string().nullable().meta({ description: "The names that the payload carries" }),
  took_ms: z.int().nullable().meta({
    description: "From its reception to the end of its last run, or of its own handling; null while something is open",
  }),
  duplicates: z.int().meta({
    description: "Repeats that were dropped; counted of the newest event of its entity and type, else 0",
  }),
};
export const eventRow = z.object({ ...rowFields, runs: runCounts }).meta({ id: "Event" });

const PAYLOAD_FORMS = ["json", "form", "multipart", "text", "binary", "empty", "large"] as const;

const contentFields = {
  query: z.record(z.string(), z.union([z.string(), z.array(z.string())])).nullable()
    .meta({ description: "Of the address it was sent to" }),
  payload_form: z.enum(PAYLOAD_FORMS).meta({ description: "large: it was not read" }),
  payload_problem: z.string().nullable().meta({ description: "What could not be read as its sender states it" }),
  payload: anyJson,
  payload_redacted: z.boolean().meta({
    description: "True for members: without secrets, notes and mail addresses, and null where it has no fields",
  }),
  raw: z.string().optional().meta({ description: "The bytes as base64, for admins" }),
};

const eventRun = z.object({
  run_id: z.string(),
  flow_id: id,
  flow_name: z.string(),
  flow_version: z.int(),
  status: runStatus,
  state: runState,
  replay: z.int().meta({ description: "0: the event's own run; higher: the number of a replay" }),
  created_at: instant,
  finished_at: instant.nullable(),
  waits_for: z.enum(["clockify"]).nullable()
    .meta({ description: "clockify: it waits for Clockify's rate limit, as GET /ui/stops says; null: it does not" }),
  next_attempt_at: instant.nullable().meta({ description: "When a run that waits continues" }),
}).meta({ id: "EventRun" });

const eventDetail = z.object({
  ...rowFields,
  request_id: z.string(),
  finished_at: instant.nullable(),
  first_duplicate_at: instant.nullable().meta({ description: "Null where there is none, or its time was not stored" }),
  last_duplicate_at: instant.nullable(),
  headers: z.record(z.string(), z.string()).meta({ description: "Without secrets" }),
  ...contentFields,
  verification: z.object({
    result: z.enum(["verified", "polled", "reconciled", "unverified", "custom"]),
    text: z.string(),
  }),
  runs: z.array(eventRun).meta({ description: "The newest, by flow and replay" }),
}).meta({ id: "EventDetail" });

/** One line of an export. */
export const exportedEvent = eventRow.extend({ headers: z.record(z.string(), z.string()), ...contentFields })
  .meta({ id: "ExportedEvent" });

export const SUMMARY_EXAMPLE = {
  id: "4711",
  webhook_id: "4711",
  event_type: "NEW_TIME_ENTRY",
  source: "CLOCKIFY",
  custom_source: null,
  custom_type: null,
  workspace_id: "64a687e29ae1f428e7ebe303",
  received_at: "2026-11-21T08:00:00.000Z",
  reconciled: false,
  entity: "timeEntry:64c777ddd3fcab07cfbb210c",
  status: "processed",
  outcome: "dispatched",
  reason: null,
  payload_size: 812,
} as const;
export const EVENT_EXAMPLE = {
  ...SUMMARY_EXAMPLE,
  subject: "Homepage copy \u00b7 Dana",
  runs: { total: 1, active: 0, completed: 1, failed: 0 },
  took_ms: 240,
  duplicates: 0,
} as const;

const listEvents = defineRoute({
  method: "get",
  path: "/ui/webhooks",
  tag: "Events",
  summary: "Received events, newest first",
  about: "A page may be short, even empty, and be followed by another: continue while there is a next_cursor.",
  who: "member",
  costly: true,
  query: z.object({
    limit: limitUpTo100,
    offset: wholeNumber("Rows to leave out; not together with cursor, nor where bodies are searched", {
      fallback: 0,
      min: 0,
      max: 10_000,
    }),
    cursor: idCursor,
    ...eventFilters,
  }),
  answer: {
    status: 200,
    about: "A page of events",
    schema: z.object({
      workspace_id: workspaceId,
      pagination: z.object({
        total: z.int().nullable().meta({
          description: "Matches; null on a page by cursor, and where bodies are searched",
        }),
        total_is_exact: z.boolean().meta({ description: "False: there are at least so many" }),
        limit: z.int(),
        offset: z.int(),
        has_more: z.boolean(),
        next_cursor: z.string().nullable(),
      }),
      webhooks: z.array(eventRow),
    }),
    example: {
      workspace_id: "64a687e29ae1f428e7ebe303",
      pagination: { total: 1, total_is_exact: true, limit: 50, offset: 0, has_more: false, next_cursor: null },
      webhooks: [EVENT_EXAMPLE],
    },
  },
});

const getEvent = defineRoute({
  method: "get",
  path: "/ui/webhooks/{id}",
  tag: "Events",
  summary: "One event with headers, body and runs",
  about: "Members get its body redacted.",
  who: "member",
  costly: true,
  ...EVENT_ID,
  query: z.object({
    raw: z.string().optional().meta({ description: "true adds the bytes as base64, for admins" }),
  }),
  answer: {
    status: 200,
    about: "The event",
    schema: eventDetail,
    example: {
      ...EVENT_EXAMPLE,
      request_id: "7d6f2b1e-5d0c-4b52-9c8b-0e6f7a1d2c3b",
      finished_at: "2026-11-21T08:00:00.030Z",
      first_duplicate_at: null,
      last_duplicate_at: null,
      headers: { "clockify-webhook-event-type": "NEW_TIME_ENTRY", "content-type": "application/json" },
      query: null,
      payload_form: "json",
      payload_problem: null,
      payload: { id: "64c777ddd3fcab07cfbb210c", description: "Homepage copy" },
      payload_redacted: false,
      verification: { result: "verified", text: "Signed with this workspace's webhook token" },
      runs: [{
        run_id: "0b9f6b52-1f0e-4f7e-9a55-8b7d1c2e3f40",
        flow_id: "17",
        flow_name: "Tag new entries",
        flow_version: 3,
        status: "COMPLETED",
        state: "completed",
        replay: 0,
        created_at: "2026-11-21T08:00:00.030Z",
        finished_at: "2026-11-21T08:00:00.240Z",
        waits_for: null,
        next_attempt_at: null,
      }],
    },
  },
  problems: ["NOT_FOUND"],
});

const getEventBytes = defineRoute({
  method: "get",
  path: "/ui/webhooks/{id}/raw",
  tag: "Events",
  summary: "The bytes of the body as they came",
  who: "admin",
  costly: true,
  ...EVENT_ID,
  answer: { status: 200, about: "The bytes", media: "application/octet-stream" },
  problems: ["NOT_FOUND"],
});
export const eventRoutes = [listEvents, getEvent, getEventBytes];

export function mountEvents(app: Hono<AppEnv>, deps: EventRoutesDeps) {
  mount(app, deps, listEvents, async ({ login, query }) => {
    const { installation, role } = login;
    const { limit, offset, cursor: beforeId } = query;
    if (beforeId !== undefined && offset > 0) {
      throw new AppError("REQUEST_INVALID", "Cannot read the page: cursor and offset exclude each other");
    }
    const filter = eventFilter(query, role);
    if (filter.bodies && offset > 0) {
      throw new AppError(
        "REQUEST_INVALID",
        "Cannot read the page: a search of bodies and offset exclude each other; use cursor",
      );
    }
    const list = () => deps.events.list(installation.id, filter, { limit, offset, beforeId });
    const page = filter.bodies ? await deps.costly.run(readerOf(login), list) : await list();
    const pace = deps.thread.pace(String(installation.id), { atOnce: true });
    const webhooks: ReturnType<typeof eventRowJson>[] = [];
    for (const event of page.events) {
      await pace();
      webhooks.push(eventRowJson(event, role));
    }
    return {
      workspace_id: installation.workspaceId,
      pagination: {
        total: page.total,
        total_is_exact: page.totalIsExact,
        limit,
        offset,
        has_more: page.hasMore,
        next_cursor: page.nextCursor === null ? null : String(page.nextCursor),
      },
      webhooks,
    };
  });

  mount(app, deps, getEvent, ({ login, query, params: { id } }) => {
    const { role } = login;
    const raw = role === "admin" && query.raw === "true";
    return withEvent(id, { login, maxBytes: raw ? undefined : MAX_SHOWN_BYTES }, async (event) => {
      await deps.thread.pace(String(login.installation.id), { atOnce: event.payloadSize <= MAX_READ_BYTES })();
      const shown = role === "admin" ? wholeBody(event, event, raw) : redactedBody(event, event);
      return {
        ...eventRowJson(event, role),
        request_id: event.requestId,
        finished_at: event.finishedAt?.toISOString() ?? null,
        first_duplicate_at: event.firstDuplicateAt?.toISOString() ?? null,
        last_duplicate_at: event.lastDuplicateAt?.toISOString() ?? null,
        // Again, for headers stored before their name was known to hold a secret.
        headers: redactHeaders(Object.entries(event.headers)),
        ...shown,
        verification: verificationOf(event, deps),
        runs: event.runs.map((run) => ({
          run_id: run.runId,
          flow_id: String(run.flowId),
          flow_name: run.flowName,
          flow_version: run.flowVersion,
          status: RUN_STATUS[run.state] ?? run.state.toUpperCase(),
          state: run.state,
          replay: run.replay,
          created_at: new Date(run.createdAt).toISOString(),
          finished_at: run.finishedAt === null ? null : new Date(run.finishedAt).toISOString(),
          waits_for: waitsForClockify(run.waitingReason) ? "clockify" as const : null,
          next_attempt_at: run.nextAttemptAt === null ? null : new Date(run.nextAttemptAt).toISOString(),
        })),
      };
    });
  });

  mount(
    app,
    deps,
    getEventBytes,
    ({ c, login, params: { id } }) =>
      withEvent(id, { login }, ({ id, body }) =>
        Promise.resolve(c.body(new Uint8Array(body!), 200, {
          "content-type": "application/octet-stream",
          "content-disposition": `attachment; filename="webhook-${id}.bin"`,
          "x-content-type-options": "nosniff",
        }))),
  );

  /** To open a large one is a costly read: its bytes and what is made of them are in memory. */
  async function withEvent<Shown>(
    text: string,
    { login, maxBytes = Number.MAX_SAFE_INTEGER }: { login: Login; maxBytes?: number },
    show: (event: EventRecord) => Promise<Shown>,
  ): Promise<Shown> {
    const id = /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined;
    const { installation } = login;
    const size = id === undefined ? undefined : await deps.events.size(installation.id, id);
    const open = async () => {
      const event = size === undefined ? undefined : await deps.events.find(installation.id, id!, { maxBytes });
      if (!event) throw eventUnknown(text.slice(0, 40));
      return await show(event);
    };
    return size !== undefined && size > MAX_CHEAP_BYTES && size <= maxBytes
      ? await deps.costly.run(readerOf(login), open)
      : await open();
  }
}

type BodyFacts = Pick<EventRow, "customSource" | "contentType" | "payloadSize">;
/** `body` may be null where there are more bytes than are shown, unless they are asked for. */
type Content = Pick<EventRecord, "query" | "body">;

/**
 * For an admin: the body as flows see it; the bytes too, as base64, where they are asked for or it is no JSON, or alone where
 * it is too large to be shown.
 */
export function wholeBody(
  { body, query }: Content,
  { customSource, contentType, payloadSize }: BodyFacts,
  raw: boolean,
) {
  const bytes = () => ({ raw: Buffer.from(body!).toString("base64") });
  if (body === null || payloadSize > MAX_SHOWN_BYTES) {
    return {
      query,
      ...largeJson(payloadSize, "the raw body has them all"),
      payload_redacted: false,
      ...(raw && bytes()),
    };
  }
  const read = readPayload({ body, customSource, contentType });
  return {
    query,
    ...formJson(read),
    payload: read.value,
    payload_redacted: false,
    ...((raw || read.form !== "json") && bytes()),
  };
}

/** For a member: in a body without fields secrets cannot be recognised, so it is not shown; nor is a large one. */
export function redactedBody({ body, query }: Content, { customSource, contentType, payloadSize }: BodyFacts) {
  const shown = { query: redactPayload(query) as typeof query, payload_redacted: true };
  if (body === null || payloadSize > MAX_SHOWN_BYTES) {
    return { ...shown, ...largeJson(payloadSize, "its bytes are for administrators") };
  }
  const read = readPayload({ body, customSource, contentType }, { redacted: true });
  return { ...shown, ...formJson(read), payload: hasFields(read) ? read.value : null };
}

/** `payload_form` "large": it was not read. */
function largeJson(bytes: number, where: string) {
  const megabytes = (bytes: number) => (bytes / 1_000_000).toFixed(1);
  return {
    payload_form: "large" as const,
    payload_problem: `it has ${megabytes(bytes)} MB, and fields are shown of bodies up to ${
      megabytes(MAX_SHOWN_BYTES)
    } MB; ${where}`,
    payload: null,
  };
}

function formJson({ form, problem }: BodyReading) {
  return { payload_form: form, payload_problem: problem ?? null };
}

/** The earlier service's words for what became of an event. */
const STATUS = {
  waiting: "received",
  dispatched: "processed",
  skipped: "processed",
  dead: "error",
} as const satisfies Record<EventOutcome, string>;

/** One row of a list of events; members get its subject from the redacted payload. */
export function eventRowJson(event: EventRow, role: Login["role"]) {
  return {
    ...eventSummaryJson(event),
    subject: subjectOf(event, { redacted: role === "member" }),
    runs: event.runCounts,
    took_ms: event.tookMs,
    duplicates: event.duplicates,
  };
}

/** The row without what is read from its body and its runs. */
export function eventSummaryJson(event: EventRow) {
  const id = String(event.id);
  return {
    id,
    webhook_id: id,
    event_type: event.eventType,
    source: event.customSource === null ? "CLOCKIFY" as const : "CUSTOM" as const,
    custom_source: event.customSource,
    custom_type: event.customType,
    workspace_id: event.workspaceId,
    received_at: event.receivedAt.toISOString(),
    reconciled: event.foundBy !== null,
    entity: event.entity,
    status: STATUS[event.outcome],
    outcome: event.outcome,
    reason: event.reason,
    payload_size: event.payloadSize,
  };
}
