/** A worker's slots and who holds them: one holder takes another slot only while it holds fewer than are free. */

import type { Fragment, Query } from "../db/db.ts";
import type { Job } from "./queue.ts";

/**
 * The holder of all that is not work on events: after a start, or an update that reads each workspace again, thousands of
 * installations have such a job, and each alone would find a slot.
 */
export const BACKGROUND = 0;

/** The holder of messages to webhooks: a receiver may take 10 s for each, for which no other background work is to wait. */
export const DELIVERIES = -1;

/** Who holds the slot of a job: the installation whose event, wait or run it is, DELIVERIES, or BACKGROUND for all other kinds. */
export function holderOf({ kind, installationId }: Pick<Job, "kind" | "installationId">): number {
  if (kind === "event" || kind === "waits" || kind === "run") return installationId;
  return kind === "webhook" ? DELIVERIES : BACKGROUND;
}

/** SQL: holderOf() of a row with `kind` and `installation_id`. */
export function holderColumn(sql: Query): Fragment {
  return sql`case when kind in ('event', 'waits', 'run') then installation_id
    when kind = 'webhook' then ${DELIVERIES}::bigint else ${BACKGROUND}::bigint end`;
}

export interface Shares {
  free(): number;
  /** Slots by holder; those that hold none are absent. */
  held(): ReadonlyMap<number, number>;
  /** True when some holder has as many as are free: it may have work that waits for one of its own to end. */
  isUsedUp(): boolean;
  /** Takes a slot for a job that was given out already. */
  take(holder: number): void;
  /** Takes as many of `wanted` as the holder may have now, and returns their number. */
  takeUpTo(holder: number, wanted: number): number;
  leave(holder: number, count: number): void;
}

/**
 * The same rule as for bytes in flight (ingest/waiting_bytes.ts), and as for cells in the buffer of a switch: alone a holder gets
 * half of all, two a third each, and the last free slot goes to one that holds none. No number of holders has to be known,
 * and what others leave is used but for that reserve. Many that come one after another, each with as much as it may have, use
 * up all (of 192 slots eight of them): the next waits until one of their jobs ends, and is then before them.
 */
export function createShares(total: number): Shares {
  const held = new Map<number, number>();
  let free = total;

  function add(holder: number, count: number) {
    const left = (held.get(holder) ?? 0) + count;
    if (left > 0) held.set(holder, left);
    else held.delete(holder);
    free -= count;
  }

  return {
    free: () => free,
    held: () => held,
    isUsedUp: () => free <= 0 || Math.max(0, ...held.values()) >= free,
    take: (holder) => add(holder, 1),
    takeUpTo(holder, wanted) {
      let taken = 0;
      while (taken < wanted && (held.get(holder) ?? 0) < free) {
        add(holder, 1);
        taken++;
      }
      return taken;
    },
    leave: (holder, count) => add(holder, -count),
  };
}
