/** The job "coverage": looks after the webhooks of one installation. Its schedule (schedules/standing.ts) brings the next check. */

import type { ClockifyClient } from "../clockify/client.ts";
import { EVENTS } from "../clockify/events.ts";
import { webhookPath } from "../clockify/manifest.ts";
import { waitAfter } from "../clockify/unanswered.ts";
import { AppError } from "../base/errors.ts";
import type { CredentialSource } from "../installations/credentials.ts";
import type { Profile } from "../profiles/profile.ts";
import type { Job, JobOutcome } from "../queue/queue.ts";
import type { JobHandler } from "../queue/worker.ts";
import type { Logger } from "../telemetry/log.ts";
import { normalisePath } from "../verify/webhook.ts";
import { isAlarm } from "./gauges.ts";
import { lookAtEntries, takePulse } from "./heartbeat.ts";
import { type Known, planCoverage, wantedUserWebhooks } from "./plan.ts";
import { keyCaller } from "./remote.ts";
import { type RemoveDeps, removeRemote } from "./remove.ts";
import { describeState } from "./states.ts";
import type { CoverageRow, CoverageState, Facts } from "./store.ts";
import { type Settled, settleUserWebhooks, stateOf } from "./user_webhooks.ts";

/** An add-on that this process knows the address of. */
export interface CoveredAddon {
  profile: Profile;
  /** Public address that Clockify reaches it at. */
  baseUrl: string;
  /** MANIFEST_WEBHOOK_LIMIT */
  webhookLimit: number;
}

export interface CheckDeps extends RemoveDeps {
  client: ClockifyClient;
  credentials: CredentialSource;
  /** Undefined for an add-on that another process serves. */
  addonOf(profileKey: string): CoveredAddon | undefined;
  pollable: ReadonlySet<string>;
  checkMs: number;
  heartbeatMs: number;
}

/** Wait of a check beside another one of the same installation, and of one for an add-on that another process serves. */
const ASIDE_MS = 2_000;
const ELSEWHERE_MS = 60_000;

/** Payload {} checks; {remove: true} takes away what is over. */
export function createCoverageCheck(deps: CheckDeps): JobHandler {
  return async (job, { signal }) => {
    try {
      return job.payload.remove === true
        ? await removeRemote(job, { deps, signal })
        : await check(job, { deps, signal });
    } catch (error) {
      if (!(error instanceof AppError) || !(error.code === "RATE_LIMITED" || error.code.startsWith("UPSTREAM_"))) {
        throw error;
      }
      const delayMs = waitAfter(error);
      return job.payload.remove === true
        ? { kind: "retry", delayMs, reason: error.code }
        : { kind: "snooze", delayMs: Math.min(delayMs, Math.max(deps.checkMs, ASIDE_MS)), reason: error.code };
    }
  };
}

async function check(job: Job, { deps, signal }: { deps: CheckDeps; signal: AbortSignal }): Promise<JobOutcome> {
  const { store } = deps;
  const facts = await store.facts(job.installationId);
  if (!facts || facts.status === "uninstalled") return { kind: "done" };
  // Two at once would register everything twice.
  if (!await store.takeTurn(job)) return { kind: "snooze", delayMs: ASIDE_MS, reason: "one at a time" };
  // INACTIVE takes API access away.
  if (facts.status === "inactive") return { kind: "done" };
  const addon = deps.addonOf(facts.addon);
  if (!addon) return { kind: "snooze", delayMs: ELSEWHERE_MS, reason: "served by another process" };

  const ours = await settle(facts, { addon, deps, signal });
  if (ours.more) return { kind: "snooze", delayMs: 0, reason: "more webhooks to register" };
  const manifest = await manifestStates(facts, { addon, deps, signal });
  const { pulse, silent } = await takePulse({
    now: facts.now,
    previous: facts.previous,
    // Events from polling say nothing about webhooks.
    lastEventAt: latest(facts.lastEvents, (type) => facts.installed.has(type) || ours.webhooks.has(type)),
    installedAt: facts.installedAt,
    heartbeatMs: deps.heartbeatMs,
    look: async () => {
      const caller = await deps.credentials.get(facts.id);
      return caller && await lookAtEntries(deps.client, { caller, userId: facts.asUser, signal });
    },
  });
  const rows = coverageRows(facts, { addon, deps, ours, manifest, silent });
  await store.save(facts.id, { rows, pulse });
  report(facts, rows, deps.log);
  return { kind: "done" };
}

interface Setting {
  addon: CoveredAddon;
  deps: CheckDeps;
  signal: AbortSignal;
}

async function settle(facts: Facts, { addon, deps, signal }: Setting): Promise<Settled> {
  const apiKey = await deps.keys.open(facts.id);
  if (apiKey === undefined) return { key: "absent", webhooks: new Map(), refusals: new Map(), more: false };
  return await settleUserWebhooks(deps, {
    installationId: facts.id,
    wanted: wantedUserWebhooks(addon.profile, facts.installed),
    urlOf: (eventType) => addressOf(addon, eventType),
    caller: keyCaller(facts, { apiKey, apiBaseUrl: deps.apiBaseUrl }),
    signal,
  });
}

/** What Clockify shows of the manifest's webhooks; undefined when it shows none of them, which is no alarm. */
async function manifestStates(
  facts: Facts,
  { addon, deps, signal }: Setting,
): Promise<Map<string, CoverageState> | undefined> {
  const apiKey = await deps.keys.open(facts.id);
  const own = apiKey === undefined ? await deps.credentials.get(facts.id) : undefined;
  if (apiKey === undefined && own === undefined) return undefined;
  const listed = own
    ? await deps.remote.listOfAddon(facts.addonId, { caller: own, signal })
    : await deps.remote.list("ADDON", {
      caller: keyCaller(facts, { apiKey: apiKey!, apiBaseUrl: deps.apiBaseUrl }),
      signal,
    });
  if (!listed.ok) return undefined;
  const shown = new Map(listed.value.map((webhook) => [`${webhook.event} ${oneSpelling(webhook.url)}`, webhook]));
  const states = new Map<string, CoverageState>();
  let any = false;
  for (const event of facts.installed) {
    const webhook = shown.get(`${event} ${oneSpelling(addressOf(addon, event))}`);
    any ||= webhook !== undefined;
    states.set(event, webhook ? stateOf(webhook) : "missing");
  }
  return any ? states : undefined;
}

function addressOf({ baseUrl }: CoveredAddon, eventType: string): string {
  return baseUrl.replace(/\/+$/, "") + webhookPath(eventType);
}

function oneSpelling(address: string): string {
  return (URL.parse(address)?.origin ?? "") + normalisePath(address);
}

/** What the facts make of each event type of the profile. */
export function coverageRows(
  facts: Pick<Facts, "installed" | "lastEvents">,
  { addon, deps, ours, manifest, silent }: {
    addon: CoveredAddon;
    deps: Pick<CheckDeps, "pollable" | "heartbeatMs">;
    ours: Settled;
    manifest: ReadonlyMap<string, CoverageState> | undefined;
    silent: boolean;
  },
): CoverageRow[] {
  const { profile, webhookLimit, baseUrl } = addon;
  const known: Known = {
    installed: facts.installed,
    registered: new Set(ours.webhooks.keys()),
    pollable: deps.pollable,
    key: ours.key,
    refusals: ours.refusals,
  };
  return planCoverage({ profile, webhookLimit, known }).map(({ eventType, way, reason, nextStep }): CoverageRow => {
    const webhook = way === "user_webhook" ? ours.webhooks.get(eventType) : undefined;
    const base = { eventType, way, reason, nextStep, lastEventAt: facts.lastEvents.get(eventType) };
    if (way === "none") return { ...base, state: "missing" };
    if (way === "polling") return { ...base, state: "ok" };
    const shown = way === "manifest" ? manifest?.get(eventType) ?? "unknown" : webhook!.state;
    // The look is at time entries: what it proves is about their events.
    const mute = silent && (shown === "ok" || shown === "unknown") &&
      EVENTS.get(eventType)?.category === "time-tracking";
    const state = mute ? "silent" : shown;
    return {
      ...base,
      remoteId: webhook?.remoteId,
      state,
      ...describeState(state, { way, key: ours.key, baseUrl, heartbeatMs: deps.heartbeatMs }),
    };
  });
}

function latest(lastEvents: ReadonlyMap<string, Date>, counts: (eventType: string) => boolean): Date | undefined {
  const times = [...lastEvents].filter(([eventType]) => counts(eventType)).map(([, at]) => at.getTime());
  return times.length === 0 ? undefined : new Date(Math.max(...times));
}

function report(facts: Facts, rows: readonly CoverageRow[], log: Logger) {
  const alarms = rows.filter(isAlarm);
  if (alarms.length === 0) return;
  log.warn("coverage.alarm", {
    workspace_id: facts.workspaceId,
    installation_id: facts.id,
    events: Object.fromEntries(alarms.map(({ eventType, state }) => [eventType, state])),
  });
}
