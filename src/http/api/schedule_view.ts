/** How answers show when something begins by itself. */

import { z } from "zod";
import { nextFirings, type Timing } from "../../schedules/timing.ts";
import { cronWords } from "../../schedules/words.ts";
import { instant } from "./schemas.ts";

export const timing = {
  cron: z.string().nullable().meta({
    description: "Minute, hour, day, month, weekday; null: an interval",
    example: "0 9 * * MON",
  }),
  zone: z.string().nullable().meta({ description: "On whose clock", example: "Europe/Berlin" }),
  words: z.string().meta({ example: "every Monday at 09:00 in Berlin" }),
  next: z.array(instant).meta({ description: "The next five firings; none where it is off" }),
};

/** What an answer of a flow says of its schedules. */
export const flowSchedule = z.object(timing).meta({ id: "FlowSchedule" });

/** Words and next firings; those of a stored schedule from its next slot on. */
export function timingJson(timing: Timing, { now, nextAt, enabled }: { now: Date; nextAt?: Date; enabled: boolean }) {
  const isCron = "cron" in timing;
  return {
    cron: isCron ? timing.cron : null,
    zone: isCron ? timing.zone : null,
    words: isCron ? cronWords(timing) : `every ${timing.everySeconds} seconds`,
    next: enabled ? nextFirings(timing, { now, nextAt }).map((slot) => slot.toISOString()) : [],
  };
}
