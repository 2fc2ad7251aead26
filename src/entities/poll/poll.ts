/**
 * The job "poll": reads the lists whose time has come, and publishes events for what changed between two reads, where no
 * webhook delivers them. Its schedule (schedules/standing.ts) brings the next one.
 */

import type { ReadList } from "../bootstrap/lists.ts";
import type { Pace } from "../bootstrap/pace.ts";
import { isUnavailable } from "../../db/db.ts";
import { toAppError } from "../../base/errors.ts";
import type { CredentialSource } from "../../installations/credentials.ts";
import type { SettingsSource } from "../../installations/settings.ts";
import type { Job, JobOutcome } from "../../queue/queue.ts";
import type { JobHandler } from "../../queue/worker.ts";
import { FAMILIES, type Family } from "./families.ts";
import { type FamilyWork, readRound, type RoundDeps } from "./round.ts";

export interface PollOptions extends RoundDeps {
  /** All that the catalogue has (entities/bootstrap/lists.ts). */
  lists: readonly ReadList[];
  paceOf(key: string, perSecond: number): Pace;
  credentials: CredentialSource;
  settings: Pick<SettingsSource, "of">;
  /** Event types whose delivery path is polling; undefined while that is not known yet. */
  polledEvents(installation: { id: number; addon: string }): Promise<ReadonlySet<string> | undefined>;
  /** Asks for a read of the whole workspace when the last one gets old: this job is the one that recurs. */
  refreshIfDue(installation: { id: number; addon: string }): Promise<void>;
  maxPagesOf(addon: string): number;
  scopesOf(addon: string): readonly string[];
  /** 0: lists are not polled. */
  pollMs: number;
}

/** How long one claim works before others get its slot. */
const CLAIM_MS = 20_000;
/** Wait after a reinstall, while the first read continues, and until the delivery paths of events are known. */
const REINSTALLED_MS = 2_000;
const READING_MS = 10_000;
const UNKNOWN_MS = 5_000;
/** A list that no flow waits for is read so many times as rarely. */
const UNAWAITED = 4;

const DONE: JobOutcome = { kind: "done" };

export function createPoll(options: PollOptions): JobHandler {
  return async (job, { signal }) => {
    try {
      return await poll(job, signal, options);
    } catch (error) {
      const { code, cause, message } = toAppError(error);
      if (signal.aborted || code === "LEASE_LOST" || isUnavailable(error) || isUnavailable(cause)) throw error;
      // A reinstall came in between: what holds now is found out at once.
      if (code === "INSTALLATION_UNKNOWN") return later(REINSTALLED_MS, message);
      options.observer.failed(job.installationId, error);
      return DONE;
    }
  };
}

async function poll(job: Job, signal: AbortSignal, options: PollOptions): Promise<JobOutcome> {
  const { store, pollMs } = options;
  const facts = await store.facts(job);
  if (!facts || facts.installation !== "active" || facts.beside) return DONE;
  await options.refreshIfDue({ id: job.installationId, addon: facts.addon });
  if (pollMs === 0) return DONE;
  if (facts.reading) return later(READING_MS, "the workspace is being read");
  const { addon, generation, listened } = facts;
  const id = job.installationId;
  const polled = await options.polledEvents({ id, addon });
  if (!polled) return later(UNKNOWN_MS, "the delivery paths of events are not known yet");

  const lists = new Map(options.lists.map((list) => [list.entityType, list]));
  const families = FAMILIES.filter((family) => canPoll(family, { lists, polled, scopes: options.scopesOf(addon) }));
  await store.keepOnly(id, families.map(({ entityType }) => entityType));
  const credentials = families.length > 0 ? await options.credentials.get(id) : undefined;
  if (!credentials) return DONE;
  const { bootstrapMaxRps } = await options.settings.of({ id, addon });
  const shared: Omit<FamilyWork, "family" | "list" | "everyMs"> = {
    installation: { ...credentials, id, generation },
    polled,
    earlyMs: pollMs / 2,
    pace: options.paceOf(String(id), bootstrapMaxRps),
    maxPages: options.maxPagesOf(addon),
    requestId: `poll:${job.id}`,
    untilMs: options.clock.monotonicMs() + CLAIM_MS,
    signal,
  };
  const awaited = new Set(listened.filter((type) => polled.has(type)));
  for (const family of families) {
    const everyMs = pollMs * (family.events.some((type) => awaited.has(type)) ? 1 : UNAWAITED);
    const list = lists.get(family.entityType)!;
    const parentList = list.parent && lists.get(list.parent.entityType);
    const waitMs = await readRound({ ...shared, family, list, parentList, everyMs }, options);
    if (waitMs !== undefined) return later(waitMs, "more to poll");
  }
  return DONE;
}

/** Whether the add-on may read the family's list, and one of its events is polled. */
function canPoll(
  { entityType, events }: Family,
  { lists, polled, scopes }: {
    lists: ReadonlyMap<string, ReadList>;
    polled: ReadonlySet<string>;
    scopes: readonly string[];
  },
): boolean {
  const list = lists.get(entityType);
  const parent = list?.parent && lists.get(list.parent.entityType);
  if (!list || (list.parent && !parent)) return false;
  const needed = [list.operation.scope, ...parent ? [parent.operation.scope] : []];
  return needed.every((scope) => scope === "" || scopes.includes(scope)) && events.some((type) => polled.has(type));
}

function later(delayMs: number, reason: string): JobOutcome {
  return { kind: "snooze", delayMs, reason };
}
