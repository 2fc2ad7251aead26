/** Two events held against each other: the fields that differ, or both payloads side by side. */

import { useQueries } from "@tanstack/react-query";
import { type ReactNode, useMemo, useState } from "react";
import { useSignedIn } from "../../shell/session/login.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { useFormat } from "../../ui/format.tsx";
import { readText, visibleText } from "../../ui/json_lines.ts";
import { JsonTree, type JsonTreeProps } from "../../ui/json_tree.tsx";
import { NamedLink } from "../../ui/named_link.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { When } from "../../ui/when.tsx";
import { useNamed } from "../entities/use_named.ts";
import { type EventDetail, getEvent } from "./api.ts";
import { differenceText, payloadDifference } from "./event_difference.ts";
import { say } from "../../words/say.ts";

const MAX_TEXT = 300;

export function CompareDialog({ ids, onClose }: { ids: readonly [string, string]; onClose(): void }) {
  const { api } = useSignedIn();
  const events = useQueries({
    queries: ids.map((id) => ({
      queryKey: ["events", "one", id],
      queryFn: ({ signal }: { signal: AbortSignal }) => getEvent(api, id, signal),
    })),
  });
  const failed = events.find(({ error, data }) => error !== null && data === undefined);
  const [one, other] = events.map(({ data }) => data);
  return (
    <Dialog title={say("Compare two events")} className="ev-compare" onClose={onClose}>
      {failed
        ? <Failure error={failed.error!} what={say("the events")} onRetry={() => void failed.refetch()} />
        : !one || !other
        ? <Skeleton lines={6} label={say("Loading the events")} />
        : <Compared events={one.receivedAt <= other.receivedAt ? [one, other] : [other, one]} />}
    </Dialog>
  );
}

/** The older one first. */
function Compared({ events: [first, second] }: { events: readonly [EventDetail, EventDetail] }) {
  const [tab, setTab] = useState("differences");
  const difference = useMemo(() => payloadDifference(first.payload, second.payload), [first.payload, second.payload]);
  const nameOf = useNamed(
    useMemo(() => [difference.rows, first.payload, second.payload], [difference, first.payload, second.payload]),
  );
  const { rows, differing } = difference;
  return (
    <>
      <p role="status">{differenceText(difference)}</p>
      {(first.redacted || second.redacted) && (
        <p className="muted">{say("Without secrets, notes and mail addresses.")}</p>
      )}
      <Tabs
        label={say("How the events are compared")}
        chosen={tab}
        onChoose={setTab}
        items={[
          {
            key: "differences",
            label: say("Differences"),
            content: (
              <>
                <table className="cards">
                  <caption className="visually-hidden">{say("Fields that differ, the older event first")}</caption>
                  <thead>
                    <tr>
                      <th scope="col">{say("Field")}</th>
                      <th scope="col">
                        <EventName event={first} />
                      </th>
                      <th scope="col">
                        <EventName event={second} />
                      </th>
                    </tr>
                  </thead>
                  <tbody>
                    {rows.map(({ path, first: before, second: after }) => (
                      <tr key={path}>
                        <td data-label={say("Field")}>
                          <code>
                            <bdi>{path}</bdi>
                          </code>
                        </td>
                        <td data-label={say("Older")}>
                          <Shown value={before} nameOf={nameOf} />
                        </td>
                        <td data-label={say("Newer")}>
                          <Shown value={after} nameOf={nameOf} />
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
                {differing > rows.length && (
                  <p className="muted">
                    {say("The first {count} are shown. The payloads stand side by side.", { count: rows.length })}
                  </p>
                )}
              </>
            ),
          },
          {
            key: "both",
            label: say("Side by side"),
            content: (
              <div className="events-compared">
                {[first, second].map((event, index) => (
                  <section key={event.id} aria-label={index === 0 ? say("Older event") : say("Newer event")}>
                    <p>
                      <EventName event={event} />
                    </p>
                    <JsonTree
                      value={event.payload}
                      label={say("payload of event {id}", { id: event.id })}
                      root="$.webhook"
                      nameOf={nameOf}
                    />
                  </section>
                ))}
              </div>
            ),
          },
        ]}
      />
    </>
  );
}

function EventName({ event }: { event: EventDetail }): ReactNode {
  return (
    <>
      <bdi>{event.eventType}</bdi> <When at={event.receivedAt} />
    </>
  );
}

/** A value as a person reads it: a name for an id, an instant in the viewer's zone; the rest as JSON. */
function Shown({ value, nameOf }: { value: unknown } & Required<Pick<JsonTreeProps, "nameOf">>): ReactNode {
  const format = useFormat();
  if (value === undefined) return <span className="muted">{say("absent")}</span>;
  const named = typeof value === "string" ? nameOf(value) : undefined;
  if (named !== undefined) return <NamedLink id={String(value)} named={named} />;
  const read = typeof value === "string" ? readText(value) : undefined;
  if (read !== undefined) {
    return <span title={String(value)}>{"at" in read ? format.dateTime(read.at) : read.lasts}</span>;
  }
  const text = visibleText(JSON.stringify(value));
  return (
    <code>
      <bdi>{text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text}</bdi>
    </code>
  );
}
