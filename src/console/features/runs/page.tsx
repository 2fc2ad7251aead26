/** The list of runs: filtered by the address, refreshed while a run is active. */

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useSearchParams } from "wouter";
import { listFlows } from "../flows/api.ts";
import { listRuns, listRunsTogether, type RunFilter } from "./api.ts";
import { RunFilters, type RunFilterValues } from "./run_filters.tsx";
import { RunTable } from "./run_table.tsx";
import type { BulkFilter } from "../bulk/api.ts";
import { BulkButton } from "../bulk/bulk_button.tsx";
import { BulkJobPanel } from "../bulk/job_panel.tsx";
import { useBulkJob } from "../bulk/use_bulk_job.ts";
import { beginOfSpan } from "./run_time.ts";
import { ACTIVE_STATES } from "./run_words.ts";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";
import { useFormat } from "../../ui/format.tsx";
import { ALL, useAddonPlace } from "../../shell/addon_place.ts";
import { useKeys } from "../../shell/keys.tsx";
import { useSignedIn } from "../../shell/session/login.tsx";
import { fromWallClock, toWallClock } from "../../ui/wall_clock.ts";
import { say, sayCount } from "../../words/say.ts";

const ACTIVE_POLL_MS = 3_000;
const IDLE_POLL_MS = 10_000;
/** Of the address, by name of the filter. */
const PARAMS: Record<keyof RunFilterValues, string> = {
  state: "state",
  flow: "flow_id",
  time: "time",
  from: "from",
  to: "to",
  event: "event_id",
};

export function RunsPage() {
  const { api, session: { can } } = useSignedIn();
  const isAll = useAddonPlace() === ALL;
  const { jobId, setJob } = useBulkJob();
  const { zone } = useFormat();
  const [params, setParams] = useSearchParams();
  useEffect(() => {
    document.title = say("Runs · Timewire");
  }, []);
  const get = (name: keyof RunFilterValues) => params.get(PARAMS[name]) ?? "";
  const chosenTimes = get("from") !== "" || get("to") !== "";
  const values: RunFilterValues = {
    state: get("state"),
    flow: get("flow"),
    time: chosenTimes ? "custom" : get("time"),
    from: toWallClock(get("from"), zone),
    to: toWallClock(get("to"), zone),
    event: get("event"),
  };
  const change = (changed: Partial<RunFilterValues>) =>
    setParams((before) => {
      const after = new URLSearchParams(before);
      if (changed.time !== undefined && changed.time !== "custom") ["from", "to"].forEach((name) => after.delete(name));
      for (const [name, value] of Object.entries(changed) as [keyof RunFilterValues, string][]) {
        const kept = name === "from" || name === "to" ? fromWallClock(value, zone) : value;
        if (kept === "") after.delete(PARAMS[name]);
        else after.set(PARAMS[name], kept);
      }
      return after;
    }, { replace: true });
  const flows = useQuery({
    queryKey: ["flows", "list"],
    queryFn: ({ signal }) => listFlows(api, signal),
    select: (rows) => rows.map(({ id, definition: { name } }) => ({ id, name })),
    staleTime: 60_000,
  });
  const filter: RunFilter = {
    state: values.state,
    flowId: values.flow,
    eventId: values.event,
    from: get("from"),
    to: get("to"),
  };
  const narrowed = [...Object.values(PARAMS)].some((name) => params.has(name));
  return (
    <div className="stack">
      <div className="row">
        <h1>{say("Runs")}</h1>
        <span className="grow" />
        {isAll
          ? <span className="muted">{say("All add-ons")}</span>
          : <BulkButton filterNow={() => bulkFilterOf({ ...filter, time: values.time })} onJob={setJob} />}
      </div>
      <RunFilters values={values} flows={isAll ? [] : flows.data ?? []} zone={zone} onChange={change} />
      {jobId !== null && can.write && (
        <BulkJobPanel
          key={jobId}
          id={jobId}
          refresh={["runs"]}
          onClose={() => setJob(undefined)}
        />
      )}
      <RunList
        time={values.time}
        filter={filter}
        onClear={narrowed ? () => setParams({}) : undefined}
      />
    </div>
  );
}

/** What failed of the list; text: why it cannot be sent again. */
function bulkFilterOf({ state, flowId, eventId, from, to, time }: RunFilter & { time: string }): BulkFilter | string {
  if (state && state !== "failed") return say("Only failed runs are retried: choose Failed, or any state");
  const since = from || beginOfSpan(time, Date.now());
  const filter: BulkFilter = {
    ...(flowId && { flow_id: flowId }),
    ...(eventId && { event_id: eventId }),
    ...(since && { run_since: since }),
    ...(to && { run_until: to }),
  };
  if (Object.keys(filter).length === 0) return say("Choose a flow or a time first");
  return { kind: "run", ...filter };
}

function RunList({ time, filter, onClear }: { time: string; filter: RunFilter; onClear?: () => void }) {
  const { api } = useSignedIn();
  const isAll = useAddonPlace() === ALL;
  const format = useFormat();
  const query = useInfiniteQuery({
    queryKey: ["runs", filter, time, isAll],
    queryFn: ({ pageParam, signal }) =>
      (isAll ? listRunsTogether : listRuns)(api, {
        filter: { ...filter, from: filter.from || beginOfSpan(time, Date.now()) },
        cursor: pageParam,
        signal,
      }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    placeholderData: (before) => before,
    // A viewer who comes from an event or a replay looks for a run that has just started.
    staleTime: 0,
    // All pages that are shown are read again: the more there are, the more rarely.
    refetchInterval: ({ state: { data } }) =>
      (data?.pages.some(({ runs }) => runs.some(({ state }) => ACTIVE_STATES.has(state)))
        ? ACTIVE_POLL_MS
        : IDLE_POLL_MS) * Math.max(1, data?.pages.length ?? 1),
  });
  const step = (by: number) => () => focusRun(by);
  useKeys([
    { keys: "j", label: say("Next run (Enter opens it)"), run: step(1) },
    { keys: "k", label: say("Previous run (Enter opens it)"), run: step(-1) },
  ]);
  if (query.isPending) return <Skeleton lines={10} label={say("Loading runs")} />;
  if (query.isError && !query.data) {
    return <Failure error={query.error} what={say("the runs")} onRetry={() => void query.refetch()} />;
  }
  const runs = query.data!.pages.flatMap((page) => page.runs);
  const missing = query.data!.pages.at(-1)?.missing ?? [];
  const more = query.hasNextPage && (
    <div>
      <button
        type="button"
        className="btn"
        aria-disabled={query.isFetchingNextPage}
        onClick={() => query.isFetchingNextPage || void query.fetchNextPage()}
      >
        {query.isFetchingNextPage ? say("Loading…") : say("Show older runs")}
      </button>
    </div>
  );
  return (
    <>
      {query.isError && <Failure error={query.error} what={say("newer runs")} onRetry={() => void query.refetch()} />}
      {missing.map(({ name, why }) => (
        <p key={name} className="fault" role="alert">{say("The runs of {name} are missing: {why}.", { name, why })}</p>
      ))}
      {runs.length > 0 && (
        <>
          <p className="muted" aria-live="polite">
            {query.hasNextPage
              ? sayCount(
                runs.length,
                "{count} run, newest first; older ones can be loaded",
                "{count} runs, newest first; older ones can be loaded",
                { count: format.number(runs.length) },
              )
              : sayCount(runs.length, "{count} run, newest first", "{count} runs, newest first", {
                count: format.number(runs.length),
              })}
          </p>
          <RunTable runs={runs} />
        </>
      )}
      {runs.length === 0 && <NoRuns older={query.hasNextPage} onClear={onClear} />}
      {more}
    </>
  );
}

/** `older`: older runs were not searched yet. */
function NoRuns({ older, onClear }: { older: boolean; onClear?: () => void }) {
  if (older) {
    return <Empty title={say("None of the newest runs match")}>{say("Older runs were not searched yet.")}</Empty>;
  }
  if (!onClear) {
    return (
      <Empty title={say("Nothing has run yet")}>
        {say(
          "A run starts when an event matches a flow that is on. Create a flow under Flows, then change something in Clockify.",
        )}
      </Empty>
    );
  }
  return (
    <Empty title={say("No run matches these filters")}>
      <button type="button" className="btn" onClick={onClear}>{say("Show all runs")}</button>
    </Empty>
  );
}

/** Moves the focus by rows; from outside the list to its first row. */
function focusRun(by: number) {
  const links = [...document.querySelectorAll<HTMLElement>("[data-run]")];
  const at = links.findIndex((link) => link.closest("tr")!.contains(document.activeElement));
  const next = at < 0 ? 0 : Math.min(Math.max(at + by, 0), links.length - 1);
  links[next]?.focus();
}
