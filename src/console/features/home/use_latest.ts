/** The newest events, loaded again when the stream reports a change, at most every half second. */

import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { type EventRow, listEvents } from "../events/api.ts";
import { openStream } from "../../shell/stream.ts";
import { useSignedIn } from "../../shell/session/login.tsx";

const SHOWN = 5;
const PAUSE_MS = 500;

export function useLatest(): EventRow[] {
  const { api } = useSignedIn();
  const queries = useQueryClient();
  const latest = useQuery({
    queryKey: ["events", "latest"],
    queryFn: ({ signal }) => listEvents(api, { query: {}, cursor: null, limit: SHOWN, signal }),
  });
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stream = openStream(api, {
      onState: () => {},
      onMessage: ({ kind }) => {
        if (kind === "hello" || kind === "approvals" || timer !== undefined) return;
        timer = setTimeout(() => {
          timer = undefined;
          void queries.invalidateQueries({ queryKey: ["events", "latest"] });
        }, PAUSE_MS);
      },
    });
    return () => {
      stream.stop();
      clearTimeout(timer);
    };
  }, [api, queries]);
  return latest.data?.rows ?? [];
}
