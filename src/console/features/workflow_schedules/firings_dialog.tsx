/** What became of the slots of a schedule, the newest first. */

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Pager } from "../../ui/pager.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { RUN_STATES, Tag } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";
import { runPath } from "../workflow_runs/api.ts";
import { say } from "../../words/say.ts";
import { listFirings, type Schedule } from "./api.ts";
import { OUTCOMES } from "./schedule_words.ts";

export function FiringsDialog({ schedule: { id, name }, onClose }: { schedule: Schedule; onClose(): void }) {
  const { api } = useApiSession();
  const [page, setPage] = useState(1);
  const query = useQuery({
    queryKey: ["schedules", "firings", id, page],
    queryFn: ({ signal }) => listFirings(api, id, page, signal),
    placeholderData: (before) => before,
  });
  return (
    <Dialog title={say("Slots of {name}", { name })} className="wf-wide" onClose={onClose}>
      {query.isPending && <Skeleton lines={4} label={say("Loading slots")} />}
      {query.isError && <Failure error={query.error} what={say("its slots")} onRetry={() => void query.refetch()} />}
      {query.data?.items.length === 0 && <p>{say("No slot has come yet.")}</p>}
      {query.data && query.data.items.length > 0 && (
        <>
          <table className="cards">
            <caption className="visually-hidden">{say("Slots, newest first")}</caption>
            <thead>
              <tr>
                <th scope="col">{say("Slot")}</th>
                <th scope="col">{say("Outcome")}</th>
                <th scope="col">{say("Run")}</th>
              </tr>
            </thead>
            <tbody>
              {query.data.items.map(({ scheduled_at, outcome, reason, run_id, run_status }) => (
                <tr key={scheduled_at}>
                  <td data-label={say("Slot")}>
                    <When at={new Date(scheduled_at)} as="full" />
                  </td>
                  <td data-label={say("Outcome")}>
                    <span>
                      <Tag tone={OUTCOMES[outcome].tone}>{OUTCOMES[outcome].text}</Tag> {reason && <bdi>{reason}</bdi>}
                    </span>
                  </td>
                  <td data-label={say("Run")}>
                    {run_id === null ? "–" : (
                      <Link href={runPath(run_id)}>
                        {run_status === null ? say("deleted") : RUN_STATES[run_status.toLowerCase()]}
                      </Link>
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          <Pager
            noun="slot"
            total={query.data.total}
            page={page}
            totalPages={query.data.total_pages}
            onPage={setPage}
          />
        </>
      )}
    </Dialog>
  );
}
