/** The opened event beside the list: reads it, its bytes and its flows, and says when it changed. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useSearchParams } from "wouter";
import { type EventDetail as Event, type EventUpdate, getEvent, getEventFlows, getRawBody } from "./api.ts";
import { curlCommand } from "./curl.ts";
import { DETAIL_TABS, type DetailTab, EventDetail } from "./event_detail.tsx";
import { EventFlows } from "./event_flows.tsx";
import { EventRaw } from "./event_raw.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { PAGE_CONFIG } from "../../shell/page_config.ts";
import { useSignedIn } from "../../shell/session/login.tsx";
import { say } from "../../words/say.ts";

const RUNNING_POLL_MS = 5_000;

export interface EventPaneProps {
  id: string;
  /** The latest change from the live tail: the event is then loaded again. */
  update?: EventUpdate;
  /** True where the pane covers the list: it then takes the focus. */
  takesFocus: boolean;
  onReplay(): void;
  onClose(): void;
}

export function EventPane({ id, update, takesFocus, onReplay, onClose }: EventPaneProps) {
  const { api, session } = useSignedIn();
  const queries = useQueryClient();
  const [params, setParams] = useSearchParams();
  const tab = DETAIL_TABS.find((each) => each === params.get("tab")) ?? "payload";
  const setTab = (tab: DetailTab) =>
    setParams((before) => {
      const after = new URLSearchParams(before);
      after.set("tab", tab);
      return after;
    }, { replace: true });
  const heading = useRef<HTMLHeadingElement>(null);
  const isAdmin = session.actor.role === "admin";
  const { data: event, error, refetch } = useQuery({
    queryKey: ["events", "one", id],
    queryFn: ({ signal }) => getEvent(api, id, signal),
    // A stop of what its runs call is no change of the event.
    refetchInterval: ({ state }) => (state.data?.runs.active ?? 0) > 0 && RUNNING_POLL_MS,
  });
  const raw = useQuery({
    queryKey: ["events", "raw", id],
    queryFn: ({ signal }) => getRawBody(api, id, signal),
    enabled: isAdmin && tab === "raw",
    staleTime: Infinity,
    gcTime: 10_000,
  });
  const flows = useQuery({
    queryKey: ["events", "flows", id],
    queryFn: ({ signal }) => getEventFlows(api, id, signal),
    enabled: tab === "flows",
  });

  useEffect(() => {
    if (!update) return;
    void queries.invalidateQueries({ queryKey: ["events", "one", id] });
    void queries.invalidateQueries({ queryKey: ["events", "flows", id] });
  }, [update]);
  const isShown = event !== undefined;
  useEffect(() => {
    if (takesFocus && isShown) heading.current?.focus();
  }, [id, takesFocus, isShown]);

  if (error && !event) return <Failure error={error} what={say("the event")} onRetry={() => void refetch()} />;
  if (!event) return <Skeleton lines={10} label={say("Loading the event")} />;
  return (
    <EventDetail
      event={event}
      tab={tab}
      onTab={setTab}
      heading={heading}
      onClose={onClose}
      onReplay={onReplay}
      replayBlocked={session.can.write ? null : session.can.reason}
      curl={() => curlOf(event, raw.data, session.workspace.id)}
      raw={!isAdmin
        ? event.payload === null && event.size > 4
          ? <p>{say("The body has no fields. Its bytes are for admins.")}</p>
          : <EventRaw body={JSON.stringify(event.payload, null, 2)} fileName="" />
        : raw.data
        ? <EventRaw key={id} body={raw.data} fileName={`event-${id}.${event.payload === null ? "bin" : "json"}`} />
        : raw.error
        ? <Failure error={raw.error} what={say("the body")} onRetry={() => void raw.refetch()} />
        : <Skeleton lines={6} />}
      flows={flows.data
        ? <EventFlows flows={flows.data} />
        : flows.error
        ? <Failure error={flows.error} what={say("the flows")} onRetry={() => void flows.refetch()} />
        : <Skeleton lines={6} />}
    />
  );
}

/** With the original bytes where they are loaded; else with the parsed payload, which is equivalent. */
function curlOf(event: Event, raw: Uint8Array | undefined, workspaceId: string): string {
  const body = raw ? new TextDecoder().decode(raw) : event.payload === null ? undefined : JSON.stringify(event.payload);
  const { eventType, customSource, headers } = event;
  const contentType = headers["content-type"] ?? "application/json";
  // The operators' listener accepts no deliveries: there the command uses a shell variable for the add-on's address.
  const listener = PAGE_CONFIG.mount === "" ? "$ADDON_URL" : location.origin + PAGE_CONFIG.addons[0]!.base;
  return curlCommand({ eventType, customSource, workspaceId, contentType, body }, listener);
}
