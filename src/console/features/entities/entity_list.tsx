/** The cached entities of one type, page by page. */

import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { useSignedIn } from "../../shell/session/login.tsx";
import { Empty, Failure, Skeleton } from "../../ui/states.tsx";
import { When } from "../../ui/when.tsx";
import { getEntities } from "./api.ts";
import { listWord } from "./kinds.ts";
import { dataHref, entityName } from "./words.ts";
import { say } from "../../words/say.ts";

export function EntityList({ type }: { type: string }) {
  const { api } = useSignedIn();
  const list = useInfiniteQuery({
    queryKey: ["data", "entities", type],
    queryFn: ({ pageParam, signal }) => getEntities(api, type, pageParam, signal),
    initialPageParam: undefined as string | undefined,
    // What was read a moment ago may be another already: a page that is opened asks.
    staleTime: 0,
    getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined,
  });
  if (list.error && !list.data) {
    return <Failure error={list.error} what={say("the entities")} onRetry={() => list.refetch()} />;
  }
  if (!list.data) return <Skeleton />;
  const entities = list.data.pages.flatMap((page) => page.entities);
  return (
    <section className="stack" aria-label={listWord(type)}>
      <h2>{listWord(type)}</h2>
      {entities.length === 0
        ? (
          <Empty title={say("None of this type is cached")}>
            {say("Read the list again, or choose another type.")}
          </Empty>
        )
        : (
          <div className="panel flush">
            <table className="cards">
              <thead>
                <tr>
                  <th scope="col">{say("Name")}</th>
                  <th scope="col">{say("Id")}</th>
                  <th scope="col">{say("Read")}</th>
                </tr>
              </thead>
              <tbody>
                {entities.map((entity) => (
                  <tr key={entity.id}>
                    <td data-label={say("Name")}>
                      <Link href={dataHref(type, entity.id)}>
                        <bdi>{entityName(entity)}</bdi>
                      </Link>
                    </td>
                    <td data-label={say("Id")}>
                      <code>{entity.id}</code>
                    </td>
                    <td data-label={say("Read")}>
                      <When at={new Date(entity.fetched_at)} as="ago" />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      {list.hasNextPage && (
        <div>
          <button type="button" className="btn" disabled={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>
            {say("Show more")}
          </button>
        </div>
      )}
    </section>
  );
}
