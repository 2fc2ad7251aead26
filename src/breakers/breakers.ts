/**
 * Circuit breakers: once calls to a host keep failing, steps of the installation wait instead of calling it, and one call at a
 * time sees whether it is back. Each process counts the calls that it makes, in memory. What is open stands in a table, so that
 * all processes hold to it, people see it, and it outlives a restart; a host that answers costs no statement.
 */

import { createBoundedCache } from "../base/bounded_cache.ts";
import type { Clock } from "../base/clock.ts";
import { AppError } from "../base/errors.ts";
import type { Database } from "../db/db.ts";
import {
  type BreakerState,
  type BreakerStore,
  type BreakerTarget,
  type Cause,
  PROBING_SECONDS,
  waitReason,
} from "./store.ts";
import { type BreakerPolicy, HOST_POLICY } from "./policy.ts";
import { type CallWindow, count, newWindow, tooMany } from "./window.ts";

/** How a call ended: the host answered, it did not, or the call says nothing of it. */
export type CallEnd = { end: "answered" } | { end: "failed"; code: string; httpStatus?: number } | { end: "unknown" };

/** In place of a call that is not made now. */
export class CallPutOff {
  constructor(readonly waitMs: number, readonly reason: string) {}
}

export interface BreakerChange extends BreakerTarget {
  state: BreakerState;
}

export interface Breakers {
  /**
   * Makes the call, unless the host's breaker is open; `endOf` says how one ended that gave something. One that throws an
   * UPSTREAM_* error has failed. Fails open: without the database calls are made.
   */
  guard<Result>(
    target: BreakerTarget,
    call: () => Promise<Result>,
    endOf: (result: Result) => CallEnd,
    /** Absent: HOST_POLICY. */
    policy?: BreakerPolicy,
  ): Promise<Result | CallPutOff>;
  list: BreakerStore["list"];
  reset(installationId: number, id: number, person: string): ReturnType<BreakerStore["reset"]>;
  /** Learns of changes by other processes from now on, and what is open; each change, by whom ever, is handed to `onNotice`. */
  follow(onNotice: (change: BreakerChange) => void): Promise<{ stop(): Promise<void> }>;
}

export interface BreakersOptions {
  db: Pick<Database, "notify" | "listen">;
  store: BreakerStore;
  clock: Clock;
  /** A change by this process. */
  onChange(change: BreakerChange & { cause?: Cause }): void;
  onFault(error: unknown, target: BreakerTarget): void;
  random?: () => number;
}

const CHANNEL = "timewire_breaker";
/** Hosts that are counted: flows may call any number of them. */
const MAX_ENTRIES = 10_000;
/** What is known of an open breaker counts so long: another process may have closed it, and its notice been lost. */
const RECHECK_MS = 2_000;
const PROBING_MS = PROBING_SECONDS * 1_000;
/** Steps that waited come back over this time, or over as long again as they waited where that is less. */
const SPREAD_MS = 10_000;

interface Call {
  entry: Entry;
  policy: BreakerPolicy;
}

interface Entry {
  window: CallWindow;
  /** Not closed, as far as this process knows: read again once `checkedAt` is long ago. */
  open?: { checkedAt: number; waitMs: number };
  checking?: Promise<void>;
}

export function createBreakers(
  { db, store, clock, onChange, onFault, random = Math.random }: BreakersOptions,
): Breakers {
  const entries = createBoundedCache<string, Entry>({ max: MAX_ENTRIES });

  function entryOf({ installationId, host }: BreakerTarget): Entry {
    const key = `${installationId} ${host}`;
    let entry = entries.get(key);
    if (!entry) entries.set(key, entry = { window: newWindow(clock.monotonicMs()) });
    return entry;
  }

  function changed(change: BreakerChange & { cause?: Cause }) {
    onChange(change);
    const { installationId, host, state } = change;
    db.notify(CHANNEL, JSON.stringify({ i: installationId, h: host, s: state }));
  }

  async function check(target: BreakerTarget, { entry, policy }: Call): Promise<void> {
    if (entry.open && clock.monotonicMs() - entry.open.checkedAt < RECHECK_MS) return;
    await (entry.checking ??= (async () => {
      try {
        const waitMs = await store.waitMs(target, policy);
        const checkedAt = clock.monotonicMs();
        // What it counted before was of another time.
        if (waitMs === undefined && entry.open) entry.window = newWindow(checkedAt);
        entry.open = waitMs === undefined ? undefined : { checkedAt, waitMs };
      } finally {
        entry.checking = undefined;
      }
    })());
  }

  function putOff({ host }: BreakerTarget, waitMs: number): CallPutOff {
    return new CallPutOff(waitMs + random() * Math.min(SPREAD_MS, waitMs), waitReason(host));
  }

  /** "probe": the call is the one that sees. */
  async function ask(target: BreakerTarget, call: Call): Promise<CallPutOff | "probe" | "pass"> {
    const { entry, policy } = call;
    await check(target, call);
    if (!entry.open) return "pass";
    const leftMs = entry.open.checkedAt + entry.open.waitMs - clock.monotonicMs();
    if (leftMs > 0) return putOff(target, leftMs);
    if (!await store.claimProbe(target, policy)) return putOff(target, PROBING_MS);
    changed({ ...target, state: "half_open" });
    return "probe";
  }

  async function note(target: BreakerTarget, call: Call, { ended, isProbe }: { ended: CallEnd; isProbe: boolean }) {
    const { entry, policy } = call;
    const { end } = ended;
    if (isProbe) {
      const cause = ended.end === "failed" ? { ...ended, failures: 1 } : undefined;
      const state = await store.settleProbe(target, end, { cause, policy });
      entry.open = undefined;
      entry.window = newWindow(clock.monotonicMs());
      if (state === "closed") changed({ ...target, state });
      else {
        entry.open = { checkedAt: -RECHECK_MS, waitMs: 0 };
        await check(target, call);
        if (state === "open") changed({ ...target, state, cause });
      }
    } else if (end !== "unknown") {
      count(entry.window, end, { nowMs: clock.monotonicMs(), windowMs: policy.windowMs });
      const failures = ended.end === "failed" && !entry.open ? tooMany(entry.window, policy) : 0;
      if (ended.end !== "failed" || failures === 0) return;
      const cause = { ...ended, failures };
      // Until the row says for how long.
      entry.open = { checkedAt: clock.monotonicMs(), waitMs: PROBING_MS };
      try {
        if (await store.open(target, cause, policy)) changed({ ...target, state: "open", cause });
        entry.open.checkedAt = -RECHECK_MS;
        await check(target, call);
      } catch (error) {
        entry.open = undefined;
        throw error;
      }
    }
  }

  return {
    async guard(target, make, endOf, policy = HOST_POLICY) {
      if (!policy.enabled) return await make();
      const entry = entryOf(target);
      const call = { entry, policy };
      const asked = entry.open
        ? await ask(target, call).catch((error) => {
          onFault(error, target);
          return "pass" as const;
        })
        : "pass";
      if (asked instanceof CallPutOff) return asked;
      let ended: CallEnd = { end: "unknown" };
      try {
        const result = await make();
        ended = endOf(result);
        return result;
      } catch (error) {
        if (error instanceof AppError && FAULTS.has(error.code)) ended = { end: "failed", code: error.code };
        throw error;
      } finally {
        await note(target, call, { ended, isProbe: asked === "probe" }).catch((error) => onFault(error, target));
      }
    },

    list: store.list,

    async reset(installationId, id, person) {
      const done = await store.reset(installationId, id, person);
      if (done?.wasOpen) changed({ installationId, host: done.breaker.host, state: "closed" });
      return done;
    },

    async follow(onNotice) {
      const listening = await db.listen(CHANNEL, (text) => {
        const change = readNotice(text);
        if (!change) return;
        const entry = entryOf(change);
        // It is read when a step comes to the host; one that is known to be closed need not be.
        if (change.state !== "closed" || entry.open) entry.open = { checkedAt: -RECHECK_MS, waitMs: 0 };
        onNotice(change);
      });
      for (const target of await store.openTargets()) entryOf(target).open = { checkedAt: -RECHECK_MS, waitMs: 0 };
      return listening;
    },
  };
}

/** A host that does not answer, or not wholly. What was refused before it was sent is none of them. */
const FAULTS: ReadonlySet<string> = new Set(["UPSTREAM_UNREACHABLE", "UPSTREAM_TIMEOUT", "UPSTREAM_RESPONSE_INVALID"]);

function readNotice(text: string): BreakerChange | undefined {
  if (text === "") return undefined;
  const { i: installationId, h: host, s: state } = JSON.parse(text);
  return { installationId, host, state };
}
