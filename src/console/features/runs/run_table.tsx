/** The runs, newest first, a row each; cards where it is narrow. */

import { Link } from "wouter";
import type { Run } from "./api.ts";
import { useFormat } from "../../ui/format.tsx";
import { RUN_TONES, Tag } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";
import { say } from "../../words/say.ts";
import { ACTIVE_STATES, runStateText, TRIGGER_TEXTS } from "./run_words.ts";
import "./runs.css";

export function RunTable({ runs }: { runs: readonly Run[] }) {
  const hasAddons = runs.some(({ addon }) => addon !== undefined);
  return (
    <div className="panel flush">
      <table className="cards run-table">
        <caption className="visually-hidden">{say("Runs, newest first")}</caption>
        <thead>
          <tr>
            <th scope="col">{say("Time")}</th>
            {hasAddons && <th scope="col">{say("Add-on")}</th>}
            <th scope="col">{say("Flow")}</th>
            <th scope="col">{say("Started by")}</th>
            <th scope="col">{say("State")}</th>
            <th scope="col" className="num">{say("Duration")}</th>
          </tr>
        </thead>
        <tbody>{runs.map((run) => <RunRow key={run.id} run={run} />)}</tbody>
      </table>
    </div>
  );
}

function RunRow({ run }: { run: Run }) {
  const format = useFormat();
  const { addon } = run;
  const there = addon === undefined ? "" : `?addon=${addon.key}`;
  return (
    <tr>
      <td data-label={say("Time")}>
        <Link href={`/runs/${run.id}${there}`} className="mono" data-run={run.id}>
          <When at={run.createdAt} />
        </Link>
      </td>
      {addon && (
        <td data-label={say("Add-on")}>
          <Tag tone="idle">{addon.name}</Tag>
        </td>
      )}
      <td data-label={say("Flow")}>
        <span className="run-flow">
          <bdi className="run-cut" title={run.flowName}>{run.flowName}</bdi>
          <span className="muted nowrap">{say("version {version}", { version: run.flowVersion })}</span>
        </span>
      </td>
      <td data-label={say("Started by")}>
        <span className="run-flow">
          {run.eventId === null
            ? <span className="muted">{TRIGGER_TEXTS[run.trigger]}</span>
            : run.eventType === null
            ? <span className="muted">{say("Deleted event")}</span>
            : <Link href={`/events/${run.eventId}${there}`}>{run.eventType}</Link>}
          {run.replay > 0 && <span className="muted">{say("replay {number}", { number: run.replay })}</span>}
        </span>
      </td>
      <td data-label={say("State")}>
        <span className="run-state">
          <Tag tone={RUN_TONES[run.state] ?? "idle"} live={run.state === "running"}>{runStateText(run)}</Tag>
          {run.error && <bdi className="run-cut muted run-error" title={run.error.message}>{run.error.message}</bdi>}
        </span>
      </td>
      <td data-label={say("Duration")} className="num nowrap">
        {run.durationMs === null
          ? <span className="muted">{ACTIVE_STATES.has(run.state) ? say("in progress") : "–"}</span>
          : format.duration(run.durationMs)}
      </td>
    </tr>
  );
}
