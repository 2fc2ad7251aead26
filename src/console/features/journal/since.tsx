/** What changed since: reads the object from Clockify when it is asked for, which is a call. */

import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useSignedIn } from "../../shell/session/login.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { Failure } from "../../ui/states.tsx";
import { When } from "../../ui/when.tsx";
import { type ChangeDetail, compareWithNow } from "./api.ts";
import { nounWord } from "../entities/kinds.ts";
import { idsIn, type Names } from "./change_words.ts";
import { DifferenceTable } from "./difference_table.tsx";
import { firstIds, useNames } from "./use_names.ts";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";

export interface SinceProps {
  change: ChangeDetail;
  names: Names;
  /** Why this viewer cannot ask. */
  blocked: string | null;
}

export function Since({ change, names: known, blocked }: SinceProps) {
  const { api } = useSignedIn();
  const { data, error, isFetching, refetch, dataUpdatedAt } = useQuery({
    queryKey: ["changes", "now", change.id],
    queryFn: ({ signal }) => compareWithNow(api, change.id, signal),
    enabled: false,
    retry: false,
    gcTime: 0,
  });
  const noun = nounWord(change.noun);
  const ids = useMemo(() => firstIds(idsIn(data?.changedSince)), [data]);
  const more = useNames([ids]);
  const names = useMemo(() => new Map([...known, ...more]), [known, more]);
  return (
    <section className="stack" aria-label={say("Since then")}>
      <div className="row">
        <GuardedButton blocked={blocked} onClick={() => isFetching || void refetch()} aria-disabled={isFetching}>
          {isFetching ? say("Reading…") : say("Compare with now")}
        </GuardedButton>
        {data && !error && (
          <span className="muted">
            <Say text="read {when}" values={{ when: <When at={new Date(dataUpdatedAt)} /> }} />
          </span>
        )}
      </div>
      <div role="status" className="stack">
        {data && !error && (data.isThere
          ? data.changedSince.length === 0 ? <p>{say("Nothing changed since.")}</p> : (
            <>
              <p>{say("Since then this was changed, by others or by a later change:")}</p>
              <DifferenceTable
                caption={say("What changed since")}
                rows={data.changedSince}
                names={names}
                columns={[say("Then##before now"), say("Now")]}
              />
            </>
          )
          : <p>{say("The {noun} is gone, or Clockify does not show it.", { noun })}</p>)}
      </div>
      {error && (
        <Failure
          error={error}
          what={say("the {noun} as it is now", { noun })}
          onRetry={() => void refetch()}
        />
      )}
    </section>
  );
}
