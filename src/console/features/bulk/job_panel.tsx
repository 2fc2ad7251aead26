/** A bulk job in progress: how far it is, how it goes, and its stop. Named by the address, so that a reload shows it again. */

import { Link } from "wouter";
import { useSignedIn } from "../../shell/session/login.tsx";
import { useFormat } from "../../ui/format.tsx";
import { JobPanel } from "../../ui/job_panel.tsx";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import { reasonText } from "../events/outcome.tsx";
import { type BulkJob, getBulk, stopBulk } from "./api.ts";
import "./bulk.css";

/** `refresh`: keys of queries whose answers change with what the job does. */
export function BulkJobPanel({ id, refresh, onClose }: { id: string; refresh: readonly string[]; onClose(): void }) {
  const { api } = useSignedIn();
  return (
    <JobPanel
      queryKey={["bulk-jobs", id]}
      read={(signal) => getBulk(api, id, signal)}
      stop={() => stopBulk(api, id)}
      isOver={isOver}
      endedOf={({ done, succeeded, failed }) => done + succeeded + failed}
      refresh={refresh}
      title={() => say("Sending again")}
      finished={say("All sent")}
      what={say("the job")}
      fact={({ rate_per_minute }) => (
        <span className="muted">{say("at most {count} a minute", { count: rate_per_minute })}</span>
      )}
      onClose={onClose}
    >
      {(job) => <Progress job={job} />}
    </JobPanel>
  );
}

/** Nothing more is sent, and each run that was is over. */
function isOver({ finished_at, done, skipped, succeeded, failed }: BulkJob): boolean {
  return finished_at !== null && succeeded + failed >= done - skipped;
}

function Progress({ job }: { job: BulkJob }) {
  const { number } = useFormat();
  const { matched, done, succeeded, failed, skipped, problems } = job;
  return (
    <>
      <progress className="bulk-progress" value={done} max={Math.max(matched, done)} aria-label={say("Sent again")} />
      <p role="status">
        {say("{done} of {total}: {succeeded} succeeded, {failed} failed again", {
          done: number(done),
          total: number(matched),
          succeeded: number(succeeded),
          failed: number(failed),
        })}
        {skipped > 0 && say(", {count} left out", { count: number(skipped) })}
        {done - skipped > succeeded + failed &&
          say(", {count} in progress", { count: number(done - skipped - succeeded - failed) })}.
        {job.state === "stopping" && ` ${say("What was sent continues; the rest stays as it is.")}`}
      </p>
      {problems.length > 0 && (
        <ul className="bulk-flows">
          {problems.map(({ dead_letter_id, run_id, event_id, reason }) => (
            <li key={dead_letter_id}>
              {run_id !== null
                ? (
                  <Say
                    text="<a>A run</a> was left out: {why}"
                    values={{ why: reasonText(reason) }}
                    tags={{ a: (inner) => <Link href={`/runs/${run_id}`}>{inner}</Link> }}
                  />
                )
                : (
                  <Say
                    text="<a>Event {id}</a> was left out: {why}"
                    values={{ id: event_id, why: reasonText(reason) }}
                    tags={{ a: (inner) => <Link href={`/events/${event_id}`}>{inner}</Link> }}
                  />
                )}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
