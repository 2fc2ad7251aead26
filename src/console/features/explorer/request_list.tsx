/** What waits for a second person: who asks for what, and the way to where it is decided. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { Tag, type Tone } from "../../ui/tag.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { When } from "../../ui/when.tsx";
import { useSignedIn } from "../../shell/session/login.tsx";
import { getRequest, type GuardRequest, listRequests } from "./api.ts";
import { callOf, endpointOf, isFields, valuesOf } from "./call.ts";
import type { ListProps } from "./kept_lists.tsx";
import { useNamesIn } from "./names.tsx";
import { GRADE_TONES } from "./words.ts";

const STATE_TONES: Record<GuardRequest["state"], Tone> = {
  waiting: "wait",
  approved: "ok",
  rejected: "bad",
  used: "idle",
  expired: "idle",
};

export function RequestList({ explorer, endpoints, onOpen }: ListProps) {
  const { api, session } = useSignedIn();
  const toast = useToast();
  const { data, error, refetch } = useQuery({
    queryKey: ["explorer", "requests"],
    queryFn: ({ signal }) => listRequests(api, signal),
    refetchInterval: 10_000,
  });
  const names = useNamesIn(data);
  if (error && !data) return <Failure error={error} what="the requests" onRetry={() => void refetch()} />;
  if (!data) return <Skeleton lines={4} label="Loading the requests" />;
  if (data.length === 0) return <p className="muted">Nothing waits for a second person.</p>;
  const wordsOf = ({ kind, title }: GuardRequest) => {
    // Publications of flows, undos and the like are decided here too, by their titles.
    if (kind !== "call") return { endpoint: undefined, values: undefined, about: undefined };
    const [method = "", path = ""] = title.split(" ");
    const endpoint = endpointOf(endpoints, { method, path });
    const values = endpoint ? valuesOf(endpoint.path, path) : undefined;
    const id = values && Object.entries(values).findLast(([name]) => name !== "workspaceId")?.[1];
    return { endpoint, values, about: id === undefined ? undefined : names.get(id)?.name ?? id };
  };
  const open = async (request: GuardRequest) => {
    const { endpoint, values } = wordsOf(request);
    if (!endpoint) return toast("The catalogue has no such operation any more", "bad");
    try {
      const { shown } = await getRequest(api, request.id);
      const { query, body } = isFields(shown) ? shown : {};
      explorer.open(endpoint.name, callOf({ path_params: values, query_params: query, body }));
      onOpen();
    } catch (problem) {
      toast((problem as Error).message, "bad");
    }
  };
  const whyNot = ({ is_mine }: GuardRequest) =>
    is_mine
      ? "You asked for it: another owner, admin or operator approves it"
      : session.can.write
      ? null
      : session.can.reason;
  return (
    <ul className="ex-requests">
      {data.map((request) => {
        const { endpoint, about } = wordsOf(request);
        const { id, state, grade, person, is_mine, created_at } = request;
        return (
          <li key={id} className="stack">
            <div>
              <b>{endpoint?.summary ?? request.title}</b> {about !== undefined && <bdi>{about}</bdi>}
              <div className="row">
                <Tag tone={STATE_TONES[state]}>{state}</Tag>
                <Tag tone={GRADE_TONES[grade]}>{grade}</Tag>
              </div>
              <small className="muted">
                Request {id} by {is_mine ? "you" : names.get(person)?.name ?? person},{" "}
                <When at={new Date(created_at)} as="ago" />
              </small>
            </div>
            <div className="row">
              {endpoint && <button type="button" className="btn small" onClick={() => void open(request)}>Show</button>}
              {state === "waiting" && (
                <Link className="btn small" href={`/settings/approvals?request=${id}`}>
                  {whyNot(request) === null ? "Decide…" : "See the request"}
                </Link>
              )}
            </div>
            {state === "waiting" && whyNot(request) !== null && <p className="muted">{whyNot(request)}.</p>}
            {state === "approved" && is_mine && endpoint && <p className="muted">Show it, and send the same again.</p>}
          </li>
        );
      })}
    </ul>
  );
}
