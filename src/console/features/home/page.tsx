/** Home: how the workspace stands in one sentence, what wants a person, what was done, and four numbers. */

import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useLocation, useSearchParams } from "wouter";
import { getOverview, type Overview } from "./api.ts";
import { EventsCard, LatencyCard, RateLimitCard, RunsCard } from "./cards.tsx";
import type { Span } from "../../ui/chart.tsx";
import { DoneToday } from "./done.tsx";
import { FirstSteps } from "./first_steps.tsx";
import { Coverage, TopTypes } from "./lists.tsx";
import { PERIODS, withQuery } from "./overview_words.ts";
import { StopsList } from "./stops_list.tsx";
import { type OwnApprovals, verdictOf, wantsOf } from "./wants.ts";
import { WantsList } from "./wants_list.tsx";
import { useOwnApprovals } from "../../shell/approval_count.tsx";
import { useSignedIn } from "../../shell/session/login.tsx";
import { useStops } from "../../shell/stops.ts";
import { type Format, useFormat } from "../../ui/format.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { Tag } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import "./home.css";

const POLL_MS = 10_000;

export function HomePage() {
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
    document.title = say("Home · Timewire");
  }, []);
  const overview = query.data;
  return (
    <div className="stack">
      <div className="row">
        <h1>{say("Home")}</h1>
        {/* What was read before the connection went says nothing of now. */}
        {overview && !query.isError && <ReceivingTag receiving={overview.receiving} alarms={overview.alarms} />}
        <span className="grow" />
        <select
          aria-label={say("Period")}
          value={value}
          onChange={(event) => setParams(event.target.value === "24h" ? {} : { period: event.target.value })}
        >
          {PERIODS.map((each) => <option key={each.value} value={each.value}>{each.label}</option>)}
        </select>
      </div>
      {query.isError && <Failure error={query.error} what={say("the overview")} onRetry={() => void query.refetch()} />}
      {query.isPending && <CardSkeletons />}
      {overview && <Standing overview={overview} isOld={query.isError} />}
    </div>
  );
}

function Standing({ overview, isOld }: { overview: Overview; isOld: boolean }) {
  const { session } = useSignedIn();
  const format = useFormat();
  const [, navigate] = useLocation();
  const { data: stops = [] } = useStops();
  const approvals = useAsked(format);
  const wants = wantsOf(overview, approvals, format.number);
  const spanOf = (page: "/events" | "/runs") => ({ from, to }: Span) =>
    navigate(withQuery(page, { from: from.toISOString(), to: to.toISOString() }));
  return (
    <>
      {!isOld && <p className="home-verdict" role="status">{verdictOf({ overview, wants, stops }, format.number)}</p>}
      <StopsList />
      {overview.receiving.state === "never" && <FirstSteps flows={session.features.flows} />}
      <div className="home-top">
        <WantsList wants={wants} />
        <DoneToday />
      </div>
      <div className="dash-cards">
        <EventsCard overview={overview} onSpan={spanOf("/events")} />
        <RunsCard overview={overview} onSpan={spanOf("/runs")} />
        <LatencyCard overview={overview} onSpan={spanOf("/runs")} />
        <RateLimitCard overview={overview} onSpan={spanOf("/runs")} />
      </div>
      <div className="dash-lists">
        <TopTypes overview={overview} />
        <Coverage coverage={overview.coverage} install={overview.install} />
      </div>
    </>
  );
}

/** The open approvals of the viewer, which the count beside the page's name reads too. */
function useAsked(format: Format): OwnApprovals | undefined {
  const { data } = useOwnApprovals();
  if (!data || data.approvals.length === 0) return undefined;
  const oldest = data.approvals.reduce((a, b) => a.asked_at <= b.asked_at ? a : b);
  const { asked_at, note, flow } = oldest;
  return {
    count: data.approvals.length,
    hasMore: data.pagination.has_more,
    oldest: say("oldest {ago}: {what}", { ago: format.ago(new Date(asked_at)), what: note ?? flow.name }),
  };
}

function ReceivingTag(
  { receiving: { state, since, lastEventAt }, alarms }: Pick<Overview, "receiving" | "alarms">,
) {
  if (state === "never") {
    return (
      <span className="row">
        <Tag tone="idle">{say("Nothing received yet")}</Tag>
        {since && (
          <span className="muted">
            <Say text="installed {when}" values={{ when: <When at={since} as="ago" /> }} />
          </span>
        )}
      </span>
    );
  }
  const isFull = alarms.some(({ code }) => code === "STORAGE_FULL");
  return (
    <span className="row">
      {isFull
        ? <Tag tone="bad">{say("Refusing events")}</Tag>
        : (
          <Tag tone={state === "receiving" ? "ok" : "warn"} live={state === "receiving"}>
            {state === "receiving" ? say("Receiving") : say("Quiet")}
          </Tag>
        )}
      {lastEventAt && (
        <span className="muted">
          <Say text="last event {when}" values={{ when: <When at={lastEventAt} as="ago" /> }} />
        </span>
      )}
    </span>
  );
}

function CardSkeletons() {
  return (
    <div className="dash-cards">
      {[say("Events"), say("Runs"), say("Latency"), say("Clockify rate limit")].map((title) => (
        <section key={title} className="panel card">
          <h2>{title}</h2>
          <Skeleton lines={5} label={say("Loading {what}", { what: title })} />
        </section>
      ))}
    </div>
  );
}
