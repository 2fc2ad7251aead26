/** The flows of the workspace as a table: on or off, what starts them, and how their last runs went. */

import { Fragment } from "react";
import { Link } from "wouter";
import type { FlowRow } from "./api.ts";
import type { RunState } from "../runs/api.ts";
import { TRIGGER_TEXTS } from "../runs/run_words.ts";
import { useFormat } from "../../ui/format.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { RUN_STATES, RUN_TONES, Tag } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";
import { say, sayCount } from "../../words/say.ts";
import { Switch } from "./switch.tsx";

export interface FlowTableProps {
  flows: readonly FlowRow[];
  /** Why nothing can be changed. */
  blocked: string | null;
  /** Whether it was changed here and not saved. */
  isUnsaved(flow: FlowRow): boolean;
  onSwitch(flow: FlowRow, on: boolean): void;
  onDuplicate(flow: FlowRow): void;
  onDelete(flow: FlowRow): void;
}

const MAX_EVENTS_SHOWN = 3;

export function FlowTable({ flows, blocked, isUnsaved, ...acts }: FlowTableProps) {
  const format = useFormat();
  return (
    <div className="panel flush">
      <table className="cards fl-table">
        <thead>
          <tr>
            <th scope="col">{say("On")}</th>
            <th scope="col">{say("Flow")}</th>
            <th scope="col">{say("Starts on")}</th>
            <th scope="col" className="num">{say("Runs, 24 h")}</th>
            <th scope="col" className="num">{say("Failed, 24 h")}</th>
            <th scope="col">{say("Last 20 runs")}</th>
            <th scope="col">{say("Last run")}</th>
            <th scope="col">
              <span className="visually-hidden">{say("Actions")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {flows.map((flow) => {
            const { id, definition: { name, enabled, trigger_event_types: events, triggers }, stats, version } = flow;
            return (
              <tr key={id}>
                <td data-label={say("On")}>
                  <Switch label={name} on={enabled} onSwitch={(on) => acts.onSwitch(flow, on)} blocked={blocked} />
                </td>
                <td data-label={say("Flow")}>
                  <div>
                    <Link href={`/flows/${id}`}>
                      <bdi>{name}</bdi>
                    </Link>
                    <div className="faint">{say("version {version}", { version })}</div>
                    {isUnsaved(flow) && <Tag tone="warn">{say("unsaved changes")}</Tag>}
                  </div>
                </td>
                <td data-label={say("Starts on")}>
                  <div className="fl-pills">
                    {events.slice(0, MAX_EVENTS_SHOWN).map((event) => (
                      <span key={event} className="pill">{breakable(event)}</span>
                    ))}
                    {events.length > MAX_EVENTS_SHOWN && (
                      <span className="muted" title={events.join(", ")}>
                        {say("and {count} more", { count: events.length - MAX_EVENTS_SHOWN })}
                      </span>
                    )}
                    <span className="muted">{startsBeside(triggers).join(", ")}</span>
                  </div>
                </td>
                <td data-label={say("Runs, 24 h")} className="num">{format.number(stats.runs24h)}</td>
                <td data-label={say("Failed, 24 h")} className="num">
                  {stats.failed24h === 0 ? "0" : <Tag tone="bad">{format.number(stats.failed24h)}</Tag>}
                </td>
                <td data-label={say("Last 20 runs")}>
                  <RunSquares states={stats.recent} />
                </td>
                <td data-label={say("Last run")}>
                  {stats.lastRun
                    ? (
                      <span className="fl-last">
                        <Link href={`/runs/${stats.lastRun.id}`}>
                          {RUN_STATES[stats.lastRun.state] ?? stats.lastRun.state}
                          <span className="visually-hidden">{say(": last run of {name}", { name })}</span>
                        </Link>{" "}
                        <span className="muted">
                          <When at={stats.lastRun.createdAt} as="ago" />
                        </span>
                      </span>
                    )
                    : <span className="muted">{say("none yet")}</span>}
                </td>
                <td data-label={say("Actions")}>
                  <span className="fl-buttons">
                    <GuardedButton className="btn small" blocked={blocked} onClick={() => acts.onDuplicate(flow)}>
                      {say("Duplicate")}
                      <span className="visually-hidden">{name}</span>
                    </GuardedButton>
                    <GuardedButton className="btn small danger" blocked={blocked} onClick={() => acts.onDelete(flow)}>
                      {say("Delete")}
                      <span className="visually-hidden">{name}</span>
                    </GuardedButton>
                  </span>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

/** What starts a flow beside events, in the words of its runs. */
function startsBeside(triggers: FlowRow["definition"]["triggers"]): string[] {
  const { schedules = [], manual, api } = triggers ?? {};
  return [
    ...(schedules.length > 0
      ? [
        schedules.length === 1
          ? TRIGGER_TEXTS.schedule
          : sayCount(schedules.length, "1 schedule", "{count} schedules", { count: schedules.length }),
      ]
      : []),
    ...(manual ? [TRIGGER_TEXTS.manual] : []),
    ...(api ? [TRIGGER_TEXTS.api] : []),
  ];
}

/** TIMER_STOPPED may break after its underscores, where the column is narrow. */
function breakable(event: string) {
  return event.split("_").map((word, index) => (
    <Fragment key={index}>
      {index > 0 && (
        <>
          _<wbr />
        </>
      )}
      {word}
    </Fragment>
  ));
}

const COUNTED: Readonly<Record<string, (count: number) => string>> = {
  pending: (count) => sayCount(count, "{count} pending", "{count} pending", { count }),
  running: (count) => sayCount(count, "{count} running", "{count} running", { count }),
  waiting: (count) => say("{count} waiting", { count }),
  completed: (count) => sayCount(count, "{count} completed", "{count} completed", { count }),
  failed: (count) => sayCount(count, "{count} failed", "{count} failed", { count }),
  cancelled: (count) => sayCount(count, "{count} cancelled", "{count} cancelled", { count }),
};

/** Oldest at the left; the counts say the same in words. */
function RunSquares({ states }: { states: readonly RunState[] }) {
  if (states.length === 0) return <span className="muted">{say("none")}</span>;
  const counts = new Map<string, number>();
  for (const state of states) counts.set(state, (counts.get(state) ?? 0) + 1);
  const words = [...counts].map(([state, count]) => COUNTED[state]?.(count) ?? `${count} ${state}`).join(", ");
  return (
    <span className="fl-squares" title={words}>
      <span className="visually-hidden">{words}</span>
      {[...states].reverse().map((state, index) => (
        <span key={index} aria-hidden="true" className={`fl-square ${RUN_TONES[state] ?? "idle"}`} />
      ))}
    </span>
  );
}
