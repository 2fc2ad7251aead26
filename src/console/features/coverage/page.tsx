/** Coverage: the delivery path of each event type, what is wrong with it, and a check on demand. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { checkCoverage, getCoverage } from "./api.ts";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { MissedEvents } from "./missed_events.tsx";
import { CoverageTable } from "./coverage_table.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { When } from "../../ui/when.tsx";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import { useSignedIn } from "../../shell/session/login.tsx";

export function CoveragePage() {
  useEffect(() => {
    document.title = say("Coverage · Timewire");
  }, []);
  return (
    <div className="stack">
      <h1>{say("Coverage")}</h1>
      <Coverage />
    </div>
  );
}

function Coverage() {
  const { api, session } = useSignedIn();
  const queries = useQueryClient();
  const toast = useToast();
  const coverage = useQuery({ queryKey: ["coverage"], queryFn: () => getCoverage(api), refetchInterval: 10_000 });
  const check = useMutation({
    mutationFn: () => checkCoverage(api),
    onSuccess: () => {
      toast(say("The check was started; its result appears here in a moment"));
      return queries.invalidateQueries({ queryKey: ["coverage"] });
    },
    onError: (error) => toast(error.message, "bad"),
  });
  if (coverage.error && !coverage.data) {
    return (
      <Failure
        error={coverage.error}
        what={say("the coverage")}
        onRetry={() => coverage.refetch()}
      />
    );
  }
  if (!coverage.data) return <Skeleton />;
  const { summary, reconciliation, checkedAt, events } = coverage.data;
  return (
    <div className="stack">
      <div className="row">
        <p className="grow">
          <Say
            text="<b>{covered} of {total}</b> event types arrive: {manifest} by the manifest, {webhooks} by webhooks of an admin's API key, {polling} by polling."
            values={{
              covered: summary.covered,
              total: summary.total,
              manifest: summary.manifest,
              webhooks: summary.user_webhook,
              polling: summary.polling,
            }}
          />{" "}
          <span className="muted">
            {checkedAt
              ? <Say text="Checked {when}." values={{ when: <When at={checkedAt} as="ago" /> }} />
              : say("Not checked yet.")}
          </span>
        </p>
        <GuardedButton
          blocked={session.can.write
            ? (check.isPending ? say("The check is being started") : null)
            : session.can.reason}
          onClick={() => check.mutate()}
        >
          {say("Check now")}
        </GuardedButton>
      </div>
      <MissedEvents reconciliation={reconciliation} />
      <CoverageTable events={events} />
    </div>
  );
}
