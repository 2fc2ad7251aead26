/** When a schedule fires: a cron expression on the clock of a time zone, or a fixed interval. Pure. */

import { Cron } from "croner";
import { createBoundedCache } from "../base/bounded_cache.ts";
import { AppError } from "../base/errors.ts";
import { isTimeZone } from "../engine/zone.ts";

/**
 * `cron` has five fields: minute, hour, day of the month, month, day of the week (names, `L`, `W` and `#` as in `FRI#2` are
 * known; with both kinds of days one of them is enough). Summer time goes as in Vixie cron: a time of day that is left out
 * fires as soon as the clock is past it, one that comes twice fires the first time; what has several hours or minutes
 * fires whenever the clock shows one of them.
 */
export type Timing = { cron: string; zone: string } | { everySeconds: number };

/** Each firing is a run or a job with calls of its own, and the limits of a workspace are counted per second and hour. */
export const MIN_EVERY_SECONDS = 60;
/** Longer pauses are a cron expression's matter: it says on which day. */
export const MAX_EVERY_SECONDS = 31 * 86_400;
const MAX_CRON_LENGTH = 100;

/** To parse an expression takes as long as three looks for its next time. */
const crons = createBoundedCache<string, Cron>({ max: 1_000 });

/**
 * The timing with its expression in one spelling. Throws REQUEST_INVALID, with `details.field` ("cron", "zone" or
 * "everySeconds"), where it cannot be read, where it would fire more often than once a minute, and where it never fires.
 */
export function requireTiming(timing: Timing, now: Date): Timing {
  if ("everySeconds" in timing) return requireInterval(timing);
  if (!isTimeZone(timing.zone)) {
    const why = "expected a time zone such as Europe/Berlin or UTC";
    throw invalid(`Cannot schedule in the time zone "${shown(timing.zone)}": ${why}`, "zone");
  }
  const cron = timing.cron.trim().split(/\s+/).join(" ");
  const cannot = (why: string) => invalid(`Cannot schedule "${shown(cron)}": ${why}`, "cron");
  if (cron.length > MAX_CRON_LENGTH) throw cannot(`expected at most ${MAX_CRON_LENGTH} characters`);
  const fields = cron.split(" ").length;
  if (cron.startsWith("@") || fields !== 5) {
    const seconds = fields === 6 ? "; seconds have no field, since a schedule fires once a minute at most" : "";
    const found = cron.startsWith("@") ? "a nickname" : String(cron === "" ? 0 : fields);
    throw cannot(`expected 5 fields (minute hour day month weekday), found ${found}${seconds}`);
  }
  const known = { cron, zone: timing.zone };
  try {
    cronOf(known);
  } catch (error) {
    throw cannot((error as Error).message.replace(/^CronPattern: /, ""));
  }
  if (slotsAfter(known, now, 1).length === 0) throw cannot("no date matches it");
  return known;
}

function requireInterval(timing: { everySeconds: number }): Timing {
  const { everySeconds } = timing;
  if (Number.isInteger(everySeconds) && everySeconds >= MIN_EVERY_SECONDS && everySeconds <= MAX_EVERY_SECONDS) {
    return { everySeconds };
  }
  throw invalid(
    `Cannot schedule every ${everySeconds} seconds: expected a whole number from ${MIN_EVERY_SECONDS} to ${MAX_EVERY_SECONDS}`,
    "everySeconds",
  );
}

/** The next `count` slots behind `slot`, which is one of an interval; of a cron expression any instant will do. */
export function slotsAfter(timing: Timing, slot: Date, count: number): Date[] {
  if (!("everySeconds" in timing)) return cronOf(timing).nextRuns(count, slot);
  const everyMs = timing.everySeconds * 1_000;
  return Array.from({ length: count }, (_, index) => new Date(slot.getTime() + (index + 1) * everyMs));
}

/**
 * The last `count` slots that are not after `now`, oldest first, from `slot` on, which is one of them: it alone where it is
 * later than `now`.
 */
export function slotsUntil(timing: Timing, { slot, now, count }: { slot: Date; now: Date; count: number }): Date[] {
  if ("everySeconds" in timing) {
    const everyMs = timing.everySeconds * 1_000;
    const passed = Math.max(0, Math.floor((now.getTime() - slot.getTime()) / everyMs));
    const first = Math.max(0, passed - count + 1);
    return Array.from(
      { length: passed - first + 1 },
      (_, index) => new Date(slot.getTime() + (first + index) * everyMs),
    );
  }
  // Those before the next whole second: a slot is none that is passed over because it is now.
  const end = new Date(Math.floor(now.getTime() / 1_000) * 1_000 + 1_000);
  const found = cronOf(timing).previousRuns(count, end).reverse().filter((one) => one > slot);
  // The stored slot stands, also where the rules of the zone have changed since.
  return found.length < count ? [slot, ...found] : found;
}

/** The last time that a cron expression named, `now` itself too; undefined where there was none. */
export function lastSlot(timing: { cron: string; zone: string }, now: Date): Date | undefined {
  const [slot] = slotsUntil(timing, { slot: NEVER, now, count: 1 });
  return slot!.getTime() === NEVER.getTime() ? undefined : slot;
}

const NEVER = new Date(0);

/** When it fires next, for people: of a stored schedule from its `nextAt` on, else as if it began now. */
export function nextFirings(timing: Timing, { now, nextAt, count = 5 }: {
  now: Date;
  nextAt?: Date;
  count?: number;
}): Date[] {
  return nextAt ? [nextAt, ...slotsAfter(timing, nextAt, count - 1)] : slotsAfter(timing, now, count);
}

/** The slot as start keys name it: `2026-11-28T09:00Z`. */
export function slotName(slot: Date): string {
  return slot.toISOString().replace(/(:00)?\.000Z$/, "Z");
}

function cronOf({ cron, zone }: { cron: string; zone: string }): Cron {
  const key = `${zone} ${cron}`;
  let known = crons.get(key);
  if (known === undefined) {
    known = new Cron(cron, { timezone: zone, mode: "5-part", paused: true });
    crons.set(key, known);
  }
  return known;
}

function shown(text: string): string {
  return String(text).slice(0, MAX_CRON_LENGTH);
}

function invalid(message: string, field: string): AppError {
  return new AppError("REQUEST_INVALID", message, { details: { field } });
}
