/** The job "bootstrap": reads a workspace's lists into the entity cache, page by page, through any number of restarts. */

import { backoffMs, type BackoffPolicy } from "../../base/backoff.ts";
import type { Clock } from "../../base/clock.ts";
import type { ClockifyClient } from "../../clockify/client.ts";
import type { CallInstallation } from "../../clockify/request.ts";
import type { AppError } from "../../base/errors.ts";
import type { CredentialSource } from "../../installations/credentials.ts";
import type { SettingsSource } from "../../installations/settings.ts";
import type { ProfileKey, WorkspaceSettings } from "../../profiles/profile.ts";
import { profileOf } from "../../profiles/profiles.ts";
import type { Job, JobOutcome } from "../../queue/queue.ts";
import type { JobContext, JobHandler } from "../../queue/worker.ts";
import { chooseLists, type ReadList } from "./lists.ts";
import type { Pace } from "./pace.ts";
import { askSome, isSuspicious, type Probe } from "./probe.ts";
import { LARGE_PAGE_SIZE, readPage } from "./read_list.ts";
import type { Place, Running } from "./pages.ts";
import type { BootstrapStore, Facts, ListSummary, Vanished } from "./store.ts";

/** How the environment bounds the reading for an add-on (Config.profiles[].bootstrap). */
export interface ReadLimits {
  maxPages: number;
  /** Lists read side by side. */
  parallelLists: number;
  /** Maximum attempts to read one page before its list counts as failed. */
  maxTries: number;
  /** Entities of a page, at most LARGE_PAGE_SIZE. */
  pageSize: number;
}

export interface BootstrapObserver {
  /** A list was cut at its page cap. */
  truncated(fact: { workspaceId: string; operationId: string; maxPages: number }): void;
  finished(fact: {
    installationId: number;
    workspaceId: string;
    outcome: "complete" | "complete_with_errors" | "failed";
    lists: number;
    /** Lists that were not read whole. */
    faulty: number;
    entities: number;
    durationMs: number;
    lastError?: string;
  }): void;
}

export interface BootstrapOptions {
  store: BootstrapStore;
  /** All that the catalogue has (lists.ts). */
  lists: readonly ReadList[];
  client: ClockifyClient;
  probe: Probe;
  paceOf(key: string, perSecond: number): Pace;
  credentials: Pick<CredentialSource, "get" | "forget">;
  settings: Pick<SettingsSource, "of">;
  limitsOf(addon: string): ReadLimits;
  clock: Clock;
  observer: BootstrapObserver;
}

/** How long one claim works before others get its slot. */
const CLAIM_MS = 20_000;
const INACTIVE_MS = 60_000;
/** Settings say whether to read at all: they are waited for this long after an install. */
const SETTINGS_WAIT_MS = 10_000;
const SETTINGS_LOOK_MS = 500;
/** A fresh token may be answered 401 for a while. */
const FRESH_TOKEN_MS = 60_000;
const FRESH_TOKEN_PAUSE_MS = 2_000;
/** Wait for the rate budget of one look at an entity. */
const PROBE_WAIT_MS = 10_000;
const RETRY: BackoffPolicy = { initialDelayMs: 1_000, maxDelayMs: 60_000, multiplier: 2 };
const DAY_MS = 86_400_000;
const MAX_ERROR_CHARS = 2_000;
const ORIGIN = { kind: "bootstrap" } as const;

/**
 * Payload {reason: "install"} applies the setting for it; {reason: "list", list} reads one list of the newest read again; {}
 * reads in any case.
 */
export function createBootstrap(options: BootstrapOptions): JobHandler {
  return async (job, context) => {
    const facts = await options.store.facts(job.installationId);
    const settled = await prepare(job, facts, options);
    if (settled) return settled;
    return await read(facts!, { job, context, options });
  };
}

/** Begins a read, or finds the one in progress; an outcome when there is nothing to read now. */
async function prepare(
  job: Job,
  facts: Facts | undefined,
  options: BootstrapOptions,
): Promise<JobOutcome | undefined> {
  if (!facts || facts.installation === "uninstalled") return { kind: "done" };
  if (facts.installation === "inactive") return { kind: "snooze", delayMs: INACTIVE_MS, reason: "inactive" };
  if (facts.jobId === job.id) return facts.status === "IN_PROGRESS" ? undefined : { kind: "done" };
  // Another job is at it; one that is gone left a read that is begun again.
  if (facts.status === "IN_PROGRESS" && facts.jobOpen) return { kind: "done" };
  if (job.payload.reason === "list") {
    const entityType = String(job.payload.list);
    const below = options.lists.filter(({ parent }) => parent?.entityType === entityType);
    const reopened = await options.store.reopen(job, { entityType, below: below.map((list) => list.entityType) });
    return reopened ? undefined : { kind: "done" };
  }
  const onInstall = job.payload.reason === "install";
  if (onInstall && !facts.settingsRead && facts.installedForMs < SETTINGS_WAIT_MS) {
    return { kind: "snooze", delayMs: SETTINGS_LOOK_MS, reason: "settings are not read yet" };
  }
  const settings = await options.settings.of({ id: job.installationId, addon: facts.addon });
  if (onInstall && !settings.bootstrapOnInstall) {
    await options.store.disable(job, facts.workspaceId);
    return { kind: "done" };
  }
  const { scopes } = profileOf(facts.addon as ProfileKey);
  const chosen = chooseLists(options.lists, {
    scopes,
    heavy: settings.includeHeavyEndpoints,
    timeEntries: settings.includeTimeEntries,
  });
  await options.store.begin(job, {
    workspaceId: facts.workspaceId,
    lists: chosen.map(({ entityType }) => entityType),
    first: chosen.filter(({ parent }) => !parent).map(({ entityType }) => entityType),
    window: chosen.some(({ windowed }) => windowed) ? windowOf(settings, options.clock.now()) : undefined,
  });
  return undefined;
}

/** Clockify compares with the wall clock of each user: the end lies a day ahead for those east of UTC. */
function windowOf({ timeEntryDays }: WorkspaceSettings, nowMs: number) {
  return { from: new Date(nowMs - timeEntryDays * DAY_MS), to: new Date(nowMs + DAY_MS) };
}

interface Work {
  job: Job;
  context: JobContext;
  options: BootstrapOptions;
}

/** What one claim does it with. */
interface Claim {
  running: Running;
  lists: ReadonlyMap<string, ReadList>;
  limits: ReadLimits;
  installation: CallInstallation;
  pace: Pace;
  signal: AbortSignal;
  freshToken: boolean;
  options: BootstrapOptions;
}

/** What came of one page. */
type Step =
  | { kind: "moved"; places: Place[] }
  /** Only this place has to wait. */
  | { kind: "later"; place: Place; atMs: number }
  /** Everything has to. */
  | { kind: "pause"; place: Place; delayMs: number }
  | { kind: "token_refused"; error: AppError };

/**
 * Works off the places that are left, several at a time, until the claim's time is over or Clockify's rate limit asks
 * for a pause.
 */
async function read(facts: Facts, { job, context, options }: Work): Promise<JobOutcome> {
  const { store, clock } = options;
  const credentials = await options.credentials.get(job.installationId);
  if (!credentials) return { kind: "snooze", delayMs: INACTIVE_MS, reason: "inactive" };
  const settings = await options.settings.of({ id: job.installationId, addon: facts.addon });
  const running = await store.running(job.installationId);
  const claim: Claim = {
    running,
    lists: new Map(options.lists.map((list) => [list.entityType, list])),
    limits: options.limitsOf(facts.addon),
    installation: credentials,
    pace: options.paceOf(String(job.installationId), settings.bootstrapMaxRps),
    signal: context.signal,
    freshToken: facts.installedForMs < FRESH_TOKEN_MS,
    options,
  };
  const queue = await store.pending(running);
  const later: { place: Place; atMs: number }[] = [];
  const untilMs = clock.monotonicMs() + CLAIM_MS;
  let pauseMs: number | undefined;
  let refused: AppError | undefined;

  const settle = (step: Step) => {
    if (step.kind === "moved") queue.push(...step.places);
    else if (step.kind === "later") later.push(step);
    else if (step.kind === "token_refused") refused = step.error;
    else {
      queue.push(step.place);
      pauseMs = Math.max(pauseMs ?? 0, step.delayMs);
    }
  };
  const goesOn = () =>
    pauseMs === undefined && refused === undefined && !context.signal.aborted && clock.monotonicMs() < untilMs;
  // More at once than the rate would only wait in line.
  const width = Math.min(claim.limits.parallelLists, settings.bootstrapMaxRps);
  const active = new Set<Promise<void>>();
  try {
    while (goesOn()) {
      while (queue.length > 0 && active.size < width) {
        const step: Promise<void> = readPlace(claim, queue.shift()!).then(settle).finally(() => active.delete(step));
        active.add(step);
      }
      if (active.size === 0) break;
      await Promise.race(active);
    }
    await Promise.all(active);
  } catch (error) {
    await Promise.allSettled(active);
    throw error;
  }

  if (refused) return await finish(claim, { failure: refused });
  if (pauseMs !== undefined) {
    return { kind: "snooze", delayMs: pauseMs, reason: "Clockify's rate limit asks for a pause" };
  }
  if (queue.length > 0) return { kind: "snooze", delayMs: 0, reason: "more to read" };
  if (later.length > 0) {
    const nextAtMs = Math.min(...later.map(({ atMs }) => atMs));
    return {
      kind: "snooze",
      delayMs: Math.max(0, nextAtMs - clock.monotonicMs()),
      reason: "a list failed and is retried",
    };
  }
  return await finish(claim, {});
}

/** Reads the place's next page and records what came of it. */
async function readPlace(claim: Claim, place: Place): Promise<Step> {
  const { running, lists, limits, options } = claim;
  const { store, observer } = options;
  const below = running.lists.filter((type) => lists.get(type)?.parent?.entityType === place.entityType);
  const list = lists.get(place.entityType);
  if (!list) {
    const error = "Cannot read the list: the catalogue does not have it any more";
    return { kind: "moved", places: await store.endPlace(running, place, { error, below }) };
  }
  const { operationId } = list.operation;
  const { installation, pace, signal } = claim;
  const { window } = running;
  const askedAtMs = options.clock.monotonicMs();
  const answer = await readPage(options.client, {
    list,
    parentId: place.parentId,
    page: place.page,
    pageSize: place.pass === 1 ? limits.pageSize : LARGE_PAGE_SIZE,
    window,
    origin: ORIGIN,
    installation,
    pace,
    signal,
  });
  switch (answer.kind) {
    case "page": {
      const { maxPages } = limits;
      const { entities, last } = answer;
      const saved = await store.savePage(running, place, {
        operationId,
        entities,
        last,
        maxPages,
        below,
        ageMs: options.clock.monotonicMs() - askedAtMs,
        volatile: list.volatile,
      });
      if (saved.ended === "truncated") {
        observer.truncated({ workspaceId: running.workspaceId, operationId, maxPages });
      }
      return { kind: "moved", places: saved.next ? [saved.next] : saved.opened };
    }
    case "parent_gone":
      return { kind: "moved", places: await store.endPlace(running, place, { below }) };
    case "wait":
      return { kind: "pause", place, delayMs: answer.delayMs };
    case "failed": {
      const tried = { ...place, tries: place.tries + 1 };
      if (tried.tries >= limits.maxTries) {
        return { kind: "moved", places: await store.endPlace(running, tried, { error: answer.error.message, below }) };
      }
      await store.saveTry(running, tried);
      const delayMs = Math.max(answer.retryAfterMs ?? 0, backoffMs(tried.tries, RETRY));
      return { kind: "later", place: tried, atMs: options.clock.monotonicMs() + delayMs };
    }
    case "refused":
      if (answer.status === 401 && answer.reason !== "closed_to_addons") {
        options.credentials.forget(running.installationId);
        if (claim.freshToken) return { kind: "pause", place, delayMs: FRESH_TOKEN_PAUSE_MS };
      }
      if (answer.reason === "credential_invalid") return { kind: "token_refused", error: answer.error };
      return { kind: "moved", places: await store.endPlace(running, place, { error: answer.error.message, below }) };
  }
}

/** Closes the read: what it saw of each list decides the status and what is gone. */
async function finish(claim: Claim, { failure }: { failure?: AppError }): Promise<JobOutcome> {
  const { running, lists, options: { store, observer } } = claim;
  const { installationId, workspaceId } = running;
  const nameOf = (type: string) => lists.get(type)?.operation.operationId ?? type;
  const summaries = new Map((await store.summary(running)).map((summary) => [summary.entityType, summary]));
  const faults = new Map(running.lists.flatMap((type) => {
    const fault = faultOf(summaries.get(type), nameOf(type));
    return fault === undefined ? [] : [[type, fault]];
  }));
  // Below a list that is not whole, whole parts do not make a whole.
  const isWhole = (type: string): boolean => {
    const parent = lists.get(type)?.parent?.entityType;
    return !faults.has(type) && (parent === undefined || isWhole(parent));
  };
  const brought = [...summaries.values()].some(({ complete, pages }) => complete + pages > 0);
  const failed = failure !== undefined || !brought;
  for (const vanished of failed ? [] : await store.vanished(running, running.lists.filter(isWhole))) {
    const doubt = await doubtOf(claim, vanished);
    if (doubt !== undefined) faults.set(vanished.entityType, `${nameOf(vanished.entityType)}: ${doubt}`);
  }
  const lastError = failure?.message ??
    (faults.size === 0 ? undefined : `Not read completely: ${[...faults.values()].join("; ")}`);
  const end = {
    status: failed ? "FAILED" as const : "COMPLETE" as const,
    lastError: lastError?.slice(0, MAX_ERROR_CHARS),
    whole: failed ? [] : running.lists.filter(isWhole),
    volatile: running.lists.filter((type) => lists.get(type)?.volatile),
  };
  const { entities, durationMs } = await store.finish(running, end);
  observer.finished({
    installationId,
    workspaceId,
    outcome: failed ? "failed" : lastError === undefined ? "complete" : "complete_with_errors",
    lists: running.lists.length,
    faulty: faults.size,
    entities,
    durationMs,
    lastError: end.lastError,
  });
  return { kind: "done" };
}

/** Why entities that the list lacks are kept all the same; undefined when they are gone. */
async function doubtOf(
  { lists, installation, pace, signal, options: { probe } }: Claim,
  { entityType, missing, known, some }: Vanished,
): Promise<string | undefined> {
  // What leaves these lists was not deleted.
  if (lists.get(entityType)?.volatile || !isSuspicious({ missing, known }) || !probe.knows(entityType)) {
    return undefined;
  }
  const asked = await askSome(probe, some, {
    entityType,
    origin: ORIGIN,
    installation,
    priority: "bulk",
    maxWaitMs: PROBE_WAIT_MS,
    pace,
    signal,
  });
  if (asked.kind === "gone") return undefined;
  return asked.kind === "there"
    ? `${missing} of ${known} are missing from it, yet Clockify still has them`
    : `${missing} of ${known} are missing from it, and Clockify did not say whether they were deleted`;
}

function faultOf(summary: ListSummary | undefined, operationId: string): string | undefined {
  if (!summary) return undefined;
  if (summary.failed > 0) return `${operationId}: ${summary.error}`;
  if (summary.truncated > 0) return `${operationId}: cut after ${summary.pages} pages`;
  return summary.pending > 0 ? `${operationId}: not read to its end` : undefined;
}
