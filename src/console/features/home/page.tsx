/** The dashboard: how a workspace stands, what needs attention, and where to look next. */

import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useLocation, useSearchParams } from "wouter";
import type { EventRow } from "../events/api.ts";
import { getOverview, type Overview } from "./api.ts";
import { Alarms } from "./alarms.tsx";
import { EventsCard, LatencyCard, RateLimitCard, RunsCard } from "./cards.tsx";
import type { Span } from "../../ui/chart.tsx";
import { FirstSteps } from "./first_steps.tsx";
import { Latest } from "./latest.tsx";
import { useLatest } from "./use_latest.ts";
import { Coverage, Failures, TopTypes } from "./lists.tsx";
import { PERIODS, withNewest, withQuery } from "./overview_words.ts";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { Tag } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";
import { useSignedIn } from "../../shell/session/login.tsx";
import "./dashboard.css";

const POLL_MS = 10_000;

export function DashboardPage() {
  const { api } = useSignedIn();
  const [params, setParams] = useSearchParams();
  const { value, hours } = PERIODS.find((each) => each.value === params.get("period")) ?? PERIODS[0]!;
  const query = useQuery({
    queryKey: ["overview", hours],
    queryFn: ({ signal }) => getOverview(api, hours, signal),
    refetchInterval: POLL_MS,
    placeholderData: (before) => before,
  });
  useEffect(() => {
    document.title = "Dashboard · Timewire";
  }, []);
  const latest = useLatest();
  const overview = query.data && withNewest(query.data, latest[0]?.receivedAt);
  return (
    <div className="stack">
      <div className="row">
        <h1>Dashboard</h1>
        {overview && <ReceivingTag receiving={overview.receiving} alarms={overview.alarms} />}
        <span className="grow" />
        <select
          aria-label="Period"
          value={value}
          onChange={(event) => setParams(event.target.value === "24h" ? {} : { period: event.target.value })}
        >
          {PERIODS.map((each) => <option key={each.value} value={each.value}>{each.label}</option>)}
        </select>
      </div>
      {query.isError && <Failure error={query.error} what="the overview" onRetry={() => void query.refetch()} />}
      {query.isPending && <CardSkeletons />}
      {overview && <Numbers overview={overview} latest={latest} />}
    </div>
  );
}

function Numbers({ overview, latest }: { overview: Overview; latest: EventRow[] }) {
  const { session } = useSignedIn();
  const [, navigate] = useLocation();
  const empty = overview.receiving.state === "never";
  const spanOf = (page: "/events" | "/runs") => ({ from, to }: Span) =>
    navigate(withQuery(page, { from: from.toISOString(), to: to.toISOString() }));
  // FirstSteps replaces this alarm.
  const alarms = overview.alarms.filter(({ code }) => code !== "NOTHING_RECEIVED");
  return (
    <>
      {empty && <FirstSteps flows={session.features.flows} />}
      <Alarms alarms={alarms} />
      <Latest rows={latest} />
      <div className="dash-cards">
        <EventsCard overview={overview} onSpan={spanOf("/events")} />
        <RunsCard overview={overview} onSpan={spanOf("/runs")} />
        <LatencyCard latency={overview.latency} />
        <RateLimitCard budget={overview.budget} bootstrap={overview.bootstrap} />
      </div>
      <div className="dash-lists">
        <div className="dash-side">
          <Failures failures={overview.failures} />
          <TopTypes overview={overview} />
        </div>
        <Coverage coverage={overview.coverage} install={overview.install} />
      </div>
    </>
  );
}

function ReceivingTag(
  { receiving: { state, since, lastEventAt }, alarms }: Pick<Overview, "receiving" | "alarms">,
) {
  if (state === "never") {
    return (
      <span className="row">
        <Tag tone="idle">Nothing received yet</Tag>
        {since && (
          <span className="muted">
            installed <When at={since} as="ago" />
          </span>
        )}
      </span>
    );
  }
  const isFull = alarms.some(({ code }) => code === "STORAGE_FULL");
  return (
    <span className="row">
      {isFull
        ? <Tag tone="bad">Refusing events</Tag>
        : (
          <Tag tone={state === "receiving" ? "ok" : "warn"} live={state === "receiving"}>
            {state === "receiving" ? "Receiving" : "Quiet"}
          </Tag>
        )}
      {lastEventAt && (
        <span className="muted">
          last event <When at={lastEventAt} as="ago" />
        </span>
      )}
    </span>
  );
}

function CardSkeletons() {
  return (
    <div className="dash-cards">
      {["Events", "Runs", "Latency", "Clockify rate limit"].map((title) => (
        <section key={title} className="panel card">
          <h2>{title}</h2>
          <Skeleton lines={5} label={`Loading ${title}`} />
        </section>
      ))}
    </div>
  );
}
