/** Calls to make again: those of the history, with what came of them, and those that were saved by name. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useFormat } from "../../ui/format.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { Tag } from "../../ui/tag.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { When } from "../../ui/when.tsx";
import { useSignedIn } from "../../shell/session/login.tsx";
import { type Endpoint, getKept, type HandCall, listHistory, listSaved, removeSaved, type SavedCall } from "./api.ts";
import { callOf, EMPTY_CALL, endpointOf, isFields } from "./call.ts";
import type { Explorer } from "./use_explorer.ts";
import { statusWord } from "./words.ts";
import { say } from "../../words/say.ts";

export interface ListProps {
  explorer: Explorer;
  endpoints: readonly Endpoint[];
  onOpen(): void;
}

export function HistoryList({ explorer, endpoints, onOpen }: ListProps) {
  const { api } = useSignedIn();
  const toast = useToast();
  const format = useFormat();
  const { data, error, refetch } = useQuery({
    queryKey: ["explorer", "history"],
    queryFn: ({ signal }) => listHistory(api, signal),
  });
  if (error && !data) return <Failure error={error} what={say("the history")} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton lines={6} label={say("Loading the history")} />;
  if (data.length === 0) return <p className="muted">{say("No call was made yet.")}</p>;
  const open = async (call: HandCall) => {
    const endpoint = endpointOf(endpoints, call);
    if (!endpoint) return toast(say("The catalogue has no such operation any more"), "bad");
    try {
      const kept = await getKept(api, call.id);
      const isCut = JSON.stringify(kept.request).includes('"truncated":true');
      if (isCut) toast(say("The request was too long to be kept whole: the form is empty"));
      explorer.open(endpoint.name, isCut ? EMPTY_CALL : callOf(kept.request), { kind: "kept", call: kept });
      onOpen();
    } catch (problem) {
      toast((problem as Error).message, "bad");
    }
  };
  return (
    <ul className="ex-rows">
      {data.map((call) => (
        <li key={call.id}>
          <button
            type="button"
            className="ex-open"
            onClick={() => void open(call)}
            title={`${call.method} ${call.path}`}
          >
            <span>
              {endpointOf(endpoints, call)?.summary ?? call.operation_id}
              <small className="muted">
                <When at={new Date(call.at)} /> · {format.duration(call.duration_ms)}
              </small>
            </span>
            <span className="ex-marks">
              <Tag tone={call.status === "success" ? "ok" : call.status === "error" ? "bad" : "idle"}>
                {call.status_code ?? statusWord(call.status)}
              </Tag>
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

export function SavedList({ explorer, endpoints, onOpen }: ListProps) {
  const { api } = useSignedIn();
  const queries = useQueryClient();
  const toast = useToast();
  const { data, error, refetch } = useQuery({
    queryKey: ["explorer", "saved"],
    queryFn: ({ signal }) => listSaved(api, signal),
  });
  if (error && !data) return <Failure error={error} what={say("the saved calls")} onRetry={() => void refetch()} />;
  if (!data) return <Skeleton lines={4} label={say("Loading the saved calls")} />;
  if (data.length === 0) {
    return <p className="muted">{say("No call is saved. Save… in the form keeps one by name.")}</p>;
  }
  const open = ({ request, fault }: SavedCall) => {
    if (request === null) return toast(String(fault), "bad");
    const { operation_id: name } = isFields(request) ? request : {};
    const known = endpoints.find((one) => one.name === name || one.operation_id === name || one.key === name);
    if (!known) return toast(say("The catalogue has no such operation any more"), "bad");
    explorer.open(known.name, callOf(request));
    onOpen();
  };
  const remove = async ({ id, name }: SavedCall) => {
    try {
      await removeSaved(api, id);
      toast(say("{name} is no longer saved", { name }));
    } catch (problem) {
      toast((problem as Error).message, "bad");
    }
    await queries.invalidateQueries({ queryKey: ["explorer", "saved"] });
  };
  return (
    <ul className="ex-rows">
      {data.map((one) => (
        <li key={one.id}>
          <button type="button" className="ex-open" onClick={() => open(one)}>
            <bdi>{one.name}</bdi>
            <span className="ex-marks">
              {one.request === null && <Tag tone="bad">{say("cannot be opened")}</Tag>}
              {one.shared && <Tag tone="idle">{say("shared")}</Tag>}
            </span>
          </button>
          {one.may_change && (
            <button
              type="button"
              className="btn plain small ex-star"
              aria-label={say("Remove {name}", { name: one.name })}
              onClick={() => void remove(one)}
            >
              ×
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}
