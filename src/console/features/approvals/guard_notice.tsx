/** Requests of the guard for a second person are of another kind: how many wait, and where they are decided. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { useSignedIn } from "../../shell/session/login.tsx";
import { say, sayCount } from "../../words/say.ts";
import { listRequests } from "../settings/guard_api.ts";

const AT_ONCE = 100;

export function GuardNotice() {
  const { api } = useSignedIn();
  const { data } = useQuery({
    queryKey: ["guard", "requests", "count"],
    queryFn: ({ signal }) => listRequests(api, { state: "waiting", limit: AT_ONCE, signal }),
    refetchInterval: 30_000,
  });
  const others = data?.requests.filter(({ is_mine }) => !is_mine).length ?? 0;
  if (others === 0) return null;
  return (
    <p className="alert info">
      {sayCount(
        others,
        "1 request waits for a second person before it is sent to Clockify:",
        "{count} requests wait for a second person before it is sent to Clockify:",
        { count: others },
      )} <Link href="/settings/approvals">{say("Settings, Approvals")}</Link>
    </p>
  );
}
