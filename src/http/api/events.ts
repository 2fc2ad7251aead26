/** /ui/webhooks: the received events of a workspace, newest first, and each with its headers, body and runs. */

import { Buffer } from "node:buffer";
import type { Context, Hono } from "hono";
import { fieldFilter } from "../../events/field.ts";
import type { BodyReading } from "../../events/body_reading.ts";
import { hasFields, MAX_SHOWN_BYTES, readPayload, redactPayload } from "../../events/payload.ts";
import { type EventOutcome, type EventRow, MAX_READ_BYTES } from "../../events/rows.ts";
import { type EventFilter, type EventRecord, type EventStore, eventUnknown } from "../../events/store.ts";
import { subjectOf } from "../../events/subject.ts";
import { verificationOf } from "../../events/verification.ts";
import { AppError } from "../../base/errors.ts";
import { redactHeaders } from "../../telemetry/redact.ts";
import type { AppEnv } from "../server/app_env.ts";
import { type AuthDeps, type Login, readerOf, requireAdmin, requireLogin } from "../server/login.ts";
import { RUN_STATUS } from "./flows.ts";
import { queryNumber, queryOneOf, queryText, queryTime } from "../server/query.ts";

export interface EventRoutesDeps extends AuthDeps {
  events: EventStore;
  /** False where deliveries are taken unsigned (local tests). */
  requireSignature: boolean;
}

const PATH = "/ui/webhooks";
/** Only digits: other words below /ui/webhooks are routes of their own. */
const ONE = `${PATH}/:id{[0-9]+}`;

/** Above it an event is a costly read. */
const MAX_CHEAP_BYTES = 200_000;

export function mountEvents(app: Hono<AppEnv>, deps: EventRoutesDeps) {
  app.get(PATH, async (c) => {
    const login = await requireLogin(c, deps);
    const { installation, role } = login;
    const limit = queryNumber(c, "limit", { fallback: 50, min: 1, max: 100 });
    const offset = queryNumber(c, "offset", { fallback: 0, min: 0, max: 10_000 });
    const beforeId = queryNumber(c, "cursor", { fallback: undefined, min: 1, max: Number.MAX_SAFE_INTEGER });
    if (beforeId !== undefined && offset > 0) {
      throw new AppError("REQUEST_INVALID", "Cannot read the page: cursor and offset exclude each other");
    }
    const filter = eventFilter(c, role);
    if (filter.field && offset > 0) {
      throw new AppError("REQUEST_INVALID", "Cannot read the page: field and offset exclude each other; use cursor");
    }
    const list = () => deps.events.list(installation.id, filter, { limit, offset, beforeId });
    const page = filter.field ? await deps.costly.run(readerOf(login), list) : await list();
    const pace = deps.thread.pace(String(installation.id), { atOnce: true });
    const webhooks: unknown[] = [];
    for (const event of page.events) {
      await pace();
      webhooks.push(eventRowJson(event, role));
    }
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
      webhooks,
    });
  });

  app.get(ONE, async (c) => {
    const login = await requireLogin(c, deps);
    const { role } = login;
    const raw = role === "admin" && c.req.query("raw") === "true";
    return await withEvent(c, { login, maxBytes: raw ? undefined : MAX_SHOWN_BYTES }, async (event) => {
      await deps.thread.pace(String(login.installation.id), { atOnce: event.payloadSize <= MAX_READ_BYTES })();
      const shown = role === "admin" ? wholeBody(event, event, raw) : redactedBody(event, event);
      return c.json({
        ...eventRowJson(event, role),
        request_id: event.requestId,
        finished_at: event.finishedAt?.toISOString() ?? null,
        // Those stored before a name was known as a secret's.
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
        })),
      });
    });
  });

  app.get(`${ONE}/raw`, async (c) => {
    const login = await requireAdmin(c, deps);
    return await withEvent(c, { login }, ({ id, body }) =>
      Promise.resolve(c.body(new Uint8Array(body!), 200, {
        "content-type": "application/octet-stream",
        "content-disposition": `attachment; filename="webhook-${id}.bin"`,
        "x-content-type-options": "nosniff",
      })));
  });

  /** To open a large one is a costly read: its bytes and what is made of them are in memory. */
  async function withEvent(
    c: Context<AppEnv>,
    { login, maxBytes = Number.MAX_SAFE_INTEGER }: { login: Login; maxBytes?: number },
    answer: (event: EventRecord) => Promise<Response>,
  ): Promise<Response> {
    const text = c.req.param("id") ?? "";
    const id = /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined;
    const { installation } = login;
    const size = id === undefined ? undefined : await deps.events.size(installation.id, id);
    const open = async () => {
      const event = size === undefined ? undefined : await deps.events.find(installation.id, id!, { maxBytes });
      if (!event) throw eventUnknown(text.slice(0, 40));
      return await answer(event);
    };
    return size !== undefined && size > MAX_CHEAP_BYTES && size <= maxBytes
      ? await deps.costly.run(readerOf(login), open)
      : await open();
  }
}

/** The filters of a list of events. Throws REQUEST_INVALID. */
export function eventFilter(c: Context<AppEnv>, role: Login["role"]): EventFilter {
  const field = c.req.query("field");
  const value = c.req.query("value");
  if ((field === undefined) !== (value === undefined)) {
    throw new AppError("REQUEST_INVALID", "Cannot read the list: field and value belong together");
  }
  return {
    eventType: queryText(c, "event_type"),
    source: queryOneOf(c, "source", ["CLOCKIFY", "CUSTOM"]),
    outcome: queryOneOf(c, "outcome", ["waiting", "dispatched", "skipped", "dead", "failed"]),
    from: queryTime(c, "from"),
    to: queryTime(c, "to"),
    q: queryText(c, "q"),
    ...(field !== undefined && { field: fieldFilter({ field, value: value!, redacted: role === "member" }) }),
  };
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

/** For a member: a body without fields cannot be told apart from its secrets, so it is not shown; nor is a large one. */
export function redactedBody({ body, query }: Content, { customSource, contentType, payloadSize }: BodyFacts) {
  const shown = { query: redactPayload(query), payload_redacted: true };
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
    payload_form: "large",
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
const STATUS: Record<EventOutcome, string> = {
  waiting: "received",
  dispatched: "processed",
  skipped: "processed",
  dead: "error",
};

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

/** The same without what is read from its body and its runs. */
export function eventSummaryJson(event: EventRow) {
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
