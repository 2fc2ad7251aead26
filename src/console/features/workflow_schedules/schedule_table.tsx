/** The schedules as a table; cards where it is narrow. */

import { Link } from "wouter";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { Tag } from "../../ui/tag.tsx";
import { RowsTable } from "../../ui/rows_table.tsx";
import { When } from "../../ui/when.tsx";
import { cronWords } from "../flows/draft/schedule_words.ts";
import { runPath } from "../workflow_runs/api.ts";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import type { Schedule } from "./api.ts";
import { OUTCOMES, POLICY_WORDS } from "./schedule_words.ts";
import "../workflows/workflows.css";

export interface ScheduleTableProps {
  schedules: readonly Schedule[];
  /** Pauses it, or resumes it. */
  onToggle(schedule: Schedule): void;
  onOpen(what: "edit" | "firings" | "delete", schedule: Schedule): void;
}

export function ScheduleTable({ schedules, ...acts }: ScheduleTableProps) {
  return (
    <RowsTable
      caption={say("Schedules, newest first")}
      columns={[say("Schedule"), say("State"), say("Next five firings"), say("Last slot"), say("Missed slots")]}
      withActions
    >
      {schedules.map((schedule) => <Row key={schedule.id} schedule={schedule} {...acts} />)}
    </RowsTable>
  );
}

function Row({ schedule, onToggle, onOpen }: Omit<ScheduleTableProps, "schedules"> & { schedule: Schedule }) {
  const { refusal } = useApiSession();
  const { name, cron, timezone, workflow_id, workflow_name, workflow_status, enabled, next_firings } = schedule;
  const words = cronWords(cron);
  const missed = schedule.missed_slots === 0 ? say("none") : schedule.missed_slots;
  return (
    <tr>
      <td data-label={say("Schedule")}>
        <div>
          <b>
            <bdi>{name}</bdi>
          </b>
          <div className="muted">
            {words !== cron && `${words}, `}
            <code className="nowrap">{cron}</code> {timezone}
          </div>
          <div>
            <Say
              text="executes {workflow}"
              values={{
                workflow: (
                  <Link href={`/workflows/${workflow_id}`}>
                    <bdi>{workflow_name}</bdi>
                  </Link>
                ),
              }}
            />
            {workflow_status !== "active" && <span className="muted">({workflow_status})</span>}
          </div>
        </div>
      </td>
      <td data-label={say("State")}>
        <div>
          <Tag tone={enabled ? "ok" : "warn"}>{enabled ? say("On") : say("Paused")}</Tag>
          {!enabled && <div className="muted">{pausedWords(schedule)}</div>}
        </div>
      </td>
      <td data-label={say("Next five firings")}>
        {next_firings.length === 0 ? <span className="muted">{say("none")}</span> : (
          <div>
            {next_firings.map((at) => (
              <div key={at}>
                <When at={new Date(at)} />
              </div>
            ))}
          </div>
        )}
      </td>
      <td data-label={say("Last slot")}>
        <LastSlot schedule={schedule} />
      </td>
      <td data-label={say("Missed slots")}>
        <div>
          <div>
            {schedule.last_missed_at
              ? (
                <Say
                  text="{count}, last {when}"
                  values={{ count: missed, when: <When at={new Date(schedule.last_missed_at)} as="ago" /> }}
                />
              )
              : missed}
          </div>
          <div className="muted">{POLICY_WORDS[schedule.missed_policy]}</div>
        </div>
      </td>
      <td data-label={say("Actions")}>
        <span className="wf-counts">
          <button type="button" className="btn small" onClick={() => onOpen("firings", schedule)}>
            {say("Slots…")}
            <span className="visually-hidden">{name}</span>
          </button>
          {!refusal("operator") && (
            <>
              <button type="button" className="btn small" onClick={() => onToggle(schedule)}>
                {enabled ? say("Pause") : say("Resume")}
                <span className="visually-hidden">{name}</span>
              </button>
              <button type="button" className="btn small" onClick={() => onOpen("edit", schedule)}>
                {say("Edit")}
                <span className="visually-hidden">{name}</span>
              </button>
              <button type="button" className="btn small danger" onClick={() => onOpen("delete", schedule)}>
                {say("Delete")}
                <span className="visually-hidden">{name}</span>
              </button>
            </>
          )}
        </span>
      </td>
    </tr>
  );
}

function LastSlot({ schedule: { last_firing: last } }: { schedule: Schedule }) {
  if (!last) return <span className="muted">{say("none yet")}</span>;
  const { tone, text } = OUTCOMES[last.outcome];
  return (
    <div>
      {last.run_id
        ? (
          <Link href={runPath(last.run_id)}>
            <When at={new Date(last.scheduled_at)} as="ago" />
          </Link>
        )
        : <When at={new Date(last.scheduled_at)} as="ago" />}
      <div>
        <Tag tone={tone}>{text}</Tag>
      </div>
      {last.reason && (
        <div className="muted">
          <bdi>{last.reason}</bdi>
        </div>
      )}
    </div>
  );
}

function pausedWords({ paused_by, pause_reason }: Schedule): string {
  const by = paused_by === null ? say("by the program") : say("by {person}", { person: paused_by });
  return pause_reason === null ? by : `${by}: ${pause_reason}`;
}
