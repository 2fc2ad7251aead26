/** Events that were missed, by Clockify's delivery logs and feeds of changes, and a search on demand. */

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "wouter";
import { useSignedIn } from "../../shell/session/login.tsx";
import { useFormat } from "../../ui/format.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { When } from "../../ui/when.tsx";
import { type Coverage, searchMissed } from "./api.ts";

export function MissedEvents({ reconciliation }: Pick<Coverage, "reconciliation">) {
  const { api, session: { can } } = useSignedIn();
  const format = useFormat();
  const queries = useQueryClient();
  const toast = useToast();
  const search = useMutation({
    mutationFn: () => searchMissed(api),
    onSuccess: () => {
      toast("The search was started; its result appears here in a moment");
      return queries.invalidateQueries({ queryKey: ["coverage"] });
    },
    onError: (error) => toast(error.message, "bad"),
  });
  const { checked_at, expected, seen, reconciled, sources } = reconciliation;
  const faulty = sources.filter(({ error }) => error !== null);
  return (
    <section className="stack" aria-label="Missed events">
      <div className="row">
        <p className="grow">
          {checked_at === null ? "Missed events were not searched for yet." : (
            <>
              <b>{format.number(seen)} of {format.number(expected)}</b>{" "}
              events that Clockify's logs and feeds show were received;{" "}
              <Link href="/events?reconciled=true">{format.number(reconciled)} were found again</Link>.{" "}
              <span className="muted">
                Searched <When at={new Date(checked_at)} as="ago" />.
              </span>
            </>
          )}
        </p>
        <GuardedButton
          blocked={can.write ? (search.isPending ? "The search is being started" : null) : can.reason}
          onClick={() => search.mutate()}
        >
          Search now
        </GuardedButton>
      </div>
      {faulty.map(({ source, name, error }) => (
        <p key={`${source} ${name}`} className="muted">
          {source === "delivery_log" ? "Delivery log of webhook" : "Feed"} <code>{name}</code>: {error}
        </p>
      ))}
    </section>
  );
}
