/** How the reading of the workspace stands, list by list, and the buttons that read it, or one list, again. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "wouter";
import { useSignedIn } from "../../shell/session/login.tsx";
import { useFormat } from "../../ui/format.tsx";
import { GuardedButton } from "../../ui/guarded_button.tsx";
import { Failure, Skeleton } from "../../ui/states.tsx";
import { Tag } from "../../ui/tag.tsx";
import { useToast } from "../../ui/toasts.tsx";
import { When } from "../../ui/when.tsx";
import { getRead, readAgain, type ReadList, readListAgain } from "./api.ts";
import { listWord } from "./kinds.ts";
import { dataHref, isOpen, LIST_STATES, progressText, readWord } from "./words.ts";
import { say } from "../../words/say.ts";
import { Say } from "../../words/say_parts.tsx";

const BUSY_MS = 1_000;
const CALM_MS = 15_000;

export function ReadPanel() {
  const { api, session: { can } } = useSignedIn();
  const format = useFormat();
  const queries = useQueryClient();
  const toast = useToast();
  const read = useQuery({
    queryKey: ["data", "read"],
    queryFn: ({ signal }) => getRead(api, signal),
    refetchInterval: ({ state: { data } }) => data && isOpen(data) ? BUSY_MS : CALM_MS,
  });
  const again = useMutation({
    mutationFn: (type?: string) => type === undefined ? readAgain(api) : readListAgain(api, type),
    onSuccess: (message) => {
      toast(message);
      return queries.invalidateQueries({ queryKey: ["data"] });
    },
    onError: (error) => toast(error.message, "bad"),
  });
  if (read.error && !read.data) {
    return <Failure error={read.error} what={say("the reading of the workspace")} onRetry={() => read.refetch()} />;
  }
  if (!read.data) return <Skeleton />;
  const { data } = read;
  const busy = data.total > 0 && isOpen(data) ? say("The workspace is being read") : null;
  const blocked = can.write ? busy ?? (again.isPending ? say("It is being requested") : null) : can.reason;
  return (
    <section className="stack" aria-label={say("Reading of the workspace")}>
      <div className="row">
        <p className="grow" aria-live="polite">
          <b>{readWord(data)}</b>: {progressText(data, format.duration)}. {data.finished_at && (
            <span className="muted">
              <Say text="Read {when}." values={{ when: <When at={new Date(data.finished_at)} as="ago" /> }} />
            </span>
          )}
        </p>
        <GuardedButton blocked={blocked} onClick={() => again.mutate(undefined)}>{say("Read again")}</GuardedButton>
      </div>
      {busy && <progress aria-label={say("Lists that are read")} value={data.progress} max={data.total} />}
      {data.last_error && <p className="panel alert bad">{data.last_error}</p>}
      {data.lists.length > 0 && (
        <div className="panel flush">
          <table className="cards">
            <thead>
              <tr>
                <th scope="col">{say("List")}</th>
                <th scope="col">{say("State")}</th>
                <th scope="col">{say("Entities")}</th>
                <th scope="col">{say("Pages")}</th>
                <th scope="col">
                  <span className="visually-hidden">{say("Read again")}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {data.lists.map((list) => (
                <ListRow
                  key={list.entity_type}
                  list={list}
                  blocked={blocked}
                  onRead={() => again.mutate(list.entity_type)}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function ListRow({ list, blocked, onRead }: { list: ReadList; blocked: string | null; onRead(): void }) {
  const format = useFormat();
  const { tone, word } = LIST_STATES[list.status];
  const isFaulty = list.status === "failed" || list.status === "truncated";
  return (
    <tr>
      <td data-label={say("List")}>
        <Link href={dataHref(list.entity_type)}>{listWord(list.entity_type)}</Link>
      </td>
      <td data-label={say("State")}>
        <Tag tone={tone}>{word}</Tag> {list.parts > 1 && (
          <span className="muted">
            {say("{done} of {total} parts", { done: format.number(list.parts_done), total: format.number(list.parts) })}
          </span>
        )}
        {list.error && <div className="muted">{list.error}</div>}
      </td>
      <td data-label={say("Entities")}>{format.number(list.entities)}</td>
      <td data-label={say("Pages")}>
        {format.number(list.pages)}
        {list.expected_pages !== null && list.expected_pages !== list.pages && (
          <span className="muted">, {say("{count} before", { count: format.number(list.expected_pages) })}</span>
        )}
      </td>
      <td data-label="">
        <GuardedButton
          className={isFaulty ? "btn small" : "btn small plain"}
          blocked={blocked}
          onClick={onRead}
          aria-label={`${isFaulty ? say("Retry") : say("Read again")}: ${listWord(list.entity_type)}`}
        >
          {isFaulty ? say("Retry") : say("Read again")}
        </GuardedButton>
      </td>
    </tr>
  );
}
