/** An undo of many in progress: how far it is, how each ended, and its stop. Named by the address, so that a reload shows it again. */

import { Link } from "wouter";
import { useSignedIn } from "../../shell/session/login.tsx";
import { useFormat } from "../../ui/format.tsx";
import { JobPanel } from "../../ui/job_panel.tsx";
import { getUndoJob, stopUndoJob, type UndoJob } from "./api.ts";
import { outcomeText } from "./change_words.ts";
import { say } from "../../words/say.ts";

export function UndoJobPanel({ id, hrefOf, onClose }: { id: string; hrefOf(id: string): string; onClose(): void }) {
  const { api } = useSignedIn();
  return (
    <JobPanel
      queryKey={["undo-jobs", id]}
      read={(signal) => getUndoJob(api, id, signal)}
      stop={() => stopUndoJob(api, id)}
      isOver={isOver}
      endedOf={({ total, left }) => total - left}
      refresh={["changes"]}
      title={titleOf}
      finished={say("Finished")}
      what={say("the undo")}
      onClose={onClose}
    >
      {(job) => <Progress job={job} hrefOf={hrefOf} />}
    </JobPanel>
  );
}

function titleOf(job: UndoJob | undefined): string {
  if (job === undefined) return say("Undo of many changes");
  return job.runId === null ? say("Undo of what a flow wrote") : say("Undo of what a run wrote");
}

function isOver({ state }: UndoJob): boolean {
  return state === "stopped" || state === "finished";
}

function Progress({ job, hrefOf }: { job: UndoJob; hrefOf(id: string): string }) {
  const { number } = useFormat();
  const { total, left, outcomes, problems, state } = job;
  const ended = total - left;
  const parts = Object.entries(outcomes).map(([outcome, count]) => `${number(count)} ${outcomeText(outcome)}`);
  return (
    <>
      <progress value={ended} max={total} aria-label={say("Changes that came to an end")} />
      <p role="status">
        {say("{done} of {total}", { done: number(ended), total: number(total) })}
        {parts.length > 0 && `: ${parts.join(", ")}`}
        {!isOver(job) && `, ${say("{count} left", { count: number(left) })}`}.
        {state === "stopping" && ` ${say("The one at hand is finished; the rest stays as it is.")}`}
      </p>
      {problems.length > 0 && (
        <ul className="journal-list">
          {problems.map(({ changeId, outcome, reason }) => (
            <li key={changeId}>
              <Link href={hrefOf(changeId)}>{say("Change {id}", { id: changeId })}</Link>:{" "}
              {reason === null ? outcomeText(outcome) : reason.replace(/^Cannot undo change \d+: /, "")}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
