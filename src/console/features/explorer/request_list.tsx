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
import { GRADE_TONES, gradeWord } from "./words.ts";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";

const STATE_TONES: Record<GuardRequest["state"], Tone> = {
  waiting: "wait",
  approved: "ok",
  rejected: "bad",
  used: "idle",
  expired: "idle",
};

const STATE_WORDS: Record<GuardRequest["state"], string> = {
  waiting: say("waiting"),
  approved: say("approved"),
  rejected: say("rejected"),
  used: say("used"),
  expired: say("expired"),
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
  if (error && !data) return <Failure error={error} what={say("the requests")} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton lines={4} label={say("Loading the requests")} />;
  if (data.length === 0) return <p className="muted">{say("Nothing waits for a second person.")}</p>;
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
    if (!endpoint) return toast(say("The catalogue has no such operation any more"), "bad");
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
      ? say("You asked for it: another owner, admin or operator approves it")
      : session.can.write
      ? null
      : session.can.reason;
  return (
    <ul className="ex-requests">
      {data.map((request) => {
        const { endpoint, about } = wordsOf(request);
        const { id, state, grade, person, is_mine, created_at } = request;
        const asked = <When at={new Date(created_at)} as="ago" />;
        return (
          <li key={id} className="stack">
            <div>
              <b>{endpoint?.summary ?? request.title}</b> {about !== undefined && <bdi>{about}</bdi>}
              <div className="row">
                <Tag tone={STATE_TONES[state]}>{STATE_WORDS[state]}</Tag>
                <Tag tone={GRADE_TONES[grade]}>{gradeWord(grade)}</Tag>
              </div>
              <small className="muted">
                {is_mine ? <Say text="Request {id} by you, {when}" values={{ id, when: asked }} /> : (
                  <Say
                    text="Request {id} by {person}, {when}"
                    values={{ id, person: names.get(person)?.name ?? person, when: asked }}
                  />
                )}
              </small>
            </div>
            <div className="row">
              {endpoint && (
                <button type="button" className="btn small" onClick={() => void open(request)}>{say("Show")}</button>
              )}
              {state === "waiting" && (
                <Link className="btn small" href={`/settings/approvals?request=${id}`}>
                  {whyNot(request) === null ? say("Decide…") : say("See the request")}
                </Link>
              )}
            </div>
            {state === "waiting" && whyNot(request) !== null && <p className="muted">{whyNot(request)}.</p>}
            {state === "approved" && is_mine && endpoint && (
              <p className="muted">{say("Show it, and send the same again.")}</p>
            )}
          </li>
        );
      })}
    </ul>
  );
}
