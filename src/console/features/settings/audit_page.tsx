/** Who changed what in the workspace, newest first; what an operator only read, as this page does, is left out. */

import { useInfiniteQuery } from "@tanstack/react-query";
import { useSignedIn } from "../../shell/session/login.tsx";
import { RowsTable } from "../../ui/rows_table.tsx";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";
import { Tag, type Tone } from "../../ui/tag.tsx";
import { When } from "../../ui/when.tsx";
import { type AuditEntry, listAudit } from "./api.ts";
import { personName, useNames } from "./people.ts";

const OUTCOMES: Readonly<Record<AuditEntry["outcome"], Tone>> = { done: "ok", refused: "warn", failed: "bad" };

export function AuditTab() {
  const { api, session } = useSignedIn();
  const query = useInfiniteQuery({
    queryKey: ["audit"],
    queryFn: ({ pageParam, signal }) => listAudit(api, { cursor: pageParam, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    enabled: session.can.write,
    staleTime: 0,
  });
  const entries = query.data?.pages.flatMap((page) => page.entries) ?? [];
  const names = useNames(entries);
  if (!session.can.write) return <p className="panel">The audit is shown to admins only. {session.can.reason}.</p>;
  if (query.error && !query.data) {
    return <Failure error={query.error} what="the audit" onRetry={() => query.refetch()} />;
  }
  if (!query.data) return <Skeleton />;
  return (
    <div className="stack">
      <p className="muted">
        Each change by an admin, an operator or Clockify. What an operator only read is left out here:{" "}
        <code>GET /ui/audit</code> has it too.
      </p>
      {entries.length === 0
        ? <Empty title={query.hasNextPage ? "No change among the newest rows" : "Nothing was changed so far"} />
        : (
          <RowsTable caption="The audit, newest first" columns={["When", "Who", "What", "On", "Outcome"]}>
            {entries.map((entry) => (
              <tr key={entry.id}>
                <td data-label="When">
                  <When at={new Date(entry.at)} as="full" />
                </td>
                <td data-label="Who">
                  <bdi title={entry.actor}>
                    {entry.actor_kind === "operator" ? `operator ${entry.actor}` : personName(entry.actor, names)}
                  </bdi>
                </td>
                <td data-label="What">
                  <code>{entry.action}</code>
                </td>
                <td data-label="On">
                  <bdi>{entry.target ?? "the workspace"}</bdi>
                </td>
                <td data-label="Outcome">
                  <Tag tone={OUTCOMES[entry.outcome]}>{entry.outcome}</Tag>
                </td>
              </tr>
            ))}
          </RowsTable>
        )}
      {query.hasNextPage && (
        <div>
          <button
            type="button"
            className="btn"
            aria-disabled={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            {query.isFetchingNextPage ? "Loading…" : "Load older"}
          </button>
        </div>
      )}
    </div>
  );
}
