/** The four cards: events, runs, the time from event to action, and how much of Clockify's rate limit is used. */

import type { Overview } from "./api.ts";
import { useFormat } from "../../ui/format.tsx";
import { BarChart, type Series, type Span } from "../../ui/chart.tsx";
import { bucketsOf, hoursPerBar } from "../../ui/chart_scale.ts";
import { changeText } from "./overview_words.ts";
import { Meter, NumberCard } from "./number_card.tsx";

const EVENT_SERIES: readonly Series<"stored" | "duplicates">[] = [
  { name: "stored", label: "Events", tone: "accent" },
  { name: "duplicates", label: "Duplicates", tone: "idle", below: true },
];
const RUN_SERIES: readonly Series<"completed" | "other" | "failed">[] = [
  { name: "completed", label: "Completed", tone: "ok" },
  { name: "other", label: "Other", tone: "wait" },
  { name: "failed", label: "Failed", tone: "bad", below: true },
];

export function EventsCard({ overview, onSpan }: { overview: Overview; onSpan(span: Span): void }) {
  const format = useFormat();
  const times = useTimes();
  const { events, period } = overview;
  const buckets = bucketsOf(events.byHour, { names: ["stored", "duplicates"], size: hoursPerBar(period.hours) });
  const dropped = events.duplicates === 1
    ? "1 duplicate dropped"
    : `${format.number(events.duplicates)} duplicates dropped`;
  return (
    <NumberCard
      title="Events"
      value={format.number(events.total)}
      note={`${changeText(events.total, events.previousTotal)} · ${dropped}`}
    >
      <BarChart
        label="Events over time"
        series={EVENT_SERIES}
        buckets={buckets}
        times={times}
        numberText={format.number}
        onChoose={onSpan}
      />
    </NumberCard>
  );
}

export function RunsCard({ overview, onSpan }: { overview: Overview; onSpan(span: Span): void }) {
  const format = useFormat();
  const times = useTimes();
  const { runs, period } = overview;
  const size = hoursPerBar(period.hours);
  const buckets = bucketsOf(runs.byHour, { names: ["completed", "other", "failed"], size });
  return (
    <NumberCard
      title="Runs"
      value={format.number(runs.total)}
      note={
        <>
          {runs.failed > 0 ? <b className="card-bad">{format.number(runs.failed)} failed</b> : "none failed"} ·{" "}
          {format.number(runs.active)} active
        </>
      }
    >
      <BarChart
        label="Runs over time"
        series={RUN_SERIES}
        buckets={buckets}
        times={times}
        numberText={format.number}
        onChoose={onSpan}
      />
    </NumberCard>
  );
}

export function LatencyCard({ latency }: Pick<Overview, "latency">) {
  const format = useFormat();
  const { sample, p50Ms, p95Ms, queueP95Ms, actionP95Ms } = latency;
  const text = (ms: number | null) => ms === null ? "–" : format.duration(ms);
  const longest = Math.max(p95Ms ?? 0, queueP95Ms ?? 0, actionP95Ms ?? 0);
  return (
    <NumberCard
      title="Latency"
      value={text(p95Ms)}
      note={sample === 0
        ? "No run ended in this period."
        : `95th percentile, event to action · newest ${format.number(sample)} ${sample === 1 ? "run" : "runs"}`}
    >
      <div className="meters">
        <Meter label="Median" value={p50Ms ?? 0} max={longest} text={text(p50Ms)} tone="ok" />
        <Meter
          label="95th percentile in the queue"
          value={queueP95Ms ?? 0}
          max={longest}
          text={text(queueP95Ms)}
          tone="wait"
        />
        <Meter label="95th percentile in the flow" value={actionP95Ms ?? 0} max={longest} text={text(actionP95Ms)} />
      </div>
    </NumberCard>
  );
}

export function RateLimitCard({ budget, bootstrap }: Pick<Overview, "budget" | "bootstrap">) {
  const format = useFormat();
  const { limitPerSecond, usedLastSecond, waiting, limitPerHour, usedLastHour, pausedUntil } = budget;
  // A process that only receives events makes no calls, and has no rate.
  const limit = limitPerSecond === null ? "–" : format.number(limitPerSecond);
  const { status, label, progress, total } = bootstrap;
  const complete = status === "COMPLETE";
  const read = complete || total === 0 ? label : `${label}, ${progress} of ${total}`;
  return (
    <NumberCard
      title="Clockify rate limit"
      value={usedLastSecond === null ? limit : `${format.number(usedLastSecond)} / ${limit}`}
      note={pausedUntil
        ? `paused until ${format.hour(pausedUntil)}`
        : `requests per second${waiting ? ` · ${format.number(waiting)} waiting` : ""}`}
    >
      <div className="meters">
        {usedLastSecond !== null && limitPerSecond !== null && (
          <Meter
            label="Last second"
            value={usedLastSecond}
            max={limitPerSecond}
            text={`${format.number(usedLastSecond)} of ${limit}`}
            tone={usedLastSecond >= limitPerSecond ? "warn" : "accent"}
          />
        )}
        {limitPerHour !== null && usedLastHour !== null && (
          <Meter
            label="Last hour"
            value={usedLastHour}
            max={limitPerHour}
            text={`${format.number(usedLastHour)} of ${format.number(limitPerHour)}`}
            tone={usedLastHour >= limitPerHour ? "warn" : "accent"}
          />
        )}
        <Meter
          label="Initial sync"
          value={complete ? 1 : progress}
          max={complete ? 1 : total}
          text={read}
          tone="ok"
        />
      </div>
    </NumberCard>
  );
}

function useTimes() {
  const format = useFormat();
  const days = new Intl.DateTimeFormat("en", { timeZone: format.zone, weekday: "short" });
  const start = (at: Date) => `${days.format(at)} ${format.hour(at)}`;
  return { start, span: ({ from, to }: Span) => `${start(from)} to ${format.hour(to)}` };
}
