/** Journal: every write to Clockify with its object before and after, the opened one beside the list, and their undo. */

import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { useLocation, useParams, useSearchParams } from "wouter";
import { useKeys } from "../../shell/keys.tsx";
import { useSignedIn } from "../../shell/session/login.tsx";
import { useFormat } from "../../ui/format.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";
import { useMedia } from "../../ui/use_media.ts";
import { listFlows } from "../flows/api.ts";
import type { ChangeDetail } from "./api.ts";
import { BulkDialog, type BulkOf } from "./bulk_dialog.tsx";
import { ChangeList, focusChange } from "./change_list.tsx";
import { CHANGE_TITLE, ChangePane } from "./change_pane.tsx";
import type { Names } from "./change_words.ts";
import { type ChangeFilter, filterFromUrl, filterToUrl, isFiltered, NO_FILTER, queryOf } from "./filter.ts";
import { FilterBar } from "./filter_bar.tsx";
import { UndoJobPanel } from "./job_panel.tsx";
import { UndoDialog } from "./undo_dialog.tsx";
import { useChanges } from "./use_changes.ts";
import { firstIds, idsOf, useNames } from "./use_names.ts";
import { say, sayCount } from "../../words/say.ts";
import "./journal.css";

/** As in journal.css: below it the opened change stands instead of the list. */
const NO_ROOM_BESIDE = "(max-width: 1100px)";
const SMALL = "(max-width: 640px)";
/** In the address: the job whose progress is shown. */
const JOB = "undo_job";

export function JournalPage() {
  const { api, session: { can } } = useSignedIn();
  const { zone } = useFormat();
  const { id: openId } = useParams<{ id?: string }>();
  const [, navigate] = useLocation();
  const [params, setParams] = useSearchParams();
  const filter = useMemo(() => filterFromUrl(params), [params]);
  const isInstead = useMedia(NO_ROOM_BESIDE);
  const isSmall = useMedia(SMALL);
  const [undoing, setUndoing] = useState<{ change: ChangeDetail; names: Names }>();
  const [isBulk, setBulk] = useState(false);
  const closed = useRef<string>(undefined);
  useEffect(() => void (document.title = say("Journal · Timewire")), []);
  const flows = useQuery({
    queryKey: ["flows", "list"],
    queryFn: ({ signal }) => listFlows(api, signal),
    select: (rows) => rows.map(({ id, definition: { name } }) => ({ id, name })),
    staleTime: 60_000,
  });
  const list = useChanges(filter);
  const pages = list.data?.pages ?? [];
  const { person, entityId } = filter;
  const names = useNames([
    firstIds([person, entityId].filter((id) => id !== "")),
    ...pages.map(({ changes }) => idsOf(changes)),
  ]);

  const setFilter = (filter: ChangeFilter) => setParams((before) => filterToUrl(filter, before), { replace: true });
  const setJob = (id: string | undefined) =>
    setParams((before) => {
      const after = new URLSearchParams(before);
      if (id === undefined) after.delete(JOB);
      else after.set(JOB, id);
      return after;
    }, { replace: true });
  const hrefOf = (id?: string) => `/journal${id === undefined ? "" : `/${id}`}${params.size > 0 ? `?${params}` : ""}`;
  const close = () => {
    closed.current = openId;
    navigate(hrefOf());
  };
  // The row takes the focus back once the list is shown again.
  useEffect(() => {
    if (openId !== undefined || closed.current === undefined) return;
    const row = document.querySelector<HTMLElement>(`[data-change="${closed.current}"]`);
    (row ?? document.getElementById("page"))?.focus();
    closed.current = undefined;
  }, [openId]);
  const move = (by: number) => () => focusChange(by);
  useKeys([
    { keys: "j", label: say("Next change (Enter opens it)"), run: move(1) },
    { keys: "k", label: say("Previous change (Enter opens it)"), run: move(-1) },
    { keys: "Escape", label: say("Close the change"), run: () => openId !== undefined && close() },
  ]);

  const jobId = params.get(JOB);
  const bulkOf = bulkFor(filter, flows.data ?? []);
  const filters = <FilterBar filter={filter} flows={flows.data ?? []} names={names} zone={zone} onChange={setFilter} />;
  return (
    <div className={openId === undefined ? "stack journal" : "stack journal with-change"}>
      <div className="row head-row">
        <h1>{say("Journal")}</h1>
        <span className="muted journal-about">{say("Every write to Clockify, and its way back")}</span>
        <span className="grow" />
        <GuardedButton
          blocked={can.write
            ? bulkOf === undefined ? say("Choose a flow first, or come here from a run") : null
            : can.reason}
          onClick={() => setBulk(true)}
        >
          {filter.runId !== "" ? say("Undo what this run wrote…") : say("Undo a flow's changes…")}
        </GuardedButton>
      </div>
      {isSmall
        ? (
          <details className="journal-fold">
            <summary>{isFiltered(filter) ? say("Filters, some are set") : say("Filters")}</summary>
            {filters}
          </details>
        )
        : filters}
      {jobId !== null && can.write && (
        <UndoJobPanel
          key={jobId}
          id={jobId}
          hrefOf={hrefOf}
          onClose={() => setJob(undefined)}
        />
      )}
      <div className="journal-split">
        <section className="stack journal-list-side" aria-label={say("List of changes")}>
          <Rows
            list={list}
            names={names}
            openId={openId}
            hrefOf={hrefOf}
            onClear={isFiltered(filter) ? () => setFilter(NO_FILTER) : undefined}
          />
        </section>
        {openId !== undefined && (
          <section className="panel stack journal-pane" aria-label={say("Change")}>
            <ChangePane
              key={openId}
              id={openId}
              takesFocus={isInstead}
              hrefOf={hrefOf}
              onUndo={(change, names) => setUndoing({ change, names })}
              onClose={close}
            />
          </section>
        )}
      </div>
      {undoing && (
        <UndoDialog
          {...undoing}
          hrefOf={hrefOf}
          onClose={() => {
            setUndoing(undefined);
            // The button that opened it may be blocked from now on.
            setTimeout(() => document.getElementById(CHANGE_TITLE)?.focus());
          }}
        />
      )}
      {isBulk && bulkOf && (
        <BulkDialog
          of={bulkOf}
          onJob={(id) => {
            setBulk(false);
            setJob(id);
          }}
          onClose={() => setBulk(false)}
        />
      )}
    </div>
  );
}

const MINUTE_MS = 60_000;

/** What the filter names that can be undone together; of a moving span, the range up to the next minute. */
function bulkFor(filter: ChangeFilter, flows: readonly { id: string; name: string }[]): BulkOf | undefined {
  const { runId, flowId, time } = filter;
  if (runId !== "") return { runId };
  if (flowId === "") return undefined;
  const flowName = flows.find(({ id }) => id === flowId)?.name ?? say("Flow {id}", { id: flowId });
  const now = Date.now();
  const { from = "", to = "" } = queryOf(filter, now);
  const next = new Date(Math.ceil((now + 1) / MINUTE_MS) * MINUTE_MS).toISOString();
  return { flowId, flowName, from, to: from !== "" && time !== "custom" ? next : to };
}

interface RowsProps {
  list: ReturnType<typeof useChanges>;
  names: Names;
  openId?: string;
  hrefOf(id: string): string;
  onClear?: () => void;
}

function Rows({ list, names, openId, hrefOf, onClear }: RowsProps) {
  const { number } = useFormat();
  if (list.isPending) return <Skeleton lines={10} label={say("Loading changes")} />;
  if (!list.data) return <Failure error={list.error} what={say("the changes")} onRetry={() => void list.refetch()} />;
  const changes = list.data.pages.flatMap((page) => page.changes);
  if (changes.length === 0) return <Nothing onClear={onClear} />;
  return (
    <>
      {list.isError && <Failure error={list.error} what={say("newer changes")} onRetry={() => void list.refetch()} />}
      <p className="muted" aria-live="polite">
        {list.hasNextPage
          ? sayCount(
            changes.length,
            "{count} change, newest first; older ones can be loaded",
            "{count} changes, newest first; older ones can be loaded",
            { count: number(changes.length) },
          )
          : sayCount(changes.length, "{count} change, newest first", "{count} changes, newest first", {
            count: number(changes.length),
          })}
      </p>
      <ChangeList changes={changes} names={names} openId={openId} hrefOf={hrefOf} />
      {list.hasNextPage && (
        <div>
          <button
            type="button"
            className="btn"
            aria-disabled={list.isFetchingNextPage}
            onClick={() => list.isFetchingNextPage || void list.fetchNextPage()}
          >
            {list.isFetchingNextPage ? say("Loading…") : say("Show older changes")}
          </button>
        </div>
      )}
    </>
  );
}

function Nothing({ onClear }: { onClear?: () => void }) {
  if (!onClear) {
    return (
      <Empty title={say("Nothing has been written yet")}>
        {say(
          "A change appears here when a flow or a person writes to Clockify: with the object before and after, and its undo.",
        )}
      </Empty>
    );
  }
  return (
    <Empty title={say("No change matches these filters")}>
      <button type="button" className="btn" onClick={onClear}>{say("Show all changes")}</button>
    </Empty>
  );
}
