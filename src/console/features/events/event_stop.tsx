/** Beside an event: that its runs wait for Clockify, until when, and why nothing but time helps. */

import { Link } from "wouter";
import { stopText, whyText } from "../../shell/stop_words.ts";
import { useStops } from "../../shell/stops.ts";
import { useFormat } from "../../ui/format.tsx";
import type { EventRun } from "./api.ts";
import { say, sayCount } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";

export function EventStop({ runs }: { runs: readonly EventRun[] }) {
  const format = useFormat();
  const { data: stops = [] } = useStops();
  const waiting = runs.filter(({ waitsForClockify }) => waitsForClockify).length;
  if (waiting === 0) return null;
  const stop = stops.find(({ kind }) => kind === "clockify");
  const wait = sayCount(waiting, "1 run of this event waits", "{count} runs of this event wait", { count: waiting });
  return (
    <p className="alert wait event-stop" role="status">
      <b>{stop ? stopText(stop, format) : say("Clockify's rate limit has no call left")}: {wait}.</b>{" "}
      {stop && `${whyText(stop, format)}. `}
      <Say
        text="They resume by themselves. <a>What can be done</a>"
        tags={{ a: (inner) => <Link href="/home">{inner}</Link> }}
      />
    </p>
  );
}
