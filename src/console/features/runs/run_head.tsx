/** Summary of a run: id, state, flow version, event and times. */

import { type ReactNode } from "react";
import { Link } from "wouter";
import type { RunDetail } from "./api.ts";
import { useFormat } from "../../ui/format.tsx";
import { CopyButton } from "../../ui/copy_button.tsx";
import { RUN_TONES, Tag } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";
import { say } from "../../words/say.ts";
import { runStateText, TRIGGER_TEXTS, waitText } from "./run_words.ts";
import "./runs.css";

/** The heading takes the focus when what had it is gone. */
export const RUN_TITLE = "run-title";

export interface RunHeadProps {
  run: RunDetail;
  totalMs: number;
  onShowVersion(): void;
  /** Stands at the end of the heading. */
  actions: ReactNode;
}

export function RunHead({ run, totalMs, onShowVersion, actions }: RunHeadProps) {
  const format = useFormat();
  const { flow, event } = run;
  return (
    <>
      <div className="row run-head">
        <h1 id={RUN_TITLE} tabIndex={-1}>{say("Run")}</h1>
        <span aria-live="polite">
          <Tag tone={RUN_TONES[run.state] ?? "idle"} live={run.state === "running"}>{runStateText(run)}</Tag>
        </span>
        <code>{run.id}</code>
        <CopyButton text={run.id} label={say("Copy id")} />
        <span className="grow" />
        {actions}
      </div>
      <dl className="panel run-facts">
        <Fact name={say("Flow")}>
          {flow.currentVersion === null
            ? (
              <>
                <bdi>{flow.name}</bdi> <span className="muted">{say("(deleted)")}</span>
              </>
            )
            : (
              <Link href={`/flows/${flow.id}`}>
                <bdi>{flow.name}</bdi>
              </Link>
            )}
          <div>
            <button type="button" className="btn small" onClick={onShowVersion}>
              {say("Version {version} as it ran", { version: flow.version })}
            </button>
          </div>
        </Fact>
        <Fact name={say("Started by")}>
          {event
            ? (
              <>
                <Link href={`/events/${event.id}`}>{event.type}</Link>
                {event.subject && (
                  <div className="muted">
                    <bdi>{event.subject}</bdi>
                  </div>
                )}
              </>
            )
            : (
              <span className="muted">
                {run.eventId === null ? TRIGGER_TEXTS[run.trigger] : say("Deleted by retention")}
              </span>
            )}
          {run.replay > 0 && (
            <div className="muted">{say("Replay {number}, requested by a person", { number: run.replay })}</div>
          )}
        </Fact>
        <Fact name={say("Queued")}>
          <When at={run.createdAt} />
        </Fact>
        <Fact name={say("Started")}>
          {run.startedAt ? <When at={run.startedAt} /> : <span className="muted">{say("Not yet")}</span>}
        </Fact>
        <Fact name={say("Ended")}>
          {run.finishedAt ? <When at={run.finishedAt} /> : <span className="muted">{say("Not yet")}</span>}
        </Fact>
        <Fact name={totalName(run)}>
          {format.duration(totalMs)}
        </Fact>
        {run.nextAttemptAt && (
          <Fact name={run.waitingReason ? say("Waits until") : say("Next attempt")}>
            <When at={run.nextAttemptAt} />
            <div className="muted">
              <When at={run.nextAttemptAt} as="ago" />
            </div>
          </Fact>
        )}
        {run.endMessage !== null && (
          <Fact name={say("Its end says")}>
            <bdi>{run.endMessage}</bdi>
          </Fact>
        )}
        {run.waitingReason && <Fact name={say("Waiting because")}>{waitText(run.waitingReason)}</Fact>}
      </dl>
    </>
  );
}

/** What the duration of the whole is counted from. */
function totalName({ replay, eventId, finishedAt }: RunDetail): string {
  if (replay > 0) return finishedAt ? say("After the replay") : say("Since the replay");
  if (eventId === null) return finishedAt ? say("After the start") : say("Since the start");
  return finishedAt ? say("After the event") : say("Since the event");
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
