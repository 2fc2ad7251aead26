/** Events that were missed, by Clockify's delivery logs and feeds of changes, and a search on demand. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "wouter";
import { useSignedIn } from "../../shell/session/login.tsx";
import { useFormat } from "../../ui/format.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { When } from "../../ui/when.tsx";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import { type Coverage, searchMissed } from "./api.ts";

export function MissedEvents({ reconciliation }: Pick<Coverage, "reconciliation">) {
  const { api, session: { can } } = useSignedIn();
  const format = useFormat();
  const queries = useQueryClient();
  const toast = useToast();
  const search = useMutation({
    mutationFn: () => searchMissed(api),
    onSuccess: () => {
      toast(say("The search was started; its result appears here in a moment"));
      return queries.invalidateQueries({ queryKey: ["coverage"] });
    },
    onError: (error) => toast(error.message, "bad"),
  });
  const { checked_at, expected, seen, reconciled, sources } = reconciliation;
  const faulty = sources.filter(({ error }) => error !== null);
  return (
    <section className="stack" aria-label={say("Missed events")}>
      <div className="row">
        <p className="grow">
          {checked_at === null ? say("Missed events were not searched for yet.") : (
            <Say
              text="<b>{seen} of {expected}</b> events that Clockify's logs and feeds show were received; <a>{found} were found again</a>. <muted>Searched {when}.</muted>"
              values={{
                seen: format.number(seen),
                expected: format.number(expected),
                found: format.number(reconciled),
                when: <When at={new Date(checked_at)} as="ago" />,
              }}
              tags={{
                a: (inner) => <Link href="/events?reconciled=true">{inner}</Link>,
                muted: (inner) => <span className="muted">{inner}</span>,
              }}
            />
          )}
        </p>
        <GuardedButton
          blocked={can.write ? (search.isPending ? say("The search is being started") : null) : can.reason}
          onClick={() => search.mutate()}
        >
          {say("Search now")}
        </GuardedButton>
      </div>
      {faulty.map(({ source, name, error }) => (
        <p key={`${source} ${name}`} className="muted">
          {source === "delivery_log"
            ? <Say text="Delivery log of webhook <code>{name}</code>: {error}" values={{ name, error }} />
            : <Say text="Feed <code>{name}</code>: {error}" values={{ name, error }} />}
        </p>
      ))}
    </section>
  );
}
