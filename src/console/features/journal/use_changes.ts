/** The pages of the journal that were read, newest first, read again from time to time. */

import { useInfiniteQuery } from "@tanstack/react-query";
import { useSignedIn } from "../../shell/session/login.tsx";
import { listChanges } from "./api.ts";
import { type ChangeFilter, queryOf } from "./filter.ts";

const POLL_MS = 10_000;

export function useChanges(filter: ChangeFilter) {
  const { api } = useSignedIn();
  return useInfiniteQuery({
    queryKey: ["changes", "list", filter],
    queryFn: ({ pageParam, signal }) =>
      listChanges(api, { query: queryOf(filter, Date.now()), cursor: pageParam, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    placeholderData: (before) => before,
    // Who comes from a run looks for what it has just written.
    staleTime: 0,
    // All pages that are shown are read again: the more there are, the more rarely.
    refetchInterval: ({ state: { data } }) => POLL_MS * Math.max(1, data?.pages.length ?? 1),
  });
}
