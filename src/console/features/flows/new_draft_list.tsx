/** Flows that were begun and never saved: each is gone on with, or discarded. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "wouter";
import { useSignedIn } from "../../shell/session/login.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { When } from "../../ui/when.tsx";
import { NEW_FLOW } from "./draft/unsaved.ts";
import { discardNewDraft, listNewDrafts } from "./new_draft_api.ts";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";

/** `blocked`: why nothing can be discarded. */
export function NewDraftList({ blocked }: { blocked: string | null }) {
  const { api, drafts } = useSignedIn();
  const queries = useQueryClient();
  const toast = useToast();
  const queryKey = ["flows", "new-drafts"];
  const { data } = useQuery({ queryKey, queryFn: ({ signal }) => listNewDrafts(api, signal) });
  const discard = useMutation({
    mutationFn: (id: string) => discardNewDraft(api, id),
    onSuccess: (_, id) => {
      if (drafts.get(NEW_FLOW)?.newDraft?.id === id) drafts.drop(NEW_FLOW);
      return queries.invalidateQueries({ queryKey });
    },
    onError: ({ message }) => toast(say("Cannot discard the draft: {message}", { message }), "bad"),
  });
  if (!data || data.length === 0) return null;
  return (
    <section className="panel stack" aria-label={say("Never saved")}>
      <h2 className="fl-title">{say("Never saved")}</h2>
      <ul className="fl-plain">
        {data.map(({ id, name, author, updatedAt }) => (
          <li key={id} className="row">
            <Link href={`/flows/${NEW_FLOW}?draft=${id}`}>
              <bdi>{name || say("A flow without a name")}</bdi>
            </Link>
            <span className="muted">
              {author === null
                ? <Say text="changed {when}" values={{ when: <When at={updatedAt} as="ago" /> }} />
                : (
                  <Say
                    text="changed {when} by {author}"
                    values={{ when: <When at={updatedAt} as="ago" />, author: <bdi>{author}</bdi> }}
                  />
                )}
            </span>
            <span className="grow" />
            <GuardedButton className="btn small" blocked={blocked} onClick={() => discard.mutate(id)}>
              {say("Discard")}
              <span className="visually-hidden">{name ?? say("the draft")}</span>
            </GuardedButton>
          </li>
        ))}
      </ul>
    </section>
  );
}
