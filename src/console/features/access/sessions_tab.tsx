/** Where one is signed in, and for admins where everybody is; ended one by one, or all others at once. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useApiSession } from "../../shell/workflow/session.tsx";
import { Pager } from "../../ui/pager.tsx";
import { RowsTable } from "../../ui/rows_table.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { Tag } from "../../ui/tag.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { When } from "../../ui/when.tsx";
import { say } from "../../words/say.ts";
import { endOtherSessions, endSession, listSessions, type Session } from "./api.ts";
import { browserName } from "./browser_name.ts";

const KINDS: Record<Session["kind"], string> = {
  user: say("user"),
  key: say("API key"),
  operator: say("operator's key"),
};

export function SessionsTab() {
  const { api, refusal } = useApiSession();
  const queries = useQueryClient();
  const toast = useToast();
  const [of, setOf] = useState<"me" | "all">("me");
  const [page, setPage] = useState(1);
  const query = useQuery({
    queryKey: ["sessions", of, page],
    queryFn: ({ signal }) => listSessions(api, { of, page }, signal),
  });
  const change = useMutation({
    mutationFn: (work: () => Promise<string>) => work(),
    onSuccess: (said) => {
      toast(said);
      return queries.invalidateQueries({ queryKey: ["sessions"] });
    },
    onError: (error: Error) => toast(error.message, "bad"),
  });
  const ask = (work: () => Promise<string>) => change.isPending || change.mutate(work);
  return (
    <div className="stack">
      <div className="row">
        {!refusal("admin") && (
          <label className="row">
            <span>{say("Whose")}</span>
            <select
              value={of}
              onChange={({ target }) => {
                setOf(target.value as typeof of);
                setPage(1);
              }}
            >
              <option value="me">{say("Mine")}</option>
              <option value="all">{say("Everybody's")}</option>
            </select>
          </label>
        )}
        <span className="grow" />
        <button
          type="button"
          className="btn"
          aria-disabled={change.isPending}
          onClick={() => ask(async () => (await endOtherSessions(api)).message)}
        >
          {say("Sign out all my others")}
        </button>
      </div>
      {query.isPending && <Skeleton lines={4} label={say("Loading sessions")} />}
      {query.isError && <Failure error={query.error} what={say("the sessions")} onRetry={() => void query.refetch()} />}
      {query.data && (
        <>
          <RowsTable
            caption={say("Sessions, the last used first")}
            columns={[say("Who"), say("Signed in"), say("Last used"), say("From##an address")]}
            withActions
          >
            {query.data.items.map((one) => (
              <tr key={one.id}>
                <td data-label={say("Who")}>
                  <span>
                    <bdi>{one.name}</bdi> <span className="muted">{KINDS[one.kind]}</span>
                  </span>
                </td>
                <td data-label={say("Signed in")}>
                  <When at={new Date(one.created_at)} as="ago" />
                </td>
                <td data-label={say("Last used")}>
                  <When at={new Date(one.last_used_at)} as="ago" />
                </td>
                <td data-label={say("From##an address")}>
                  <span title={one.browser}>
                    <code>{one.address}</code> {browserName(one.browser)}
                  </span>
                </td>
                <td data-label={say("Actions")} className="num">
                  {one.is_current ? <Tag tone="ok">{say("this one")}</Tag> : (
                    <button
                      type="button"
                      className="btn small danger"
                      aria-disabled={change.isPending}
                      onClick={() =>
                        ask(async () => {
                          await endSession(api, one.id);
                          return say("A session of {name} is over", { name: one.name });
                        })}
                    >
                      {say("Sign out")}
                      <span className="visually-hidden">
                        {say("{name} from {address}", { name: one.name, address: one.address })}
                      </span>
                    </button>
                  )}
                </td>
              </tr>
            ))}
          </RowsTable>
          <Pager
            noun="session"
            total={query.data.total}
            page={page}
            totalPages={query.data.total_pages}
            onPage={setPage}
          />
        </>
      )}
    </div>
  );
}
