/**
 * The job "reconcile": reads Clockify's delivery logs and entity feeds for events that were not received, and hands those to
 * ingest, once each. Its schedule (schedules/standing.ts) brings the next search.
 */

import type { Clock } from "../base/clock.ts";
import type { OnPoint } from "../base/crash_point.ts";
import { AppError } from "../base/errors.ts";
import type { ClockifyClient } from "../clockify/client.ts";
import { waitAfter } from "../clockify/unanswered.ts";
import { keyCaller } from "../coverage/remote.ts";
import type { ApiKeys } from "../coverage/secrets.ts";
import type { Ingest } from "../ingest/ingest.ts";
import type { CredentialSource } from "../installations/credentials.ts";
import type { SettingsSource } from "../installations/settings.ts";
import type { ProfileKey } from "../profiles/profile.ts";
import { profileOf } from "../profiles/profiles.ts";
import type { Job } from "../queue/queue.ts";
import type { JobHandler } from "../queue/worker.ts";
import { askFeed, askLog, PAGE_ITEMS, type Span } from "./ask.ts";
import { FEED_KINDS, type FeedKind, feedTypes } from "./feeds.ts";
import { countFeed, countLog, type Missed } from "./missed.ts";
import { publishMissed } from "./publish.ts";
import type { Counted, Place, ReconcileFacts, ReconcileStore, Source } from "./store.ts";

export interface ReconcileObserver {
  /** A log or a feed was looked through as far as the claim's time reached, or could not be (`error`). */
  reconciled(fact: {
    installationId: number;
    workspaceId: string;
    source: Source;
    name: string;
    expected: number;
    seen: number;
    found: number;
    error?: string;
  }): void;
}

export interface ReconcileDeps {
  store: ReconcileStore;
  client: ClockifyClient;
  credentials: Pick<CredentialSource, "get">;
  keys: Pick<ApiKeys, "open">;
  settings: Pick<SettingsSource, "of">;
  ingest: Pick<Ingest, "receive">;
  /** CLOCKIFY_API_BASE_URL */
  apiBaseUrl?: string;
  /** 0: never. */
  everyMs: number;
  /** Clockify sends again for a minute and more: what is younger may still come. */
  graceMs: number;
  clock: Clock;
  observer: ReconcileObserver;
  onPoint?: OnPoint;
}

/** How long one claim works before others get its slot. */
const CLAIM_MS = 20_000;
const SECOND_MS = 1_000;
const DAY_MS = 86_400_000;
/** How far back the first search goes, and any: logs are kept for 7 days. */
const FIRST_MS = DAY_MS;
const MAX_BACK_DAYS = 7;
/** What a search that a person asks for looked at so short a time ago is left out when it goes on. */
const AT_ONCE_MS = 60_000;

/** Payload {now: true} looks at once, however long ago the last look was. */
export function createReconcile(deps: ReconcileDeps): JobHandler {
  return async (job, { signal }) => {
    const facts = await deps.store.facts(job);
    if (!facts || facts.status !== "active" || facts.beside) return { kind: "done" };
    if (deps.everyMs === 0 && job.payload.now !== true) return { kind: "done" };
    const search = await createSearch(job, { facts, deps, signal });
    await deps.store.keepOnly(facts.id, search.units);
    for (const { unit, place } of await dueUnits(search)) {
      const waitMs = await lookThrough(unit, place, search);
      if (waitMs !== undefined) return { kind: "snooze", delayMs: waitMs, reason: "more to look through" };
    }
    return { kind: "done" };
  };
}

/** A log or a feed, and how one page of it is read and counted. */
interface Unit {
  source: Source;
  name: string;
  read(span: Span): Promise<{ items: number; counted: Counted; missed: Missed[] }>;
}

interface Search {
  facts: ReconcileFacts;
  deps: ReconcileDeps;
  units: Unit[];
  /** Look also at what was looked at a short time ago. */
  atOnce: boolean;
  from: Date;
  untilMs: number;
  requestId: string;
  signal: AbortSignal;
}

async function createSearch(
  job: Job,
  { facts, deps, signal }: { facts: ReconcileFacts; deps: ReconcileDeps; signal: AbortSignal },
): Promise<Search> {
  const { webhookLogDays } = await deps.settings.of({ id: facts.id, addon: facts.addon });
  // What retention took may have been received.
  const backDays = Math.min(MAX_BACK_DAYS, webhookLogDays || MAX_BACK_DAYS);
  const now = facts.now.getTime();
  return {
    facts,
    deps,
    units: [...await feedUnits(facts, { deps, signal }), ...await logUnits(facts, { deps, signal })],
    atOnce: job.payload.now === true,
    from: wholeSecond(Math.max(facts.installedAt.getTime(), now - backDays * DAY_MS)),
    untilMs: deps.clock.monotonicMs() + CLAIM_MS,
    requestId: `reconcile:${job.id}`,
    signal,
  };
}

type Reading = { deps: ReconcileDeps; signal: AbortSignal };

async function feedUnits(facts: ReconcileFacts, { deps, signal }: Reading): Promise<Unit[]> {
  const { delivered, workspaceId } = facts;
  if (!profileOf(facts.addon as ProfileKey).scopes.includes("WORKSPACE_READ")) return [];
  const installation = await deps.credentials.get(facts.id);
  if (!installation) return [];
  const unit = (name: FeedKind): Unit[] => {
    const types = feedTypes(name, delivered);
    if (types.length === 0) return [];
    return [{
      source: "entity_feed",
      name,
      read: async (span) => {
        const items = await askFeed(name, { installation, types, span }, { client: deps.client, signal });
        const known = { delivered, workspaceId, installationId: facts.id, from: span.from, until: span.to };
        const seen = await countFeed(items, { kind: name, ...known }, deps);
        return { items: items.length, ...seen };
      },
    }];
  };
  return FEED_KINDS.flatMap(unit);
}

async function logUnits(facts: ReconcileFacts, { deps, signal }: Reading): Promise<Unit[]> {
  const apiKey = facts.webhooks.length === 0 ? undefined : await deps.keys.open(facts.id);
  if (apiKey === undefined) return [];
  const caller = keyCaller(facts, { apiKey, apiBaseUrl: deps.apiBaseUrl });
  return facts.webhooks.map(({ remoteId, eventType }): Unit => ({
    source: "delivery_log",
    name: remoteId,
    read: async (span) => {
      const rows = await askLog(remoteId, { caller, span }, { client: deps.client, signal });
      const known = { eventType, installationId: facts.id, from: span.from, until: span.to };
      const seen = await countLog(rows, known, deps);
      return { items: rows.length, ...seen };
    },
  }));
}

/** Those that are not looked through yet, the one first that was looked at longest ago: a claim that ends early leaves the others. */
async function dueUnits({ facts, deps, units, atOnce, from }: Search): Promise<{ unit: Unit; place: Place }[]> {
  const now = facts.now.getTime();
  const first = wholeSecond(Math.max(from.getTime(), now - FIRST_MS));
  const freshMs = atOnce ? AT_ONCE_MS : deps.everyMs / 2;
  const due: { unit: Unit; place: Place }[] = [];
  for (const unit of units) {
    const place = await deps.store.place(facts, { source: unit.source, name: unit.name, from, first });
    const isFresh = place.checkedAt !== undefined && now - place.checkedAt.getTime() < freshMs;
    if (place.until || (!isFresh && endOf(now, deps) > place.reached)) due.push({ unit, place });
  }
  return due.sort((a, b) => (a.place.checkedAt?.getTime() ?? 0) - (b.place.checkedAt?.getTime() ?? 0));
}

function endOf(now: number, { graceMs }: ReconcileDeps): Date {
  return wholeSecond(now - graceMs);
}

/** Spans begin and end at whole seconds, as Clockify's instants have them. */
function wholeSecond(ms: number): Date {
  return new Date(Math.floor(ms / SECOND_MS) * SECOND_MS);
}

/** Milliseconds until it continues, with no other one before that; undefined where it is looked through, or cannot be. */
async function lookThrough(unit: Unit, known: Place, search: Search): Promise<number | undefined> {
  const { facts, deps } = search;
  const { source, name } = unit;
  const total: Counted = { expected: 0, seen: 0, found: 0 };
  let error: string | undefined;
  let waitMs: number | undefined;
  try {
    waitMs = await readSpan(
      unit,
      await deps.store.begin(facts.id, known, endOf(facts.now.getTime(), deps)),
      search,
      total,
    );
  } catch (caught) {
    const { message, retryInMs } = upstreamFault(caught);
    if (retryInMs !== undefined) waitMs = retryInMs;
    else {
      error = message;
      await deps.store.fail(facts.id, known, message);
    }
  }
  deps.observer.reconciled({
    installationId: facts.id,
    workspaceId: facts.workspaceId,
    source,
    name,
    ...total,
    error,
  });
  return waitMs;
}

/** Page by page: what was missed is committed before the page counts as read, so that a kill in between repeats it. */
async function readSpan(unit: Unit, begun: Place, search: Search, total: Counted): Promise<number | undefined> {
  const { facts, deps, signal, requestId } = search;
  for (let place = begun; place.until;) {
    if (deps.clock.monotonicMs() >= search.untilMs || signal.aborted) return 0;
    const { items, counted, missed } = await unit.read({ from: place.reached, to: place.until, page: place.page });
    const found = await publishMissed(missed, { facts, source: unit.source, requestId }, deps.ingest);
    deps.onPoint?.("missed_published");
    const page = { ...counted, found: counted.found + found.length, seen: counted.seen + missed.length - found.length };
    place = await deps.store.save(facts.id, place, { ...page, last: items < PAGE_ITEMS });
    total.expected += page.expected;
    total.seen += page.seen;
    total.found += page.found;
  }
  return undefined;
}

/** What Clockify said, or did not; everything else is ours and is thrown again. */
function upstreamFault(error: unknown): { message: string; retryInMs?: number } {
  if (!(error instanceof AppError)) throw error;
  const { code, message } = error;
  if (code === "RATE_LIMITED") return { message, retryInMs: waitAfter(error) };
  if (code.startsWith("UPSTREAM_")) return { message };
  throw error;
}
