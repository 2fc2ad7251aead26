/** What waits for a second person, and what became of earlier requests: read again every few seconds, decided here. */

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useSearchParams } from "wouter";
import { useKeys } from "../../shell/keys.tsx";
import { useSignedIn } from "../../shell/session/login.tsx";
import { useFormat } from "../../ui/format.tsx";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";
import { say, sayCount } from "../../words/say.ts";
import { ApprovalItem } from "./approval_item.tsx";
import { getRequest, type GuardRequest, listRequests, type RequestState } from "./guard_api.ts";
import { useNames } from "./people.ts";
import "./guard.css";

const POLL_MS = 5_000;
/** Of the requests that wait there are no more than this. */
const PAGE = 100;

const STATES: readonly [RequestState | "all", string][] = [
  ["waiting", say("Waiting")],
  ["approved", say("Approved, not used yet")],
  ["rejected", say("Rejected")],
  ["used", say("Approved and used")],
  ["expired", say("Expired")],
  ["all", say("All")],
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
  const countText = (many: number, oldestFirst: boolean) => {
    const count = number(many);
    return oldestFirst
      ? sayCount(many, "{count} request, oldest first", "{count} requests, oldest first", { count })
      : sayCount(many, "{count} request, newest first", "{count} requests, newest first", { count });
  };
  useKeys([
    { keys: "j", label: say("Next request (Enter opens it)"), run: () => focusRequest(1) },
    { keys: "k", label: say("Previous request (Enter opens it)"), run: () => focusRequest(-1) },
  ]);
  return (
    <div className="stack">
      <div className="row approvals-top">
        <p className="muted grow">
          {session.can.write
            ? say("What the guard asks a second person for: whoever asked cannot decide it themselves.")
            : say("Your own requests. Owners, admins and operators decide them; {reason}.", {
              reason: session.can.reason ?? "",
            })}
        </p>
        <label className="field">
          <span>{say("Show")}</span>
          <select
            value={state}
            onChange={({ target }) => setParams(target.value === "waiting" ? {} : { state: target.value })}
          >
            {STATES.map(([key, label]) => <option key={key} value={key}>{label}</option>)}
          </select>
        </label>
      </div>
      {elsewhere && <OtherRequest key={chosen} id={chosen} onClose={() => choose("")} onDecided={() => choose(null)} />}
      {query.isError && <Failure error={query.error} what={say("the requests")} onRetry={() => void query.refetch()} />}
      {query.isPending && <Skeleton label={say("Loading the requests")} />}
      {requests && requests.length > 0 && (
        <>
          <p className="muted" aria-live="polite">
            {countText(requests.length, state === "waiting")}
          </p>
          <ul className="approvals">{requests.map((request) => <li key={request.id}>{item(request)}</li>)}</ul>
        </>
      )}
      {requests?.length === 0 && (
        <Empty title={state === "waiting" ? say("Nothing waits for a second person") : say("There is no such request")}>
          {state === "waiting"
            ? say("A request comes here when the guard asks a second person for its grade.")
            : say("Requests are kept for seven days after they were made.")}
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
            {query.isFetchingNextPage ? say("Loading…") : say("Show older requests")}
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
  if (error) return <Failure error={error} what={say("request {id}", { id })} onRetry={() => void refetch()} />;
  return <Skeleton lines={3} label={say("Loading request {id}", { id })} />;
}

/** Moves the focus by requests; from outside the list to its first one. */
function focusRequest(by: number) {
  const heads = [...document.querySelectorAll<HTMLElement>("[data-request]")];
  const at = heads.findIndex((head) => head.closest(".approval")!.contains(document.activeElement));
  const next = at < 0 ? 0 : Math.min(Math.max(at + by, 0), heads.length - 1);
  heads[next]?.focus();
}
