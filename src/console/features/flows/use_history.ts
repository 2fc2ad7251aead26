/** The look at the history of one version or draft: begun, followed while it continues, and kept while the console is open. */

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useSignedIn } from "../../shell/session/login.tsx";
import { getHistory, type HistoryRun, isGoing, type LookedAt, startHistory, stopHistory } from "./history_api.ts";

const AGAIN_MS = 1_000;

export interface HistoryLook {
  /** Undefined before the first one. */
  run: HistoryRun | undefined;
  error: Error | null;
  isStarting: boolean;
  /** `since` in RFC 3339. */
  start(since: string): void;
  stop(): void;
}

/** `stamp` is another one once the draft says something else: what was counted is of another definition then. */
export function useHistory(flowId: string, what: LookedAt, stamp = ""): HistoryLook {
  const { api } = useSignedIn();
  const queries = useQueryClient();
  const queryKey = ["flow-history", flowId, what, stamp];
  const { data: run, error } = useQuery({
    queryKey,
    queryFn: ({ signal }) => getHistory(api, queries.getQueryData<HistoryRun>(queryKey)!, signal),
    enabled: ({ state: { data } }) => data !== undefined && isGoing(data),
    refetchInterval: ({ state: { data } }) => data !== undefined && isGoing(data) && AGAIN_MS,
    staleTime: Infinity,
    gcTime: Infinity,
  });
  const keep = (now: HistoryRun) => queries.setQueryData(queryKey, now);
  const start = useMutation({
    mutationFn: (since: string) => startHistory(api, flowId, { what, since }),
    onSuccess: keep,
  });
  const stop = useMutation({ mutationFn: () => stopHistory(api, run!), onSuccess: keep });
  return {
    run,
    error: start.error ?? stop.error ?? error,
    isStarting: start.isPending,
    start: (since) => {
      stop.reset();
      start.mutate(since);
    },
    stop: () => stop.mutate(),
  };
}
