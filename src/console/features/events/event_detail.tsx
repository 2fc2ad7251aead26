/** One event: what it is and whether it is genuine, and tabs for its payload, bytes, headers, flows and runs. */

import { type ReactNode, type Ref, useMemo } from "react";
import type { EventDetail as Event } from "./api.ts";
import { useFormat } from "../../ui/format.tsx";
import { CopyButton } from "../../ui/copy_button.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { JsonTree, type JsonTreeProps } from "../../ui/json_tree.tsx";
import { Tabs } from "../../ui/tabs.tsx";
import { Tag, type Tone } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";
import { useNamed } from "../entities/use_named.ts";
import { EventRuns } from "./event_runs.tsx";
import { EntityLink } from "./entity_link.tsx";
import { EventStop } from "./event_stop.tsx";
import { duplicatesText, OutcomeTag, reasonText } from "./outcome.tsx";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";

/** As the address names them. */
export const DETAIL_TABS = ["payload", "raw", "headers", "flows", "runs"] as const;
export type DetailTab = typeof DETAIL_TABS[number];

export interface EventDetailProps {
  event: Event;
  tab: DetailTab;
  onTab(tab: DetailTab): void;
  /** What the tabs show that are read by themselves. */
  raw: ReactNode;
  flows: ReactNode;
  /** Why it cannot be replayed by this viewer. */
  replayBlocked: string | null;
  onReplay(): void;
  curl(): string;
  onClose(): void;
  heading: Ref<HTMLHeadingElement>;
}

const VERIFIED: Record<Event["verification"]["result"], { tone: Tone; word: string }> = {
  verified: { tone: "ok", word: say("Verified") },
  polled: { tone: "idle", word: say("Found by polling") },
  reconciled: { tone: "warn", word: say("Missed, found again") },
  unverified: { tone: "warn", word: say("Not verified") },
  custom: { tone: "idle", word: say("Other system") },
};

export function EventDetail(props: EventDetailProps) {
  const { event, tab, onTab } = props;
  const format = useFormat();
  const nameOf = useNamed(useMemo(() => [event.entity, event.payload], [event.entity, event.payload]));
  const { tone, word } = VERIFIED[event.verification.result];
  const why = event.reason === null ? "" : `${reasonText(event.reason)}.`;
  return (
    <>
      <div className="row">
        <h2 className="event-name grow" ref={props.heading} tabIndex={-1}>
          <bdi>{event.eventType}</bdi>
          {event.customType && (
            <>
              {" "}
              <bdi className="muted">{event.customType}</bdi>
            </>
          )}
        </h2>
        <GuardedButton className="btn small" blocked={props.replayBlocked} onClick={props.onReplay}>
          {say("Replay##an event")}
        </GuardedButton>
        <CopyButton text={props.curl} label={say("Copy as curl")} />
        <button type="button" className="btn small" onClick={props.onClose}>{say("Close")}</button>
      </div>
      {event.subject && (
        <p>
          <bdi>{event.subject}</bdi>
        </p>
      )}
      <EventStop runs={event.runList} />
      <div className="row">
        <OutcomeTag outcome={event.outcome} reason={event.reason} runs={event.runs} />
        <Tag tone={tone} title={event.verification.text}>{word}</Tag>
        {event.duplicates > 0 && <Tag tone="idle">{duplicatesText(event.duplicates)}</Tag>}
      </div>
      <p className="muted">
        {event.verification.text}.{why && ` ${why}`}
      </p>
      <dl className="facts">
        <dt>{say("Event")}</dt>
        <dd>
          <code>{event.id}</code> <CopyButton text={event.id} label={say("Copy id")} />
        </dd>
        <dt>{say("Received")}</dt>
        <dd>
          <When at={event.receivedAt} as="full" />{" "}
          <span className="muted">
            (<When at={event.receivedAt} as="ago" />)
          </span>
        </dd>
        <dt>{say("Processed")}</dt>
        <dd>
          {event.tookMs === null
            ? say("not yet")
            : say("{time} after it was received", { time: format.duration(event.tookMs) })}
        </dd>
        {event.duplicates > 0 && <Duplicates event={event} />}
        {event.entity && (
          <>
            <dt>{say("Entity")}</dt>
            <dd>
              <EntityLink entity={event.entity} nameOf={nameOf} />
            </dd>
          </>
        )}
        <dt>{say("Request")}</dt>
        <dd>
          <code>
            <bdi>{event.requestId}</bdi>
          </code>
        </dd>
      </dl>
      <Tabs
        label={say("Event details")}
        chosen={tab}
        onChoose={(key) => onTab(key as DetailTab)}
        items={[
          { key: "payload", label: say("Payload"), content: <Payload event={event} nameOf={nameOf} /> },
          { key: "raw", label: say("Raw"), content: props.raw },
          { key: "headers", label: say("Headers"), content: <Headers headers={event.headers} /> },
          { key: "flows", label: say("Flows"), content: props.flows },
          {
            key: "runs",
            label: say("Runs {count}", { count: event.runList.length }),
            content: <EventRuns runs={event.runList} why={why} />,
          },
        ]}
      />
    </>
  );
}

/** How many deliveries of it were repeats, and when. */
function Duplicates({ event: { duplicates, firstDuplicateAt: first, lastDuplicateAt: last } }: { event: Event }) {
  return (
    <>
      <dt>{say("Duplicates")}</dt>
      <dd>
        {duplicatesText(duplicates)}
        {last && (
          <>
            {first && duplicates > 1 && (
              <>
                , <Say text="the first {when}" values={{ when: <When at={first} as="full" /> }} />
              </>
            )}
            , {duplicates > 1
              ? <Say text="the last {when}" values={{ when: <When at={last} as="full" /> }} />
              : <Say text="at {when}" values={{ when: <When at={last} as="full" /> }} />}
          </>
        )}
      </dd>
    </>
  );
}

function Payload({ event, nameOf }: { event: Event } & Pick<JsonTreeProps, "nameOf">) {
  const problem = event.payloadProblem && (
    <p>
      {event.tooLarge
        ? say("The body is too large to list its fields")
        : say("The body could not be parsed as its content type says")}
      : {event.payloadProblem}.
    </p>
  );
  if (event.payload === null && event.size > 4) {
    return problem || <p>{say("The body has no fields. The Raw tab shows it.")}</p>;
  }
  return (
    <>
      {problem}
      {event.redacted && <p className="muted">{say("Without secrets, notes and mail addresses.")}</p>}
      <JsonTree key={event.id} value={event.payload} root="$.webhook" nameOf={nameOf} />
    </>
  );
}

function Headers({ headers }: { headers: Record<string, string> }) {
  const names = Object.keys(headers).sort();
  if (names.length === 0) {
    return <p className="muted">{say("No headers: none were sent, or the event came by polling.")}</p>;
  }
  return (
    <table className="headers">
      <thead>
        <tr>
          <th scope="col">{say("Header")}</th>
          <th scope="col">{say("Value, secrets redacted")}</th>
        </tr>
      </thead>
      <tbody>
        {names.map((name) => (
          <tr key={name}>
            <th scope="row" className="mono">
              <bdi>{name}</bdi>
            </th>
            <td className="mono">
              <bdi>{headers[name]}</bdi>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
