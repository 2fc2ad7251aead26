/** Approvals are read again when the stream reports that one changed; while it is away they are polled. */

import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useSignedIn } from "../../shell/session/login.tsx";
import { openStream } from "../../shell/stream.ts";

/** One person's answer is a message or two; many may expire in the same moment. */
const PAUSE_MS = 250;
const POLL_MS = 5_000;
/** For what no message reports: that the run of an approval was paused or resumed. */
const FOLLOWING_POLL_MS = 30_000;
/** `hello` too: what changed before it, since the list was read or the stream broke, is reported by none. */
const CONCERNS = new Set(["hello", "approvals", "gap"]);

/** The interval at which queries of approvals are polled; longer while the stream reports changes. For one place of a page. */
export function useApprovalChanges(): number {
  const { api } = useSignedIn();
  const queries = useQueryClient();
  const [isFollowing, setFollowing] = useState(false);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stream = openStream(api, {
      onState: (state) => setFollowing(state === "connected"),
      onMessage: ({ kind }) => {
        if (!CONCERNS.has(kind)) return;
        timer ??= setTimeout(() => {
          timer = undefined;
          void queries.invalidateQueries({ queryKey: ["approvals"] });
        }, PAUSE_MS);
      },
    });
    return () => {
      stream.stop();
      clearTimeout(timer);
    };
  }, [api, queries]);
  return isFollowing ? FOLLOWING_POLL_MS : POLL_MS;
}
