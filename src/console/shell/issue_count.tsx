/** How many issues are open, beside the name of their page. */

import { useQuery } from "@tanstack/react-query";
import type { Answer } from "../wire.ts";
import { useSignedIn } from "./session/login.tsx";
import { say } from "../words/say.ts";

const POLL_MS = 30_000;

export function IssueCount() {
  const { api } = useSignedIn();
  const { data } = useQuery({
    // Beside those of the page: what marks an issue has it counted again.
    queryKey: ["issues", "count"],
    queryFn: ({ signal }) => api.get<Answer<"get_ui_issue_count">>("/issue-count", undefined, signal),
    refetchInterval: POLL_MS,
    staleTime: POLL_MS / 2,
  });
  const count = data?.counts.open ?? 0;
  if (count === 0) return null;
  return (
    <span className="count hot">
      {count}
      {data!.is_cut && "+"}
      <span className="visually-hidden">{say("open")}</span>
    </span>
  );
}
