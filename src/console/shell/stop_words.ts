/** A stop in words: what stands still, until when, why, and how many runs wait. Pure. */

import type { Format } from "../ui/format.tsx";
import type { Wire } from "../wire.ts";
import { say, sayCount } from "../words/say.ts";

export interface Stop {
  kind: Wire<"Stop">["kind"];
  /** Of a host that steps call; null: Clockify's budget. */
  host: string | null;
  breakerId: string | null;
  cause: Wire<"Stop">["cause"];
  since: Date | null;
  until: Date;
  askedMs: number | null;
  runsWaiting: number;
  /** Why it cannot be tried now; null: it can. */
  notNow: string | null;
}

export function toStop(wire: Wire<"Stop">): Stop {
  return {
    kind: wire.kind,
    host: wire.host,
    breakerId: wire.breaker_id,
    cause: wire.cause,
    since: wire.since === null ? null : new Date(wire.since),
    until: new Date(wire.until),
    askedMs: wire.asked_seconds === null ? null : wire.asked_seconds * 1_000,
    runsWaiting: wire.runs_waiting,
    notNow: wire.try_now.reason,
  };
}

type Words = Pick<Format, "hour" | "number" | "duration">;

/** "Clockify paused until 16:03" */
export function stopText({ kind, host, until }: Stop, format: Words): string {
  return kind === "clockify"
    ? say("Clockify paused until {time}", { time: format.hour(until) })
    : say("Calls to {host} stopped until {time}", { host: host ?? "", time: format.hour(until) });
}

/** "8 runs wait" */
export function waitingText({ runsWaiting }: Pick<Stop, "runsWaiting">, format: Pick<Words, "number">): string {
  if (runsWaiting === 0) return say("no run waits");
  return sayCount(runsWaiting, "{count} run waits", "{count} runs wait", { count: format.number(runsWaiting) });
}

/** Why, in a sentence: what came back, and what it means. */
export function whyText({ cause, askedMs, since }: Stop, format: Words): string {
  const time = since && format.hour(since);
  const duration = format.duration(askedMs ?? 0);
  switch (cause) {
    case "retry_after":
      return time === null
        ? say("It answered 429, Retry-After {duration}", { duration })
        : say("It answered 429, Retry-After {duration} at {time}", { duration, time });
    case "too_many":
      return time === null
        ? say("It answered 429, too many requests, and named no time")
        : say("It answered 429, too many requests, and named no time at {time}", { time });
    case "hour":
      return say("What it grants the workspace in an hour is used up");
    case "failures":
      return time === null
        ? say("Calls kept failing; one is made then, to see")
        : say("Calls kept failing at {time}; one is made then, to see", { time });
  }
}
