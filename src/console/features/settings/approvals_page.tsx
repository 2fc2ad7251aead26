/** What waits for a second person, and what became of earlier requests: read again every few seconds, decided here. */

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useSearchParams } from "wouter";
import { useKeys } from "../../shell/keys.tsx";
import { useSignedIn } from "../../shell/session/login.tsx";
import { useFormat } from "../../ui/format.tsx";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";
import { ApprovalItem } from "./approval_item.tsx";
import { getRequest, type GuardRequest, listRequests, type RequestState } from "./guard_api.ts";
import { useNames } from "./people.ts";
import "./guard.css";

const POLL_MS = 5_000;
/** Of the requests that wait there are no more than this. */
const PAGE = 100;

const STATES: readonly [RequestState | "all", string][] = [
  ["waiting", "Waiting"],
  ["approved", "Approved, not used yet"],
  ["rejected", "Rejected"],
  ["used", "Approved and used"],
  ["expired", "Expired"],
  ["all", "All"],
];

export function ApprovalsTab() {
  const { api, session } = useSignedIn();
  const { number } = useFormat();
  const [params, setParams] = useSearchParams();
  const wanted = params.get("state") ?? "waiting";
  const state = STATES.find(([one]) => one === wanted)?.[0] ?? "waiting";
  const query = useInfiniteQuery({
    queryKey: ["guard", "requests", state],
    queryFn: ({ pageParam, signal }) =>
      listRequests(api, { state: state === "all" ? undefined : state, cursor: pageParam, limit: PAGE, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    staleTime: 0,
    refetchInterval: ({ state: { data } }) => POLL_MS * Math.max(1, data?.pages.length ?? 1),
  });
  const listed = query.data?.pages.flatMap((page) => page.requests);
  // Those that end first come first.
  const requests = state === "waiting" ? listed?.toReversed() : listed;
  const names = useNames(requests);
  const chosen = params.get("request");
  /** "": none; null: the only one there is. */
  const choose = (id: string | null) =>
    setParams((before) => {
      const after = new URLSearchParams(before);
      if (id === null) after.delete("request");
      else after.set("request", id);
      return after;
    }, { replace: true });
  // Named in the address, it stays open when somebody else decides it.
  const only = chosen === null && requests?.length === 1 ? requests[0]!.id : undefined;
  useEffect(() => {
    if (only !== undefined) choose(only);
  }, [only]);
  const elsewhere = chosen !== null && chosen !== "" && requests !== undefined &&
    !requests.some(({ id }) => id === chosen);
  const item = (request: GuardRequest) => (
    <ApprovalItem
      key={request.id}
      request={request}
      names={names}
      isOpen={request.id === chosen}
      onToggle={() => choose(request.id === chosen ? "" : request.id)}
      onDecided={() => choose(null)}
    />
  );
  useKeys([
    { keys: "j", label: "Next request (Enter opens it)", run: () => focusRequest(1) },
    { keys: "k", label: "Previous request (Enter opens it)", run: () => focusRequest(-1) },
  ]);
  return (
    <div className="stack">
      <div className="row approvals-top">
        <p className="muted grow">
          {session.can.write
            ? "What the guard asks a second person for: whoever asked cannot decide it themselves."
            : `Your own requests. Owners, admins and operators decide them; ${session.can.reason}.`}
        </p>
        <label className="field">
          <span>Show</span>
          <select
            value={state}
            onChange={({ target }) => setParams(target.value === "waiting" ? {} : { state: target.value })}
          >
            {STATES.map(([key, label]) => <option key={key} value={key}>{label}</option>)}
          </select>
        </label>
      </div>
      {elsewhere && <OtherRequest key={chosen} id={chosen} onClose={() => choose("")} onDecided={() => choose(null)} />}
      {query.isError && <Failure error={query.error} what="the requests" onRetry={() => void query.refetch()} />}
      {query.isPending && <Skeleton label="Loading the requests" />}
      {requests && requests.length > 0 && (
        <>
          <p className="muted" aria-live="polite">
            {number(requests.length)} {requests.length === 1 ? "request" : "requests"},{" "}
            {state === "waiting" ? "oldest first" : "newest first"}
          </p>
          <ul className="approvals">{requests.map((request) => <li key={request.id}>{item(request)}</li>)}</ul>
        </>
      )}
      {requests?.length === 0 && (
        <Empty title={state === "waiting" ? "Nothing waits for a second person" : "There is no such request"}>
          {state === "waiting"
            ? "A request comes here when the guard asks a second person for its grade."
            : "Requests are kept for seven days after they were made."}
        </Empty>
      )}
      {query.hasNextPage && (
        <div>
          <button
            type="button"
            className="btn"
            aria-disabled={query.isFetchingNextPage}
            onClick={() => query.isFetchingNextPage || void query.fetchNextPage()}
          >
            {query.isFetchingNextPage ? "Loading…" : "Show older requests"}
          </button>
        </div>
      )}
    </div>
  );
}

/** One that the address names and the list does not hold: it was decided meanwhile, or is of another state. */
function OtherRequest({ id, onClose, onDecided }: { id: string; onClose(): void; onDecided(): void }) {
  const { api } = useSignedIn();
  const { data, error, refetch } = useQuery({
    queryKey: ["guard", "request", id],
    queryFn: ({ signal }) => getRequest(api, id, signal),
    refetchInterval: POLL_MS,
  });
  const names = useNames(data);
  if (data) return <ApprovalItem request={data} names={names} isOpen onToggle={onClose} onDecided={onDecided} />;
  if (error) return <Failure error={error} what={`request ${id}`} onRetry={() => void refetch()} />;
  return <Skeleton lines={3} label={`Loading request ${id}`} />;
}

/** Moves the focus by requests; from outside the list to its first one. */
function focusRequest(by: number) {
  const heads = [...document.querySelectorAll<HTMLElement>("[data-request]")];
  const at = heads.findIndex((head) => head.closest(".approval")!.contains(document.activeElement));
  const next = at < 0 ? 0 : Math.min(Math.max(at + by, 0), heads.length - 1);
  heads[next]?.focus();
}
