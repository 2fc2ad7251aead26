/** Received events: pages of the list, one with its payload, why flows matched it, replay and export. */

import type { Api } from "../../shell/client.ts";
import type { Answer, RequestQuery, Wire } from "../../wire.ts";
import type { RuleVerdict } from "../flows/api.ts";

export type EventOutcome = Wire<"Event">["outcome"];

/** How many runs an event started, by state. */
export type RunCounts = Wire<"RunCounts">;

/** The parts of an event that may change after it was listed. */
export interface EventUpdate {
  id: string;
  outcome: EventOutcome;
  reason: string | null;
  runs: RunCounts;
  tookMs: number | null;
}

/** One row of the list. */
export interface EventRow extends EventUpdate {
  eventType: string;
  source: Wire<"Event">["source"];
  customSource: string | null;
  customType: string | null;
  /** `resource:id`, or null where the event names none. */
  entity: string | null;
  receivedAt: Date;
  /** Bytes of the body. */
  size: number;
  /** What the payload names, as in "Homepage copy · Dana". */
  subject: string | null;
  /** Repeats of it that were dropped. */
  duplicates: number;
  /** Its delivery was missed, and it was found again. */
  reconciled: boolean;
}

export interface EventRun {
  id: string;
  flowId: string;
  flowName: string;
  flowVersion: number;
  state: string;
  /** 0: the event's own run. Higher: a replay requested by a person. */
  replay: number;
  createdAt: Date;
  finishedAt: Date | null;
  /** Clockify's rate limit keeps it. */
  waitsForClockify: boolean;
}

export interface EventDetail extends EventRow {
  /** Null where there is none, or its time was not stored. */
  firstDuplicateAt: Date | null;
  lastDuplicateAt: Date | null;
  requestId: string;
  verification: Wire<"EventDetail">["verification"];
  headers: Record<string, string>;
  /** As flows see it; null for members where it has no fields. */
  payload: unknown;
  /** What of the body could not be parsed as its content type states. */
  payloadProblem: string | null;
  /** True when it was not parsed: only its bytes are shown, to admins. */
  tooLarge: boolean;
  /** True for members: secrets, notes and mail addresses are redacted. */
  redacted: boolean;
  runList: EventRun[];
}

export interface EventPage {
  rows: EventRow[];
  /** Matches; null on later pages. At least so many when it is not exact. */
  total: number | null;
  totalIsExact: boolean;
  /** Cursor of the next page; an empty page may have one. */
  nextCursor: string | null;
}

/** What the list and the export take, as the server names it. */
export type EventQuery = Omit<RequestQuery<"get_ui_webhooks">, "limit" | "offset" | "cursor" | "workspace_id">;

export type EventRowWire = Wire<"Event">;
export type EventUpdateWire = Pick<EventRowWire, "id" | "outcome" | "reason" | "runs" | "took_ms">;

const PAGE_SIZE = 100;

/** A page of the newest first; `cursor` null for the first. */
export async function listEvents(
  api: Api,
  { query, cursor, limit = PAGE_SIZE, signal }: {
    query: EventQuery;
    cursor: string | null;
    limit?: number;
    signal?: AbortSignal;
  },
): Promise<EventPage> {
  const { pagination, webhooks } = await api.get<Answer<"get_ui_webhooks">>(
    "/webhooks",
    { ...query, limit, cursor },
    signal,
  );
  return {
    rows: webhooks.map(toEventRow),
    total: pagination.total,
    totalIsExact: pagination.total_is_exact,
    nextCursor: pagination.next_cursor,
  };
}

export async function getEvent(api: Api, id: string, signal?: AbortSignal): Promise<EventDetail> {
  const wire = await api.get<Wire<"EventDetail">>(`/webhooks/${encodeURIComponent(id)}`, undefined, signal);
  const runList = wire.runs.map((run): EventRun => ({
    id: run.run_id,
    flowId: run.flow_id,
    flowName: run.flow_name,
    flowVersion: run.flow_version,
    state: run.state,
    replay: run.replay,
    createdAt: new Date(run.created_at),
    finishedAt: timeOf(run.finished_at),
    waitsForClockify: run.waits_for === "clockify",
  }));
  return {
    ...toEventRow({ ...wire, runs: countRuns(runList) }),
    firstDuplicateAt: timeOf(wire.first_duplicate_at),
    lastDuplicateAt: timeOf(wire.last_duplicate_at),
    requestId: wire.request_id,
    verification: wire.verification,
    headers: wire.headers,
    payload: wire.payload,
    payloadProblem: wire.payload_problem,
    tooLarge: wire.payload_form === "large",
    redacted: wire.payload_redacted,
    runList,
  };
}

function timeOf(text: string | null): Date | null {
  return text === null ? null : new Date(text);
}

/** The bytes as they came; for admins. */
export async function getRawBody(api: Api, id: string, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  const response = await api.open(`/webhooks/${encodeURIComponent(id)}/raw`, { signal });
  return new Uint8Array(await response.arrayBuffer());
}

export interface FlowVerdict {
  flowId: string;
  name: string;
  version: number;
  enabled: boolean;
  /** Its trigger names the event's type. */
  listens: boolean;
  matched: boolean | null;
  runId: string | null;
  rules: RuleVerdict[];
}

/** Every flow as it is now, asked about the event; those that listen first. */
export async function getEventFlows(api: Api, id: string, signal?: AbortSignal): Promise<FlowVerdict[]> {
  const { flows } = await api.get<Answer<"get_ui_webhooks_id_flows">>(
    `/webhooks/${encodeURIComponent(id)}/flows`,
    undefined,
    signal,
  );
  return flows.map(({ flow_id, run_id, ...flow }) => ({ ...flow, flowId: flow_id, runId: run_id }));
}

/** Failed runs, which resume at the failed step; or flows, by their ids, which run from the first step. */
export interface ReplayWish {
  flows: "failed" | "all" | readonly string[];
  /** Of failed runs: the version they began with unless given. */
  version?: "same" | "present";
}

export type ReplayAnswer = Wire<"Replayed">;

const PATH = "/webhooks/replay";

/** At most 500 events; with `dryRun` nothing is changed. */
export async function replayEvents(
  api: Api,
  ids: readonly string[],
  { dryRun, wish: { flows, version } }: { dryRun: boolean; wish: ReplayWish },
): Promise<ReplayAnswer> {
  const wanted = flows === "failed" ? { flows, version: version ?? "same" } : { flows };
  const body = { ids, dry_run: dryRun, ...wanted };
  return await (dryRun ? api.send<ReplayAnswer>("POST", PATH, body) : api.create<ReplayAnswer>(PATH, body));
}

export const MAX_REPLAYED = 500;

export function toEventRow(wire: EventRowWire): EventRow {
  return {
    ...toEventUpdate(wire),
    eventType: wire.event_type,
    source: wire.source,
    customSource: wire.custom_source,
    customType: wire.custom_type,
    entity: wire.entity,
    receivedAt: new Date(wire.received_at),
    size: wire.payload_size,
    subject: wire.subject,
    duplicates: wire.duplicates,
    reconciled: wire.reconciled,
  };
}

export function toEventUpdate({ id, outcome, reason, runs, took_ms }: EventUpdateWire): EventUpdate {
  return { id, outcome, reason, runs, tookMs: took_ms };
}

function countRuns(runs: EventRun[]): RunCounts {
  const count = (...states: string[]) => runs.filter(({ state }) => states.includes(state)).length;
  return {
    total: runs.length,
    active: count("pending", "running", "waiting"),
    completed: count("completed"),
    failed: count("failed"),
  };
}
