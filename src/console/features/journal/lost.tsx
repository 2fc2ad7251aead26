/** A create whose answer was lost: what it may have made is looked for when it is asked for, and a person says which object it is. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useSignedIn } from "../../shell/session/login.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { Failure } from "../../ui/states.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { type Candidate, type ChangeDetail, lookForLost, settleLost } from "./api.ts";
import { nounWord } from "../entities/kinds.ts";
import { fieldsText, type Names } from "./change_words.ts";
import { FieldList, readableFields } from "./difference_table.tsx";
import { say } from "../../words/say.ts";

export interface LostProps {
  change: ChangeDetail;
  names: Names;
  /** Why this viewer cannot ask. */
  blocked: string | null;
}

export function Lost({ change, names, blocked }: LostProps) {
  const { api } = useSignedIn();
  const queries = useQueryClient();
  const toast = useToast();
  const noun = nounWord(change.noun);
  const [chosen, setChosen] = useState<string | null>();
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: ["changes", "lost", change.id],
    queryFn: ({ signal }) => lookForLost(api, change.id, signal),
    enabled: false,
    retry: false,
    gcTime: 0,
  });
  const settle = useMutation({
    mutationFn: (id: string | null) => settleLost(api, change.id, id),
    onSuccess: (_settled, id) => toast(id === null ? say("It made nothing") : say("It made this {noun}", { noun })),
    // Another person may have said it: the change is shown as it is now.
    onSettled: () =>
      queries.invalidateQueries({ queryKey: ["changes"], predicate: ({ queryKey }) => queryKey[1] !== "lost" }),
  });
  const choice = (id: string | null, label: string) =>
    chosen === id
      ? (
        <span className="row">
          <button
            type="button"
            className="btn main small"
            aria-disabled={settle.isPending}
            onClick={() => settle.isPending || settle.mutate(id)}
          >
            {settle.isPending ? say("Keeping…") : say("Yes, keep that")}
          </button>
          <button type="button" className="btn small" onClick={() => setChosen(undefined)}>{say("Cancel")}</button>
        </span>
      )
      : <button type="button" className="btn small" onClick={() => setChosen(id)}>{label}</button>;
  return (
    <section className="stack" aria-label={say("Look for what it made")}>
      <p>
        {say("Clockify's answer was lost, so that it is not known whether it made the {noun}, and with which id.", {
          noun,
        })}
      </p>
      <div className="row">
        <GuardedButton blocked={blocked} onClick={() => isFetching || void refetch()} aria-disabled={isFetching}>
          {isFetching ? say("Looking…") : say("Look for the {noun}", { noun })}
        </GuardedButton>
      </div>
      <div role="status" className="stack">
        {data && !error && (
          <>
            <p>{foundSentence(data.candidates.length, noun)}{data.reason !== null && ` ${data.reason}.`}</p>
            {!data.isWhole && data.reason === null && (
              <p className="muted">
                {say("The list is longer than what was looked through: it may stand further on.")}
              </p>
            )}
            <ul className="journal-list">
              {data.candidates.map((candidate) => (
                <li key={candidate.id} className="stack">
                  <CandidateView candidate={candidate} names={names} />
                  {choice(candidate.id, say("This is it"))}
                </li>
              ))}
            </ul>
            <div className="row">{choice(null, say("It made none"))}</div>
          </>
        )}
      </div>
      {settle.error && <p className="fault" role="alert">{settle.error.message}.</p>}
      {error && <Failure error={error} what={say("what the change made")} onRetry={() => void refetch()} />}
    </section>
  );
}

function foundSentence(count: number, noun: string): string {
  if (count === 0) return say("Clockify shows no {noun} like what was sent that no other change made.", { noun });
  return count === 1
    ? say("Clockify shows one {noun} like what was sent.", { noun })
    : say("Clockify shows {count} like what was sent.", { count });
}

function CandidateView({ candidate, names }: { candidate: Candidate; names: Names }) {
  const { id, name, differs, object } = candidate;
  return (
    <>
      <p>
        <b>
          <bdi>{name ?? id}</bdi>
        </b>{" "}
        <span className="muted mono">{name !== null && id}</span>
      </p>
      {differs.length > 0 && (
        <p className="muted">{say("Not as it was sent: {fields}.", { fields: fieldsText(differs, names) })}</p>
      )}
      <details>
        <summary>{say("Its fields")}</summary>
        <FieldList fields={readableFields(object)} names={names} />
      </details>
    </>
  );
}
