/** Tests of src/schedules/words.ts: a cron expression as people say it. */

import { assertEquals } from "@std/assert";
import { requireTiming } from "../../src/schedules/timing.ts";
import { cronWords, timesWords } from "../../src/schedules/words.ts";

const WORDS: Record<string, string> = {
  "0 9 * * MON": "every Monday at 09:00 in Berlin",
  "0 9 * * 1-5": "every day from Monday to Friday at 09:00 in Berlin",
  "30 8,17 * * *": "every day at 08:30 and 17:30 in Berlin",
  "0 0 1 * *": "on the 1st of the month at 00:00 in Berlin",
  "0 0 1,15 JAN,JUL *": "on the 1st and 15th of the month at 00:00 in January and July in Berlin",
  "15 6 * * 0,6": "every Saturday and Sunday at 06:15 in Berlin",
  "15 6 * * 7": "every Sunday at 06:15 in Berlin",
  "* * * * *": "every minute in Berlin",
  "*/15 * * * *": "every 15 minutes in Berlin",
  "*/15 9-17 * * MON-FRI": "every 15 minutes from 09:00 to 17:59 every day from Monday to Friday in Berlin",
  "0 * * * *": "every hour in Berlin",
  "5 * * * *": "every hour at minute 5 in Berlin",
  "0 */2 * * *": "every 2 hours in Berlin",
  "0 18 L * *": "on the last day of the month at 18:00 in Berlin",
  "0 18 15W * *": "on the weekday nearest to the 15th of the month at 18:00 in Berlin",
  "0 9 * * FRI#2": "on the second Friday of the month at 09:00 in Berlin",
  "0 9 * * FRI#L": "on the last Friday of the month at 09:00 in Berlin",
  "0 9 22 * MON": "on the 22nd of the month and every Monday at 09:00 in Berlin",
  "0,20,40 6,12,18 * * *": "at minute 0, 20 and 40 in the hours 06, 12 and 18 in Berlin",
};

Deno.test("expressions are put into words, with the place of their clock", () => {
  for (const [cron, words] of Object.entries(WORDS)) {
    requireTiming({ cron, zone: "Europe/Berlin" }, new Date(0));
    assertEquals(cronWords({ cron, zone: "Europe/Berlin" }), words, cron);
  }
  const daily = "0 9 * * *";
  assertEquals(cronWords({ cron: daily, zone: "UTC" }), "every day at 09:00 UTC");
  assertEquals(cronWords({ cron: daily, zone: "America/New_York" }), "every day at 09:00 in New York");
  assertEquals(cronWords({ cron: "7/13 9 * * *", zone: "UTC" }), "at minute 7, 20, 33, 46 and 59 in the hours 09 UTC");
  assertEquals(timesWords("0 9 * * mon"), "every Monday at 09:00");
  // As it is typed.
  for (const cron of ["", "0", "0 9", "0 9 * * MO", "0 9 * * * *"]) assertEquals(timesWords(cron), undefined, cron);
});
