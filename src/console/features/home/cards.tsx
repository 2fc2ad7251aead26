/** The four cards: events, runs, the time from event to action, and how much of Clockify's rate limit is used. */

import type { Overview } from "./api.ts";
import { type Format, useFormat } from "../../ui/format.tsx";
import { BarChart, type Series, type Span } from "../../ui/chart.tsx";
import { type Bucket, bucketsOf, hoursPerBar } from "../../ui/chart_scale.ts";
import { say, sayCount, spoken } from "../../words/say.ts";
import { changeText } from "./overview_words.ts";
import { Meter, NumberCard } from "./number_card.tsx";

const EVENT_SERIES: readonly Series<"stored" | "duplicates">[] = [
  { name: "stored", label: say("Events"), tone: "accent" },
  { name: "duplicates", label: say("Duplicates"), tone: "idle", below: true },
];
const LATENCY_SERIES: readonly Series<"p95">[] = [{ name: "p95", label: say("95th percentile"), tone: "accent" }];
const CALL_SERIES: readonly Series<"calls">[] = [{ name: "calls", label: say("Calls"), tone: "accent" }];
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** Of one bar of the last hour. */
const MINUTES = 2;
const RUN_SERIES: readonly Series<"completed" | "other" | "failed">[] = [
  { name: "completed", label: say("Completed"), tone: "ok" },
  { name: "other", label: say("Other"), tone: "wait" },
  { name: "failed", label: say("Failed"), tone: "bad", below: true },
];

export function EventsCard({ overview, onSpan }: { overview: Overview; onSpan(span: Span): void }) {
  const format = useFormat();
  const times = useTimes();
  const { events, period } = overview;
  const buckets = bucketsOf(events.byHour, { names: ["stored", "duplicates"], size: hoursPerBar(period.hours) });
  const dropped = sayCount(events.duplicates, "1 duplicate dropped", "{count} duplicates dropped", {
    count: format.number(events.duplicates),
  });
  return (
    <NumberCard
      title={say("Events")}
      value={format.number(events.total)}
      note={`${changeText(events.total, events.previousTotal)} · ${dropped}`}
    >
      <BarChart
        label={say("Events over time")}
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
      title={say("Runs")}
      value={format.number(runs.total)}
      note={
        <>
          {runs.failed > 0
            ? (
              <b className="card-bad">
                {sayCount(runs.failed, "{count} failed", "{count} failed", { count: format.number(runs.failed) })}
              </b>
            )
            : say("none failed")} · {say("{count} active", { count: format.number(runs.active) })}
          {runs.countedSince && say(" · counted since {time}", { time: format.hour(runs.countedSince) })}
        </>
      }
    >
      <BarChart
        label={say("Runs over time")}
        series={RUN_SERIES}
        buckets={buckets}
        times={times}
        numberText={format.number}
        onChoose={onSpan}
      />
    </NumberCard>
  );
}

export function LatencyCard(
  { overview: { latency, period }, onSpan }: { overview: Overview; onSpan(span: Span): void },
) {
  const format = useFormat();
  const times = useTimes();
  const { sample, p50Ms, p95Ms, queueP95Ms, actionP95Ms } = latency;
  const text = (ms: number | null) => ms === null ? "–" : format.duration(ms);
  return (
    <NumberCard
      title={say("Event to action")}
      value={text(p95Ms)}
      note={sample === 0 ? say("No run ended in this period.") : sayCount(
        sample,
        "95th percentile of {count} run · median {median} · queue {queue}, flow {flow}",
        "95th percentile of {count} runs · median {median} · queue {queue}, flow {flow}",
        { count: format.number(sample), median: text(p50Ms), queue: text(queueP95Ms), flow: text(actionP95Ms) },
      )}
    >
      <BarChart
        label={say("95th percentile over time")}
        series={LATENCY_SERIES}
        buckets={slowest(latency.byHour, period)}
        times={times}
        numberText={format.duration}
        onChoose={onSpan}
      />
    </NumberCard>
  );
}

export function RateLimitCard(
  { overview: { budget, bootstrap, period }, onSpan }: { overview: Overview; onSpan(span: Span): void },
) {
  const format = useFormat();
  const times = useTimes();
  const { limitPerSecond, usedLastSecond, pausedUntil, usedLastHour } = budget;
  const limit = limitPerSecond === null ? "" : ` / ${format.number(limitPerSecond)}`;
  return (
    <NumberCard
      title={say("Clockify rate limit")}
      value={pausedUntil ? say("paused") : usedLastSecond === null ? "–" : format.number(usedLastSecond) + limit}
      note={budgetNote(budget, format)}
    >
      {usedLastHour !== null && (
        <BarChart
          label={say("Calls of the last hour")}
          series={CALL_SERIES}
          buckets={minutesOf(budget.byMinute, period.to)}
          times={times}
          numberText={format.number}
          onChoose={onSpan}
        />
      )}
      {bootstrap.status !== "COMPLETE" && (
        <Meter
          label={say("Initial sync")}
          value={bootstrap.progress}
          max={bootstrap.total}
          text={bootstrap.total === 0 ? bootstrap.label : say("{label}, {count} of {total}", {
            label: bootstrap.label,
            count: bootstrap.progress,
            total: bootstrap.total,
          })}
          tone="ok"
        />
      )}
    </NumberCard>
  );
}

/** A process that only receives events makes no calls, and has no rate. */
function budgetNote(
  { limitPerSecond, usedLastSecond, waiting, limitPerHour, usedLastHour, pausedUntil }: Overview["budget"],
  format: Format,
): string {
  const hour = usedLastHour === null ? [] : [
    limitPerHour === null
      ? say("{count} in the last hour", { count: format.number(usedLastHour) })
      : say("{count} of {total} in the last hour", {
        count: format.number(usedLastHour),
        total: format.number(limitPerHour),
      }),
  ];
  if (pausedUntil) {
    const then = limitPerSecond === null
      ? []
      : [say("then {count} requests per second", { count: format.number(limitPerSecond) })];
    return [say("until {time}", { time: format.hour(pausedUntil) }), ...then, ...hour].join(" · ");
  }
  if (usedLastSecond === null) return say("Another process makes the calls.");
  const waits = waiting ? [say("{count} waiting", { count: format.number(waiting) })] : [];
  return [say("requests per second"), ...waits, ...hour].join(" · ");
}

/** The slowest hour of each bar. */
function slowest(
  byHour: Overview["latency"]["byHour"],
  { from, hours }: Overview["period"],
): Bucket<"p95">[] {
  const size = hoursPerBar(hours);
  return Array.from({ length: Math.ceil(hours / size) }, (_, index) => {
    const start = from.getTime() + index * size * HOUR_MS;
    const end = start + Math.min(size, hours - index * size) * HOUR_MS;
    const within = byHour.filter(({ hour }) => hour.getTime() >= start && hour.getTime() < end);
    const p95 = Math.max(0, ...within.map(({ p95Ms }) => p95Ms));
    return { from: new Date(start), to: new Date(end), values: { p95 } };
  });
}

/** The last hour in bars of MINUTES. */
function minutesOf(byMinute: Overview["budget"]["byMinute"], to: Date): Bucket<"calls">[] {
  const step = MINUTES * MINUTE_MS;
  const end = Math.floor(to.getTime() / step) * step + step;
  return Array.from({ length: HOUR_MS / step }, (_, index) => {
    const start = end - HOUR_MS + index * step;
    const calls = byMinute.filter(({ minute }) => minute.getTime() >= start && minute.getTime() < start + step)
      .reduce((sum, { calls }) => sum + calls, 0);
    return { from: new Date(start), to: new Date(start + step), values: { calls } };
  });
}

function useTimes() {
  const format = useFormat();
  const days = new Intl.DateTimeFormat(spoken(), { timeZone: format.zone, weekday: "short" });
  const start = (at: Date) => `${days.format(at)} ${format.hour(at)}`;
  return { start, span: ({ from, to }: Span) => say("{from} to {to}", { from: start(from), to: format.hour(to) }) };
}
