/** Sends again what failed: counted first, with the version and the speed that a person chooses, begun by a button of its own. */

import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useSignedIn } from "../../shell/session/login.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { useFormat } from "../../ui/format.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { StartFault } from "../../ui/job_panel.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import {
  type BulkFilter,
  type BulkPlan,
  type BulkVersion,
  planBulk,
  planText,
  type Speed,
  SPEEDS,
  startBulk,
} from "./api.ts";

export interface BulkDialogProps {
  title: string;
  filter: BulkFilter;
  /** Called with the id of the job that was begun, or of one that is in progress. */
  onJob(id: string): void;
  onClose(): void;
}

export function BulkDialog({ title, filter, onJob, onClose }: BulkDialogProps) {
  const { api } = useSignedIn();
  const { number } = useFormat();
  const [version, setVersion] = useState<BulkVersion>("present");
  const [speed, setSpeed] = useState<Speed>(600);
  const plan = useQuery({
    queryKey: ["bulk-jobs", "plan", filter],
    queryFn: () => planBulk(api, filter),
    gcTime: 0,
    staleTime: 0,
  });
  const start = useMutation({
    mutationFn: () => startBulk(api, { filter, version, speed }),
    onSuccess: ({ id }) => onJob(id),
  });
  const busy = start.isPending;
  return (
    <Dialog title={title} onClose={onClose}>
      {plan.data
        ? <Counted plan={plan.data} />
        : plan.error
        ? <Failure error={plan.error} what={say("how many there are")} onRetry={() => void plan.refetch()} />
        : <Skeleton lines={2} label={say("Counting")} />}
      {plan.data && plan.data.runs > 0 && <VersionChoice version={version} busy={busy} onVersion={setVersion} />}
      <p className="muted">
        {say(
          "Only what failed is done again, from the failed step, oldest first. Finished steps and finished runs stay as they are. New events go first.",
        )}
      </p>
      <label className="row">
        <span>{say("At most")}</span>
        <select value={speed} disabled={busy} onChange={({ target }) => setSpeed(Number(target.value) as Speed)}>
          {SPEEDS.map(({ value, label }) => <option key={value} value={value}>{label}</option>)}
        </select>
      </label>
      <StartFault error={start.error} running={/bulk job (\d+)/} onJob={onJob} />
      <div className="row">
        <GuardedButton
          className="btn main"
          blocked={plan.data === undefined
            ? say("They are being counted")
            : plan.data.matched === 0
            ? say("There is nothing to send again")
            : null}
          aria-disabled={busy}
          onClick={() => busy || start.mutate()}
        >
          {busy
            ? say("Starting…")
            : plan.data === undefined
            ? say("Retry")
            : say("Retry {what}", { what: planText(plan.data, number) })}
        </GuardedButton>
        <button type="button" className="btn" onClick={onClose}>{say("Cancel")}</button>
      </div>
    </Dialog>
  );
}

function Counted({ plan }: { plan: BulkPlan }) {
  const { number } = useFormat();
  return (
    <div className="stack" role="status">
      <p>
        {plan.matched === 1
          ? <Say text="<b>{what}</b> is sent again." values={{ what: planText(plan, number) }} />
          : <Say text="<b>{what}</b> are sent again." values={{ what: planText(plan, number) }} />}
      </p>
      {plan.by_flow.length > 1 && (
        <ul className="bulk-flows">
          {plan.by_flow.map(({ flow_id, name, runs }) => (
            <li key={flow_id}>
              <Say text="{count} of {name}" values={{ count: number(runs), name: <bdi>{name}</bdi> }} />
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function VersionChoice(
  { version, busy, onVersion }: { version: BulkVersion; busy: boolean; onVersion(version: BulkVersion): void },
) {
  const choice = (value: BulkVersion, text: string) => (
    <label className="row">
      <input
        type="radio"
        name="bulk-version"
        checked={version === value}
        onChange={() => onVersion(value)}
      />
      <span>{text}</span>
    </label>
  );
  return (
    <fieldset className="replay-choice" disabled={busy}>
      <legend className="visually-hidden">{say("Version of the flow")}</legend>
      {choice("present", say("With the flow as it is now, as after a fix"))}
      {choice("ran", say("With the version that each began with"))}
    </fieldset>
  );
}
