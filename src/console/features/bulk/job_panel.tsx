/** A bulk job in progress: how far it is, how it goes, and its stop. Named by the address, so that a reload shows it again. */

import { Link } from "wouter";
import { useSignedIn } from "../../shell/session/login.tsx";
import { useFormat } from "../../ui/format.tsx";
import { JobPanel } from "../../ui/job_panel.tsx";
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
      title={() => "Sending again"}
      finished="All sent"
      what="the job"
      fact={({ rate_per_minute }) => <span className="muted">at most {rate_per_minute} a minute</span>}
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
      <progress className="bulk-progress" value={done} max={Math.max(matched, done)} aria-label="Sent again" />
      <p role="status">
        {number(done)} of {number(matched)}: {number(succeeded)} succeeded, {number(failed)} failed again
        {skipped > 0 && `, ${number(skipped)} left out`}
        {done - skipped > succeeded + failed && `, ${number(done - skipped - succeeded - failed)} in progress`}.
        {job.state === "stopping" && " What was sent continues; the rest stays as it is."}
      </p>
      {problems.length > 0 && (
        <ul className="bulk-flows">
          {problems.map(({ dead_letter_id, run_id, event_id, reason }) => (
            <li key={dead_letter_id}>
              {run_id !== null
                ? <Link href={`/runs/${run_id}`}>A run</Link>
                : <Link href={`/events/${event_id}`}>Event {event_id}</Link>} was left out: {reasonText(reason)}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
