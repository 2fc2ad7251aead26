/** Beside an event: that its runs wait for Clockify, until when, and why nothing but time helps. */

import { Link } from "wouter";
import { stopText, whyText } from "../../shell/stop_words.ts";
import { useStops } from "../../shell/stops.ts";
import { useFormat } from "../../ui/format.tsx";
import type { EventRun } from "./api.ts";

export function EventStop({ runs }: { runs: readonly EventRun[] }) {
  const format = useFormat();
  const { data: stops = [] } = useStops();
  const waiting = runs.filter(({ waitsForClockify }) => waitsForClockify).length;
  if (waiting === 0) return null;
  const stop = stops.find(({ kind }) => kind === "clockify");
  const wait = waiting === 1 ? "1 run of this event waits" : `${waiting} runs of this event wait`;
  return (
    <p className="alert wait event-stop" role="status">
      <b>{stop ? stopText(stop, format) : "Clockify's rate limit has no call left"}: {wait}.</b>{" "}
      {stop && `${whyText(stop, format)}. `}
      They resume by themselves. <Link href="/home">What can be done</Link>
    </p>
  );
}
