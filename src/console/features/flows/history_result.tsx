/** What a look at the history has found so far: how far it is, what matches, what would be requested, and what would fail. */

import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { useSignedIn } from "../../shell/session/login.tsx";
import { useFormat } from "../../ui/format.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { Tag } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";
import { say, sayCount, sayLabel } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import { useEditor } from "./editor_context.tsx";
import { type HistoryMatch, type HistoryRun, isGoing, listMatches } from "./history_api.ts";
import { operationNamed } from "./vocabulary_api.ts";

export function HistoryResult({ run, onStop }: { run: HistoryRun; onStop(): void }) {
  const format = useFormat();
  const [isOpen, setOpen] = useState(false);
  const { counts, state, total, looked } = run;
  const going = isGoing(run);
  const events = total === null
    ? sayCount(looked, "{looked} events", "{looked} events", { looked: format.number(looked) })
    : sayCount(total, "{looked} of {total} events", "{looked} of {total} events", {
      looked: format.number(looked),
      total: format.number(total),
    });
  return (
    <div className="fl-group" role="group" aria-label={say("What it would have done")}>
      <div className="fl-progress">
        <progress
          aria-label={say("Events looked at")}
          max={total ?? undefined}
          value={total === null ? undefined : Math.min(looked, total)}
        />
        <span>
          {state === "stopped" ? say("{events}, stopped", { events }) : going ? `${events}…` : events}
        </span>
        {state === "running" && <button type="button" className="btn small" onClick={onStop}>{say("Stop")}</button>}
      </div>
      <HistoryLine run={run} />
      <Requests run={run} />
      {counts.undecided > 0 && (
        <p className="muted">
          {sayCount(
            counts.undecided,
            "Of {count} events the condition takes too much work.",
            "Of {count} events the condition takes too much work.",
            { count: format.number(counts.undecided) },
          )}
        </p>
      )}
      {run.failures.length > 0 && <Failures run={run} />}
      {!going && counts.matched + (run.published?.matched ?? 0) > 0 && (
        <div>
          <button
            type="button"
            className="btn small"
            aria-expanded={isOpen}
            onClick={() => setOpen(!isOpen)}
          >
            {isOpen ? say("Hide the events") : say("Show the events")}
          </button>
        </div>
      )}
      {isOpen && !going && <Matches run={run} />}
      <p className="muted">{say("Nothing was sent.")}</p>
    </div>
  );
}

/** "Since 1 Nov: 61 events would have matched (what is published: 22), 1 would have failed." */
export function HistoryLine({ run: { counts, published, since } }: { run: HistoryRun }) {
  const format = useFormat();
  const when = <When at={new Date(since)} as="full" />;
  const matched = (
    <b>
      {sayCount(counts.matched, "1 event would have matched", "{count} events would have matched", {
        count: format.number(counts.matched),
      })}
    </b>
  );
  const failing = counts.failing === 0
    ? say("none would have failed")
    : sayCount(counts.failing, "{count} would have failed", "{count} would have failed", {
      count: format.number(counts.failing),
    });
  return (
    <p>
      {published
        ? (
          <Say
            text="Since {when}: {matched} (what is published: {published}), {failing}."
            values={{ when, matched, published: format.number(published.matched), failing }}
          />
        )
        : <Say text="Since {when}: {matched}, {failing}." values={{ when, matched, failing }} />}
    </p>
  );
}

function Requests({ run: { counts } }: { run: HistoryRun }) {
  const format = useFormat();
  const { vocabulary } = useEditor();
  const { requests, described, matched, by_operation, by_host } = counts;
  if (requests === 0) return null;
  const operations = Object.entries(by_operation).sort(([, one], [, other]) => other - one);
  const others = Object.entries(by_host).filter(([host]) => host !== "clockify");
  return (
    <div className="fl-field">
      <span>
        {described < matched
          ? sayCount(
            requests,
            "{count} requests, counted for the newest {matches} matches:",
            "{count} requests, counted for the newest {matches} matches:",
            { count: format.number(requests), matches: format.number(described) },
          )
          : sayCount(requests, "{count} requests:", "{count} requests:", { count: format.number(requests) })}
      </span>
      <ul className="fl-plain">
        {operations.map(([id, count]) => (
          <li key={id}>
            <b>{format.number(count)}</b> {sayLabel(operationNamed(vocabulary, id)?.summary ?? id)}
          </li>
        ))}
        {others.map(([host, count]) => (
          <li key={host}>
            <Say
              text="{count} to {host}"
              values={{ count: <b>{format.number(count)}</b>, host: <code>{host}</code> }}
            />
          </li>
        ))}
      </ul>
    </div>
  );
}

function Failures({ run: { failures, counts } }: { run: HistoryRun }) {
  return (
    <details className="fl-more">
      <summary>
        {sayCount(counts.failing, "Why 1 would have failed", "Why {count} would have failed", {
          count: counts.failing,
        })}
      </summary>
      <ul className="fl-plain">
        {failures.map(({ event_id, step, reason }, index) => (
          <li key={index}>
            <Say
              text="<a>Event {event}</a>, step {step}: {reason}"
              values={{ event: event_id, step: <code>{step}</code>, reason: <bdi>{reason}</bdi> }}
              tags={{ a: (inner) => <Link href={`/events/${event_id}`}>{inner}</Link> }}
            />
          </li>
        ))}
      </ul>
    </details>
  );
}

function Matches({ run }: { run: HistoryRun }) {
  const { api } = useSignedIn();
  const found = useInfiniteQuery({
    queryKey: ["flow-history", run.flow_id, "matches", run.id],
    queryFn: ({ pageParam, signal }) => listMatches(api, run, { cursor: pageParam, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
    staleTime: Infinity,
  });
  if (found.error) return <Failure error={found.error} what={say("the events")} onRetry={() => void found.refetch()} />;
  if (!found.data) return <Skeleton lines={3} label={say("Loading the events")} />;
  const matches = found.data.pages.flatMap((page) => page.matches);
  return (
    <>
      <table className="cards" aria-label={say("Events that match")}>
        <thead>
          <tr>
            <th scope="col">{say("Event")}</th>
            <th scope="col">{say("Matches")}</th>
            <th scope="col" className="num">{say("Requests")}</th>
            <th scope="col">{say("Would fail")}</th>
          </tr>
        </thead>
        <tbody>
          {matches.map((match) => (
            <tr key={match.event_id}>
              <td data-label={say("Event")}>
                <Link href={`/events/${match.event_id}`}>{match.event_id}</Link>
              </td>
              <td data-label={say("Matches")}>
                <Matched match={match} isCompared={run.published !== null} />
              </td>
              <td data-label={say("Requests")} className="num">{match.requests ?? say("not counted")}</td>
              <td data-label={say("Would fail")}>
                {match.problem
                  ? (
                    <span>
                      <code>{match.problem.step}</code> <bdi>{match.problem.reason}</bdi>
                    </span>
                  )
                  : <span className="muted">{say("no")}</span>}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {found.hasNextPage && (
        <div>
          <button
            type="button"
            className="btn small"
            disabled={found.isFetchingNextPage}
            onClick={() => void found.fetchNextPage()}
          >
            {say("Show more")}
          </button>
        </div>
      )}
    </>
  );
}

function Matched({ match: { matched, published }, isCompared }: { match: HistoryMatch; isCompared: boolean }) {
  if (!isCompared) return <>{say("yes")}</>;
  if (matched && published) return <>{say("both")}</>;
  return matched ? <Tag tone="ok">{say("new")}</Tag> : <Tag tone="warn">{say("no more")}</Tag>;
}
