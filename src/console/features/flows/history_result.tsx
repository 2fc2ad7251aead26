/** What a look at the history has found so far: how far it is, what matches, what would be requested, and what would fail. */

import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { useSignedIn } from "../../shell/session/login.tsx";
import { useFormat } from "../../ui/format.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { Tag } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";
import { useEditor } from "./editor_context.tsx";
import { type HistoryMatch, type HistoryRun, isGoing, listMatches } from "./history_api.ts";
import { operationNamed } from "./vocabulary_api.ts";

export function HistoryResult({ run, onStop }: { run: HistoryRun; onStop(): void }) {
  const format = useFormat();
  const [isOpen, setOpen] = useState(false);
  const { counts, state, total, looked } = run;
  const going = isGoing(run);
  return (
    <div className="fl-group" role="group" aria-label="What it would have done">
      <div className="fl-progress">
        <progress
          aria-label="Events looked at"
          max={total ?? undefined}
          value={total === null ? undefined : Math.min(looked, total)}
        />
        <span>
          {format.number(looked)}
          {total !== null && ` of ${format.number(total)}`} events
          {state === "stopped" ? ", stopped" : going ? "…" : ""}
        </span>
        {state === "running" && <button type="button" className="btn small" onClick={onStop}>Stop</button>}
      </div>
      <HistoryLine run={run} />
      <Requests run={run} />
      {counts.undecided > 0 && (
        <p className="muted">Of {format.number(counts.undecided)} events the condition takes too much work.</p>
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
            {isOpen ? "Hide the events" : "Show the events"}
          </button>
        </div>
      )}
      {isOpen && !going && <Matches run={run} />}
      <p className="muted">Nothing was sent.</p>
    </div>
  );
}

/** "Since 1 Nov: 61 events would have matched (what is published: 22), 1 would have failed." */
export function HistoryLine({ run: { counts, published, since } }: { run: HistoryRun }) {
  const format = useFormat();
  return (
    <p>
      Since <When at={new Date(since)} as="full" />:{" "}
      <b>{counts.matched === 1 ? "1 event" : `${format.number(counts.matched)} events`} would have matched</b>
      {published && ` (what is published: ${format.number(published.matched)})`}
      {counts.failing > 0 ? `, ${format.number(counts.failing)} would have failed` : ", none would have failed"}.
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
        {format.number(requests)} requests
        {described < matched && `, counted for the newest ${format.number(described)} matches`}:
      </span>
      <ul className="fl-plain">
        {operations.map(([id, count]) => (
          <li key={id}>
            <b>{format.number(count)}</b> {operationNamed(vocabulary, id)?.summary ?? id}
          </li>
        ))}
        {others.map(([host, count]) => (
          <li key={host}>
            <b>{format.number(count)}</b> to <code>{host}</code>
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
        Why {counts.failing === 1 ? "1 would have failed" : `${counts.failing} would have failed`}
      </summary>
      <ul className="fl-plain">
        {failures.map(({ event_id, step, reason }, index) => (
          <li key={index}>
            <Link href={`/events/${event_id}`}>Event {event_id}</Link>, step <code>{step}</code>: <bdi>{reason}</bdi>
          </li>
        ))}
      </ul>
    </details>
  );
}

function Matches({ run }: { run: HistoryRun }) {
  const { api } = useSignedIn();
  const found = useInfiniteQuery({
    queryKey: ["flow history", run.flow_id, "matches", run.id],
    queryFn: ({ pageParam, signal }) => listMatches(api, run, { cursor: pageParam, signal }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
    staleTime: Infinity,
  });
  if (found.error) return <Failure error={found.error} what="the events" onRetry={() => void found.refetch()} />;
  if (!found.data) return <Skeleton lines={3} label="Loading the events" />;
  const matches = found.data.pages.flatMap((page) => page.matches);
  return (
    <>
      <table className="cards" aria-label="Events that match">
        <thead>
          <tr>
            <th scope="col">Event</th>
            <th scope="col">Matches</th>
            <th scope="col" className="num">Requests</th>
            <th scope="col">Would fail</th>
          </tr>
        </thead>
        <tbody>
          {matches.map((match) => (
            <tr key={match.event_id}>
              <td data-label="Event">
                <Link href={`/events/${match.event_id}`}>{match.event_id}</Link>
              </td>
              <td data-label="Matches">
                <Matched match={match} isCompared={run.published !== null} />
              </td>
              <td data-label="Requests" className="num">{match.requests ?? "not counted"}</td>
              <td data-label="Would fail">
                {match.problem
                  ? (
                    <span>
                      <code>{match.problem.step}</code> <bdi>{match.problem.reason}</bdi>
                    </span>
                  )
                  : <span className="muted">no</span>}
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
            Show more
          </button>
        </div>
      )}
    </>
  );
}

function Matched({ match: { matched, published }, isCompared }: { match: HistoryMatch; isCompared: boolean }) {
  if (!isCompared) return <>yes</>;
  if (matched && published) return <>both</>;
  return matched ? <Tag tone="ok">new</Tag> : <Tag tone="warn">no more</Tag>;
}
