/** What waits for the viewer to decide: read for the count beside the page's name, and for Home. */

import { useQuery } from "@tanstack/react-query";
import type { Answer } from "../wire.ts";
import { useSignedIn } from "./session/login.tsx";
import { say } from "../words/say.ts";

const POLL_MS = 30_000;
const AT_MOST = 20;

export function useOwnApprovals() {
  const { api } = useSignedIn();
  return useQuery({
    queryKey: ["approvals", "count"],
    queryFn: ({ signal }) =>
      api.get<Answer<"get_ui_approvals">>("/approvals", { state: "open", mine: "true", limit: AT_MOST }, signal),
    refetchInterval: POLL_MS,
    staleTime: POLL_MS / 2,
  });
}

export function ApprovalCount() {
  const { data } = useOwnApprovals();
  const count = data?.approvals.length ?? 0;
  if (count === 0) return null;
  return (
    <span className="count">
      {count}
      {data!.pagination.has_more && "+"}
      <span className="visually-hidden">{say("waiting for you")}</span>
    </span>
  );
}
