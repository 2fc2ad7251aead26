/** A stop in words: what stands still, until when, why, and how many runs wait. Pure. */

import type { Format } from "../ui/format.tsx";
import type { Wire } from "../wire.ts";

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
    ? `Clockify paused until ${format.hour(until)}`
    : `Calls to ${host} stopped until ${format.hour(until)}`;
}

/** "8 runs wait" */
export function waitingText({ runsWaiting }: Pick<Stop, "runsWaiting">, format: Pick<Words, "number">): string {
  if (runsWaiting === 0) return "no run waits";
  return `${format.number(runsWaiting)} ${runsWaiting === 1 ? "run waits" : "runs wait"}`;
}

/** Why, in a sentence: what came back, and what it means. */
export function whyText({ cause, askedMs, since }: Stop, format: Words): string {
  const at = since === null ? "" : ` at ${format.hour(since)}`;
  switch (cause) {
    case "retry_after":
      return `It answered 429, Retry-After ${format.duration(askedMs ?? 0)}${at}`;
    case "too_many":
      return `It answered 429, too many requests, and named no time${at}`;
    case "hour":
      return "What it grants the workspace in an hour is used up";
    case "failures":
      return `Calls kept failing${at}; one is made then, to see`;
  }
}
