/** Events: the list with its filters and its live tail, the opened event beside it, replay and export. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Fragment, useEffect, useMemo, useRef, useState } from "react";
import { useLocation, useParams, useSearchParams } from "wouter";
import type { BulkFilter } from "../bulk/api.ts";
import { BulkButton } from "../bulk/bulk_button.tsx";
import { BulkJobPanel } from "../bulk/job_panel.tsx";
import { useBulkJob } from "../bulk/use_bulk_job.ts";
import { type EventQuery, MAX_REPLAYED, replayEvents, type ReplayWish } from "./api.ts";
import { listFlows } from "../flows/api.ts";
import { eventTypes, getVocabulary } from "../flows/vocabulary_api.ts";
import { CompareDialog } from "./compare_dialog.tsx";
import { EventGrid, type EventGridHandle } from "./event_grid.tsx";
import { type EventFilter, filterFromUrl, filterToUrl, isFiltered, NO_FILTER, toQuery } from "./filter.ts";
import { FilterBar } from "./filter_bar.tsx";
import { CountText, ListEnd } from "./list_end.tsx";
import { rowCount } from "./list_state.ts";
import { ReplayDialog } from "./replay_dialog.tsx";
import { ViewBar } from "./view_bar.tsx";
import { NewButton, NewEventsAnnouncer, TailBar } from "./tail_bar.tsx";
import { useCursor } from "./use_cursor.ts";
import { useEventList } from "./use_event_list.ts";
import { useMedia } from "../../ui/use_media.ts";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { useFormat } from "../../ui/format.tsx";
import { useKeys } from "../../shell/keys.tsx";
import { ApiError } from "../../shell/client.ts";
import { useSignedIn } from "../../shell/session/login.tsx";
import { ALL, useAddonPlace } from "../../shell/addon_place.ts";
import { EventOfAny, EventsTogether } from "./together.tsx";
import { EventPane } from "./event_pane.tsx";
import { ExportButton } from "./events_export.tsx";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import "./events.css";

/** As in events.css: below it the opened event stands instead of the list. */
const NO_ROOM_BESIDE = "(max-width: 1100px)";
const SMALL = "(max-width: 640px)";

export function EventsPage() {
  const isAll = useAddonPlace() === ALL;
  const { id } = useParams<{ id?: string }>();
  if (!isAll) return <EventsOfOne />;
  return id === undefined ? <EventsTogether /> : <EventOfAny id={id} />;
}

function EventsOfOne() {
  const { api, session } = useSignedIn();
  const { id: openId } = useParams<{ id?: string }>();
  const [, navigate] = useLocation();
  const [params, setParams] = useSearchParams();
  const toast = useToast();
  const { jobId, setJob } = useBulkJob();
  const { zone } = useFormat();
  const filter = useMemo(() => filterFromUrl(params), [params]);
  const instead = useMedia(NO_ROOM_BESIDE);
  const [paused, setPaused] = useState(() => matchMedia(SMALL).matches);
  const [atTop, setAtTop] = useState(true);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [replaying, setReplaying] = useState<readonly string[]>();
  const [comparing, setComparing] = useState<readonly [string, string]>();
  const grid = useRef<EventGridHandle>(null);
  const search = useRef<HTMLInputElement>(null);
  const closing = useRef(false);

  const following = !paused && atTop;
  const list = useEventList(api, { filter, zone, following });
  const { state } = list;
  const cursor = useCursor(list);
  const types = useQuery({
    queryKey: ["vocabulary"],
    queryFn: ({ signal }) => getVocabulary(api, signal),
    select: eventTypes,
    staleTime: 300_000,
    enabled: list.isRead,
  });
  useEffect(() => void (document.title = say("Events · Timewire")), []);

  const setFilter = (filter: EventFilter) => setParams((before) => filterToUrl(filter, before), { replace: true });
  const goTo = (id: string | undefined, replace = false) => {
    const query = params.size > 0 ? `?${params}` : "";
    navigate(id === undefined ? `/events${query}` : `/events/${id}${query}`, { replace });
  };
  const open = (id: string, index: number) => {
    cursor.set(id, index);
    goTo(id, openId !== undefined);
  };
  const close = () => {
    closing.current = true;
    goTo(undefined);
  };
  // Where the event covered the list, the list takes the focus once it is shown again.
  useEffect(() => {
    if (closing.current && openId === undefined) grid.current?.focus();
    closing.current = false;
  }, [openId]);
  const move = (step: number) => {
    const place = cursor.move(step);
    if (!place) return;
    grid.current?.focus();
    grid.current?.reveal(place.index);
    // The opened event follows; where it covers the list it stays.
    if (openId !== undefined && place.id !== undefined) goTo(place.id, true);
  };
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    if (next.size > MAX_REPLAYED) {
      return toast(say("At most {count} events can be selected at once", { count: MAX_REPLAYED }), "bad");
    }
    setChosen(next);
  };
  const showNew = () => {
    list.showNew();
    grid.current?.toTop();
  };
  const writeBlocked = session.can.write ? null : session.can.reason;
  const askReplay = (ids: readonly string[]) => {
    if (writeBlocked) return toast(writeBlocked, "bad");
    if (ids.length > 0) setReplaying(ids);
  };
  const compare = () => {
    const [first, second, ...others] = chosen;
    if (first === undefined || second === undefined || others.length > 0) {
      return toast(say("Select two events to compare them"), "bad");
    }
    setComparing([first, second]);
  };
  const focused = cursor.activeId ?? openId;

  useKeys([
    { keys: "/", label: say("Search events"), run: () => search.current?.focus() },
    { keys: "j", label: say("Next event"), run: () => move(1) },
    { keys: "k", label: say("Previous event"), run: () => move(-1) },
    {
      keys: "Enter",
      label: say("Open the event"),
      run: () => pressEnter(() => cursor.activeId && goTo(cursor.activeId)),
    },
    { keys: "x", label: say("Select the event"), run: () => focused && toggle(focused) },
    {
      keys: "r",
      label: say("Replay the selected events, or this one"),
      run: () => askReplay(chosen.size > 0 ? [...chosen] : openId ? [openId] : focused ? [focused] : []),
    },
    { keys: "c", label: say("Compare the two selected events"), run: compare },
    { keys: "p", label: say("Pause or resume the live tail"), run: () => setPaused(!paused) },
    { keys: "Escape", label: say("Close the event"), run: () => openId !== undefined && close() },
  ]);

  // Loads again, after a lost connection, what could not be loaded meanwhile.
  useEffect(() => {
    if (list.stream === "connected" && list.error) list.reread();
  }, [list.stream]);

  const nothing = list.isRead && rowCount(state) === 0 && state.next === null;
  return (
    <div className={openId === undefined ? "events-page" : "events-page with-event"}>
      <div className="row head-row">
        <h1>{say("Events")}</h1>
        <TailBar stream={list.stream} paused={paused} onPause={setPaused} />
        {list.isRead && <CountText state={state} filtered={isFiltered(filter)} />}
        <NewEventsAnnouncer count={list.arrivedCount} />
        <span className="grow" />
        {chosen.size > 0 && (
          <button type="button" className="btn plain" onClick={() => setChosen(new Set())}>
            {say("Clear selection")}
          </button>
        )}
        {chosen.size === 2 && <button type="button" className="btn" onClick={compare}>{say("Compare")}</button>}
        <GuardedButton
          blocked={writeBlocked ?? (chosen.size === 0 ? say("Select events first") : null)}
          onClick={() => askReplay([...chosen])}
        >
          {chosen.size === 0 ? say("Replay##an event") : say("Replay {count} selected", { count: chosen.size })}
        </GuardedButton>
        <BulkButton
          filterNow={() => bulkFilterOf(toQuery(filter, { now: new Date(), zone }))}
          onJob={setJob}
        />
        <ExportButton query={list.query} />
      </div>
      <div className="stack event-choice">
        <FilterBar
          filter={filter}
          onChange={setFilter}
          types={types.data ?? []}
          hasSources={session.features.customWebhooks}
          zone={zone}
          search={search}
        />
        <ViewBar filter={filter} onOpen={setFilter} />
      </div>
      {jobId !== null && session.can.write && (
        <BulkJobPanel
          key={jobId}
          id={jobId}
          refresh={["runs"]}
          onClose={() => setJob(undefined)}
        />
      )}
      <div className="events-split">
        <section className="panel flush events-list" aria-label={say("List of events")}>
          <NewButton count={list.newCount} maybe={list.maybeNew && !following} onShow={showNew} />
          {isSearchFault(list.error)
            ? <Unreadable fault={list.error.message} onClear={() => setFilter({ ...filter, search: "" })} />
            : list.error
            ? <Failure error={list.error} what={say("the events")} onRetry={list.reread} />
            : !list.isRead
            ? <Skeleton lines={12} label={say("Loading events")} />
            : nothing
            ? <Nothing filtered={isFiltered(filter)} onClear={() => setFilter(NO_FILTER)} />
            : (
              <EventGrid
                ref={grid}
                count={rowCount(state)}
                rowAt={list.rowAt}
                activeId={cursor.activeId}
                openId={openId}
                chosen={chosen}
                end={<ListEnd state={state} error={list.pageError} onSearchOlder={list.searchOlder} />}
                onRange={list.setRange}
                onTop={setAtTop}
                onMove={move}
                onOpen={open}
                onToggle={toggle}
              />
            )}
        </section>
        {openId !== undefined && (
          <section className="panel stack event-pane" aria-label={say("Event")}>
            <EventPane
              id={openId}
              update={state.updates.get(openId)}
              takesFocus={instead}
              onReplay={() => askReplay([openId])}
              onClose={close}
            />
          </section>
        )}
      </div>
      {comparing && <CompareDialog ids={comparing} onClose={() => setComparing(undefined)} />}
      {replaying && (
        <Replay
          ids={replaying}
          onReplayed={() => setChosen(new Set())}
          onClose={() => setReplaying(undefined)}
        />
      )}
    </div>
  );
}

/** What failed of these events; text: why it cannot be sent again. */
function bulkFilterOf(
  { search, duplicates, outcome, from, to, reconciled, ...query }: EventQuery,
): BulkFilter | string {
  if (search !== undefined) return say("A search by words cannot be retried as a whole: select events instead");
  if (duplicates !== undefined) {
    return say("Events by their duplicates cannot be retried as a whole: select events instead");
  }
  if (outcome === "waiting") return say("The flows of these events were not asked yet");
  const events: NonNullable<BulkFilter["events"]> = {
    event_type: query.event_type,
    source: query.source,
    outcome,
    q: query.q,
    since: from,
    until: to,
    reconciled: reconciled === undefined ? undefined : reconciled === "true",
  };
  if (Object.values(events).every((value) => value === undefined)) return say("Choose a filter first");
  return { events };
}

function Nothing({ filtered, onClear }: { filtered: boolean; onClear(): void }) {
  if (!filtered) {
    return (
      <Empty title={say("Nothing has arrived yet")}>
        {say(
          "Change something in Clockify, for example start and stop a timer. The event appears here within seconds.",
        )}
      </Empty>
    );
  }
  return (
    <Empty title={say("No event matches")}>
      <div className="stack">
        <p>
          <SearchHelp />
        </p>
        <div>
          <button type="button" className="btn" onClick={onClear}>{say("Clear the filters")}</button>
        </div>
      </div>
    </Empty>
  );
}

/** The server could not read the search box. */
function isSearchFault(error: Error | null): error is ApiError {
  return error instanceof ApiError && error.faults.some(({ path }) => path === "search");
}

function Unreadable({ fault, onClear }: { fault: string; onClear(): void }) {
  return (
    <Empty title={say("The search cannot be read")}>
      <div className="stack">
        <p role="alert">{fault}.</p>
        <p>
          <SearchHelp />
        </p>
        <div>
          <button type="button" className="btn" onClick={onClear}>{say("Clear the search")}</button>
        </div>
      </div>
    </Empty>
  );
}

const OPERATORS = [
  "outcome:failed",
  "event_type:NEW_TAG",
  "source:custom",
  "from:2026-11-21",
  "to:2026-11-22",
  "id:4711",
];

function SearchHelp() {
  return (
    <Say
      text='All terms of a search must hold: <code>word</code>, <code>"a phrase"</code>, <code>-word</code> (must not occur), {operators}, and a field of the body, as in {field}.'
      values={{
        operators: OPERATORS.map((one, index) => (
          <Fragment key={one}>
            {index > 0 && ", "}
            <code>{one}</code>
          </Fragment>
        )),
        field: <code>project.name = Apollo</code>,
      }}
    />
  );
}

function Replay({ ids, onReplayed, onClose }: { ids: readonly string[]; onReplayed(): void; onClose(): void }) {
  const { api } = useSignedIn();
  const queries = useQueryClient();
  const [wish, setWish] = useState<ReplayWish>({ flows: "failed" });
  const flows = useQuery({
    queryKey: ["flows", "list"],
    queryFn: ({ signal }) => listFlows(api, signal),
    enabled: typeof wish.flows !== "string",
  });
  const plan = useQuery({
    queryKey: ["events", "replay", ids, wish],
    queryFn: () => replayEvents(api, ids, { dryRun: true, wish }),
    enabled: wish.flows.length > 0,
    gcTime: 0,
  });
  const replay = async () => {
    const answer = await replayEvents(api, ids, { dryRun: false, wish });
    onReplayed();
    void queries.invalidateQueries({ queryKey: ["events", "one"] });
    return answer;
  };
  return (
    <ReplayDialog
      count={ids.length}
      wish={wish}
      onWish={setWish}
      flows={flows.data?.map(({ id, definition }) => ({ id, name: definition.name }))}
      plan={plan.data}
      planError={plan.error}
      onAsk={() => void plan.refetch()}
      replay={replay}
      runsHref={ids.length === 1 ? `/runs?event_id=${ids[0]}` : "/runs"}
      onClose={onClose}
    />
  );
}

/** Enter opens the active row, unless a button or link has the focus: then it activates that. */
function pressEnter(openActive: () => void) {
  const { activeElement } = document;
  const own = activeElement?.closest<HTMLElement>("button, a, summary, [role=tab]");
  if (own) own.click();
  else openActive();
}
