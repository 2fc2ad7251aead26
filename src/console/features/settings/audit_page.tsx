/** Who changed what in the workspace, newest first; what an operator only read, as this page does, is left out. */

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useSignedIn } from "../../shell/session/login.tsx";
import { useFormat } from "../../ui/format.tsx";
import { RowsTable } from "../../ui/rows_table.tsx";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";
import { Tag, type Tone } from "../../ui/tag.tsx";
import { useUrlFilter } from "../../ui/use_url_filter.ts";
import { When } from "../../ui/when.tsx";
import { say, sayCount } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";
import { type AuditEntry, listAudit } from "./api.ts";
import { type Names, personName, useNames } from "./people.ts";

const OUTCOMES: Readonly<Record<AuditEntry["outcome"], readonly [Tone, string]>> = {
  done: ["ok", say("done##an action")],
  refused: ["warn", say("refused##an action")],
  failed: ["bad", say("failed##an action")],
};

export function AuditTab() {
  const { api, session } = useSignedIn();
  const { number } = useFormat();
  const filter = useUrlFilter();
  const who = filter.get("who");
  const query = useInfiniteQuery({
    queryKey: ["audit", who],
    queryFn: ({ pageParam, signal }) => listAudit(api, { actor: who || undefined, cursor: pageParam, signal }),
    placeholderData: keepPreviousData,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    enabled: session.can.write,
    staleTime: 0,
  });
  const entries = query.data?.pages.flatMap((page) => page.entries) ?? [];
  const first = query.data?.pages[0];
  const actors = first?.actors ?? [];
  const names = useNames([entries.map(({ actor, target }) => [actor, target]), actors]);
  if (!session.can.write) {
    return (
      <p className="panel">
        {say("The audit is shown to admins only. {reason}.", { reason: session.can.reason ?? "" })}
      </p>
    );
  }
  if (query.error && !query.data) {
    return <Failure error={query.error} what={say("the audit")} onRetry={() => query.refetch()} />;
  }
  if (!query.data) return <Skeleton />;
  return (
    <div className="stack">
      <p className="muted">
        <Say text="Each change by an admin, an operator or Clockify. What an operator only read is left out here: <code>GET /ui/audit</code> has it too." />
      </p>
      <div className="row">
        <label className="field">
          <span>{say("Who")}</span>
          <select value={who} onChange={({ target }) => filter.set({ who: target.value })}>
            <option value="">{say("All")}</option>
            {who !== "" && !actors.some(({ actor }) => actor === who) && <option value={who}>{who}</option>}
            {actors.map(({ actor_kind, actor }) => (
              <option key={actor} value={actor}>{actorName({ actor_kind, actor }, names)}</option>
            ))}
          </select>
        </label>
        <span className="muted" role="status">
          {sayCount(first!.total, "{count} change", "{count} changes", { count: number(first!.total) })}
        </span>
      </div>
      {entries.length === 0
        ? (
          <Empty
            title={query.hasNextPage ? say("No change among the newest rows") : say("Nothing was changed so far")}
          />
        )
        : (
          <RowsTable
            caption={say("The audit, newest first")}
            columns={[say("When"), say("Who"), say("What"), say("On##what was changed"), say("Outcome")]}
          >
            {entries.map((entry) => (
              <tr key={entry.id}>
                <td data-label={say("When")}>
                  <When at={new Date(entry.at)} as="full" />
                </td>
                <td data-label={say("Who")}>
                  <bdi title={entry.actor}>
                    {actorName(entry, names)}
                  </bdi>
                </td>
                <td data-label={say("What")}>
                  <code>{entry.action}</code>
                </td>
                <td data-label={say("On##what was changed")}>
                  <bdi>{entry.target ?? say("the workspace")}</bdi>
                </td>
                <td data-label={say("Outcome")}>
                  <OutcomeTag outcome={entry.outcome} />
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
            {query.isFetchingNextPage ? say("Loading…") : say("Load older")}
          </button>
        </div>
      )}
    </div>
  );
}

function actorName({ actor_kind, actor }: Pick<AuditEntry, "actor_kind" | "actor">, names: Names): string {
  return actor_kind === "operator" ? say("operator {name}", { name: actor }) : personName(actor, names);
}

function OutcomeTag({ outcome }: Pick<AuditEntry, "outcome">) {
  const [tone, word] = OUTCOMES[outcome];
  return <Tag tone={tone}>{word}</Tag>;
}
