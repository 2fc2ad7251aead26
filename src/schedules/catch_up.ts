/** Which slots of a schedule fire now, by how it treats those that were missed. Pure. */

import { slotsAfter, slotsUntil, type Timing } from "./timing.ts";

/**
 * What happens to slots that nothing fired in time, since no instance was running. skip: they are over. one: one firing
 * stands for all of them, that of the last. all: each fires, up to MAX_CAUGHT_UP.
 */
export const POLICIES = ["skip", "one", "all"] as const;
export type Policy = (typeof POLICIES)[number];

/**
 * Slots that "all" makes up for: each is a run of its own, and all of them come at once. It is the last hour and a half of a
 * schedule of each minute, and the last three months of a daily one.
 */
export const MAX_CAUGHT_UP = 100;
/** Slots that are counted as missed at once: more of a schedule stand for some days of each minute. */
const MAX_COUNTED = 1_000;
/** A slot that fires so late has not been missed: a restart takes seconds, and no schedule has two slots within it. */
export const IN_TIME_MS = 60_000;

export interface Due {
  timing: Timing;
  policy: Policy;
  /** The first slot that has not fired. */
  nextAt: Date;
  now: Date;
}

export interface Firing {
  /** To fire now, in their order. */
  slots: Date[];
  /** The first slot that is left; undefined: none ever. */
  nextAt: Date | undefined;
  /** Slots before the first of `slots` do not fire, since there are more than "all" makes up for. */
  isCut: boolean;
  /** Slots that have passed and do not fire, MAX_COUNTED at most. */
  missed: number;
}

/** `limit`: slots that fire at once; of "all" the others follow, with the next look. */
export function planFiring({ timing, policy, nextAt, now }: Due, { limit }: { limit: number }): Firing {
  if (policy !== "all") {
    const [last] = slotsUntil(timing, { slot: nextAt, now, count: 1 });
    const fires = policy === "one" || now.getTime() - last!.getTime() <= IN_TIME_MS;
    const slots = fires ? [last!] : [];
    const missed = countSlots(timing, nextAt, last!) - slots.length;
    return { slots, nextAt: slotsAfter(timing, last!, 1)[0], isCut: false, missed };
  }
  const all = dueSlots(timing, { nextAt, now });
  const isCut = all.length > MAX_CAUGHT_UP;
  const due = isCut ? slotsUntil(timing, { slot: nextAt, now, count: MAX_CAUGHT_UP }) : all;
  const slots = due.slice(0, limit);
  const missed = isCut ? countSlots(timing, nextAt, due[0]!) - 1 : 0;
  return { slots, nextAt: due[limit] ?? slotsAfter(timing, slots.at(-1)!, 1)[0], isCut, missed };
}

/** From the one to the other, both counted, as far as MAX_COUNTED. One after another: those behind `last` may be years away. */
function countSlots(timing: Timing, first: Date, last: Date): number {
  let count = 1;
  let slot: Date | undefined = first;
  while (count <= MAX_COUNTED && (slot = slotsAfter(timing, slot, 1)[0]) && slot <= last) count++;
  return count;
}

/** From the first on, one more than "all" makes up for at most. */
function dueSlots(timing: Timing, { nextAt, now }: Pick<Due, "nextAt" | "now">): Date[] {
  const slots: Date[] = [];
  for (
    let slot: Date | undefined = nextAt;
    slot !== undefined && slot <= now && slots.length <= MAX_CAUGHT_UP;
    [slot] = slotsAfter(timing, slot, 1)
  ) {
    slots.push(slot);
  }
  return slots;
}
