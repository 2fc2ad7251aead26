/** The log of a run, oldest first, page by page. */

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { Pager } from "../../ui/pager.tsx";
import { RowsTable } from "../../ui/rows_table.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { Tag } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";
import { say } from "../../words/say.ts";
import { getLog, type LogLine } from "./api.ts";

const TONES = { INFO: "idle", WARNING: "warn", ERROR: "bad" } as const;
const WORDS: Record<LogLine["level"], string> = { INFO: say("Info"), WARNING: say("Warning"), ERROR: say("Error") };

export function RunLog({ runId, active }: { runId: string; active: boolean }) {
  const { api } = useApiSession();
  const [page, setPage] = useState(1);
  const query = useQuery({
    queryKey: ["runs", "log", runId, page, active],
    queryFn: ({ signal }) => getLog(api, runId, page, signal),
    refetchInterval: active && 2_000,
    placeholderData: (before) => before,
  });
  return (
    <section className="stack" aria-label={say("Log")}>
      <h2>{say("Log")}</h2>
      {query.isPending && <Skeleton lines={4} label={say("Loading the log")} />}
      {query.isError && <Failure error={query.error} what={say("the log")} onRetry={() => void query.refetch()} />}
      {query.data && query.data.items.length > 0 && (
        <>
          <RowsTable caption={say("Log, oldest first")} columns={[say("Time"), say("Level"), say("Step"), say("What")]}>
            {query.data.items.map(({ timestamp, level, step_id, message }, index) => (
              <tr key={index}>
                <td data-label={say("Time")}>
                  <When at={new Date(timestamp)} />
                </td>
                <td data-label={say("Level")}>
                  <Tag tone={TONES[level]}>{WORDS[level]}</Tag>
                </td>
                <td data-label={say("Step")}>{step_id === null ? "–" : <bdi>{step_id}</bdi>}</td>
                <td data-label={say("What")}>
                  <bdi>{message}</bdi>
                </td>
              </tr>
            ))}
          </RowsTable>
          {query.data.total_pages > 1 && (
            <Pager
              noun="line"
              total={query.data.total}
              page={page}
              totalPages={query.data.total_pages}
              onPage={setPage}
            />
          )}
        </>
      )}
    </section>
  );
}
