/** What stands still in the workspace by Timewire's own decision: looked at every few seconds, said alike wherever it is shown. */

import { useQuery } from "@tanstack/react-query";
import type { Answer } from "../wire.ts";
import { useSignedIn } from "./session/login.tsx";
import { toStop } from "./stop_words.ts";

/** Twice in the time within which a stop is to be seen. */
const POLL_MS = 5_000;

export const STOPS_KEY = ["stops"] as const;

export function useStops() {
  const { api } = useSignedIn();
  return useQuery({
    queryKey: STOPS_KEY,
    queryFn: async ({ signal }) =>
      (await api.get<Answer<"get_ui_stops">>("/stops", undefined, signal)).stops.map(toStop),
    refetchInterval: POLL_MS,
    staleTime: POLL_MS / 2,
  });
}
